"""Reports: what a training came to, as one HTML file with tables and pictures.

    report = nn.Report("Digits")
    report.add_model(model)
    report.add_history(history)
    report.add_evaluation(model.evaluate(x_test, y_test), heading="Test images")
    report.add_mistakes(model, nn.Dataset(x_test, y_test))
    report.save("digits.html")

They are made by libneuron-report, a library beside the core, which must be installed.
"""
from __future__ import annotations

import ctypes
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Union

import numpy as np

from . import _c
from ._call import check, options_text, park, path_of, pointers, texts, utf8
from .context import context as current_context
from .data import Dataset
from .evaluation import Evaluation
from .history import History
from .model import Model
from .search import Search
from .tensor import as_array, copied
from .training import Trainer


def _heading(heading: Optional[str]) -> Optional[bytes]:
    return None if heading is None else utf8(heading, "the heading")


def _of(kind: type, value: Any, what: str) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{what} is {type(value).__name__} {value!r}; it must be a {kind.__name__}")
    return value


def _optional_texts(values: Iterable[Any]) -> Any:
    given = [None if value is None else utf8(str(value)) for value in values]
    return (ctypes.c_char_p * len(given))(*given)


def _numbers(values: Any, count: int, what: str) -> Any:
    given = np.array([np.nan if value is None else value for value in values], np.float64)
    if given.shape != (count,):
        raise ValueError(f"there are {len(given)} {what} for {count} names")
    return (ctypes.c_double * count)(*given)


def _image(size: Optional[Sequence[int]]) -> Dict[str, int]:
    if size is None:
        return {}
    height, width = size
    return {"height": height, "width": width}


