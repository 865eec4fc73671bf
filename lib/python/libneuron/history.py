"""Histories: the figures of each epoch of a training, as arrays."""
from __future__ import annotations

import ctypes
import html
import itertools
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Optional, Sequence

import numpy as np

from . import _c
from ._call import check, path_of
from .elsewhere import HISTORY, hint



class History(Mapping[str, np.ndarray]):
    """The figures of a training by their names, an array each: `history["validation_loss"][-1]`.

    loss and accuracy are those while training, as the parameters changed; of several outputs there are also those of
    each, `digit_loss`. stop_reason says why it ended before its last epoch, interrupted whether Ctrl-C did, and losses
    what was minimised at each output.
    """

    def __init__(self, handle: Any, stop_reason: str = "", interrupted: bool = False, losses: Sequence[str] = ()) -> None:
        self._handle = handle
        self.stop_reason, self.interrupted, self.losses = stop_reason, interrupted, list(losses)
        self.epochs = int(_c.neuron_history_epochs(handle))
        self._figures: Dict[str, np.ndarray] = {}
        names = iter(lambda: _c.neuron_history_metric_name(handle, next(places)), None)
        places = itertools.count()
        self._metrics = [name.decode() for name in names]
        for name in self._metrics:
            self._keep(name, [self._value(epoch, name) for epoch in range(self.epochs)])
        outputs = int(_c.neuron_history_output_count(handle))
        for output in range(outputs if outputs > 1 else 0):
            prefix = _c.neuron_history_output_name(handle, output).decode()
            for name in self._ordered():
                self._keep(f"{prefix}_{name}", [self._value(epoch, name, output) for epoch in range(self.epochs)])

    def _ordered(self) -> List[str]:
        """Those that go by better and worse, which each output has."""
        return [name for name in self._metrics if name not in ("learning_rate", "seconds")]

    def _keep(self, name: str, values: List[float]) -> None:
        array = np.array(values, np.float64)
        if not array.size or not np.isnan(array).all() or "validation" not in name:
            self._figures[name] = array

    def _value(self, epoch: int, name: str, output: Optional[int] = None) -> float:
        value = ctypes.c_double()
        function = _c.neuron_history_value if output is None else _c.neuron_history_output_value
        where = (epoch,) if output is None else (epoch, output)
        check(function(value, self._handle, *where, name.encode()))
        return value.value

    def best(self, metric: str = "validation_loss") -> int:
        """The epoch, counted from 0, with the smallest loss, the largest accuracy or what is better of a metric, the
        first of equals."""
        if metric not in self._ordered():
            raise ValueError(f"metric is {metric!r}; it must be one of {', '.join(self._ordered())}")
        epoch = ctypes.c_int64()
        check(_c.neuron_history_best(epoch, self._handle, metric.encode()))
        return int(epoch.value)

    def save_csv(self, path: Any) -> None:
        """Writes a table, one line an epoch."""
        check(_c.neuron_history_save_csv(self._handle, path_of(path)))

    def frame(self) -> Any:
        """The figures as a frame of pandas, one row an epoch, counted from 1."""
        import pandas  # type: ignore[import-untyped,unused-ignore]
        return pandas.DataFrame(self._figures, index=pandas.RangeIndex(1, self.epochs + 1, name="epoch"))

    if not TYPE_CHECKING:  # which is to find what there is not
        def __getattr__(self, name: str) -> Any:
            raise AttributeError(f"a History has no {name!r}" + hint(name, HISTORY))

    def __copy__(self) -> "History":
        return self  # it never changes

    def __deepcopy__(self, memo: Any) -> "History":
        return self

    def __reduce__(self) -> Any:
        raise TypeError("a History is not pickled: its figures are, dict(history) or history.frame()")

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._figures:
            raise KeyError(f"{name}; there are {', '.join(self._figures)}")
        return self._figures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._figures)

    def __len__(self) -> int:
        return len(self._figures)

    def _rows(self) -> List[List[str]]:
        return [[str(epoch + 1), *(f"{values[epoch]:.6g}" for values in self._figures.values())]
                for epoch in range(self.epochs)]

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {values[-1]:.4g}" for name, values in self._figures.items() if len(values))
        why = f"; {self.stop_reason}" if self.stop_reason else ""
        return f"<History of {self.epochs} epochs: {last}{why}>"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in ["epoch", *self._figures])
        body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in self._rows())
        note = f"<p>{html.escape(self.stop_reason)}</p>" if self.stop_reason else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"
