"""Arrays in and out without a copy: whatever NumPy can look into becomes a tensor over the same memory, and what
the library has in a tensor becomes an array over that.

Arrays of PyTorch and others come in by DLPack; results are arrays of NumPy, which go there the same way:
`torch.from_dlpack(model.predict(x))`.
"""
from __future__ import annotations

import ctypes
import itertools
from typing import Any, Dict, Optional, Tuple

import numpy as np

from . import _c
from ._call import check, path_of, utf8
from .context import Context, context as current_context

TYPES: Dict[Any, int] = {np.dtype(np.float32): _c.NEURON_TYPE_F32, np.dtype(np.uint8): _c.NEURON_TYPE_U8,
         np.dtype(np.int32): _c.NEURON_TYPE_I32, np.dtype(np.int64): _c.NEURON_TYPE_I64}
DTYPES: Dict[int, Any] = {number: dtype for dtype, number in TYPES.items()}
FLOAT = np.dtype(np.float32)

_extents = [ctypes.c_int64 * rank for rank in range(_c.NEURON_RANK_MAX + 1)]  # types, which take a while to find

_CPU_DEVICES = (1, 3, 11, 13)  # of DLPack: the processor's memory, or some that it shares with a device

# Memory that a tensor of the library lies over, until the library says that it is free.
_lent: Dict[int, Any] = {}
_keys = itertools.count(1)


@_c.neuron_destroy_function_t
def _returned(key: int) -> None:
    _lent.pop(key, None)


def as_array(values: Any, what: str = "the array") -> np.ndarray:
    """An array of NumPy over the same memory, where there is a way: DLPack, __array_interface__, the buffer protocol,
    pandas; else a copy, as of lists."""
    if isinstance(values, np.ndarray):
        return values
    if hasattr(values, "__dlpack__") and hasattr(values, "__dlpack_device__"):
        device = values.__dlpack_device__()
        if device[0] not in _CPU_DEVICES:
            raise ValueError(f"{what} is on a device, not in the processor's memory: {what}.cpu() or the like "
                             "makes a copy that is")
        try:
            return np.from_dlpack(values)
        except (BufferError, RuntimeError, TypeError) as error:
            raise TypeError(f"{what}: the memory is not lent: {error}") from error
    if hasattr(values, "to_numpy"):  # pandas and others
        return np.asarray(values.to_numpy())
    array = np.asarray(values)
    if array.dtype == object and any(isinstance(item, (list, tuple, np.ndarray)) for item in array.ravel()[:1]):
        raise ValueError(f"{what} is ragged: its rows do not have the same length")
    return array


def ready(array: np.ndarray) -> np.ndarray:
    """The array as a tensor can lie over it: in C's order, aligned, in this machine's byte order; itself if it is."""
    return np.require(array, array.dtype.newbyteorder("="), ["C", "ALIGNED"])


def as_float(values: Any, what: str = "the array") -> np.ndarray:
    """float32 in C's order; the array itself if it is so."""
    array = as_array(values, what)
    if array.dtype.kind not in "fiub":
        rows = "; rows with words or gaps are given as a frame of pandas" if array.dtype.kind in "OUS" else ""
        raise TypeError(f"{what} has elements {array.dtype}; they must be numbers{rows}")
    return np.require(array, np.float32, ["C", "ALIGNED"])


def as_stored(values: Any, what: str = "the array") -> np.ndarray:
    """Bytes as they are, all other numbers as float32."""
    array = as_array(values, what)
    return ready(array) if array.dtype == np.uint8 else as_float(array, what)


def wrap(array: np.ndarray, context: Context) -> Any:
    """A tensor over the memory of an array that is ready() and lives as long as the tensor."""
    handle = _c.TensorHandle()
    shape = array.shape
    extents = _extents[len(shape)](*shape) if len(shape) < len(_extents) else (ctypes.c_int64 * len(shape))(*shape)
    status = _c.neuron_tensor_wrap(handle, context._handle, TYPES[array.dtype], extents, len(shape),
                                   array.__array_interface__["data"][0])
    if status < 0:
        check(status)
    return handle


