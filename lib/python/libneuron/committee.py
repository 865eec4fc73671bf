"""Committees: several trained models that decide together. A committee is itself a model."""
from __future__ import annotations

import ctypes
from typing import Any, Callable, Dict, List, Optional, Sequence, Union

import numpy as np

from . import _c
from ._call import check, committee_c, options_text, pointers
from .context import Context, context as current_context
from .data import Dataset
from .errors import StateError
from .labels import labels_of
from .model import Model, default_seed
from .targets import dataset_for
from .tensor import as_float, copied, wrap

METHODS = ("initialization", "bagging", "folds", "snapshot", "adaboost", "gradient_boosting")
BOOSTED = ("adaboost", "gradient_boosting")
LEARNT = ("weighted_mean", "weighted_vote", "weighted_borda", "greedy", "convex", "stacking", "class_weights", "ranks")
COMBINATIONS = ("mean", "majority_vote", "borda", *LEARNT)
HOLDING_OUT = ("bagging", "folds")  # methods


class Committee(Model):
    """Joins models: `nn.Committee(members)` takes the mean of what they put out.

    rule: "mean", "weighted_mean", "majority_vote", "weighted_vote", "borda" or "weighted_borda". For the weighted rules either weights, or
    validation_data, a Dataset or (x, y) that the members were not trained on: the weights are learnt of it by
    `method`, "accuracy", "inverse_error", "greedy" or "convex", with the options of the family "committee_weights", such
    as goal="log_loss". The members are copied: training one later does not change the committee.
    """

    members: List[Model] = []
    weights: Optional[np.ndarray] = None
    histories: List[Any] = []
    _training: Any = None

    def __init__(self, members: Sequence[Model], rule: str = "mean", *, weights: Optional[Sequence[float]] = None,
                 validation_data: Any = None, uncertainty: Union[str, Sequence[str]] = (),
                 abstain_below: Optional[float] = None, context: Optional[Context] = None, **options: Any) -> None:
        context = context or current_context()
        members = _models(members)
        if not isinstance(rule, str):
            raise TypeError(f"the rule is {rule!r}; it must be a text")
        array = _graphs(members)
        given = None
        if weights is not None:
            if len(weights) != len(members):
                raise ValueError(f"there are {len(members)} members and {len(weights)} weights")
            given = (ctypes.c_double * len(members))(*(float(weight) for weight in weights))
        elif rule.startswith("weighted"):
            if validation_data is None:
                raise TypeError(f"the rule {rule!r} needs weights, or validation_data to weigh the members by")
            dataset = _validation(members[0], validation_data)
            given = (ctypes.c_double * len(members))()
            check(committee_c.neuron_committee_weights(given, array, len(members), dataset._handle, options_text(options)))
            options = {}
        if options:
            raise TypeError(f"{next(iter(options))} says how weights are learnt; here are none to learn")
        if validation_data is not None and not (rule.startswith("weighted") and weights is None):
            raise TypeError(f"validation_data is what weights are learnt of; the rule {rule!r} has "
                            + ("those that are given" if rule.startswith("weighted") else "none"))
        chosen: Dict[str, Any] = {"rule": rule}
        if uncertainty:
            chosen["uncertainty"] = uncertainty if isinstance(uncertainty, str) else " ".join(uncertainty)
        if abstain_below is not None:
            chosen["abstain_below"] = abstain_below
        graph = _c.GraphHandle()
        check(_c.neuron_committee_create(graph, context._handle, array, len(members), given, options_text(chosen)))
        self._take(graph, context)
        self.members = list(members)
        self.weights = None if given is None else np.array(given[:])

    @staticmethod
    def stack(members: Sequence[Model], validation_data: Any, *, context: Optional[Context] = None,
              **options: Any) -> Model:
        """A committee whose members are joined by a layer that learns from what they put out (stacking).

        validation_data: a Dataset or (x, y) that the members were not trained on. Options are those of the family
        "committee_stack": method, l2, iterations, points.
        """
        members = _models(members)
        dataset = _validation(members[0], validation_data)
        array = _graphs(members)
        return _committee(members, context, lambda graph, handle: committee_c.neuron_committee_stack(
            graph, handle, array, len(members), dataset._handle, options_text(options)))

    @staticmethod
    def join(members: Sequence[Model], combiner: Model, *, context: Optional[Context] = None) -> Model:
        """A committee whose members are joined by a trained model: it takes what they put out, side by side.

        Committee.outputs() makes what it learns from.
        """
        members = _models(members)
        array = _graphs(members)
        return _committee(members, context, lambda graph, handle: _c.neuron_committee_join(
            graph, handle, array, len(members), combiner._graph))

    @staticmethod
    def outputs(members: Sequence[Model], x: Any, y: Any = None) -> Dataset:
        """What members put out for a Dataset, or for x with the targets y: side by side, as a Dataset with these."""
        members = _models(members)
        dataset = _validation(members[0], x if y is None else (x, y))
        array = _graphs(members)
        handle = _c.DatasetHandle()
        check(committee_c.neuron_committee_outputs(handle, array, len(members), dataset._handle))
        return Dataset._of(handle, dataset._context)

    @staticmethod
    def learn_weights(outputs: Sequence[Any], targets: Any, *, context: Optional[Context] = None,
                      **options: Any) -> np.ndarray:
        """How much each member counts, learnt from what it put out for examples that it was not trained on.

        outputs: an array for each member. targets: class numbers or targets. Options are those of the family
        "committee_weights": method, goal, rounds.
        """
        context = context or current_context()
        arrays = [as_float(each, "what a member put out") for each in outputs]
        tensors = [wrap(array, context) for array in arrays]
        weights = (ctypes.c_double * max(1, len(tensors)))()
        check(committee_c.neuron_committee_weights_from_outputs(
            weights, context._handle, pointers(_c.neuron_tensor_p, tensors), len(tensors),
            copied(labels_of(targets).array, context), options_text(options)))
        return np.array(weights[:len(tensors)])

    @staticmethod
    def diversity(members: Sequence[Model], x: Any, y: Any = None, **options: Any) -> np.ndarray:
        """How differently members err, pair by pair: a matrix. Options are those of the family "committee_diversity":
        measure="disagreement", "double_fault", "q_statistic", "correlation" or "kappa"."""
        members = _models(members)
        dataset = _validation(members[0], x if y is None else (x, y))
        values = np.empty((len(members), len(members)))
        check(committee_c.neuron_committee_diversity(_doubles(values), _graphs(members), len(members), dataset._handle,
                                                     options_text(options)))
        return values

    @staticmethod
    def contributions(members: Sequence[Model], x: Any, y: Any = None, *, weights: Optional[Sequence[float]] = None,
                      **options: Any) -> np.ndarray:
        """What each member adds to the mean of all, or to the one with weights: above 0 for members that help. Options
        are those of the family "committee_contributions": measure="leave_one_out" or "permutation", goal, ..."""
        members = _models(members)
        if weights is not None and len(weights) != len(members):
            raise ValueError(f"there are {len(members)} members and {len(weights)} weights")
        dataset = _validation(members[0], x if y is None else (x, y))
        given = None if weights is None else _doubles(np.array(weights, np.float64))
        values = np.empty(len(members))
        check(committee_c.neuron_committee_contributions(_doubles(values), _graphs(members), len(members), given,
                                                         dataset._handle, options_text(options)))
        return values

    @staticmethod
    def costs(members: Sequence[Model], **options: Any) -> np.ndarray:
        """What each member costs: the seconds of a prediction, or with unit="parameters" how many it has. Options are
        those of the family "committee_costs": unit, batch_size, repeats."""
        members = _models(members)
        values = np.empty(len(members))
        check(committee_c.neuron_committee_costs(_doubles(values), _graphs(members), len(members), options_text(options)))
        return values

    @staticmethod
    def prune(members: Sequence[Model], budget: float, x: Any, y: Any = None, *,
              costs: Optional[Sequence[float]] = None, **options: Any) -> List[int]:
        """Which members to keep in a smaller committee: no more than `budget`, or as many as cost no more than that.

        Their numbers come in the order in which they were chosen. Options are those of the family "committee_prune":
        goal, fill."""
        members = _models(members)
        if costs is not None and len(costs) != len(members):
            raise ValueError(f"there are {len(members)} members and {len(costs)} costs")
        dataset = _validation(members[0], x if y is None else (x, y))
        given = None if costs is None else _doubles(np.array(costs, np.float64))
        kept, count = (ctypes.c_int64 * len(members))(), ctypes.c_int64()
        check(committee_c.neuron_committee_prune(kept, count, _graphs(members), len(members), given, float(budget),
                                                 dataset._handle, options_text(options)))
        return kept[:count.value]

    @staticmethod
    def fit(build: Callable[..., Model], x: Any, y: Any = None, *, members: int = 5,  # type: ignore[override]
            method: str = "bagging", combine: str = "mean", validation_data: Any = None, hold_out: float = 0.2,
            seed: int = 0, folder: Any = None, optimizer: Any = "adam", loss: Any = None, callbacks: Any = (),
            loss_weights: Any = None, class_weight: Any = None, sample_weight: Any = None, augmentation: Any = None,
            progress: Optional[bool] = None, **options: Any) -> Committee:
        """Trains members and joins them.

        build: makes a model; called once for each member, with a seed if it takes an argument. Members that it
            builds without a seed start differently all the same. It is called once more, at first, for the shapes.
        method: what makes members differ: "initialization", by what they start with alone; "bagging", each learns from a
            sample with replacement; "folds", from all but one of as many parts as there are members (or `folds`);
            "snapshot", one training that begins anew after each `epochs` epochs; "adaboost" (algorithm="samme" or
            "samme_r"), each weighs more what those before it have wrong; "gradient_boosting", each is added where those
            before it lack: these models end in numbers, without a softmax. Boosted members are joined by what was
            learnt of them. With feature_fraction=0.5 each member sees a random half of its inputs besides, with
            class_fraction=0.5 it learns half of the classes.
        combine: how they are joined: a rule of Committee(), "greedy" or "convex" weights, "stacking", a layer that learns
            from what the members put out, or "class_weights" or "ranks" as in Committee.stack().
        validation_data: what weights and stacking are learnt from; else from what bagging and folds have held out from
            the members, and for the other methods the share `hold_out` of the examples is kept from them all.
        folder: keeps the state of the training; a run that was interrupted or killed goes on from there.
        The others are those of Model.fit(), and options those of nn.options("committee_trainer"), such as epochs.

        The committee has `members`, their `histories`, and for bagging and folds `out_of_fold`.
        """
        from .committee_training import CommitteeTraining
        if combine not in COMBINATIONS:
            raise ValueError(f"combine is {combine!r}; it must be one of {', '.join(COMBINATIONS)}")
        if method not in METHODS:
            raise ValueError(f"method is {method!r}; it must be one of {', '.join(METHODS)}")
        first = _built(build, seed)
        dataset = dataset_for(first, x, y, [None] * len(first.output_names), sample_weight)
        judged = None if validation_data is None else _validation(first, validation_data)
        boosted = method in BOOSTED
        if boosted and combine != "mean":
            raise ValueError(f"combine is {combine!r}; boosted members are joined by what was learnt of them")
        if combine in LEARNT and judged is None and method not in HOLDING_OUT:
            dataset, judged = dataset.split(1 - hold_out, hold_out, order="stratified", seed=seed)
        settings = {"optimizer": optimizer, "loss": loss, "callbacks": callbacks, "loss_weights": loss_weights,
                    "class_weight": class_weight, "augmentation": augmentation}
        training = CommitteeTraining(lambda number, _: _built(build, number), first.context, dataset, settings,
                                     {"members": members, "method": method, **({} if boosted else {"combine": combine}),
                                      **options})
        return Committee._trained_by(training, training.run(seed, judged, folder, progress))

    @staticmethod
    def _trained_by(training: Any, graph: Any) -> Committee:
        """What a training has made of its members."""
        made: Committee = Committee.__new__(Committee)
        made._take(graph, training.context)
        combine = training.options.get("combine", "greedy")  # boosted members have weights too
        if combine.startswith("weighted") or combine in ("greedy", "convex"):
            made.weights = training.weights()
        made.members, made.histories, made._training = training.members, training.histories, training
        return made

    @property
    def out_of_fold(self) -> np.ndarray:
        """What fit() predicts of each training example by the members that did not learn from it, their mean: out of bag,
        or out of fold. Not a number for an example that all members have learnt from."""
        return self._trained().out_of_fold()

    @property
    def held_out(self) -> np.ndarray:
        """The same by each member, [examples, members, ...]: not a number where it has learnt from the example."""
        return self._trained().held_out()

    def _trained(self) -> Any:
        if self._training is None:
            raise StateError("only what Committee.fit() has made knows what its members learnt from")
        return self._training


