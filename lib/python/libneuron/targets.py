"""What a model is given: one array for each input, and for each output the labels that its shape and loss want."""
from __future__ import annotations

from typing import Any, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from . import _c
from ._call import check, utf8
from .data import Dataset, frame_matrix, of_arrays
from .errors import DataError, ElementTypeError
from .kinds import Loss
from .labels import Labels, is_frame, labels_of, one_hot
from .tensor import as_array, as_float, as_stored, ready, scales_of

_SHARES = ("cross_entropy", "distillation", "kullback_leibler")

X = Any


def by_output(given: Any, names: Sequence[str], what: str) -> List[Any]:
    """One thing for each input or output: given as a list, by name, or alone."""
    if isinstance(given, Mapping):
        unknown = [name for name in given if name not in names]
        if unknown:
            row = "; rows with columns are given as a frame: pandas.DataFrame([{...}])" if what == "the inputs" else ""
            raise ValueError(f"{what}: there is no {unknown[0]!r} in the model, but {', '.join(map(repr, names))}{row}")
        return [given.get(name) for name in names]
    if len(names) == 1:
        return [given[0] if isinstance(given, (list, tuple)) and len(given) == 1
                and getattr(given[0], "ndim", 0) > 0 else given]
    if not isinstance(given, (list, tuple)) or len(given) != len(names):
        raise ValueError(f"{what}: the model has {len(names)}, {', '.join(map(repr, names))}; "
                         f"give a list of as many, or a dictionary")
    return list(given)


def inputs_for(model: Any, x: X) -> Tuple[List[np.ndarray], Any]:
    """The arrays of a model's inputs, and what was learnt of a frame if x is the first that the model sees."""
    if is_frame(x):
        with model._reading():
            preparation = model.preparation
            if preparation is not None:
                return [preparation.matrix(x, model.context, model._graph)], None
        array, learnt = frame_matrix(x, model.context)
        return [array], learnt
    given = by_output(x, model.input_names, "the inputs")
    return [as_stored(each, f"input {name!r}") for each, name in zip(given, model.input_names)], None


def floats_for(model: Any, x: X, learn: bool = False) -> List[np.ndarray]:
    """The arrays of a model's inputs as float32, bytes scaled as in training, for calls of C that take no others. learn:
    the model keeps what was learnt of a frame, and that bytes become 0 to 1 if it knows nothing else."""
    arrays, learnt = inputs_for(model, x)
    if learnt is not None and learn:
        with model._changing():
            check(_c.neuron_graph_set_preparation(model._graph, learnt._handle))
    return [_scaled(model, name, each, learn) if each.dtype == np.uint8 else as_float(each)
            for name, each in zip(model.input_names, arrays)]


def _scaled(model: Any, name: str, array: np.ndarray, learn: bool) -> np.ndarray:
    scales = scales_of(model._graph, name)
    if scales is None:
        if not learn:
            raise ElementTypeError(f"input {name!r} is bytes, but the model was not trained on bytes: give it numbers",
                                   ElementTypeError.code)
        scales = np.full(1, 1 / 255), np.zeros(1)
        with model._changing():
            kind = _c.neuron_graph_set_scales.argtypes[2]
            check(_c.neuron_graph_set_scales(model._graph, utf8(name), *(each.ctypes.data_as(kind) for each in scales), 1))
    return ready((array * scales[0] + scales[1]).astype(np.float32))


def targets_for(model: Any, index: int, y: Any, loss: Optional[Loss]) -> Tuple[Labels, bool]:
    """The labels of one output, as its shape and loss want them, and whether targets are probabilities of classes."""
    shape = model.output_shapes[index]
    size = int(np.prod(shape))
    if hasattr(y, "__array__") and not hasattr(y, "cat"):
        array = as_array(y, "the labels")
        if array.dtype.kind in "iu" and array.ndim >= 2 and array.shape[1:] == tuple(shape[:-1]) and len(shape) > 1:
            return Labels(None, one_hot(array, shape[-1]), None), False
    known = model._names_of(index)
    labels = labels_of(y, None)
    if labels.names and known and set(labels.names) <= set(known):
        labels = labels_of(y, known)
    numbers = labels.targets
    if numbers is not None and numbers.ndim == 1 and size > 1 and np.array_equal(numbers, np.floor(numbers)):
        labels = Labels(numbers.astype(np.int64), None, labels.names)  # class numbers that were read as floats
    if labels.classes is not None and size == 1:
        if labels.names and len(labels.names) > 2:
            raise DataError(f"there are {len(labels.names)} classes, {', '.join(map(repr, labels.names[:8]))}, for an "
                            "output of one number, which tells two apart")
        return Labels(None, labels.classes.astype(np.float32), labels.names), False
    shares = labels.targets is not None and labels.targets.ndim == 2 and len(shape) == 1 and size > 1 and (
        loss.kind in _SHARES if loss is not None else model._end(index) == "softmax")
    return labels, shares


def dataset_for(model: Any, x: X, y: Any, losses: Sequence[Optional[Loss]], weights: Any = None,
                learn: bool = False) -> Dataset:
    """A dataset for a model: of arrays, frames and words, or the dataset itself."""
    if isinstance(x, Dataset):
        if y is not None:
            raise TypeError("a dataset has its labels: y cannot be given with it")
        # The weights are of this call alone: the caller's dataset keeps its own.
        return x if weights is None else x.subset(0, len(x)).set_weights(weights)
    if y is None:
        raise TypeError("y is missing: what the model is to put out for x" +
                        ("; or a dataset that knows it, nn.Dataset.from_frame(frame, label=...)" if is_frame(x) else ""))
    arrays, learnt = inputs_for(model, x)
    if learnt is not None and learn:
        with model._changing():
            check(_c.neuron_graph_set_preparation(model._graph, learnt._handle))
    given = by_output(y, model._target_names, "the labels")
    parts = []
    for index, each in enumerate(given):
        if each is None:
            raise ValueError(f"the labels of output {model.output_names[index]!r} are missing")
        labels, shares = targets_for(model, index, each, losses[index])
        if len(labels.array) != len(arrays[0]):
            raise DataError(f"there are {len(arrays[0])} examples and {len(labels.array)} labels")
        size = int(np.prod(model.output_shapes[index]))
        first = arrays[0]
        if len(arrays) > 1 or len(given) > 1:  # a part has nothing but its labels
            first = np.zeros((len(labels.array), 1), np.uint8)
        parts.append(of_arrays(first, labels, model.context, size if labels.classes is not None else None, shares))
    if len(arrays) == 1 and len(parts) == 1:
        made = parts[0]
    else:
        made = Dataset.zip([of_arrays(each, None, model.context) for each in arrays], parts)
    return made.set_weights(weights) if weights is not None else made


def chosen_loss(model: Any, index: int, dataset: Optional[Dataset]) -> Optional[str]:
    """The loss that an output asks for where none is given; None is the library's, cross-entropy."""
    end = model._end(index)
    if end == "softmax":  # of a map each place is a distribution of its own
        return None if len(model.output_shapes[index]) == 1 else "kullback_leibler"
    if end == "sigmoid":
        return "binary_cross_entropy"
    if dataset is not None and int(np.prod(model.output_shapes[index])) > 1:
        part = dataset.target(index) if dataset.targets > 1 else dataset
        if part.class_names is not None and part.classes > 1:
            return None
    return "mean_squared_error"
