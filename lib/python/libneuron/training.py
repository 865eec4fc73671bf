"""Trainings: fit() of a model, and the Trainer behind it for what goes on, is saved, or does a step at a time."""
from __future__ import annotations

import ctypes
import signal
import threading
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from . import _c
from ._call import bytes_of, check, options_text, park, path_of, pointers
from .callbacks import LibraryCallback, forget, functions_of, keep, list_of
from .communicator import Communicator
from .context import seed_of
from .data import Dataset
from .elsewhere import FIT
from .errors import StateError
from .history import History
from .kinds import Loss, Optimizer, loss_of, optimizer_of
from .progress import Progress, wanted
from .targets import X, by_output, chosen_loss, dataset_for, floats_for, targets_for
from .tensor import as_array, as_float, ready, wrap

# Epochs that are done in a moment need not look for Ctrl-C at each of their steps: multiplications, roughly.
_SHORT = 5e9

_STEP = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int32, ctypes.c_void_p)
Losses = Union[None, str, Loss, Any, Sequence[Any], Mapping[str, Any]]


# ---- Callbacks ----

class Training:
    """A training that is running, as callbacks see it."""

    def __init__(self, trainer: "Trainer") -> None:
        self.trainer = trainer
        self._stopped = False

    def _progress(self, what: bytes) -> float:
        return float(_c.neuron_trainer_progress(self.trainer._handle, what))

    @property
    def model(self) -> Any:
        """The model that is trained: it may predict, be evaluated and saved."""
        return self.trainer.model

    @property
    def epoch(self) -> int:
        """The number of the epoch, from 1."""
        return int(self._progress(b"epoch"))

    @property
    def epochs(self) -> int:
        return int(self._progress(b"epochs"))

    @property
    def step(self) -> int:
        """Steps done in this epoch."""
        return int(self._progress(b"step"))

    @property
    def steps(self) -> int:
        """How many steps an epoch has."""
        return int(self._progress(b"steps"))

    @property
    def loss(self) -> float:
        """Mean loss of this epoch so far."""
        return self._progress(b"loss")

    @property
    def last_loss(self) -> float:
        """Loss of the last step."""
        return self._progress(b"last_loss")

    @property
    def accuracy(self) -> float:
        """Accuracy of this epoch so far, at the first output."""
        return self._progress(b"accuracy")

    @property
    def seconds(self) -> float:
        return self._progress(b"seconds")

    @property
    def learning_rate(self) -> float:
        return self._progress(b"learning_rate")

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self.trainer.optimizer.set(learning_rate=float(rate))

    @property
    def history(self) -> History:
        """The epochs so far."""
        return self.trainer.history

    def save(self, path: Any) -> None:
        """Saves the training, to go on from by Trainer.load()."""
        self.trainer.save(path)

    def stop(self) -> None:
        """Ends the training behind this point."""
        self._stopped = True


def _metrics_text(metrics: Any) -> str:
    """A name or several as the option has them; the accuracy is there without being asked for."""
    names = metrics.split() if isinstance(metrics, str) else list(metrics)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"a metric is {type(name).__name__} {name!r}, not a name; "
                            "there are those of nn.Evaluation.metric_names()")
    return " ".join(name for name in names if name != "accuracy") or "none"


class _Interrupt:
    """Ctrl-C while a training runs in the main thread: the first ends it behind the step, the second at once."""

    def __init__(self) -> None:
        self.stop: List[bool] = []
        self.previous: Any = None

    def __enter__(self) -> "_Interrupt":
        if threading.current_thread() is threading.main_thread() and \
                signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self.previous = signal.signal(signal.SIGINT, self.handle)
        return self

    @property
    def watching(self) -> bool:
        return self.previous is not None

    def handle(self, number: int, frame: Any) -> None:
        if self.stop:
            raise KeyboardInterrupt
        self.stop.append(True)

    def __exit__(self, *_: Any) -> None:
        if self.previous is not None:
            signal.signal(signal.SIGINT, self.previous)


# How often Ctrl-C ended a fit in this thread: what trains several, as a search, ends then too.
interrupts = threading.local()


def interrupted_so_far() -> int:
    return getattr(interrupts, "count", 0)


# ---- The trainer ----

