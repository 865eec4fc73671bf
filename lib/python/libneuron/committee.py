"""Committees: several trained models that decide together. A committee is itself a model."""
from __future__ import annotations

import ctypes
from typing import Any, Callable, List, Optional, Sequence

import numpy as np

from . import _c
from ._call import check, options_text, pointers
from .context import Context, context as current_context
from .data import Dataset
from .errors import StateError
from .layers import Dense, Import, Input, Node, concat
from .model import Model, default_seed
from .targets import dataset_for

METHODS = ("bagging", "k_fold", "seeds")
RULES = ("mean", "weighted_mean", "majority_vote", "weighted_vote")


class Committee(Model):
    """Joins models: `nn.Committee(members)` takes the mean of what they put out.

    rule: "mean", "weighted_mean", "majority_vote" or "weighted_vote". For the weighted rules either weights, or
    validation_data, a Dataset or (x, y) that the members were not trained on: then each weighs as much as its accuracy.
    The members are copied: training one later does not change the committee.
    """

    members: List[Model] = []

    def __init__(self, members: Sequence[Model], rule: str = "mean", *, weights: Optional[Sequence[float]] = None,
                 validation_data: Any = None, context: Optional[Context] = None) -> None:
        context = context or current_context()
        members = _models(members)
        if not isinstance(rule, str):
            raise TypeError(f"the rule is {rule!r}; it must be a text")
        array = pointers(_c.neuron_graph_p, [member._graph for member in members])
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
            check(_c.neuron_committee_weights(given, array, len(members), dataset._handle))
        graph = _c.GraphHandle()
        check(_c.neuron_committee_create(graph, context._handle, array, len(members), given,
                                         options_text({"rule": rule})))
        self._take(graph, context)
        self.members = list(members)
        self.weights = None if given is None else np.array(given[:])

    @staticmethod
    def fit(build: Callable[..., Model], x: Any, y: Any = None, *, members: int = 5,  # type: ignore[override]
            method: str = "bagging", combine: str = "mean", validation_data: Any = None, hold_out: float = 0.2,
            seed: int = 0, **options: Any) -> Model:
        """Trains members and joins them.

        build: makes a model; called once for each member, with a seed if it takes an argument. Members that it
            builds without a seed start differently all the same.
        method: what each learns from: "bagging", a sample with replacement; "k_fold", all but one of as many parts as
            there are members; "seeds", everything.
        combine: a rule of Committee(), or "stacking": a layer that learns from what the members put out.
        validation_data: what weights and stacking go by; else the share `hold_out` is kept from the members for that.
        Further options are those of Model.fit(), such as epochs and optimizer.
        """
        if method not in METHODS:
            raise ValueError(f"method is {method!r}; it must be one of {', '.join(METHODS)}")
        if combine not in (*RULES, "stacking"):
            raise ValueError(f"combine is {combine!r}; it must be one of {', '.join(RULES)}, stacking")
        if members < 1:
            raise ValueError(f"members is {members}; it must be 1 or more")
        first = _built(build, seed)
        dataset = dataset_for(first, x, y, [None] * len(first.output_names), options.pop("sample_weight", None))
        judged = None
        if combine not in ("mean", "majority_vote"):
            if validation_data is not None:
                judged = _validation(first, validation_data)
            else:
                dataset, judged = dataset.split(1 - hold_out, hold_out, order="stratified", seed=seed)
        trained = []
        for k in range(members):
            model = first if k == 0 else _built(build, seed + k)
            history = model.fit(_part(dataset, method, k, members, seed), seed=seed + k, **options)
            if history.interrupted:
                raise KeyboardInterrupt(f"Ctrl-C while member {k + 1} of {members} was trained")
            trained.append(model)
        if combine == "stacking":
            return _stacked(trained, judged, seed, {**options, "callbacks": ()})
        return Committee(trained, combine, validation_data=judged)


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


def _part(dataset: Dataset, method: str, k: int, members: int, seed: int) -> Dataset:
    if method == "bagging":
        return dataset.sample(seed=seed + k)
    if method == "k_fold" and members > 1:
        return dataset.k_fold(members, k, seed)[0]
    return dataset


def _stacked(members: List[Model], dataset: Optional[Dataset], seed: int, options: Any) -> Model:
    """A model in which a dense layer learns what the members' outputs mean together."""
    if any(len(member.output_names) != 1 or len(member.input_names) != 1 for member in members):
        raise StateError("stacking is for models with one input and one output")
    assert dataset is not None
    x: Node = Input(members[0].input_shapes[0])
    size = int(np.prod(members[0].output_shapes[0]))
    end = members[0]._end(0)
    outputs = [Import(member, trainable=False, dropout=False, name=f"member_{k + 1}")(x)
               for k, member in enumerate(members)]
    joined = concat(outputs) if len(outputs) > 1 else outputs[0]
    y = Dense(size, activation=end if end in ("softmax", "sigmoid") else None, name="stacking")(joined)
    model = Model(x, y, name="committee", seed=seed)
    options.pop("validation_data", None)
    options.pop("validation_split", None)
    model.fit(dataset, seed=seed, **options)
    model.members = members  # type: ignore[attr-defined]
    return model


__all__ = ["Committee"]
