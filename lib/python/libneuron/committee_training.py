"""How Committee.fit() trains its members: the committee trainer of C, and what Python gives it."""
from __future__ import annotations

import copy
import ctypes
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

import numpy as np

from . import _c
from ._call import check, committee_c, options_text, park, path_of
from .callbacks import Checkpoint, CSVLog, forget, keep, list_of
from .context import Context, seed_of
from .data import Dataset
from .history import History
from .kinds import optimizer_of
from .model import Model
from .progress import Progress, wanted
from .tensor import array_of
from .training import Trainer, Training, _Interrupt, augmentation_of


class CommitteeTraining:
    """The members of a committee and their trainings."""

    def __init__(self, build: Callable[[int, int], Model], context: Context, dataset: Dataset,
                 settings: Mapping[str, Any], options: Dict[str, Any]) -> None:
        self.build, self.context, self.dataset, self.options = build, context, dataset, options
        self.settings = {**settings, "callbacks": list_of(settings["callbacks"])}
        self.augmentation = self.settings.pop("augmentation")
        if options["method"] == "gradient_boosting":
            if self.settings["loss"] is not None:
                raise ValueError("gradient boosting fits its members by the squared error: loss cannot be given")
            self.settings["loss"] = "mean_squared_error"
        for each in self.settings["callbacks"]:
            if isinstance(each, (Checkpoint, CSVLog)):
                raise ValueError(f"all members would write the one file of this {type(each).__name__}; folder= keeps the "
                                 "state of each")
        self.members: List[Model] = []
        self.trainers: List[Trainer] = []
        self.histories: List[History] = []
        self._handle = committee_c.CommitteeTrainerHandle()
        check(committee_c.neuron_committee_trainer_create(
            self._handle, context._handle, optimizer_of(self.settings["optimizer"])._handle, dataset._handle,
            options_text(options)))

    def run(self, seed: int, validation: Optional[Dataset], folder: Any, progress: Optional[bool]) -> Any:
        """Trains the members; the graph of the committee that they become."""
        graph = _c.GraphHandle()
        if validation is not None:
            check(committee_c.neuron_committee_trainer_set_validation(self._handle, validation._handle))
        if self.augmentation is not None:
            check(committee_c.neuron_committee_trainer_set_augmentation(self._handle,
                                                                        augmentation_of(self.augmentation)._handle))
        if folder is not None:
            check(committee_c.neuron_committee_trainer_set_folder(self._handle, path_of(folder)))
        before, self.context.seed = self.context.seed, int(seed_of(seed).value)
        added: List[Tuple[Trainer, List[Any]]] = []
        shown: Optional[Progress] = None
        try:
            with _Interrupt() as interrupt:
                shown = Progress(self._where, "members") if wanted(progress) else None
                # What C keeps of these is given back by the last call of each.
                for function, called in ((committee_c.neuron_committee_trainer_set_builder,
                                          committee_c.neuron_committee_build_function_t(self._builder())),
                                         (committee_c.neuron_committee_trainer_set_setup,
                                          committee_c.neuron_committee_setup_function_t(self._setup(added, interrupt))),
                                         (committee_c.neuron_committee_trainer_set_function,
                                          committee_c.neuron_committee_epoch_function_t(_told(interrupt, shown)))):
                    key = keep(called)
                    status = function(self._handle, called, key, forget)
                    if status < 0:
                        forget(key)
                    check(status)
                status = committee_c.neuron_committee_trainer_run(graph, self._handle)
                self._read_histories()
                if interrupt.stop:
                    raise KeyboardInterrupt("Ctrl-C while the members of a committee were trained" +
                                            ("" if folder is None else "; a run with the same folder goes on from there"))
                check(status)
                if shown is not None:
                    shown.epoch_end()
        finally:
            self.context.seed = before
            if shown is not None:
                shown.close()
            for trainer, callbacks in added:
                for each in callbacks:
                    _c.neuron_trainer_remove_callback(trainer._handle, each)
        return graph

    def _read_histories(self) -> None:
        """Of the members that there are: all, unless the run has failed or was interrupted."""
        count = int(committee_c.neuron_committee_trainer_member_count(self._handle))
        del self.members[count:]  # of AdaBoost one that was left out
        if self.options["method"] == "snapshot":  # of one training
            graphs = [committee_c.neuron_committee_trainer_member(self._handle, member) for member in range(count)]
            self.members = [self._model(graph) for graph in graphs if graph]
        self.histories = [self.trainers[min(member, len(self.trainers) - 1)].history
                          for member in range(len(self.members))] if self.trainers else []
        for model, history in zip(self.members, self.histories):
            model.history = history

    def _model(self, graph: Any) -> Model:
        return Model._of(ctypes.cast(_c.neuron_graph_ref(graph), _c.GraphHandle), self.context)

    def weights(self) -> np.ndarray:
        """By how much each member counts."""
        array = (ctypes.c_double * len(self.members))()
        check(committee_c.neuron_committee_trainer_weights(array, len(self.members), None, self._handle))
        return np.array(array[:])

    # ---- Functions that C calls ----

    def _builder(self) -> Callable[..., int]:
        import weakref
        me = weakref.ref(self)  # C keeps the function, and this keeps C's trainer

        def build(graph: Any, context: Any, member: int, _: Any) -> int:
            try:
                training = me()
                assert training is not None
                model = training.build(int(_c.neuron_context_seed(context)), member)
                training.members[member:] = [model]
                graph[0] = _c.neuron_graph_ref(model._graph)
                return 0
            except BaseException as error:
                return park(error)

        return build

    def _setup(self, added: List[Tuple[Trainer, List[Any]]], interrupt: _Interrupt) -> Callable[..., int]:
        import weakref
        me = weakref.ref(self)

        def set_up(pointer: Any, member: int, _: Any) -> int:
            try:
                training = me()
                assert training is not None
                trainer = training._trainer(ctypes.cast(_c.neuron_trainer_ref(pointer), _c.TrainerHandle), member)
                callbacks: List[Any] = []
                added.append((trainer, callbacks))
                if trainer._functions or not trainer._short(training.dataset):  # else an epoch is soon over
                    trainer._add_functions(callbacks, Training(trainer), interrupt, None)
                return 0
            except BaseException as error:
                return park(error)

        return set_up

    def _trainer(self, handle: Any, member: int) -> Trainer:
        if min(self.options.get("feature_fraction", 1), self.options.get("class_fraction", 1)) < 1:
            # C has put layers around the model that choose.
            self.members[member] = self._model(_c.neuron_trainer_graph(handle))
        trainer = Trainer(self.members[member], **self.settings)
        trainer._set_up(handle, self.dataset)
        own = copy.copy(trainer.optimizer)  # which its callbacks change
        own._handle = ctypes.cast(_c.neuron_optimizer_ref(_c.neuron_trainer_optimizer(handle)), _c.OptimizerHandle)
        trainer.optimizer = own
        self.trainers[member:] = [trainer]
        return trainer

    def _where(self, _epoch_end: bool) -> Tuple[int, int, int, int, Dict[str, float], float]:
        def tell(what: bytes) -> float:
            return float(committee_c.neuron_committee_trainer_progress(self._handle, what))

        done, epochs = int(tell(b"epochs_done")), int(tell(b"epochs"))
        return (int(tell(b"members_done")), int(tell(b"members")), done, epochs, {}, tell(b"seconds"))

    # ---- What was not learnt from ----

    def out_of_fold(self) -> np.ndarray:
        tensor = _c.TensorHandle()
        check(committee_c.neuron_committee_trainer_out_of_fold(tensor, self._handle, 0))
        return array_of(tensor)

    def held_out(self) -> np.ndarray:
        tensor = _c.TensorHandle()
        check(committee_c.neuron_committee_trainer_held_out(tensor, self._handle, 0))
        return array_of(tensor)


def _told(interrupt: _Interrupt, shown: Optional[Progress]) -> Callable[..., int]:
    stop = interrupt.stop

    def told(_trainer: Any, _member: int, _data: Any) -> int:
        try:
            if shown is not None:
                shown.step()
            return _c.NEURON_STOP if stop else 0
        except BaseException as error:
            return park(error)

    return told
