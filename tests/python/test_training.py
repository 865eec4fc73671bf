"""Training: fit as in C, losses that are chosen, words, weights, going on, steps, callbacks, Ctrl-C."""
import io
import os
import signal
import sys
import threading

import numpy as np
import pytest

import libneuron as nn


def test_averaged_parameters(glyphs):
    def build():
        return nn.Sequential([nn.Input(64), nn.Dense(10, activation="softmax")], seed=1)

    averaged, plain, seen = build(), build(), []
    averaged.fit(*glyphs, epochs=4, seed=2, callbacks=[nn.WeightAveraging(start=1)])
    plain.fit(*glyphs, epochs=4, seed=2,
              callbacks=lambda training: seen.append(np.array(training.model.arrays["dense.kernel"])))
    assert np.allclose(averaged.arrays["dense.kernel"], np.mean(seen[1:], 0), atol=1e-6)
    moving = build()
    moving.fit(*glyphs, epochs=1, callbacks=[nn.WeightAveraging(average="exponential", decay=0.9, per_step=True)])
    with pytest.raises(nn.ArgumentError, match="exponential"):
        nn.WeightAveraging(average="exponental")


def test_it_learns_and_tells(small, glyphs):
    model = small(seed=1)
    history = model.fit(*glyphs, validation_split=0.2, epochs=10, optimizer=nn.Adam(0.01), seed=1)
    assert history.epochs == 10 and history["loss"][-1] < history["loss"][0] and history is model.history
    assert set(history) == {"loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate", "seconds"}
    assert history.best() == history["validation_loss"].argmin() and not history.interrupted
    assert "<table>" in history._repr_html_() and "10 epochs" in repr(history)
    assert model.evaluate(*glyphs).accuracy > 0.5
    with pytest.raises(KeyError):
        history["other"]
    with pytest.raises(ValueError):
        history.best("seconds")


def test_the_same_seed_gives_the_same_bytes(small, glyphs):
    one, two, other = small(seed=1), small(seed=1), small(seed=1)
    one.fit(*glyphs, epochs=2, seed=3)
    two.fit(nn.Dataset(*glyphs), epochs=2, seed=3)
    other.fit(*glyphs, epochs=2, seed=4)
    assert one.to_bytes() == two.to_bytes() != other.to_bytes()


@pytest.mark.parametrize("wrong, error, words", [
    ({"epoch": 2}, nn.ArgumentError, "epochs"), ({"verbose": 0}, TypeError, "progress"), ({"batch_size": 0}, nn.ArgumentError, "batch_size"),
    ({"optimizer": "adm"}, nn.ArgumentError, "adam"), ({"optimizer": 3}, TypeError, "optimizer"),
    ({"loss": "hubr"}, nn.ArgumentError, "huber"), ({"loss": 3}, TypeError, "loss"),
    ({"callbacks": 3}, TypeError, "callback"), ({"validation_data": 3}, TypeError, "validation_data"),
    ({"class_weight": "heavy"}, ValueError, "balanced"), ({"class_weight": {77: 1}}, ValueError, "77"),
    ({"class_weight": [1, 2]}, nn.ArgumentError, "2; it must be 10"), ({"sample_weight": [1, 2]}, nn.ArgumentError, "2 weights"),
    ({"augmentation": 3}, TypeError, "Augmentation"), ({"augmentation": {"rotation": 8}}, nn.ShapeError, "height"),
    ({"seed": -1}, ValueError, "seed"), ({"validation_split": 1.5}, nn.ArgumentError, "validation_split"),
    ({"loss": [None, None]}, TypeError, "loss"), ({"shuffle": "maybe"}, nn.ArgumentError, "shuffle"),
])
def test_wrong_settings(small, glyphs, wrong, error, words):
    model = small()
    with pytest.raises(error, match=words):
        model.fit(*glyphs, **wrong)
    model.fit(*glyphs, epochs=1)  # nothing is spoilt


def test_wrong_data(small, glyphs):
    x, y = glyphs
    model = small()
    for given in ((x, y[:5]), (x[:, :5], y), (x, y + 10), (x, y - 1), (x, None), (x[:0], y[:0]), (None, y),
                  (x, np.zeros((600, 3))), (nn.Dataset(x, y), y), (x, np.full((600, 10), np.nan)), (x, y.astype(complex))):
        with pytest.raises(Exception) as caught:
            model.fit(*given)
        assert not isinstance(caught.value, (AttributeError, AssertionError)), given


