"""Models of Keras's files: written and read again, told by their first bytes."""
import numpy as np
import pytest

import libneuron as nn


def model(seed=1):
    x = nn.Input((8, 8, 1))
    hidden = nn.BatchNorm()(nn.Conv2D(4, 3, activation="relu")(x))
    return nn.Model(x, nn.Dense(10, activation="softmax")(nn.Flatten()(hidden)), seed=seed)


try:
    from libneuron import _keras_c  # noqa: F401
except ImportError as reason:
    pytest.skip(str(reason).split("\n", maxsplit=1)[0], allow_module_level=True)

IMAGES = np.random.default_rng(1).normal(size=(5, 8, 8, 1)).astype("f")


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_models_go_there_and_back(tmp_path, name):
    first = model()
    first.export(tmp_path / name)
    (tmp_path / name).rename(tmp_path / "file")  # what is in it tells, not its name
    again = nn.load(tmp_path / "file")
    assert np.allclose(again.predict(IMAGES), first.predict(IMAGES), atol=1e-6)
    data = nn.Dataset.glyphs(60, 8, 8, seed=1)
    again.fit(data.x(), data.labels(), epochs=1)
    assert not np.allclose(again.predict(IMAGES), first.predict(IMAGES), atol=1e-6)


def test_weights(tmp_path):
    first, other = model(), model(seed=2)
    path = tmp_path / "m.weights.h5"
    first.export(path)
    assert other.load_keras_weights(path) == 8
    assert np.array_equal(other.predict(IMAGES), first.predict(IMAGES))
    with pytest.raises(nn.FormatError, match="weights only"):
        nn.load(path)
    with pytest.raises(nn.NeuronError):
        other.load_keras_weights(path, match="size")


def test_refusals(tmp_path):
    (tmp_path / "bad.keras").write_bytes(b"PK\3\4" + b"x" * 40)
    with pytest.raises(nn.NeuronError, match="bad.keras"):
        nn.load(tmp_path / "bad.keras")
    with pytest.raises(ValueError, match="must end in .onnx, .keras, .h5, .c"):
        model().export(tmp_path / "m.bin")