class Trainer:
    """A training that goes on: fit() again and it continues, with what the optimizer remembers.

        trainer = nn.Trainer(model, nn.Adam(1e-3))
        trainer.fit(x, y, epochs=10)
        trainer.save("training.state")          # to be loaded by a trainer that was made alike
        trainer.fit(x, y, epochs=20)            # ten more
        loss = trainer.step(x_batch, y_batch)   # or a step at a time

    communicator: of this rank, where several processes train one model together; all make the same calls, and end with
    the same parameters, whatever their number. fit(parts=8) says in how many parts they compute each batch.
    """

    def __init__(self, model: Any, optimizer: Any = "adam", loss: Losses = None, *, callbacks: Any = (),
                 loss_weights: Any = None, class_weight: Any = None, augmentation: Any = None,
                 seed: Optional[int] = None, communicator: Optional[Communicator] = None) -> None:
        if not hasattr(model, "_graph"):
            raise TypeError(f"a trainer is of a model, not of {type(model).__name__}")
        self.model = model
        self.optimizer: Optimizer = optimizer_of(optimizer)
        self.losses = [loss_of(each) for each in
                       (by_output(loss, model.output_names, "the losses") if loss is not None
                        and isinstance(loss, (list, tuple, Mapping)) else [loss] * len(model.output_names))]
        self.loss_weights = [1.0] * len(self.losses) if loss_weights is None else \
            [float(each) for each in by_output(loss_weights, model.output_names, "loss_weights")]
        self.callbacks = list_of(callbacks)
        self.class_weight, self.augmentation = class_weight, augmentation
        self.seed = None if seed is None else seed_of(seed)
        self.communicator = communicator
        self._functions = [(functions_of(each)) for each in self.callbacks if not isinstance(each, LibraryCallback)]
        self._handle: Any = None
        self._dataset: Optional[Dataset] = None
        self._validation_set: Optional[Dataset] = None
        self._running = False
        self._interrupt: Optional[_Interrupt] = None
        self._progress: Optional[Progress] = None

    # ---- Making it ----

    def _create(self, dataset: Optional[Dataset]) -> None:
        handle = _c.TrainerHandle()
        check(_c.neuron_trainer_create(handle, self.model._graph, self.optimizer._handle,
                                       dataset._handle if dataset else None))
        if self.seed is not None:
            check(_c.neuron_trainer_set_seed(handle, self.seed))
        self._set_up(handle, dataset)
        if self.augmentation is not None:
            check(_c.neuron_trainer_set_augmentation(handle, augmentation_of(self.augmentation)._handle))

    def _set_up(self, handle: Any, dataset: Optional[Dataset]) -> None:
        """Sets losses, weights and callbacks of a trainer of C, which is this one's from now on."""
        for index, loss in enumerate(self.losses):
            if loss is None:
                kind = chosen_loss(self.model, index, dataset)
                loss = self.losses[index] = loss_of(kind)
            chosen = loss._handle if loss else None
            if len(self.losses) == 1:
                check(_c.neuron_trainer_set_loss(handle, chosen))
            else:
                check(_c.neuron_trainer_set_output_loss(handle, index, chosen, self.loss_weights[index]))
        if self.class_weight is not None and dataset is not None:
            weights = class_weights(self.class_weight, dataset, self.model)
            function = _c.neuron_trainer_set_class_weights
            check(function(handle, weights.ctypes.data_as(function.argtypes[1]), len(weights)))
        for each in self.callbacks:
            if isinstance(each, LibraryCallback):
                check(_c.neuron_trainer_add_callback(handle, each._handle))
        if self.communicator is not None:
            check(_c.neuron_trainer_set_communicator(handle, self.communicator._handle))
        self._handle, self._dataset = handle, dataset

    def _prepare(self, dataset: Dataset, validation: Optional[Dataset], options: Dict[str, Any]) -> None:
        for name in options:
            if name in FIT:
                raise TypeError(f"fit() has no option {name!r}; {FIT[name]}")
        if self._handle is None:
            self._create(dataset)
        elif dataset is not self._dataset:
            check(_c.neuron_trainer_set_dataset(self._handle, dataset._handle))
            self._dataset = dataset
        if validation is not None:
            check(_c.neuron_trainer_set_validation(self._handle, validation._handle))
            self._validation_set = validation
        if options.get("metrics") is not None:
            options = dict(options, metrics=_metrics_text(options["metrics"]))
        text = options_text(options)
        if text is not None:
            check(_c.neuron_trainer_set(self._handle, text))

    # ---- Running it ----

    def fit(self, x: X = None, y: Any = None, *, validation_data: Any = None, sample_weight: Any = None,
            progress: Optional[bool] = None, **options: Any) -> History:
        """Trains up to `epochs` epochs, counted from the first; options are those of Model.fit(). Without data it
        goes on with those that it has."""
        with self.model._changing(alone=True):
            if x is not None:
                dataset: Any = dataset_for(self.model, x, y, self.losses, sample_weight, learn=True)
            elif self._dataset is None:
                raise TypeError("x is missing: there are no data to go on with")
            else:
                dataset = self._dataset
            validation = None if validation_data is None else self._validation(validation_data)
            self._prepare(dataset, validation, options)
            return self._run(progress)

    def _validation(self, given: Any) -> Dataset:
        if isinstance(given, Dataset):
            return given
        if not isinstance(given, (list, tuple)) or len(given) not in (2, 3):
            raise TypeError("validation_data must be a Dataset, (x, y) or (x, y, weights)")
        return dataset_for(self.model, given[0], given[1], self.losses, given[2] if len(given) > 2 else None)

    def _run(self, progress: Optional[bool]) -> History:
        training = Training(self)
        history = _c.HistoryHandle()
        with _Interrupt() as interrupt:
            if progress is None and any(getattr(each, "kind", None) == "progress_bar" for each in self.callbacks):
                progress = False  # there is one already
            shown = Progress(self._where) if wanted(progress) else None
            added: List[Any] = []
            try:
                self._add_functions(added, training, interrupt, shown)
                status = _c.neuron_trainer_run(history, self._handle)
            finally:
                if shown is not None:
                    shown.close()
                for callback in added:
                    _c.neuron_trainer_remove_callback(self._handle, callback)
        reason = _c.neuron_trainer_stop_reason(self._handle).decode()
        if interrupt.stop:
            reason = "interrupted by Ctrl-C"
            interrupts.count = interrupted_so_far() + 1
        elif status == _c.NEURON_STOP and not reason:
            reason = "stopped by a callback"
        found = History(history, reason, bool(interrupt.stop), self._kinds()) if history else None
        if found is not None:
            self.model.history = found
        check(status)
        assert found is not None
        return found

    def _kinds(self) -> List[str]:
        return [loss.kind if loss is not None else "cross_entropy" for loss in self.losses]

    def _add_functions(self, added: List[Any], training: Training, interrupt: _Interrupt,
                       shown: Optional[Progress]) -> None:
        """Adds callbacks for this run alone: those of the caller's, Ctrl-C and progress. `added` has what is to be
        removed behind the run, also if the next one is refused."""
        stop, running = interrupt.stop, self._running_functions(training)
        watched = _c.NEURON_EVENT_EPOCH_END if self._short(self._dataset) else _c.NEURON_EVENT_STEP_END

        def on_step(_trainer: Any, event: int, _data: Any) -> int:
            try:
                if stop:
                    return _c.NEURON_STOP
                if shown is not None and event == _c.NEURON_EVENT_STEP_END:
                    shown.step()
                return 0
            except BaseException as error:
                return park(error)

        if interrupt.watching or shown is not None:
            events = watched if shown is None else _c.NEURON_EVENT_STEP_END
            if interrupt.watching and not (self._short(self._dataset) and self._short(self._validation_set)):
                events |= _c.NEURON_EVENT_VALIDATION_STEP_END
            added.append(self._add(events, _STEP(on_step)))
        if shown is not None:
            def on_epoch(_trainer: Any, _event: int, _data: Any) -> int:
                try:
                    shown.epoch_end()
                    return 0
                except BaseException as error:
                    return park(error)
            added.append(self._add(_c.NEURON_EVENT_EPOCH_END, _STEP(on_epoch)))
        for events, function in running:
            added.append(self._add(events, _STEP(function)))

    def _short(self, dataset: Optional[Dataset]) -> bool:
        """Whether dense layers go over a dataset before a person could tell. None for no validation set."""
        model = self.model
        return dataset is None or not dataset._streams and model._dense and \
            3 * model.parameters * len(dataset) < _SHORT and all(loss is None or loss.kind != "custom" for loss in self.losses)

    def _running_functions(self, training: Training) -> List[Tuple[int, Any]]:
        made = []
        for functions in self._functions:
            def call(_trainer: Any, event: int, _data: Any, functions: Dict[int, Any] = functions) -> int:
                try:
                    functions[event](training)
                    return _c.NEURON_STOP if training._stopped else 0
                except BaseException as error:
                    return park(error)
            events = 0
            for event in functions:
                events |= event
            if events:
                made.append((events, call))
        return made

    def _add(self, events: int, function: Any) -> Any:
        callback = _c.CallbackHandle()
        key = keep(function)
        status = _c.neuron_callback_create_function(callback, self.model.context._handle, events,
                                                    ctypes.cast(function, _c.neuron_callback_function_t), key, forget)
        if status < 0:
            forget(key)
        check(status)
        check(_c.neuron_trainer_add_callback(self._handle, callback))
        return callback

    def _where(self, epoch_end: bool) -> Tuple[int, int, int, int, Dict[str, float], float]:
        handle, progress = self._handle, _c.neuron_trainer_progress
        steps = int(progress(handle, b"steps"))
        figures = {"loss": progress(handle, b"loss"),
                   "accuracy": progress(handle, b"accuracy")}
        if epoch_end:
            history = self.history
            figures = {name: float(history[name][-1]) for name in history if name in
                       ("loss", "accuracy", "validation_loss", "validation_accuracy")}
        return (int(progress(handle, b"epoch")), int(progress(handle, b"epochs")),
                steps if epoch_end else int(progress(handle, b"step")), steps, figures,
                progress(handle, b"seconds"))

    def step(self, x: X, y: Any, weights: Any = None) -> float:
        """One step on a batch: forward, loss, backward, update. The mean loss of the batch."""
        model = self.model
        with model._changing(alone=True):
            if self._handle is None:
                self._create(None)
            arrays = floats_for(model, x, learn=True)  # kept here while tensors lie over them
            inputs = [wrap(each, model.context) for each in arrays]
            targets, kept = [], []
            for index, each in enumerate(by_output(y, model.output_names, "the labels")):
                labels, _shares = targets_for(model, index, each, self.losses[index])
                array = labels.array
                if labels.classes is None and array.size == len(array) and np.prod(model.output_shapes[index]) == 1:
                    array = array.reshape(len(array), *model.output_shapes[index])
                array = ready(array)
                kept.append(array)
                targets.append(wrap(array, model.context))
            weight = None if weights is None else as_float(weights, "the weights")
            loss = ctypes.c_double()
            check(_c.neuron_trainer_step(
                loss, self._handle, pointers(_c.neuron_tensor_p, inputs), len(inputs),
                pointers(_c.neuron_tensor_p, targets), len(targets),
                None if weight is None else wrap(weight, model.context)))
            return loss.value

    def step_by_gradient(self, x: X, gradients: Any) -> None:
        """One step by the gradient of a loss of one's own by the outputs, an array for each."""
        model = self.model
        with model._changing(alone=True):
            if self._handle is None:
                self._create(None)
            arrays = floats_for(model, x, learn=True)
            given = [None if each is None else as_float(each, "the gradient")
                     for each in by_output(gradients, model.output_names, "the gradients")]
            check(_c.neuron_trainer_step_by_gradient(
                self._handle, pointers(_c.neuron_tensor_p, [wrap(each, model.context) for each in arrays]), len(arrays),
                pointers(_c.neuron_tensor_p, [None if each is None else wrap(each, model.context) for each in given]),
                len(given)))

    # ---- Its state ----

    @property
    def history(self) -> History:
        """The epochs so far."""
        if self._handle is None:
            raise StateError("the training has not begun")
        handle = ctypes.cast(_c.neuron_history_ref(_c.neuron_trainer_history(self._handle)), _c.HistoryHandle)
        return History(handle, _c.neuron_trainer_stop_reason(self._handle).decode(), losses=self._kinds())

    def save(self, path: Any) -> None:
        """Saves parameters, what the optimizer and the callbacks remember, progress and history."""
        self._must_exist()
        check(_c.neuron_trainer_save(self._handle, path_of(path)))

    def to_bytes(self) -> bytes:
        """The bytes that save() would write."""
        self._must_exist()
        return bytes_of(_c.neuron_trainer_save_memory, self._handle)

    def load(self, path: Any, x: X = None, y: Any = None) -> "Trainer":
        """Goes on from a file of save(), with a trainer that was made alike and the same data."""
        with self.model._changing(alone=True):
            if x is not None:
                self._prepare(dataset_for(self.model, x, y, self.losses, learn=True), None, {})
            self._must_exist()
            check(_c.neuron_trainer_load(self._handle, path_of(path)))
        return self

    def _must_exist(self) -> None:
        if self._handle is None:
            raise StateError("the training has not begun: give it data first")

    def __repr__(self) -> str:
        return f"<Trainer of {self.model.name!r} by {self.optimizer!r}>"


