"""Streams: datasets whose examples a function of Python reads each time they are needed."""
from __future__ import annotations

import ctypes
from typing import Any, Callable, Dict, Optional, Tuple

import numpy as np

from . import _c
from ._call import check, extents, integer, options_text, park
from .callbacks import forget, keep
from .context import context as current_context
from .data import Dataset
from .labels import labels_of
from .tensor import as_array


# ---- Streams ----

def stream(read: Callable[[np.ndarray], Any], count: int, shape: Any, classes: Optional[int], targets: Any,
            dtype: np.dtype, labels: Any) -> Dataset:
    if not callable(read):
        raise TypeError(f"the stream reads by {read!r}, not by a function")
    if (classes is None) == (targets is None):
        raise TypeError("a stream is given classes=, how many there are, or targets=, their shape")
    if dtype not in (np.dtype(np.float32), np.dtype(np.uint8)):
        raise ValueError(f"the elements of a stream are {dtype}; they must be float32 or uint8")
    shape = tuple(extents(shape))
    known = None if labels is None else labels_of(labels)
    kind = _c.neuron_dataset_read_function_t if targets is None else _c.neuron_dataset_read_targets_function_t
    label_type = np.dtype(kind._argtypes_[1]._type_)
    one_target: Tuple[int, ...] = () if targets is None else tuple(extents(targets))

    def fill(examples: Any, wanted: Any, places: Any, number: int, _: Any) -> int:
        try:
            positions = np.ctypeslib.as_array(places, (number,)).copy()
            found, theirs = None, None
            if examples or known is None:
                found = read(positions)
                if known is None:
                    found, theirs = found
            if examples:
                values = np.ctypeslib.as_array((ctypes.c_byte * (number * int(np.prod(shape)) * dtype.itemsize))
                                               .from_address(examples)).view(dtype).reshape(number, *shape)
                _fill(values, found, "the examples that the stream read")
            if wanted:
                if known is not None:
                    theirs = (known.classes if targets is None else known.targets)[positions]  # type: ignore[index]
                values = np.ctypeslib.as_array(wanted, (number * int(np.prod(one_target, dtype=int)),))
                _fill(values.reshape(number, *one_target), theirs, "the labels that the stream read")
            return 0
        except BaseException as error:
            return park(error)

    if known is not None:
        own = known.classes if targets is None else known.targets
        if own is None or len(own) != count:
            raise ValueError(f"labels: there must be {count} {'class numbers' if targets is None else 'targets'}")
    assert label_type.kind in "if"
    called = kind(fill)
    key = keep(called)
    function = _c.neuron_dataset_create_stream if targets is None else _c.neuron_dataset_create_stream_with_targets
    options: Dict[str, Any] = {"shape": "x".join(map(str, shape)), "type": "u8" if dtype == np.uint8 else "f32"}
    options.update({"classes": integer(classes, "classes")} if targets is None else
                   {"targets": "x".join(map(str, one_target))})
    handle = _c.DatasetHandle()
    context = current_context()
    status = function(handle, context._handle, called, key, forget, count, options_text(options))
    if status < 0:
        forget(key)
    check(status)
    made = Dataset._of(handle, context)
    made._streams = True
    if known is not None and known.names and len(known.names) == made.classes:
        made.class_names = known.names
    return made


def _fill(values: np.ndarray, given: Any, what: str) -> None:
    array = as_array(given, what)
    if array.shape != values.shape and array.size != values.size:
        raise ValueError(f"{what} have the shape {array.shape}; it must be {values.shape}")
    values[...] = array.reshape(values.shape)