def lend(array: np.ndarray, context: Context) -> Any:
    """A tensor over the memory of an array, which it keeps as long as the library needs it."""
    handle = wrap(array, context)
    key = next(_keys)
    _lent[key] = array
    status = _c.neuron_tensor_set_destroy(handle, key, _returned)
    if status < 0:
        _lent.pop(key, None)
    check(status)
    return handle


def copied(array: np.ndarray, context: Context) -> Any:
    """A tensor with a copy of an array that is ready()."""
    handle = _c.TensorHandle()
    shape = (ctypes.c_int64 * array.ndim)(*array.shape)
    check(_c.neuron_tensor_copy(handle, context._handle, TYPES[array.dtype], shape, array.ndim, array.ctypes.data))
    return handle


class _Memory:
    """The memory of a tensor for NumPy, which keeps the tensor with it."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle
        rank = _c.neuron_tensor_rank(handle)
        shape = tuple(_c.neuron_tensor_extent(handle, axis) for axis in range(rank))
        self.__array_interface__ = {
            "version": 3, "typestr": DTYPES[_c.neuron_tensor_type(handle)].str, "shape": shape,
            "data": (_c.neuron_tensor_data(handle) or 0, False)}


def array_of(handle: Any) -> np.ndarray:
    """The elements of a tensor, without a copy; the array keeps the tensor."""
    if _c.neuron_tensor_count(handle) == 0:
        rank = _c.neuron_tensor_rank(handle)
        return np.zeros([_c.neuron_tensor_extent(handle, axis) for axis in range(rank)],
                        DTYPES[_c.neuron_tensor_type(handle)])
    return np.asarray(_Memory(handle))


def view(address: Any, shape: Any, dtype: Any = FLOAT) -> np.ndarray:
    """An array over memory of the library's that goes away when a callback returns."""
    dtype = np.dtype(dtype)
    count = int(np.prod(shape, dtype=np.int64))
    memory = (ctypes.c_char * (count * dtype.itemsize)).from_address(ctypes.cast(address, ctypes.c_void_p).value or 0)
    return np.frombuffer(memory, dtype, count).reshape(shape)


def load_image(path: Any, model: Any = None, context: Optional[Context] = None) -> np.ndarray:
    """An image to predict from, [1, height, width, channels]: PBM, PGM, PPM or PNG. Its numbers are 0 to 1; with a model
    they are scaled as that one was trained, which matters where the training set was standardized or the like."""
    if model is not None and not hasattr(model, "_graph"):
        raise TypeError(f"model is {type(model).__name__}; it must be the nn.Model that is to predict")
    found = None if model is None else scales_of(model._graph, model.input_names[0])
    kind = _c.neuron_tensor_load_image.argtypes[3]
    scales, offsets = (None, None) if found is None else (each.ctypes.data_as(kind) for each in found)
    handle = _c.TensorHandle()
    check(_c.neuron_tensor_load_image(handle, (context or current_context())._handle, path_of(path), scales, offsets,
                                      0 if found is None else found[0].size))
    return array_of(handle)


def scales_of(graph: Any, name: Optional[str] = None) -> Optional[Tuple[np.ndarray, np.ndarray]]:
    """Scales and offsets of the set that a graph was trained on, None where it has none. name: of one input of several."""
    function, needed = _c.neuron_graph_scales, ctypes.c_size_t()
    where = None if name is None else utf8(name)
    check(function(None, None, 0, needed, graph, where))
    if needed.value == 0:
        return None
    scales, offsets = np.empty(needed.value), np.empty(needed.value)
    check(function(scales.ctypes.data_as(function.argtypes[0]), offsets.ctypes.data_as(function.argtypes[1]),
                   needed.value, None, graph, where))
    return scales, offsets
