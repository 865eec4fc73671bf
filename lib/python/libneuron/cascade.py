"""Cascades: models that are asked one after the other until the decision is certain."""
from __future__ import annotations

import contextlib
import ctypes
from typing import Any, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from . import _c
from ._call import check, committee_c, options_text, text_of
from .committee import _graphs, _models, _validation
from .context import Context, context as current_context
from .data import Dataset
from .model import Model
from .tensor import array_of, wrap


class Cascade:
    """Members of a committee that are asked one after the other: `nn.Cascade(members)`.

    The first is asked about all examples, the next about those that the mean of what was said is not certain of, and
    so on. members: models with one input and one output, probabilities of classes; they are kept, not copied.
    weights: how much each counts. Options are those of the family "cascade": measure, "confidence", "margin" or
    "entropy", and threshold, which tune() chooses.

        cascade = nn.Cascade(members)
        cascade.tune(x_validation, y_validation, tolerance=0.005)
        outputs, asked = cascade.predict(x, asked=True)
    """

    def __init__(self, members: Sequence[Model], *, weights: Optional[Sequence[float]] = None,
                 context: Optional[Context] = None, **options: Any) -> None:
        self.members: List[Model] = _models(members)
        self._context = context or current_context()
        given = None if weights is None else _numbers(self.members, weights, "weights")
        self._handle = committee_c.CascadeHandle()
        check(committee_c.neuron_cascade_create(self._handle, self._context._handle, _graphs(self.members), len(self.members),
                                                given, options_text(options)))

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """No member may be trained in another thread meanwhile."""
        with contextlib.ExitStack() as stack:
            for member in self.members:
                stack.enter_context(member._reading())
            yield

    @property
    def measure(self) -> str:
        """How certain a mean is: "confidence", "margin" or "entropy"."""
        return text_of(committee_c.neuron_cascade_get_text, self._handle, b"measure")

    @property
    def threshold(self) -> float:
        """From which on no more members are asked."""
        value = ctypes.c_double()
        check(committee_c.neuron_cascade_get_number(value, self._handle, b"threshold"))
        return value.value

    @threshold.setter
    def threshold(self, value: float) -> None:
        check(committee_c.neuron_cascade_set_number(self._handle, b"threshold", float(value)))

    def predict(self, x: Any, *, asked: bool = False) -> Any:
        """The weighted mean of what the members put out that were asked: an array [n, outputs].

        x: as for Model.predict(). asked: with True also how many members were asked about each example, as an array [n].
        """
        first = self.members[0]
        with self._reading():
            given = x._handle if isinstance(x, Dataset) else None
            array = None if isinstance(x, Dataset) else first._given(x)[0]
            count = len(x) if array is None else len(array) if array.ndim else 0
            outputs = np.empty((count, *first.output_shapes[0]), np.float32)
            counts = np.empty(count, np.int32)
            taken, told = wrap(outputs, self._context), wrap(counts, self._context)
            if array is None:
                check(committee_c.neuron_cascade_predict_dataset(self._handle, given, taken, told))
            else:
                check(committee_c.neuron_cascade_predict(self._handle, wrap(array, self._context), taken, told))
        return (outputs, counts) if asked else outputs

    def tune(self, x: Any, y: Any = None, **options: Any) -> float:
        """Chooses the least threshold with which accuracy is at most `tolerance` below that of all members, and returns it.

        x, y: examples that the members were not trained on; or x is a Dataset."""
        dataset = _validation(self.members[0], x if y is None else (x, y))
        with self._reading():
            check(committee_c.neuron_cascade_tune(self._handle, dataset._handle, options_text(options)))
        return self.threshold

    def curve(self, x: Any, y: Any = None, *, costs: Optional[Sequence[float]] = None
              ) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Thresholds, the accuracy with each, and the mean of what was paid: as many as were asked, or their `costs`."""
        dataset = _validation(self.members[0], x if y is None else (x, y))
        given = None if costs is None else _numbers(self.members, costs, "costs")
        made = _c.TensorHandle()
        with self._reading():
            check(committee_c.neuron_cascade_curve(made, self._handle, dataset._handle, given))
        thresholds, accuracies, paid = array_of(made).T.copy()
        return thresholds, accuracies, paid


def _numbers(members: List[Model], given: Sequence[float], what: str) -> Any:
    if len(given) != len(members):
        raise ValueError(f"there are {len(members)} members and {len(given)} {what}")
    return (ctypes.c_double * len(members))(*(float(each) for each in given))
