"""Text for terminals: a bar while a model learns, and pictures made of characters.

    model.fit(x_train, y_train, epochs=20, callbacks=[nn.ProgressBar()])
    print(nn.terminal.class_counts(data))
    print(nn.terminal.confusion(model.evaluate(x_test, y_test)))
    print(nn.terminal.sparkline(history["loss"]))

What is not given is as the standard output is: its width, whether it is a terminal with colours, and whether it takes more
than ASCII. All of it is made by libneuron-report, a library beside the core, which must be installed.
"""
from __future__ import annotations

import ctypes
import sys
from typing import Any, Dict, Mapping, Optional

import numpy as np

from . import _c
from ._call import check, options_text, park, text_of, texts
from .callbacks import LibraryCallback, forget, keep
from .context import context as current_context
from .data import Dataset
from .evaluation import Evaluation


def _descriptor(file: Any) -> Optional[int]:
    """The number by which the system knows a file; None for one in Python alone."""
    try:
        return int(file.fileno())
    except (AttributeError, OSError, ValueError):
        return None


def _takes_utf8(file: Any) -> bool:
    return (getattr(file, "encoding", None) or "").lower().replace("-", "") == "utf8"


def _options(columns: Optional[int], color: Optional[bool], unicode: Optional[bool]) -> Optional[bytes]:
    """What is given, and else what the standard output is."""
    from . import _report_c
    descriptor = _descriptor(sys.stdout)
    if columns is None:
        columns = int(_report_c.neuron_terminal_columns(-1 if descriptor is None else descriptor))
        columns = min(max(columns, 20), 1000) if columns else None
    if color is None:
        color = descriptor is not None and bool(_report_c.neuron_terminal_color(descriptor))
    if unicode is None:
        unicode = _takes_utf8(sys.stdout)
    return options_text({"columns": columns, "color": bool(color), "unicode": bool(unicode)})


def bars(values: Mapping[str, float], *, columns: Optional[int] = None, color: Optional[bool] = None,
         unicode: Optional[bool] = None) -> str:
    """A bar for each of some numbers, which are 0 or more."""
    from . import _report_c
    numbers = (ctypes.c_double * len(values))(*(float(value) for value in values.values()))
    return text_of(_report_c.neuron_terminal_bars, texts(values, "a name"), numbers, len(values),
                   _options(columns, color, unicode))


def class_counts(dataset: Dataset, *, columns: Optional[int] = None, color: Optional[bool] = None,
                 unicode: Optional[bool] = None) -> str:
    """How many examples of each class there are, as bars."""
    from . import _report_c
    if not isinstance(dataset, Dataset):
        raise TypeError(f"dataset is {type(dataset).__name__} {dataset!r}; it must be a Dataset")
    return text_of(_report_c.neuron_terminal_class_counts, dataset._handle, _options(columns, color, unicode))


def confusion(evaluation: Evaluation, *, columns: Optional[int] = None, color: Optional[bool] = None,
              unicode: Optional[bool] = None) -> str:
    """The confusion matrix as a table; if that is too wide, the classes that are confused most."""
    from . import _report_c
    if not isinstance(evaluation, Evaluation):
        raise TypeError(f"evaluation is {type(evaluation).__name__} {evaluation!r}; it must be an Evaluation")
    return text_of(_report_c.neuron_terminal_confusion, evaluation._handle, _options(columns, color, unicode))


def sparkline(values: Any, *, columns: Optional[int] = None, unicode: Optional[bool] = None) -> str:
    """A curve in one line, such as the losses of the epochs. What is not finite is a gap."""
    from . import _report_c
    array = np.ascontiguousarray(values, np.float64).reshape(-1)
    return text_of(_report_c.neuron_terminal_sparkline, array.ctypes.data_as(ctypes.POINTER(ctypes.c_double)),
                   len(array), _options(columns, False, unicode))


class ProgressBar(LibraryCallback):
    """Shows where a training is: a line that is drawn anew while an epoch runs, and stays behind it with its figures.

    file: what it is written to; the standard error. redraw: False writes a line for each epoch and nothing else; by
    default in a terminal only. label: a text that each line begins with. seconds: what lies at least between two
    drawings. columns: how wide; by default as the terminal is, asked before each drawing.
    """

    kind = "progress_bar"

    def __init__(self, file: Any = None, *, redraw: Optional[bool] = None, label: Optional[str] = None,
                 seconds: Optional[float] = None, columns: Optional[int] = None, color: Optional[bool] = None,
                 unicode: Optional[bool] = None) -> None:
        self.file = file
        self._given = {"redraw": redraw, "label": label, "seconds": None if seconds is None else float(seconds),
                       "columns": columns, "color": color, "unicode": unicode}
        self._handle = self._create(None)  # where a label may have any characters

    def _create(self, text: Any) -> Any:
        from . import _report_c
        given: Dict[str, Any] = dict(self._given)
        file = self.file

        def write(address: int, size: int, _: Any) -> int:
            try:
                to = sys.stderr if file is None else file
                to.write(ctypes.string_at(address, size).decode("utf-8", "replace"))
                to.flush()
                return 0
            except BaseException as error:
                return park(error)

        shown = sys.stderr if file is None else file
        descriptor = _descriptor(shown)
        if given["redraw"] is None:
            given["redraw"] = bool(getattr(shown, "isatty", lambda: False)())
        if given["color"] is None:
            given["color"] = descriptor is not None and bool(_report_c.neuron_terminal_color(descriptor))
        if given["unicode"] is None:
            given["unicode"] = _takes_utf8(shown)
        given["descriptor"] = descriptor
        handle = _c.CallbackHandle()
        called = _c.neuron_write_function_t(write)
        key = keep(called)
        status = _report_c.neuron_callback_create_progress_bar(handle, current_context()._handle, called, key, forget,
                                                               options_text(given, ("label",)))
        if status < 0:
            forget(key)
        check(status)
        return handle

    def __reduce__(self) -> Any:
        return _made_again, (self.file, self._given)

    def __copy__(self) -> Any:
        return _made_again(self.file, self._given)


def _made_again(file: Any, given: Mapping[str, Any]) -> ProgressBar:
    return ProgressBar(file, **given)


__all__ = ["ProgressBar", "bars", "class_counts", "confusion", "sparkline"]