def test_words_become_the_classes_of_the_model(small, glyphs):
    x, y = glyphs
    words = np.array(list("abcdefghij"))[y]
    model, numbers = small(seed=1), small(seed=1)
    model.fit(x, words, epochs=2, seed=1)
    numbers.fit(x, y, epochs=2, seed=1)
    assert model.class_names == list("abcdefghij")
    assert np.array_equal(model.arrays["dense.kernel"], numbers.arrays["dense.kernel"])
    assert model.evaluate(x[:50], words[:50]).accuracy == numbers.evaluate(x[:50], y[:50]).accuracy
    assert set(model.classify(x)) <= set("abcdefghij")
    some = words == "c"
    assert model.evaluate(x[some], words[some]).count == some.sum()  # known words keep their numbers


def test_the_loss_follows_from_the_end(small, points):
    x, y = points
    binary = small(2, 1, end="sigmoid", seed=1)
    binary.fit(x, np.where(y, "yes", "no"), epochs=80, optimizer=nn.Adam(0.02))
    assert binary.history.losses == ["binary_cross_entropy"] and binary.class_names == ["no", "yes"]
    found = binary.evaluate(x, y)
    assert found.accuracy > 0.95 and set(binary.classify(x)) == {"no", "yes"}
    straight = small(2, 1, end=None, seed=1)
    straight.fit(x, x.sum(1), epochs=60, optimizer=nn.Adam(0.02))
    assert straight.history.losses == ["mean_squared_error"] and straight.history["loss"][-1] < 0.01
    shares = small(2, 2, seed=1)
    shares.fit(x, np.eye(2)[y], epochs=20, optimizer=nn.Adam(0.02))
    assert shares.evaluate(x, y).accuracy > 0.9
    with pytest.raises(nn.DataError, match="3 classes"):
        binary.fit(x[:3], ["a", "b", "c"])


def test_class_numbers_may_be_floats(small, glyphs):
    one, two = small(seed=1), small(seed=1)
    one.fit(glyphs[0], glyphs[1].astype(float), seed=1)
    two.fit(*glyphs, seed=1)
    assert one.to_bytes() == two.to_bytes()
    with pytest.raises(nn.NeuronError):
        one.fit(glyphs[0], glyphs[1] + 0.5)


def test_maps_of_classes():
    x = nn.Input((4, 4, 1))
    model = nn.Model(x, nn.Softmax()(nn.Conv2D(2, 1)(x)))
    images = np.random.default_rng(0).random((60, 4, 4, 1), np.float32)
    classes = (images[..., 0] > 0.5).astype(int)
    model.fit(images, classes, epochs=60, optimizer=nn.Adam(0.05))
    found = model.evaluate(images, classes, kind="pixels")
    assert found.kind == "pixels" and found.accuracy > 0.9 and found.iou.shape == (2,)
    with pytest.raises(nn.DataError):
        model.fit(images, classes + 5)


def test_class_weights(small, glyphs):
    x, y = glyphs
    for given in ("balanced", [1.0] * 10, {3: 2.0}, np.ones(10)):
        small().fit(x, y, class_weight=given, epochs=1)
    one, two = small(seed=1), small(seed=1)
    one.fit(x, np.array(list("abcdefghij"))[y], class_weight={"c": 5}, seed=1)
    two.fit(x, y, class_weight={2: 5}, seed=1)
    assert np.array_equal(one.arrays["dense.kernel"], two.arrays["dense.kernel"])


def test_validation_data(small, glyphs):
    x, y = glyphs
    for given in ((x[:50], y[:50]), nn.Dataset(x[:50], y[:50]), (x[:50], y[:50], np.ones(50))):
        assert len(small().fit(x, y, validation_data=given, epochs=2)["validation_loss"]) == 2


def test_several_outputs(glyphs):
    x, y = glyphs
    i = nn.Input(64)
    h = nn.Dense(16, activation="relu")(i)
    model = nn.Model(i, [nn.Dense(10, activation="softmax", name="digit")(h), nn.Dense(1, name="ink")(h)])
    # With an activation the output is the activation's node.
    names = model.output_names
    history = model.fit(x, {names[0]: y, names[1]: x.sum(1)}, loss={names[1]: nn.Huber()}, loss_weights=[1, 0.1], epochs=2)
    assert f"{names[1]}_loss" in history
    assert model.evaluate(x, [y, x.sum(1)], output=1).kind == "regression"
    with pytest.raises(ValueError, match="missing"):
        model.fit(x, {names[0]: y})
    with pytest.raises(ValueError, match="other"):
        model.fit(x, {"other": y})