def _models(members: Sequence[Any]) -> List[Model]:
    given = list(members)
    if not given:
        raise ValueError("a committee without members")
    for member in given:
        if not isinstance(member, Model):
            raise TypeError(f"a member is {type(member).__name__}, not a model")
    return given


def _validation(model: Model, given: Any) -> Dataset:
    if isinstance(given, Dataset):
        return given
    return dataset_for(model, given[0], given[1], [None] * len(model.output_names))


def _built(build: Callable[..., Model], seed: int) -> Model:
    import inspect
    if not callable(build):
        raise TypeError(f"build is {type(build).__name__}, not a function that makes a model: Committee.fit() trains new "
                        "members; nn.Model.fit(committee, x, y) trains one further that is there")
    token = default_seed.set(seed)
    try:
        try:
            takes = any(each.default is each.empty and each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
                        for each in inspect.signature(build).parameters.values())
        except (TypeError, ValueError):
            takes = False
        model = build(seed) if takes else build()
    finally:
        default_seed.reset(token)
    if not isinstance(model, Model):
        raise TypeError(f"build() gave {type(model).__name__}, not a model")
    return model


def _graphs(members: List[Model]) -> Any:
    return pointers(_c.neuron_graph_p, [member._graph for member in members])


def _doubles(array: np.ndarray) -> Any:
    return array.ctypes.data_as(ctypes.POINTER(ctypes.c_double))


def _committee(members: List[Model], context: Optional[Context], make: Callable[[Any, Any], int]) -> Model:
    context = context or current_context()
    graph = _c.GraphHandle()
    check(make(graph, context._handle))
    model = Model._of(graph, context)
    model.members = list(members)  # type: ignore[attr-defined]
    return model


__all__ = ["Committee"]
