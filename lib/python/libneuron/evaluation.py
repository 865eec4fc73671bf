"""Evaluations: how well a model does, in the figures that its targets ask for."""
from __future__ import annotations

import ctypes
import html
from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

from . import _c
from ._call import check, decoded, integer, options_text, text_of, texts, utf8
from .context import context as current_context
from .kinds import loss_of
from .labels import labels_of
from .tensor import as_float, copied, wrap

AVERAGES = {"macro": _c.NEURON_AVERAGE_MACRO, "weighted": _c.NEURON_AVERAGE_WEIGHTED,
            "micro": _c.NEURON_AVERAGE_MICRO, "samples": _c.NEURON_AVERAGE_SAMPLES}
Row = Union[int, str, None]


def row_of(row: Row) -> int:
    """A row or an average as the library takes it; None is for what a metric is by itself."""
    if row is None:
        return int(_c.NEURON_AVERAGE_DEFAULT)
    if isinstance(row, str):
        if row not in AVERAGES:
            raise ValueError(f"the average is {row!r}; it must be one of {', '.join(AVERAGES)}")
        return int(AVERAGES[row])
    number = integer(row, "the row")
    if number < 0:
        raise ValueError(f"the row is {number}; it must be 0 or more, or the name of an average")
    return number


class Curve(NamedTuple):
    """Points: of a ROC curve false and true positives and scores, and so on: see `Evaluation.curve()`."""

    x: np.ndarray
    y: np.ndarray
    at: np.ndarray


class McNemar(NamedTuple):
    """What McNemar's test says of two models."""

    statistic: float
    p_value: float


