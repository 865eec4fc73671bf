"""Models as files of other programs: what is written, what is refused, and what is said where a library is missing."""
import ctypes
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

import libneuron as nn

try:
    from libneuron import _source_c  # noqa: F401 # pylint: disable=unused-import
except ImportError as reason:
    pytest.skip(str(reason).split("\n", maxsplit=1)[0], allow_module_level=True)


@pytest.fixture(scope="module")
def model():
    x = nn.Input((6, 6, 1))
    y = nn.Flatten()(nn.Conv2D(4, 3, activation="relu")(x))
    return nn.Model(x, nn.Dense(3, activation="softmax")(y))


def test_source(model, tmp_path):
    path = tmp_path / "net.c"
    model.export(path, name="net", header=True)
    assert (tmp_path / "net.h").exists()
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("there is no C compiler")
    subprocess.run([compiler, "-std=c99", "-O1", "-shared", "-fPIC", "-o", tmp_path / "net.so", path, "-lm"], check=True)
    predict = ctypes.CDLL(str(tmp_path / "net.so")).net_predict
    x = np.random.default_rng(1).normal(size=(5, 6, 6, 1)).astype(np.float32)
    made = np.zeros((5, 3), np.float32)
    for example, row in zip(x, made):
        predict(example.ctypes, row.ctypes)
    assert np.allclose(made, model.predict(x), atol=1e-5)


def test_refused(model, tmp_path):
    with pytest.raises(ValueError, match="the name must end in .onnx, .keras, .h5, .c"):
        model.export(tmp_path / "net.txt")
    with pytest.raises(nn.ArgumentError, match="did you mean \"name\""):
        model.export(tmp_path / "net.c", nmae="x")
    with pytest.raises(nn.ArgumentError, match="name is 1"):
        model.export(tmp_path / "net.c", name="1")
    with pytest.raises(OSError):
        model.export(tmp_path / "none" / "net.c")
    assert not list(tmp_path.iterdir())


def test_missing():
    """What is said where there is no libneuron-source."""
    program = ("import libneuron as nn\nx = nn.Input((2,))\ntry: nn.Model(x, nn.Dense(1)(x)).export('m.c')\n"
               "except ImportError as error: print(error)")
    said = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True,
                          env={**os.environ, "LIBNEURON_SOURCE_LIBRARY": "/nowhere/libneuron-source.so.1"}).stdout
    assert "libneuron-source is not installed" in said and "/nowhere/libneuron-source.so.1" in said
