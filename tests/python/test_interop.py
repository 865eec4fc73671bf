"""Arrays of others without a copy: DLPack both ways, the buffer protocol, __array_interface__."""
import array

import numpy as np
import pytest

import libneuron as nn
from libneuron import tensor as tensors


class Lends:
    """Memory that is told of by __array_interface__ alone."""

    def __init__(self, values):
        self.values = values
        self.__array_interface__ = values.__array_interface__


class DLPack:
    """Memory that is lent by DLPack alone."""

    def __init__(self, values, device=None):
        self.values, self.device = values, device

    def __dlpack__(self, **options):
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.device or self.values.__dlpack_device__()


def address(values):
    return values.__array_interface__["data"][0]


@pytest.mark.parametrize("lend", [Lends, DLPack, memoryview, lambda values: values], ids=["interface", "dlpack", "buffer", "array"])
def test_memory_is_shared(lend, trained, glyphs):
    x = np.ascontiguousarray(glyphs[0][:40])
    lent = lend(x)
    assert address(tensors.as_float(lent)) == address(x)
    assert np.array_equal(trained.predict(lent), trained.predict(x))
    data = nn.Dataset(lent, glyphs[1][:40])
    x[0] = 7
    assert (data.x(0, 1) == 7).all()


def test_an_array_of_the_standard_library():
    values = array.array("f", [1, 2, 3])
    assert tensors.as_float(values).tolist() == [1, 2, 3]


def test_a_device_is_refused():
    with pytest.raises(ValueError, match="device"):
        tensors.as_array(DLPack(np.zeros(3, np.float32), (2, 0)))


def test_results_are_lent_by_dlpack(trained, glyphs):
    outputs = trained.predict(glyphs[0])
    assert address(np.from_dlpack(outputs)) == address(outputs)


def test_an_image_lies_in_the_memory_of_its_tensor(tmp_path):
    (tmp_path / "i.pgm").write_bytes(b"P5 2 1 255 \x00\xff")
    image = nn.load_image(tmp_path / "i.pgm")
    assert image.base is not None and image.flags.writeable and np.from_dlpack(image).ravel().tolist() == [0, 1]


def test_pytorch(trained, glyphs):
    torch = pytest.importorskip("torch")
    x = torch.from_numpy(glyphs[0].copy())
    assert address(tensors.as_float(x)) == x.data_ptr()
    outputs = torch.from_dlpack(trained.predict(x))
    assert outputs.shape == (600, 10)
    raw = trained.predict(x)
    assert torch.from_dlpack(raw).data_ptr() == address(raw)
    assert np.array_equal(outputs.numpy(), trained.predict(glyphs[0]))
    data = nn.Dataset(x, torch.from_numpy(glyphs[1]))
    x[3] = 9
    assert (data.x(3, 1) == 9).all() and data.classes == 10
    with pytest.raises(TypeError, match="require gradient|grad"):
        trained.predict(torch.zeros((2, 64), requires_grad=True))
    assert trained.predict(torch.zeros((2, 64), dtype=torch.float64)).shape == (2, 10)
    assert trained.predict(torch.zeros((64, 2)).T).shape == (2, 10)
    with pytest.raises(TypeError):
        trained.predict(torch.zeros((2, 64), dtype=torch.bfloat16))
    trained.fit(x, torch.from_numpy(glyphs[1]), epochs=1)
