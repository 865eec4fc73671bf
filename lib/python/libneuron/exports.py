"""What Model.export() writes, by the ending of the file's name: each by a library beside the core, which must be
installed."""
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


FORMATS: Dict[str, Callable[[Any, bytes, Mapping[str, Any]], None]] = {".onnx": _onnx, ".c": _source}


def export(graph: Any, path: Any, options: Mapping[str, Any]) -> None:
    """Writes a graph in the format that the name tells."""
    name = os.fsdecode(path)
    for ending, write in FORMATS.items():
        if name.endswith(ending):
            write(graph, path_of(path), options)
            return
    raise ValueError(f"the model cannot be exported as {name!r}: the name must end in {' or '.join(FORMATS)}")
