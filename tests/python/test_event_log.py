"""Logs for TensorBoard: what is in the files, and what is said of wrong arguments. That TensorBoard reads them is tested
by tests/interop/event_logs.py."""
import copy
import pickle

import numpy as np
import pytest

import libneuron as nn

try:
    nn.TensorBoard("is-it-there")
except ImportError as reason:
    pytest.skip(str(reason).split("\n", maxsplit=1)[0], allow_module_level=True)


def events(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.glob("events.out.tfevents.*")))


@pytest.fixture(scope="module")
def model():
    x = nn.Input((12, 12, 1))
    return nn.Model(x, nn.Dense(10, activation="softmax")(nn.Flatten()(x)))


def test_training(model, tmp_path):
    data = nn.Dataset.glyphs(200, 12, 12, seed=1)
    log = nn.TensorBoard(tmp_path / "run", histograms=True, steps=True)
    assert not (tmp_path / "run").exists()
    model.fit(data, epochs=2, optimizer=nn.Adam(1e-2), validation_split=0.2, callbacks=[log])
    train = events(tmp_path / "run" / "train")
    for tag in b"epoch_loss", b"epoch_accuracy", b"epoch_learning_rate", b"/kernel":
        assert train.count(tag) == 2, tag
    assert events(tmp_path / "run" / "validation").count(b"epoch_loss") == 2
    assert events(tmp_path / "run" / "steps").count(b"batch_loss") == 2 * 5
    assert b"learning_rate" in events(tmp_path / "run")
    for again in copy.copy(log), pickle.loads(pickle.dumps(log)):
        assert again.log_dir == log.log_dir and "histograms=True" in repr(again)


def test_by_hand(model, tmp_path):
    evaluation = model.evaluate(nn.Dataset.glyphs(50, 12, 12, seed=2))
    with nn.EventLog(tmp_path, flush_seconds=0) as log:
        log.add_scalar("a number", 1.5, 3)
        log.add_histogram("spread", np.arange(10), 3)
        log.add_histogram("nothing", [], 3)
        log.add_parameters(model, 3, prefix="of model")
        log.add_images("bytes", np.zeros((2, 4, 4), np.uint8), 3)
        log.add_images("colours", np.random.rand(1, 4, 4, 3), 3)
        log.add_text("words", "some **größer** text", 3)
        log.add_evaluation("test", evaluation, 3)
        log.add_hparams({"rate": 0.1, "kind": "adam"}, ["test/loss"])
        written = events(tmp_path)
        for part in ("a number", "spread", "nothing", "of model/dense", "bytes", "colours", "größer", "test/accuracy",
                     "test/confusion", "_hparams_/experiment", "\u0089PNG"):
            assert part.encode("latin-1" if part.endswith("PNG") else "utf-8") in written, part
    with pytest.raises(ValueError, match="closed"):
        log.add_scalar("a number", 1.5, 3)
    log.close()


def test_wrong_arguments(tmp_path):
    log = nn.EventLog(tmp_path / "log", purge_step=4)
    with pytest.raises(nn.ArgumentError, match="tag is empty"):
        log.add_scalar("", 1, 0)
    with pytest.raises(nn.ArgumentError, match="step is -1"):
        log.add_scalar("a", 1, -1)
    with pytest.raises(TypeError, match="evaluation is int 3"):
        log.add_evaluation("a", 3, 0)
    with pytest.raises(TypeError, match="model is str"):
        log.add_parameters("a", 0)
    log.add_hparams({"a": 1})
    with pytest.raises(nn.NeuronError, match="already"):
        log.add_hparams({"a": 1})
    (tmp_path / "file").write_text("a")
    with pytest.raises(nn.NeuronError, match="file"):
        nn.EventLog(tmp_path / "file" / "log")
    with pytest.raises(TypeError):
        nn.TensorBoard("logs", histogram_freq=1)