class Evaluation:
    """What a model got right: `loss`, `accuracy`, and arrays with a figure for each class, label or output.

    kind says which figures there are: "classes" and "pixels" have accuracy, confusion, precision, recall, f1, iou and
    support; "multi_label" those without confusion; "regression" mean_absolute_error, root_mean_squared_error and r2.
    Averages: `evaluation.average("f1", "macro")`.

    Any figure is `evaluation.metric("roc_auc")`, by the names of `Evaluation.metric_names()`. What ranks examples or
    judges probabilities, curves, intervals and comparisons need `model.evaluate(x, y, scores=True)`.
    """

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    @staticmethod
    def of_outputs(outputs: Any, targets: Any, *, loss: Any = None, **options: Any) -> "Evaluation":
        """Of outputs that are there already, of any program: class numbers or targets to compare with."""
        context = current_context()
        handle = _c.EvaluationHandle()
        labels = labels_of(targets)
        array = as_float(outputs, "the outputs")
        loss = loss_of(loss)
        check(_c.neuron_evaluation_create_from_outputs(
            handle, context._handle, wrap(array, context), copied(labels.array, context),
            loss._handle if loss else None, options_text(options)))
        return Evaluation(handle)

    @property
    def kind(self) -> str:
        return _c.neuron_evaluation_kind(self._handle).decode()

    @property
    def count(self) -> int:
        """How many examples there were."""
        return int(_c.neuron_evaluation_count(self._handle))

    @property
    def loss(self) -> float:
        """The mean loss, without what regularisers add."""
        return float(_c.neuron_evaluation_loss(self._handle))

    @property
    def accuracy(self) -> float:
        """The share that is right; not a number for a regression."""
        return float(_c.neuron_evaluation_accuracy(self._handle))

    @property
    def rows(self) -> int:
        """How many classes, labels or outputs there are."""
        return int(_c.neuron_evaluation_row_count(self._handle))

    @property
    def names(self) -> List[str]:
        """What they are called, or their numbers."""
        return [decoded(_c.neuron_evaluation_row_name(self._handle, row)) or str(row) for row in range(self.rows)]

    @property
    def confusion(self) -> np.ndarray:
        """The confusion matrix: [truth, predicted], counts of examples."""
        count = self.rows if self.kind in ("classes", "pixels") else 0
        found = [[_c.neuron_evaluation_confusion(self._handle, i, j) for j in range(count)] for i in range(count)]
        return np.array(found, np.int64).reshape(count, count)

    def _of_rows(self, function: Callable[[Any, int], Any], dtype: Any = np.float64) -> np.ndarray:
        return np.array([function(self._handle, row) for row in range(self.rows)], dtype)

    @property
    def precision(self) -> np.ndarray:
        """Of what was taken for a class, the share that is of it."""
        return self._of_rows(_c.neuron_evaluation_precision)

    @property
    def recall(self) -> np.ndarray:
        """Of what is of a class, the share taken for it."""
        return self._of_rows(_c.neuron_evaluation_recall)

    @property
    def f1(self) -> np.ndarray:
        """The harmonic mean of precision and recall."""
        return self._of_rows(_c.neuron_evaluation_f1)

    @property
    def iou(self) -> np.ndarray:
        """Intersection over union."""
        return self._of_rows(_c.neuron_evaluation_iou)

    @property
    def support(self) -> np.ndarray:
        """How many are of a class; of a regression how many numbers were compared."""
        return self._of_rows(_c.neuron_evaluation_support, np.int64)

    @property
    def mean_absolute_error(self) -> np.ndarray:
        return self._of_rows(_c.neuron_evaluation_mean_absolute_error)

    @property
    def root_mean_squared_error(self) -> np.ndarray:
        return self._of_rows(_c.neuron_evaluation_root_mean_squared_error)

    @property
    def r2(self) -> np.ndarray:
        """The coefficient of determination."""
        return self._of_rows(_c.neuron_evaluation_r2)

    def average(self, figure: str, over: str = "macro") -> float:
        """An average of a figure: "macro", "weighted", "micro" or "samples", as in scikit-learn."""
        if figure not in _FIGURES["pixels"] + _FIGURES["regression"] or figure == "support":
            raise ValueError(f"there is no average of {figure!r}")
        if over not in AVERAGES:
            raise ValueError(f"the average is {over!r}; it must be one of {', '.join(AVERAGES)}")
        return float(getattr(_c, "neuron_evaluation_" + figure)(self._handle, AVERAGES[over]))

    @staticmethod
    def metric_names() -> List[str]:
        """What `metric()` knows."""
        return [_c.neuron_kind_name(b"metric", i).decode() for i in range(_c.neuron_kind_count(b"metric"))]

    def metric(self, name: str, row: Row = None, **options: Any) -> float:
        """A metric by its name, of a row, "macro", "weighted", "micro" or "samples", or by itself as scikit-learn has it:
        `evaluation.metric("top_k_accuracy", k=3)`. What is not defined is not a number."""
        value = ctypes.c_double()
        check(_c.neuron_evaluation_metric(value, self._handle, utf8(name, "the metric"), row_of(row),
                                          options_text(options)))
        return value.value

    def interval(self, name: str, row: Row = None, **options: Any) -> Tuple[float, float]:
        """A confidence interval of a metric by bootstrap: confidence=0.95, samples=2000, seed=0."""
        low, high = ctypes.c_double(), ctypes.c_double()
        check(_c.neuron_evaluation_interval(low, high, self._handle, utf8(name, "the metric"), row_of(row),
                                            options_text(options)))
        return low.value, high.value

    def mcnemar(self, other: "Evaluation", **options: Any) -> McNemar:
        """McNemar's test of two models on the same examples: method="auto", "exact" or "chi_squared"."""
        statistic, p_value = ctypes.c_double(), ctypes.c_double()
        check(_c.neuron_evaluation_mcnemar(statistic, p_value, self._handle, other._handle, options_text(options)))
        return McNemar(statistic.value, p_value.value)

    def curve(self, name: str, row: Row = None, **options: Any) -> Curve:
        """Points of "roc" (false positives, true positives, score), "precision_recall" (recall, precision, score),
        "risk_coverage" (coverage, share that is wrong, confidence) or "reliability" (mean probability, share that is so,
        examples; bins=15)."""
        needed = ctypes.c_size_t()
        arguments = (self._handle, utf8(name, "the curve"), row_of(row), options_text(options))
        check(_c.neuron_evaluation_curve(None, None, None, 0, needed, *arguments))
        points = np.empty((3, needed.value))
        rows = [line.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for line in points]
        check(_c.neuron_evaluation_curve(*rows, needed.value, None, *arguments))
        return Curve(*points)

    def report(self, digits: int = 3, names: Optional[Sequence[str]] = None) -> str:
        """The report as text, in the layout that scikit-learn made known."""
        if names is not None and len(names) != self.rows:
            raise ValueError(f"there are {self.rows} rows, and {len(names)} names")
        given = None if names is None else texts(names, "a name")

        def write(text: Any, capacity: int, needed: Any) -> int:
            return _c.neuron_evaluation_report(text, capacity, needed, self._handle, given, integer(digits, "digits"))

        return text_of(write)

    def frame(self) -> Any:
        """The figures as a frame of pandas, one row for each class, label or output."""
        import pandas  # type: ignore[import-untyped,unused-ignore]
        return pandas.DataFrame({name: getattr(self, name) for name in _FIGURES[self.kind]}, index=self.names)

    def __copy__(self) -> "Evaluation":
        return self  # it never changes

    def __deepcopy__(self, memo: Any) -> "Evaluation":
        return self

    def __reduce__(self) -> Any:
        raise TypeError("an Evaluation is not pickled: its figures are, evaluation.accuracy, evaluation.confusion and others")

    def __repr__(self) -> str:
        if self.kind == "regression":
            return (f"<Evaluation of {self.count} examples: loss {self.loss:.4g}, "
                    f"mean absolute error {self.average('mean_absolute_error'):.4g}>")
        return f"<Evaluation of {self.count} examples: loss {self.loss:.4g}, accuracy {self.accuracy:.4f}>"

    def _repr_html_(self) -> str:
        figures = _FIGURES[self.kind]
        columns = [getattr(self, name) for name in figures]
        head = "".join(f"<th>{html.escape(name.replace('_', ' '))}</th>" for name in ["", *figures])
        body = "".join(f"<tr><th>{html.escape(name)}</th>" + "".join(f"<td>{column[i]:.4g}</td>" for column in columns)
                       + "</tr>" for i, name in enumerate(self.names))
        return (f"<p>{html.escape(repr(self)[1:-1])}</p>"
                f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")


_JUDGED = ("precision", "recall", "f1", "support")
_FIGURES = {"classes": _JUDGED, "multi_label": _JUDGED, "pixels": ("precision", "recall", "f1", "iou", "support"),
            "regression": ("mean_absolute_error", "root_mean_squared_error", "r2", "support")}