def class_weights(given: Any, dataset: Dataset, model: Any) -> np.ndarray:
    """A weight for each class: of a list, a dictionary by number or name, or "balanced"."""
    counts = dataset.class_counts
    if isinstance(given, str):
        if given != "balanced":
            raise ValueError(f"class_weight is {given!r}; it must be 'balanced', a list or a dictionary")
        present = counts > 0
        weights = np.zeros(len(counts))
        weights[present] = counts.sum() / (present.sum() * counts[present])
        return weights
    if isinstance(given, Mapping):
        names = dataset.class_names or []
        weights = np.ones(len(counts))
        for each, weight in given.items():
            place = names.index(each) if each in names else each
            if not isinstance(place, (int, np.integer)) or not 0 <= place < len(counts):
                raise ValueError(f"class_weight: there is no class {each!r}")
            weights[int(place)] = weight
        return weights
    return np.ascontiguousarray(as_array(given, "class_weight"), np.float64).ravel()


def augmentation_of(given: Any) -> Any:
    from .augmentation import Augmentation
    if isinstance(given, Mapping):
        return Augmentation(**given)
    if not isinstance(given, Augmentation):
        raise TypeError(f"augmentation is {given!r}; it must be nn.Augmentation(...)")
    return given


__all__ = ["Trainer", "Training"]
