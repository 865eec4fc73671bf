"""State dicts of PyTorch in the safetensors layout, as bytes. PyTorch itself is not imported."""
from __future__ import annotations

import json
from typing import Any, Dict, List, Mapping

import numpy as np

_DTYPES = {"float32": "F32", "float64": "F64", "float16": "F16", "int64": "I64", "int32": "I32", "int16": "I16",
           "int8": "I8", "uint8": "U8", "bool": "BOOL"}


def _numbers(value: Any) -> np.ndarray:
    if hasattr(value, "detach"):
        value = value.detach()
        value = (value.float() if value.is_floating_point() else value).cpu().numpy()
    return np.asarray(value)


def state_bytes(state: Mapping[str, Any]) -> bytes:
    """A dictionary of tensors or arrays in the safetensors layout."""
    header: Dict[str, Any] = {}
    pieces: List[bytes] = []
    end = 0
    for name, value in state.items():
        array = _numbers(value)
        if array.dtype.name not in _DTYPES:
            raise TypeError(f"{name} is of {array.dtype}; a state dict has {', '.join(_DTYPES)}")
        piece = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False).tobytes()
        header[name] = {"dtype": _DTYPES[array.dtype.name], "shape": list(array.shape),
                        "data_offsets": [end, end + len(piece)]}
        pieces.append(piece)
        end += len(piece)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + b"".join(pieces)


def state_of(content: bytes) -> Dict[str, np.ndarray]:
    """The arrays that state_bytes() would make such bytes of."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8:8 + size])
    types = {"F32": "<f4", "I64": "<i8"}
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + size + offset for offset in entry["data_offsets"])
            given = np.frombuffer(content[begin:end], types[entry["dtype"]])
            arrays[name] = given.reshape(entry["shape"]).astype(given.dtype.newbyteorder("="))
    return arrays