def test_going_on_is_the_same_as_not_stopping(small, glyphs, tmp_path):
    whole, halves = small(seed=1), small(seed=1)
    whole.fit(*glyphs, epochs=4, seed=5)
    trainer = nn.Trainer(halves, seed=5)
    trainer.fit(*glyphs, epochs=2)
    trainer.save(tmp_path / "state")
    third = nn.Trainer(small(seed=9), seed=5).load(tmp_path / "state", *glyphs)
    assert third.fit(epochs=4).epochs == 4
    assert trainer.fit(epochs=4).epochs == 4
    assert whole.to_bytes() == halves.to_bytes() == third.model.to_bytes()
    with pytest.raises(nn.StateError):
        nn.Trainer(small()).save(tmp_path / "x")
    with pytest.raises(TypeError, match="no data"):
        nn.Trainer(small()).fit(epochs=1)


def test_a_step_at_a_time(small, glyphs):
    x, y = glyphs
    trainer = nn.Trainer(small(seed=1), "sgd")
    losses = [trainer.step(x[:32], y[:32]) for _ in range(30)]
    assert losses[-1] < losses[0]
    assert trainer.step(x[:5], np.eye(10)[y[:5]], weights=np.ones(5)) > 0
    regression = nn.Trainer(small(64, 1, end=None), "sgd", "mean_squared_error")
    assert regression.step(x[:8], x[:8].sum(1)) >= 0
    for wrong in ((x[:3], y[:2]), (x[:3], [99, 0, 0]), (x[:3], [-1, 0, 0]), (x[:3, :5], y[:3]), (x[:0], y[:0])):
        with pytest.raises(nn.NeuronError):
            trainer.step(*wrong)
    model = small(3, 2, end=None, seed=1)
    trainer, before = nn.Trainer(model, nn.SGD(0.1)), model.arrays["dense_1.bias"]
    trainer.step_by_gradient(np.ones((4, 3), np.float32), np.ones((4, 2), np.float32))
    assert np.allclose(model.arrays["dense_1.bias"], before - 0.4)


def test_callbacks_of_the_library(small, glyphs, tmp_path):
    model = small(seed=1)
    path = tmp_path / "best.safetensors"
    history = model.fit(*glyphs, validation_split=0.2, epochs=60, optimizer=nn.Adam(0.05), callbacks=[
        nn.EarlyStopping(patience=2, min_delta=0.05), nn.Checkpoint(path), nn.CSVLog(tmp_path / "log.csv"), nn.StopOnNaN(),
        nn.LearningRate(lambda epoch, rate: 0.05 / (epoch + 1)), nn.ReduceOnPlateau(patience=1)])
    assert history.epochs < 60 and "early_stopping" in history.stop_reason and nn.load(path).parameters == model.parameters
    assert len((tmp_path / "log.csv").read_text().splitlines()) == history.epochs + 1
    assert history["learning_rate"][1] <= 0.025 + 1e-9
    history.save_csv(tmp_path / "history.csv")
    assert (tmp_path / "history.csv").read_text().startswith("epoch,loss")
    with pytest.raises(nn.ArgumentError, match="patience"):
        nn.EarlyStopping(patients=3)
    with pytest.raises(nn.StateError):
        model.fit(*glyphs, callbacks=nn.EarlyStopping())  # no validation set


def test_callbacks_of_ones_own(small, glyphs):
    seen = []

    class Note(nn.Callback):
        def on_run_begin(self, training):
            seen.append("begin")

        def on_epoch_begin(self, training):
            seen.append(f"epoch {training.epoch} of {training.epochs}")

        def on_step_end(self, training):
            assert training.step <= training.steps == 19 and training.last_loss > 0
            training.model.predict(glyphs[0][:2])

        def on_epoch_end(self, training):
            seen.append(len(training.history["loss"]))
            training.learning_rate = 0.5
            if training.epoch == 2:
                training.stop()

        def on_run_end(self, training):
            seen.append("end")

    model = small(seed=1)
    optimizer = nn.Adam()
    history = model.fit(*glyphs, epochs=9, callbacks=Note(), optimizer=optimizer)
    assert seen == ["begin", "epoch 1 of 9", 1, "epoch 2 of 9", 2, "end"]
    assert history.epochs == 2 and "callback" in history.stop_reason and optimizer.learning_rate == 0.5


