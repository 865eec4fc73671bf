"""What Model.export() writes, by the ending of the file's name, and what load() reads that it has not written: by libraries
beside the core, which must be installed."""
from __future__ import annotations

import os
from typing import Any, Callable, Dict, Mapping

from ._call import check, options_text, path_of


def _source(graph: Any, path: bytes, options: Mapping[str, Any]) -> None:
    from . import _source_c
    check(_source_c.neuron_source_export(graph, path, options_text(options)))


def _onnx(graph: Any, path: bytes, options: Mapping[str, Any]) -> None:
    from . import _onnx_c
    check(_onnx_c.neuron_onnx_export(graph, path, options_text(options)))


def _keras(graph: Any, path: bytes, options: Mapping[str, Any]) -> None:
    from . import _keras_c
    check(_keras_c.neuron_keras_save(graph, path, options_text(options)))


FORMATS: Dict[str, Callable[[Any, bytes, Mapping[str, Any]], None]] = {
    ".onnx": _onnx, ".keras": _keras, ".h5": _keras, ".c": _source}


def export(graph: Any, path: Any, options: Mapping[str, Any]) -> None:
    """Writes a graph in the format that the name tells."""
    name = os.fsdecode(path)
    for ending, write in FORMATS.items():
        if name.endswith(ending):
            write(graph, path_of(path), options)
            return
    raise ValueError(f"the model cannot be exported as {name!r}: the name must end in {', '.join(FORMATS)}")


# What the first bytes of ONNX files are: the number of a field of the model, and how long it is.
_FIELDS = {number << 3 | 2 for number in (2, 3, 4, 6, 7, 8, 14, 20, 25)} | {1 << 3, 5 << 3}


def is_onnx(path: Any) -> bool:
    """Whether a file is an ONNX file, and none of the library's own, which have a size and then a brace."""
    try:
        with open(path_of(path), "rb") as file:
            head = file.read(9)
    except OSError:
        return False
    return len(head) > 1 and head[0] in _FIELDS and head[8:] != b"{"


def is_keras(path: Any) -> bool:
    """Whether a file is an archive or HDF5, as those of Keras: none of the library's own begins so."""
    try:
        with open(path_of(path), "rb") as file:
            return file.read(4) in (b"PK\3\4", b"\x89HDF")
    except OSError:  # which loading tells of
        return False


def load_keras(context: Any, path: Any) -> Any:
    """The graph of a .keras or .h5 file."""
    from . import _c, _keras_c
    graph = _c.GraphHandle()
    check(_keras_c.neuron_keras_load(graph, context, path_of(path)))
    return graph


def load_onnx(context: Any, path: Any, options: Mapping[str, Any]) -> Any:
    """The graph of a file."""
    from . import _c, _onnx_c
    graph = _c.GraphHandle()
    check(_onnx_c.neuron_onnx_import(graph, context, path_of(path), options_text(options)))
    return graph


def load_onnx_bytes(context: Any, content: bytes, options: Mapping[str, Any]) -> Any:
    """The graph of bytes."""
    from . import _c, _onnx_c
    graph = _c.GraphHandle()
    check(_onnx_c.neuron_onnx_import_memory(graph, context, content, len(content), options_text(options)))
    return graph
