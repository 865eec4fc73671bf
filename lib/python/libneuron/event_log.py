"""Logs for TensorBoard, written while a model learns and by hand.

    model.fit(x_train, y_train, callbacks=[nn.TensorBoard("logs/adam")])
    with nn.EventLog("logs/adam/test") as log:
        log.add_evaluation("test", model.evaluate(x_test, y_test), step=50)

They are written by libneuron-report, a library beside the core, which must be installed; TensorBoard itself need not be.
"""
from __future__ import annotations

import ctypes
from typing import Any, Mapping, Optional, Sequence

import numpy as np

from . import _c
from ._call import check, options_text, path_of, texts, utf8
from .callbacks import LibraryCallback
from .context import context as current_context
from .evaluation import Evaluation
from .model import Model
from .tensor import as_array, copied


def _of(kind: type, value: Any, what: str) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{what} is {type(value).__name__} {value!r}; it must be a {kind.__name__}")
    return value


class TensorBoard(LibraryCallback):
    """Logs a training in a folder: its figures in `train` and `validation` below it, with the names that Keras gives
    them, and its settings for the page HParams.

    histograms: also how the parameters are spread, after each epoch. steps: also the loss of each step.
    """

    kind = "event_log"

    def __init__(self, log_dir: Any = "logs", *, histograms: bool = False, steps: bool = False) -> None:
        self.log_dir = log_dir
        super().__init__(histograms=bool(histograms), steps=bool(steps))

    def _create(self, text: Any) -> Any:
        from . import _report_c
        handle = _c.CallbackHandle()
        check(_report_c.neuron_callback_create_event_log(handle, current_context()._handle, path_of(self.log_dir), text))
        return handle

    def __reduce__(self) -> Any:
        return _made_again, (self.log_dir, self._given)

    def __copy__(self) -> Any:
        return _made_again(self.log_dir, self._given)


def _made_again(log_dir: Any, given: Mapping[str, Any]) -> TensorBoard:
    return TensorBoard(log_dir, **given)


class EventLog:
    """A file of events in a folder, which TensorBoard shows. A tag names a series, and '/' makes groups of them.

    purge_step: what earlier files of the folder have from this step on is no longer shown. flush_seconds: after how
    long what was added is in the file, once something else is added.
    """

    def __init__(self, log_dir: Any, *, purge_step: Optional[int] = None, flush_seconds: float = 10) -> None:
        from . import _report_c
        self._low: Any = _report_c
        self._context = current_context()
        self._handle: Any = _report_c.EventLogHandle()
        check(_report_c.neuron_event_log_create(self._handle, self._context._handle, path_of(log_dir), options_text(
            {"purge_step": purge_step, "flush_seconds": float(flush_seconds)})))

    def _open(self) -> Any:
        if self._handle is None:
            raise ValueError("the log is closed")
        return self._handle

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        """A number."""
        check(self._low.neuron_event_log_add_scalar(self._open(), utf8(tag, "the tag"), step, value))

    def add_histogram(self, tag: str, values: Any, step: int) -> None:
        """How numbers are spread."""
        array = np.ascontiguousarray(as_array(values, "values"), np.float32)
        check(self._low.neuron_event_log_add_histogram(self._open(), utf8(tag, "the tag"), step,
                                                       array.ctypes.data_as(ctypes.POINTER(ctypes.c_float)), array.size))

    def add_parameters(self, model: Model, step: int, *, prefix: Optional[str] = None) -> None:
        """A histogram of each parameter array."""
        check(self._low.neuron_event_log_add_parameters(
            self._open(), None if prefix is None else utf8(prefix, "the prefix"), step, _of(Model, model, "model")._graph))

    def add_images(self, tag: str, images: Any, step: int) -> None:
        """Pictures [n, height, width], or with 1 or 3 channels behind: bytes, or numbers from black to white."""
        array = as_array(images, "images")
        array = np.ascontiguousarray(array, np.uint8 if array.dtype == np.uint8 else np.float32)
        check(self._low.neuron_event_log_add_images(self._open(), utf8(tag, "the tag"), step, copied(array, self._context)))

    def add_text(self, tag: str, text: str, step: int) -> None:
        """A text, which TensorBoard reads as Markdown."""
        check(self._low.neuron_event_log_add_text(self._open(), utf8(tag, "the tag"), step, utf8(text)))

    def add_evaluation(self, tag: str, evaluation: Evaluation, step: int) -> None:
        """The figures, the report as text, and the confusion matrix as an image."""
        check(self._low.neuron_event_log_add_evaluation(
            self._open(), utf8(tag, "the tag"), step, _of(Evaluation, evaluation, "evaluation")._handle))

    def add_hparams(self, settings: Mapping[str, Any], metrics: Sequence[str] = ()) -> None:
        """With what settings the run was made, and which series of this folder are shown with them: without any, all."""
        check(self._low.neuron_event_log_add_hparams(
            self._open(), texts(settings, "a name"), texts([str(value) for value in settings.values()], "a value"),
            len(settings), texts(metrics, "a metric"), len(metrics)))

    def flush(self) -> None:
        """Hands all that was added to the file."""
        check(self._low.neuron_event_log_flush(self._open()))

    def close(self) -> None:
        """The same, for the last time."""
        if self._handle is not None:
            self.flush()
            self._handle = None

    def __enter__(self) -> "EventLog":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


__all__ = ["EventLog", "TensorBoard"]