def test_exceptions_of_callbacks_are_raised_again(small, glyphs):
    class Odd(Exception):
        pass

    def fail(training):
        raise Odd(training.epoch)

    model = small()
    with pytest.raises(Odd) as caught:
        model.fit(*glyphs, epochs=3, callbacks=fail)
    assert caught.value.args == (1,) and model.history.epochs == 1
    assert any(entry.name == "fail" for entry in caught.traceback)
    with pytest.raises(ZeroDivisionError):
        model.fit(*glyphs, callbacks=nn.LearningRate(lambda epoch, rate: 1 / 0))
    with pytest.raises(nn.ArgumentError):
        model.fit(*glyphs, callbacks=nn.LearningRate(lambda epoch, rate: -1))
    with pytest.raises(ValueError, match="fast"):
        model.fit(*glyphs, callbacks=nn.LearningRate(lambda epoch, rate: "fast"))
    model.fit(*glyphs)


def test_a_model_is_not_trained_within_its_training(small, glyphs):
    model = small()
    with pytest.raises(nn.StateError):
        model.fit(*glyphs, callbacks=lambda training: training.model.fit(*glyphs))
    model.fit(*glyphs, callbacks=lambda training: training.model.evaluate(*glyphs))


def test_a_loss_that_is_not_finite(small, glyphs):
    x, y = glyphs
    with pytest.raises(nn.NotFiniteError):
        small().fit(np.where(x > 0.5, np.inf, x).astype(np.float32), y)


def test_ctrl_c_ends_a_search_too(small, glyphs):
    tried = []

    def score(trial):
        tried.append(trial.index)
        return small().fit(*glyphs, epochs=10000000)["loss"][-1]

    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        nn.Search(score, {"a": [1, 2, 3]}).grid()
    assert tried == [0]


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals")
def test_ctrl_c_ends_a_fit_and_keeps_what_was_trained(small, glyphs):
    model = small(seed=1)
    before = model.arrays["dense.kernel"]
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    history = model.fit(*glyphs, epochs=10000000)
    assert history.interrupted and "Ctrl-C" in history.stop_reason and history.epochs < 10000000
    assert not np.array_equal(model.arrays["dense.kernel"], before)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    model.fit(*glyphs, epochs=1)


def test_ctrl_c_in_one_long_epoch(small):
    def read(positions):
        return np.zeros((len(positions), 64), np.float32)

    stream = nn.Dataset.stream(read, 5000000, shape=64, classes=10, labels=np.zeros(5000000, np.int32))
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    history = small().fit(stream, epochs=1)
    assert history.interrupted and history.epochs == 0


def test_ctrl_c_in_one_long_validation(small, glyphs):
    import time
    judged = []

    def read(positions):
        judged.append(time.monotonic())
        time.sleep(0.01)
        return np.zeros((len(positions), 64), np.float32)

    validation = nn.Dataset.stream(read, 1000000, shape=64, classes=10, labels=np.zeros(1000000, np.int32))
    model, told = small(), []
    before = model.arrays["dense.kernel"]
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()

    class Tells(nn.Callback):
        def on_validation_step_end(self, training):
            told.append((training.epoch, training.step, training.steps))

    history = model.fit(*glyphs, epochs=3, validation_data=validation, callbacks=Tells())
    assert history.interrupted and history.epochs == 0 and time.monotonic() - judged[0] < 30
    assert len(judged) < 1000 and len(told) >= len(judged) - 1 and set(told) == {(1, 19, 19)}
    assert not np.array_equal(model.arrays["dense.kernel"], before)


def test_who_looks_for_ctrl_c_in_a_validation(small, glyphs, monkeypatch):
    """Nobody where it is over in a moment."""
    events = []
    monkeypatch.setattr(nn.Trainer, "_add", lambda self, which, function, add=nn.Trainer._add:
                        events.append(which) or add(self, which, function))
    x, y = glyphs
    small().fit(x, y, validation_data=(x, y), progress=False)
    small().fit(x, y, validation_data=(x, y), progress=True)
    large = nn.Sequential([nn.Input(64), nn.Dense(20000), nn.Dense(10, activation="softmax")])
    large.fit(x[:40], y[:40], validation_data=nn.Dataset(x, y).sample(6000), progress=False)
    step, validation, epoch = (nn.callbacks.EVENTS[name] for name in ("on_step_end", "on_validation_step_end", "on_epoch_end"))
    assert events == [epoch, step, epoch, epoch | validation]


