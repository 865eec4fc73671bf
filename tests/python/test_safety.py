"""What must not crash: wrong things, threads, forks, what ends while it is used, the end of the interpreter."""
import gc
import os
import subprocess
import sys
import textwrap
import threading
import weakref

import numpy as np
import pytest

import libneuron as nn
from libneuron import _c, _committee_c


def run(program, **environment):
    """Runs a program of Python in a process of its own; a crash is its status."""
    return subprocess.run([sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(program)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120, env={**os.environ, **environment})


THINGS = [None, 0, -1, 2**70, 1.5, float("nan"), "", "x", b"x", [], [1], {}, (), object(), np.zeros(0), np.zeros((2, 2)),
          np.array("x"), np.array(None), np.zeros((3, 64), np.float32).T, np.float32(1), type, lambda: None, range(3), {1: 2}]


def test_wrong_things_everywhere(trained, glyphs):
    data = nn.Dataset(*glyphs)
    calls = [trained.predict, trained.evaluate, trained.fit, trained.gradient, trained.classify, trained.quantize,
             trained.with_outputs, trained.layer, trained.load_arrays, trained.load_state_dict,
             trained.copy_arrays, lambda t: nn.from_torch(t, 4), trained.summary, nn.load,
             nn.Model.from_bytes, lambda t: trained.evaluate(glyphs[0], t), lambda t: trained.fit(*glyphs, optimizer=t),
             lambda t: trained.fit(*glyphs, loss=t), lambda t: trained.fit(*glyphs, callbacks=t) if not callable(t) else None,
             lambda t: trained.fit(glyphs[0], t), lambda t: trained.fit(*glyphs, batch_size=t),
             lambda t: trained.fit(*glyphs, epochs=t) if t != 2**70 else None, lambda t: trained.fit(*glyphs, seed=t),
             lambda t: trained.fit(*glyphs, class_weight=t), lambda t: trained.fit(*glyphs, sample_weight=t),
             lambda t: trained.fit(*glyphs, validation_data=t), lambda t: trained.fit(*glyphs, augmentation=t),
             lambda t: trained.arrays.__setitem__("dense.bias", t), lambda t: trained.metadata.__setitem__("a", t),
             lambda t: setattr(trained, "class_names", t), lambda t: setattr(trained, "name", t),
             lambda t: trained.gradient(glyphs[0], t), lambda t: trained.gradient(glyphs[0], by=t),
             lambda t: nn.Dataset(t), lambda t: nn.Dataset(glyphs[0], t), lambda t: nn.Dataset(*glyphs, weights=t),
             lambda t: nn.Dataset(*glyphs, class_names=t), lambda t: nn.Dataset(*glyphs, classes=t), data.select,
             lambda t: data[t], data.split, data.filter, data.sample, data.set_weights, data.set_scale, data.reshape,
             lambda t: data.k_fold(t, 0), lambda t: data.k_fold(3, t), lambda t: data.x(t), lambda t: data.y(0, t),
             lambda t: data.subset(t, 1), lambda t: setattr(data, "class_names", t), nn.Dataset.join, nn.Dataset.zip,
             nn.Dataset.load_csv, nn.Dataset.load_npz, nn.Dataset.load_folder, nn.Dataset.from_frame, nn.Dataset.glyphs
             if False else (lambda t: None), nn.Input, nn.Dense, nn.Reshape, nn.ZeroPad2D, nn.Import, nn.concat,
             lambda t: nn.Dense(t)(nn.Input(2)), lambda t: nn.Dense(2, name=t)(nn.Input(2)), nn.Model,
             lambda t: nn.Model(nn.Input(2), t), nn.Sequential, nn.Committee, lambda t: nn.Committee([trained], t),
             lambda t: nn.Committee([trained], "weighted_mean", weights=t), nn.Adam, nn.Checkpoint, nn.LearningRate
             if False else (lambda t: None), lambda t: nn.EarlyStopping(patience=t), lambda t: nn.Search(abs, t),
             lambda t: nn.Search(t, {"a": [1]}), lambda t: nn.Evaluation.of_outputs(t, [0, 1]),
             lambda t: nn.Evaluation.of_outputs(np.eye(2), t), nn.Trainer, lambda t: nn.Trainer(trained).step(t, glyphs[1]),
             lambda t: nn.Trainer(trained).step(glyphs[0], t), lambda t: nn.Context(threads=t) if t != 0 else None,
             lambda t: nn.Context(seed=t), nn.register, nn.load_image, nn.options, nn.kinds]
    refused = 0
    for call in calls:
        for thing in THINGS:
            try:
                call(thing)
            except (Exception, KeyboardInterrupt) as error:
                assert isinstance(error, (nn.NeuronError, TypeError, ValueError, KeyError, IndexError, OSError,
                                          OverflowError)) and str(error), (call, thing, error)
                refused += 1
    assert refused > 1000
    assert trained.predict(glyphs[0]).shape == (600, 10)


LOW = [(module, name) for module in (_c, _committee_c) for name in module.FUNCTIONS]


def test_the_low_layer_refuses_what_is_no_handle():
    handles = [getattr(module, handle) for module in (_c, _committee_c) for handle in module.HANDLES]
    for module, name in LOW:
        function = getattr(module, name)
        for i, kind in enumerate(function.argtypes):
            if getattr(kind, "_type_", None) in handles:
                arguments = [argument._type_() if isinstance(getattr(argument, "_type_", None), type) and
                             hasattr(argument, "contents") else None for argument in function.argtypes]
                arguments[i] = 12345
                with pytest.raises(Exception):
                    function(*arguments)
                break


def test_null_everywhere_is_an_answer():
    """Every function takes NULL for each pointer, and 0 for each number."""
    import ctypes
    skipped = 0
    for module, name in LOW:
        function = getattr(module, name)
        arguments = []
        for kind in function.argtypes:
            pointer = hasattr(kind, "contents") or kind in (ctypes.c_char_p, ctypes.c_void_p)
            arguments.append(None if pointer else kind() if issubclass(kind, ctypes._CFuncPtr) else 0)
        status = function(*arguments)
        skipped += status is None
    assert skipped < 60


def test_threads_predict_with_one_model(trained, glyphs):
    x = glyphs[0]
    expected = {count: trained.predict(x[:count]) for count in (1, 7, 64, 600)}
    wrong = []

    def predict(seed):
        chance = np.random.default_rng(seed)
        for _ in range(200):
            count = int(chance.choice(list(expected)))
            if not np.allclose(trained.predict(x[:count]), expected[count], atol=1e-6):
                wrong.append(count)

    threads = [threading.Thread(target=predict, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_model_that_is_trained_does_not_predict_in_another_thread(small, glyphs):
    model, told, done = small(), [], threading.Event()

    def predict():
        while not done.is_set():
            for call in (lambda: model.predict(glyphs[0][:1]), lambda: model.predict(glyphs[0]), model.to_bytes,
                         lambda: model.fit(*glyphs), lambda: model.arrays.__setitem__("dense.bias", np.zeros(16))):
                try:
                    call()
                    told.append("went")
                except nn.StateError:
                    told.append("refused")

    threads = [threading.Thread(target=predict) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        try:
            model.fit(*glyphs, epochs=20)
        except nn.StateError:
            told.append("refused")
    done.set()
    for thread in threads:
        thread.join()
    assert "refused" in told and "went" in told and model._readers == [] and model._writer is None


def test_trainings_side_by_side(small, glyphs):
    data = nn.Dataset(*glyphs)
    models = [small(seed=1) for _ in range(4)]
    threads = [threading.Thread(target=model.fit, args=(data,), kwargs={"epochs": 5, "seed": 2}) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({model.to_bytes() for model in models}) == 1


def test_everything_is_let_go(small, glyphs):
    from libneuron import callbacks, tensor
    gc.collect()
    before = len(tensor._lent), len(callbacks._kept)

    def squared(outputs, targets):
        return ((outputs - targets) ** 2).sum(1), 2 * (outputs - targets)

    model = small(64, 3, end=None)
    model.fit(glyphs[0], glyphs[0][:, :3].copy(), loss=squared, callbacks=[lambda training: None, nn.LearningRate(
        lambda epoch, rate: rate)])
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None and (len(tensor._lent), len(callbacks._kept)) == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_child_of_fork_predicts_and_trains():
    result = run("""
        import os, sys
        import numpy as np
        import libneuron as nn
        data = nn.Dataset.glyphs(300, 8, 8)
        x = nn.Input((8, 8, 1))
        model = nn.Model(x, nn.Dense(10, activation="softmax")(nn.Dense(300)(nn.Flatten()(x))))
        model.fit(data, epochs=2)
        expected = model.predict(data)
        child = os.fork()
        if child == 0:
            same = np.array_equal(model.predict(data), expected)
            model.fit(data, epochs=2)
            os._exit(0 if same else 3)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """)
    assert result.returncode == 0, result.stdout


def test_the_interpreter_ends_whatever_is_open():
    result = run("""
        import threading
        import numpy as np
        import libneuron as nn
        x = np.ones((100, 4), np.float32)
        data = nn.Dataset(x, np.zeros(100, int))
        i = nn.Input(4)
        model = nn.Model(i, nn.Dense(1)(i))
        trainer = nn.Trainer(model, callbacks=lambda training: None)
        trainer.fit(data)
        nn.context().log(lambda *line: None, "debug")
        cycle = [data, model, trainer]
        cycle.append(cycle)
        kept = model.predict(x), nn.load_image
        thread = threading.Thread(target=lambda: nn.Trainer(model).fit(data, epochs=300), daemon=True)
        thread.start()
    """)
    assert result.returncode == 0, (result.returncode, result.stdout)


def test_handles_that_die_in_the_log_wait(small, glyphs):
    held = []
    with nn.Context() as context:
        def receive(level, category, line):
            held.clear()  # the last owner of a dataset, where the library must not be called

        context.log(receive, "debug")
        for _ in range(3):
            held.append(nn.Dataset(glyphs[0].copy(), glyphs[1]))
            small().fit(*glyphs)
    context.log(None)


def test_an_exception_of_the_log_is_nobodys():
    with nn.Context() as context:
        context.log(lambda *_: 1 / 0, "debug")
        x = nn.Input(3)
        nn.Model(x, nn.Dense(2)(x)).predict(np.ones((2, 3), np.float32))


def test_arrays_that_change_while_they_are_learnt_from(small, glyphs):
    x = glyphs[0].copy()
    data = nn.Dataset(x, glyphs[1])
    done = threading.Event()

    def change():
        while not done.is_set():
            x[:] = np.nan
            x[:] = 1

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(5):
            try:
                small().fit(data, epochs=3)
            except nn.NotFiniteError:
                pass
    finally:
        done.set()
        thread.join()


def test_threads_enter_one_context():
    shared, failures = nn.Context(), []
    inside, left = threading.Barrier(2, timeout=30), threading.Event()

    def enter(first):
        try:
            with nn.Context() as outer:
                if not first:
                    inside.wait()  # enters behind the other one, and leaves behind it
                with shared:
                    if first:
                        inside.wait()
                    inside.wait()
                    if not first:
                        assert left.wait(30)
                    with shared:
                        assert nn.context() is shared
                    assert nn.context() is shared
                assert nn.context() is outer
        except BaseException as error:
            failures.append(error)
        finally:
            left.set()

    threads = [threading.Thread(target=enter, args=(first,)) for first in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and nn.context() is not shared


def test_what_a_model_owns_is_not_read_while_another_thread_changes_it(trained, monkeypatch):
    trained.metadata["a"] = "b"
    trained.class_names = [f"class {k}" for k in range(10)]
    reads = [lambda: trained.class_names, lambda: trained.preparation, lambda: trained.metadata["a"],
             lambda: list(trained.metadata), lambda: trained.classify(np.zeros((1, 64), np.float32))]
    started, done = threading.Event(), threading.Event()

    def change():
        with trained._changing():
            for read in reads[:4]:
                read()  # its own thread may
            started.set()
            done.wait(30)

    thread = threading.Thread(target=change)
    thread.start()
    assert started.wait(30)
    try:
        for read in reads:
            with pytest.raises(nn.StateError, match="another thread"):
                read()
        # The name is Python's own, so that a model can be shown meanwhile; C's may go away at any moment.
        monkeypatch.setattr(_c, "neuron_graph_name", None)
        assert trained.name and trained.name in repr(trained) and trained.name in repr(nn.Trainer(trained))
        monkeypatch.undo()
    finally:
        done.set()
        thread.join()
    for read in reads:
        read()
    assert trained.classify(np.zeros((1, 64), np.float32))[0].startswith("class ") and not trained._readers
    trained.name = "other"
    assert trained.name == nn.Model.from_bytes(trained.to_bytes()).name == "other"


def test_waiting_handles_are_released_by_several_threads():
    from libneuron import _load

    class Emptied(list):
        """What another thread empties between a look and a grasp."""

        def __bool__(self):
            return True

    waiting = _load._waiting
    try:
        _load._waiting = Emptied()
        _load.release_waiting()
    finally:
        _load._waiting = waiting
