"""Labels: class numbers, words, categories of pandas, or targets of any kind."""
from __future__ import annotations

from typing import Any, List, NamedTuple, Optional, Sequence

import numpy as np

from .errors import DataError
from .tensor import as_array, as_float


class Labels(NamedTuple):
    """`classes` are class numbers [n] as int32 or int64, or None; `targets` numbers [n, ...] as float32, or None."""

    classes: Optional[np.ndarray]
    targets: Optional[np.ndarray]
    names: Optional[List[str]]

    @property
    def array(self) -> np.ndarray:
        """The class numbers, or the targets."""
        found = self.classes if self.classes is not None else self.targets
        assert found is not None
        return found


def is_frame(values: Any) -> bool:
    """Whether it is a table of pandas, or of what looks like it."""
    return hasattr(values, "columns") and hasattr(values, "to_csv") and hasattr(values, "dtypes")


def _column(values: Any) -> Any:
    """A frame of one column is that column."""
    if is_frame(values) and len(values.columns) == 1:
        return values.iloc[:, 0]
    return values


def _categories(values: Any) -> Optional[Any]:
    dtype = getattr(values, "dtype", None)
    return getattr(values, "cat", None) if hasattr(dtype, "categories") and hasattr(values, "cat") else None


def by_names(words: np.ndarray, names: Optional[Sequence[str]]) -> Labels:
    """Class numbers of words: their places among `names`, or among the words themselves in order."""
    words = np.asarray([str(word) for word in words.ravel()])
    known = list(names) if names is not None else [str(word) for word in np.unique(words)]
    place = {name: i for i, name in enumerate(known)}
    unknown = next((word for word in words if word not in place), None)
    if unknown is not None:
        listed = ", ".join(map(repr, known[:8])) + (", ..." if len(known) > 8 else "")
        raise DataError(f"the label {str(unknown)!r} is not among the classes: {listed}")
    return Labels(np.array([place[word] for word in words], np.int32), None, known)


def labels_of(values: Any, names: Optional[Sequence[str]] = None) -> Labels:
    """What the labels are: words become class numbers with names, integers class numbers, other numbers targets."""
    values = _column(values)
    categories = _categories(values)
    if categories is not None:
        codes = np.asarray(categories.codes)
        if (codes < 0).any():
            raise DataError(f"the label of example {int(np.argmax(codes < 0))} is missing")
        found = [str(name) for name in categories.categories]
        return by_names(np.asarray(found)[codes], names if names is not None else found)
    array = as_array(values, "the labels")
    if array.dtype.kind == "O":
        return _of_objects(array, names)
    if array.dtype.kind in "US":
        return by_names(_one_axis(array), names)
    if array.dtype.kind == "b":
        array = array.astype(np.int32)
    if array.dtype.kind in "iu" and (array.ndim == 1 or array.ndim == 2 and array.shape[1] == 1):
        if array.size and array.dtype.kind == "u" and array.max() > np.iinfo(np.int64).max:
            raise DataError(f"the label {array.max()} is too large")
        return Labels(np.ascontiguousarray(array.ravel(), np.int64), None, list(names) if names is not None else None)
    return Labels(None, as_float(array, "the targets"), list(names) if names is not None else None)


def _one_axis(array: np.ndarray) -> np.ndarray:
    if array.ndim != 1 and not (array.ndim == 2 and array.shape[1] == 1):
        raise DataError(f"labels that are words have the shape {array.shape}; there must be one for each example")
    return array.ravel()


def _of_objects(array: np.ndarray, names: Optional[Sequence[str]]) -> Labels:
    flat = array.ravel()
    for i, value in enumerate(flat):
        if value is None or value != value:
            raise DataError(f"the label of example {i} is missing")
    if all(isinstance(value, str) for value in flat):
        return by_names(_one_axis(array), names)
    if any(isinstance(value, str) for value in flat):
        return by_names(_one_axis(array), names)
    numbers = np.array(array.tolist())
    if numbers.dtype.kind not in "biuf":
        raise DataError(f"the labels are neither words nor numbers, but {type(flat[0]).__name__} {flat[0]!r}")
    return labels_of(numbers, names)


def one_hot(classes: np.ndarray, count: int) -> np.ndarray:
    """Targets for class numbers of any shape: 1 for the class, 0 for the others, along a new last axis."""
    low, high = (int(classes.min()), int(classes.max())) if classes.size else (0, 0)
    if low < 0 or high >= count:
        raise DataError(f"the class {low if low < 0 else high} is not 0 to {count - 1}")
    return np.eye(count, dtype=np.float32)[classes]