def test_another_handler_of_ctrl_c_is_left_alone(small, glyphs):
    handler = lambda *_: None  # noqa: E731
    before = signal.signal(signal.SIGINT, handler)
    try:
        small().fit(*glyphs, callbacks=lambda training: None)
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("tqdm", [True, False])
def test_progress(small, glyphs, monkeypatch, tqdm):
    if tqdm:
        pytest.importorskip("tqdm")
    else:
        monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    text = io.StringIO()
    monkeypatch.setattr(sys, "stderr", text)
    small().fit(*glyphs, validation_split=0.2, epochs=2, progress=True)
    assert "epoch 2/2" in text.getvalue() and "15/15" in text.getvalue() and "validation_loss" in text.getvalue()
    size = len(text.getvalue())
    small().fit(*glyphs, epochs=2, progress=False)
    small().fit(*glyphs, epochs=2)  # nobody looks
    assert len(text.getvalue()) == size


def test_augmentation():
    data = nn.Dataset.glyphs(60, 12, 12)
    augmentation = nn.Augmentation(rotation=20, horizontal_flip=True)
    assert augmentation.apply(data, 0, 5).shape == (5, 12, 12, 1)
    x = nn.Input((12, 12, 1))
    model = nn.Model(x, nn.Dense(10, activation="softmax")(nn.Flatten()(x)))
    model.fit(data, epochs=1, augmentation=augmentation)
    with pytest.raises(nn.NeuronError):
        augmentation.apply(data, 50, 50)
    with pytest.raises(nn.ArgumentError, match="rotation"):
        nn.Augmentation(rotate=3)


def test_a_model_does_not_keep_what_it_was_trained_on(small, glyphs):
    import gc
    import sys
    x = glyphs[0].copy()
    before = sys.getrefcount(x)
    model = small()
    history = model.fit(x, glyphs[1])
    gc.collect()
    assert sys.getrefcount(x) == before and history.losses == ["cross_entropy"]


def test_frames_of_figures(small, glyphs):
    pytest.importorskip("pandas")
    model = small()
    frame = model.fit(*glyphs, epochs=3).frame()
    assert list(frame.index) == [1, 2, 3] and frame.loss.iloc[-1] > 0
    assert list(model.evaluate(*glyphs).frame().columns) == ["precision", "recall", "f1", "support"]


def test_weights_of_one_fit_are_not_the_datasets(small, glyphs):
    data = nn.Dataset(*glyphs)
    plain, again = small(seed=1), small(seed=1)
    plain.fit(data, seed=1)
    small(seed=1).fit(data, sample_weight=np.zeros(600), seed=1)
    again.fit(data, seed=1)
    assert np.array_equal(plain.predict(glyphs[0]), again.predict(glyphs[0]))
    kept, weighted = small(seed=1), small(seed=1)
    before = kept.arrays["dense.kernel"]
    kept.fit(data, sample_weight=np.zeros(600), optimizer="sgd")
    assert np.array_equal(kept.arrays["dense.kernel"], before)  # they count while it trains
    weighted.fit(nn.Dataset(*glyphs, weights=np.zeros(600)), sample_weight=np.ones(600), seed=1)
    assert np.array_equal(weighted.predict(glyphs[0]), plain.predict(glyphs[0]))


def test_callbacks_are_removed_if_one_is_refused(small, glyphs, monkeypatch):
    called = []
    trainer = nn.Trainer(small(), callbacks=[lambda training: called.append(1), lambda training: None])
    trainer.fit(*glyphs, epochs=1)
    add, count = nn.Trainer._add, []

    def refuse(self, events, function):
        count.append(1)
        if len(count) == len_added:
            raise MemoryError("no room")
        return add(self, events, function)

    monkeypatch.setattr(nn.Trainer, "_add", lambda self, *given: count.append(1) or add(self, *given))
    trainer.fit(epochs=2, progress=False)
    len_added, called[:] = len(count), []
    count.clear()
    monkeypatch.setattr(nn.Trainer, "_add", refuse)
    with pytest.raises(MemoryError):
        trainer.fit(epochs=3, progress=False)
    monkeypatch.undo()
    trainer.fit(epochs=3, progress=False)
    assert len(called) == 1  # once in the one epoch
