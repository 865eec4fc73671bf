"""Exporting models and loading them: files and bytes, what is said of wrong arguments, and where libneuron-onnx is not installed."""
import os
import subprocess
import sys

import numpy as np
import pytest

import libneuron as nn


def model():
    x = nn.Input((8, 8, 3))
    hidden = nn.Conv2D(4, 3, activation="relu")(x)
    return nn.Model(x, nn.Dense(2, activation="softmax")(nn.Flatten()(hidden)), name="small")


try:
    model().to_onnx()
except ImportError as reason:
    pytest.skip(str(reason).split("\n", maxsplit=1)[0], allow_module_level=True)


def test_files_have_the_bytes(tmp_path):
    small = model()
    small.metadata["author"] = "somebody"
    path = tmp_path / "small.onnx"
    small.export(path)
    assert path.read_bytes() == small.to_onnx()
    assert b"somebody" in path.read_bytes() and b"conv2d.kernel" in path.read_bytes()
    small.export(str(path), layout="nchw")
    assert path.read_bytes() == small.to_onnx(layout="nchw") != small.to_onnx(layout="nhwc") == small.to_onnx()


def test_bytes_are_scaled():
    small = model()
    with pytest.raises(nn.StateError, match="bytes become its inputs"):
        small.to_onnx(input_type="u8")
    data = nn.Dataset.glyphs(50, 8, 8, seed=1)
    x = nn.Input((8, 8, 1))
    learned = nn.Model(x, nn.Dense(10, activation="softmax")(nn.Flatten()(x)))
    learned.fit(data, epochs=1)
    assert b"input.scale" in learned.to_onnx(input_type="u8")


def test_loaded_by_content(tmp_path):
    small = model()
    small.class_names = ["cat", "dog"]
    x = np.random.default_rng(1).normal(size=(5, 8, 8, 3)).astype(np.float32)
    for options in ({}, {"layout": "nchw"}):
        small.export(tmp_path / "small.onnx", **options)
        (tmp_path / "small.onnx").rename(tmp_path / "small")
        loaded = nn.load(tmp_path / "small")
        assert np.allclose(loaded.predict(x), small.predict(x), atol=1e-6)
        assert loaded.class_names == ["cat", "dog"] and loaded.input_shapes == [(8, 8, 3)]
    loaded = nn.from_onnx(small.to_onnx(layout="nchw"), layout="file")
    assert loaded.input_shapes == [(3, 8, 8)]
    assert np.allclose(loaded.predict(x.transpose(0, 3, 1, 2)), small.predict(x), atol=1e-6)
    loaded.fit(x.transpose(0, 3, 1, 2), np.arange(5) % 2, epochs=1)
    small.save(tmp_path / "small.onnx")
    assert np.array_equal(nn.load(tmp_path / "small.onnx").predict(x), small.predict(x))
    with pytest.raises(TypeError, match="only ONNX files have options, such as 'layout'"):
        nn.load(tmp_path / "small.onnx", layout="file")
    with pytest.raises(nn.ArgumentError, match="did you mean .layout"):
        nn.from_onnx(small.to_onnx(), layuot="file")
    with pytest.raises(nn.FormatError, match="no ONNX file, or a damaged one"):
        nn.from_onnx(b"\x08")


def test_refused(tmp_path):
    small = model()
    for call, error, words in (
            (lambda: small.export(tmp_path / "small.pb"), ValueError, "must end in .onnx"),
            (lambda: small.export(tmp_path / "small.onnx", layuot="nchw"), nn.ArgumentError, "did you mean .layout"),
            (lambda: small.export(tmp_path / "small.onnx", layout="hwc"), nn.ArgumentError, "nhwc or nchw"),
            (lambda: small.export(tmp_path / "nowhere" / "small.onnx"), OSError, "nowhere")):
        with pytest.raises(error, match=words):
            call()
    assert not list(tmp_path.iterdir())


def test_not_installed():
    """What is said where there is no libneuron-onnx."""
    code = ("import libneuron as nn\nx = nn.Input(2)\ntry:\n    nn.Model(x, nn.Dense(1)(x)).to_onnx()\n"
            "except ImportError as error:\n    print(error)")
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env={**os.environ, "LIBNEURON_ONNX_LIBRARY": "/nowhere/libneuron-onnx.so.1"}).stdout
    assert "libneuron-onnx is not installed" in said and "/nowhere/libneuron-onnx.so.1" in said