class Report:
    """A document that grows by sections, each with a heading or, without one, its usual one.

    digits: decimals of figures. theme: "light", "dark", or "auto", as the reader's browser asks for.
    """

    def __init__(self, title: str, *, digits: int = 4, theme: str = "auto") -> None:
        from . import _report_c
        self._low: Any = _report_c
        self._context = current_context()
        self._handle = _report_c.ReportHandle()
        check(_report_c.neuron_report_create(self._handle, self._context._handle, utf8(title, "the title"),
                                             options_text({"digits": digits, "theme": theme})))

    def add_text(self, heading: str, text: str) -> "Report":
        """Text; an empty line begins a new paragraph."""
        check(self._low.neuron_report_add_text(self._handle, _heading(heading), utf8(text)))
        return self

    def add_settings(self, settings: Mapping[str, Any], *, heading: Optional[str] = None) -> "Report":
        """Names and values; None for a value that is not known."""
        check(self._low.neuron_report_add_settings(self._handle, _heading(heading), texts(settings, "a name"),
                                                   _optional_texts(settings.values()), len(settings)))
        return self

    def add_table(self, heading: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> "Report":
        """Rows of as many cells as there are columns; None for an empty cell."""
        cells: List[Any] = []
        count = 0
        for row in rows:
            if len(row) != len(columns):
                raise ValueError(f"row {count} has {len(row)} cells for {len(columns)} columns")
            cells += row
            count += 1
        check(self._low.neuron_report_add_table(self._handle, _heading(heading), texts(columns, "a column"),
                                                len(columns), _optional_texts(cells), count))
        return self

    def add_trainer(self, trainer: Trainer, *, heading: Optional[str] = None) -> "Report":
        """A training's settings, where it is, and why it stopped."""
        if _of(Trainer, trainer, "trainer")._handle is None:
            raise ValueError("the trainer has not trained yet")
        check(self._low.neuron_report_add_trainer(self._handle, _heading(heading), trainer._handle))
        return self

    def add_dataset(self, dataset: Dataset, *, heading: Optional[str] = None, samples: int = 30,
                    image: Optional[Sequence[int]] = None) -> "Report":
        """What a dataset has, with some examples as pictures if they are images: by their shape, or with image=(height,
        width) of pixels that lie in a row."""
        check(self._low.neuron_report_add_dataset(self._handle, _heading(heading), _of(Dataset, dataset, "dataset")._handle,
                                                  options_text({"samples": samples, **_image(image)})))
        return self

    def add_model(self, model: Model, *, heading: Optional[str] = None, batch: int = 32, profile: bool = False) -> "Report":
        """The layers as a diagram and a table; with profile also the time that each takes."""
        check(self._low.neuron_report_add_graph(self._handle, _heading(heading), _of(Model, model, "model")._graph,
                                                options_text({"batch": batch, "profile": bool(profile)})))
        return self

    def add_history(self, history: History, *, heading: Optional[str] = None) -> "Report":
        """Learning curves, and the best epoch."""
        check(self._low.neuron_report_add_history(self._handle, _heading(heading), _of(History, history, "history")._handle))
        return self

    def add_histories(self, histories: Union[Mapping[str, History], Sequence[History]], *,
                      heading: Optional[str] = None) -> "Report":
        """The curves of several trainings in one picture for each figure."""
        named: Dict[str, History] = dict(histories) if isinstance(histories, Mapping) else {
            str(number): history for number, history in enumerate(histories, 1)}
        handles = [_of(History, history, "a history")._handle for history in named.values()]
        check(self._low.neuron_report_add_histories(self._handle, _heading(heading),
                                                    pointers(_c.neuron_history_p, handles), texts(named, "a name"),
                                                    len(handles)))
        return self

    def add_evaluation(self, evaluation: Evaluation, *, heading: Optional[str] = None) -> "Report":
        """Figures, confusion matrix, the report of each class."""
        check(self._low.neuron_report_add_evaluation(self._handle, _heading(heading),
                                                     _of(Evaluation, evaluation, "evaluation")._handle))
        return self

    def add_mistakes(self, model: Model, dataset: Dataset, *, heading: Optional[str] = None, count: int = 24,
                     image: Optional[Sequence[int]] = None) -> "Report":
        """The examples of which the model was most certain and wrong; image as for add_dataset()."""
        check(self._low.neuron_report_add_mistakes(self._handle, _heading(heading), _of(Model, model, "model")._graph,
                                                   _of(Dataset, dataset, "dataset")._handle,
                                                   options_text({"count": count, **_image(image)})))
        return self

    def add_comparison(self, metric: str, names: Sequence[str], values: Sequence[Any], references: Sequence[Any],
                       errors: Optional[Sequence[Any]] = None, *, heading: Optional[str] = None) -> "Report":
        """Figures beside what they are compared with; None for one that is missing."""
        count = len(names)
        check(self._low.neuron_report_add_comparison(
            self._handle, _heading(heading), utf8(metric), texts(names, "a name"), _numbers(values, count, "values"),
            _numbers(references, count, "references"), None if errors is None else _numbers(errors, count, "errors"), count))
        return self

    def add_committee(self, committee: Model, members: Union[Mapping[str, Model], Sequence[Model]], dataset: Dataset, *,
                      heading: Optional[str] = None) -> "Report":
        """A committee beside its members: accuracy, agreement, what it mends and breaks."""
        named: Dict[str, Model] = dict(members) if isinstance(members, Mapping) else {
            str(number): member for number, member in enumerate(members, 1)}
        graphs = [_of(Model, member, "a member")._graph for member in named.values()]
        check(self._low.neuron_report_add_committee(
            self._handle, _heading(heading), _of(Model, committee, "committee")._graph, pointers(_c.neuron_graph_p, graphs),
            texts(named, "a name"), len(graphs), _of(Dataset, dataset, "dataset")._handle))
        return self

    def add_search(self, search: Search, *, heading: Optional[str] = None) -> "Report":
        """Scores of each level and each pair of levels, and all trials."""
        check(self._low.neuron_report_add_search(self._handle, _heading(heading), _of(Search, search, "search")._handle))
        return self

    def add_images(self, images: Any, captions: Optional[Sequence[str]] = None, *, heading: Optional[str] = None) -> "Report":
        """Pictures [n, height, width], or with 1 or 3 channels behind: bytes, or numbers from black to white."""
        array = as_array(images, "images")
        array = np.ascontiguousarray(array, np.uint8 if array.dtype == np.uint8 else np.float32)
        if captions is not None and len(captions) != len(array):
            raise ValueError(f"there are {len(captions)} captions for {len(array)} images")
        check(self._low.neuron_report_add_images(self._handle, _heading(heading), copied(array, self._context),
                                                 None if captions is None else texts(captions, "a caption")))
        return self

    def save(self, path: Any) -> None:
        """Writes the page, in place of one that is there."""
        check(self._low.neuron_report_save(self._handle, path_of(path)))

    def html(self) -> str:
        """The page as text."""
        parts: List[bytes] = []

        def take(address: int, size: int, _: Any) -> int:
            try:
                parts.append(ctypes.string_at(address, size))
                return 0
            except BaseException as error:
                return park(error)

        check(self._low.neuron_report_save_to(self._handle, _c.neuron_write_function_t(take), None))
        return b"".join(parts).decode()

    def save_pictures(self, folder: Any, *, format: str = "svg", theme: str = "light", scale: float = 2) -> None:
        """Writes each picture as a file of its own."""
        check(self._low.neuron_report_save_pictures(self._handle, path_of(folder), options_text(
            {"format": format, "theme": theme, "scale": float(scale)})))

    def _repr_html_(self) -> str:
        import html
        return f'<iframe srcdoc="{html.escape(self.html())}" width="100%" height="640"></iframe>'


__all__ = ["Report"]
