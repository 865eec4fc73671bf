"""Callbacks: what happens at set points of a training, beside the training itself.

Those of the library are classes with options: nn.EarlyStopping(patience=5), nn.Checkpoint("best.safetensors"). One's
own are functions, called with the Training after each epoch, or classes with methods for other points:

    class Note(nn.Callback):
        def on_epoch_end(self, training):
            print(training.epoch, training.history["loss"][-1])

An exception ends the training and is raised again by fit(); `training.stop()` ends it without one.
"""
from __future__ import annotations

import ctypes
import inspect
from typing import Any, Callable, Dict, List

from . import _c
from ._call import check, park, path_of
from .context import context as current_context
from .elsewhere import POINTS
from .kinds import Settings, about, camel, make_class
from .options import kinds, options

EVENTS = {"on_run_begin": _c.NEURON_EVENT_RUN_BEGIN, "on_epoch_begin": _c.NEURON_EVENT_EPOCH_BEGIN,
          "on_step_end": _c.NEURON_EVENT_STEP_END, "on_epoch_end": _c.NEURON_EVENT_EPOCH_END,
          "on_run_end": _c.NEURON_EVENT_RUN_END,
          "on_validation_step_end": _c.NEURON_EVENT_VALIDATION_STEP_END}


class Callback:
    """A callback of one's own: give it methods named as the points of a training that it is to be called at. Each is
    called with the Training; what it returns means nothing."""

    def on_run_begin(self, training: Any) -> Any:
        """A run begins that has something to do."""

    def on_epoch_begin(self, training: Any) -> Any:
        """Before the first step of an epoch."""

    def on_step_end(self, training: Any) -> Any:
        """After each step."""

    def on_validation_step_end(self, training: Any) -> Any:
        """After each batch of the validation set, once the steps of an epoch are done."""

    def on_epoch_end(self, training: Any) -> Any:
        """After each epoch, once its figures are in the history."""

    def on_run_end(self, training: Any) -> Any:
        """The run is over, for whatever reason."""


def _check_points(callback: Callback) -> None:
    """A method whose name is nearly right would never be called."""
    for name in dir(callback):
        if name.startswith("on_") and name not in EVENTS and callable(getattr(callback, name)):
            told = f"{name} is called {POINTS[name]} here" if name in POINTS else \
                f"there is no point {name!r} of a training; there are {', '.join(EVENTS)}"
            raise TypeError(f"{type(callback).__name__}: {told}")


def _takes_the_training(function: Any) -> Any:
    """The function, if it can be called with the Training alone, and does not expect an epoch and logs as in Keras."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # of C
        return function
    needed = [each for each in parameters if each.default is each.empty and
              each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    if len(needed) > 1 or any(each.name == "logs" for each in parameters):
        raise TypeError(f"{getattr(function, '__qualname__', function)} takes {', '.join(each.name for each in parameters)}; "
                        "a callback is given one thing, the training: training.epoch, training.history")
    return function


def functions_of(callback: Any) -> Dict[int, Callable[[Any], Any]]:
    """The functions of a callback of one's own by their events."""
    if isinstance(callback, Callback):
        _check_points(callback)
        found = {}
        for name, event in EVENTS.items():
            if getattr(type(callback), name) is not getattr(Callback, name) or name in vars(callback):
                found[event] = _takes_the_training(getattr(callback, name))
        return found
    if callable(callback):
        return {EVENTS["on_epoch_end"]: _takes_the_training(callback)}
    raise TypeError(f"a callback is {callback!r}; it must be one of libneuron's, a Callback, or a function")


class LibraryCallback(Settings):
    """A callback of the library."""

    _noun = "callback"


_CALLBACKS = {"stop_on_nan": "StopOnNaN"}

callbacks: Dict[str, Any] = {
    kind: make_class(LibraryCallback, "callback", kind, camel(kind, _CALLBACKS), (),
                     about("neuron_callback_create", kind))
    for kind in kinds("callback")}
for _cls in callbacks.values():
    globals()[_cls.__name__] = _cls


class Checkpoint(LibraryCallback):
    """Saves the model at the end of each epoch whose figure is better than those of all before it.

    monitor: "validation_loss", "loss", "accuracy" or "validation_accuracy". mode: "auto", "smallest" or "largest".
    output: of which output of several; -1 for all.
    """

    kind = "checkpoint"
    _options = options("callback", "early_stopping")

    def __init__(self, path: Any, **options: Any) -> None:
        self.path = path
        super().__init__(**options)

    def _create(self, text: Any) -> Any:
        handle = _c.CallbackHandle()
        check(_c.neuron_callback_create_checkpoint(handle, current_context()._handle, path_of(self.path), text))
        return handle

    def __reduce__(self) -> Any:
        return _checkpoint, (self.path, self._given)

    def __copy__(self) -> Any:
        return _checkpoint(self.path, dict(self._given))


def _checkpoint(path: Any, given: Dict[str, Any]) -> Checkpoint:
    return Checkpoint(path, **given)


class CSVLog(LibraryCallback):
    """Keeps the history in a file, one line an epoch, so that a crash loses nothing."""

    kind = "csv_log"

    def __init__(self, path: Any) -> None:
        self.path = path
        super().__init__()

    def _create(self, text: Any) -> Any:
        handle = _c.CallbackHandle()
        check(_c.neuron_callback_create_csv_log(handle, current_context()._handle, path_of(self.path)))
        return handle

    def __reduce__(self) -> Any:
        return CSVLog, (self.path,)

    def __copy__(self) -> Any:
        return CSVLog(self.path)


# Functions that the library may call as long as it likes, by the number that it hands back.
_kept: Dict[int, Any] = {}


@_c.neuron_destroy_function_t
def forget(key: int) -> None:
    _kept.pop(key, None)


def keep(function: Any) -> int:
    """Keeps a function of C until the library calls forget() with this number."""
    key = ctypes.cast(function, ctypes.c_void_p).value or 0
    _kept[key] = function
    return key


class LearningRate(LibraryCallback):
    """A schedule by a function: `function(epoch, rate)` returns the learning rate of the epoch, counted from 0."""

    kind = "schedule"

    def __init__(self, function: Callable[[int, float], float]) -> None:
        if not callable(function):
            raise TypeError(f"the schedule is {function!r}, not a function")
        self.function = function
        super().__init__()

    def _create(self, text: Any) -> Any:
        function = self.function

        def schedule(rate: Any, epoch: int, _: Any) -> int:
            try:
                rate[0] = float(function(epoch, rate[0]))
                return 0
            except BaseException as error:
                return park(error)

        handle = _c.CallbackHandle()
        called = _c.neuron_schedule_function_t(schedule)
        key = keep(called)
        status = _c.neuron_callback_create_schedule(handle, current_context()._handle, called, key, forget)
        if status < 0:
            forget(key)
        check(status)
        return handle

    def __reduce__(self) -> Any:
        return LearningRate, (self.function,)

    def __copy__(self) -> Any:
        return LearningRate(self.function)


def list_of(given: Any) -> List[Any]:
    """Callbacks as a list, whether one or several were given."""
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [given]


# pyright: reportUnsupportedDunderAll=false
__all__ = ["Callback", "Checkpoint", "CSVLog", "LearningRate", *(cls.__name__ for cls in callbacks.values())]
