"""Frames of pandas as tables: written as text in the way that the library is going to read it, and what it says of
lines of that text told in terms of the frame."""
from __future__ import annotations

import csv
import io
import json
import re
from typing import Any, Dict, Optional

import numpy as np

from .errors import DataError, FormatError
from .labels import is_frame

_PLACE = re.compile(r"memory: line (\d+), column (\d+): ")
_GAP = "missing=mean, median or mark puts one there"

# What to do about a gap: of a frame that is prepared as the call says, as a model was trained, or not at all.
OPTION = 'missing="mean", "median" or "mark" puts one there'
TRAINED = 'a training set with missing="mean", "median" or "mark" puts one there: nn.Dataset.from_frame(frame, ...)'
PLAIN = 'nn.Dataset.from_frame(frame, label=..., missing="median") puts one there'


class Table:
    """The text of a frame. plan: of the preparation that it is to be read by; None for commas and names."""

    def __init__(self, frame: Any, plan: Optional[Dict[str, Any]] = None, gaps: str = OPTION) -> None:
        if not is_frame(frame):
            raise TypeError(f"{type(frame).__name__} is not a frame")
        self.frame, self.gaps = frame, gaps
        self.separator: str = plan["separator"] if plan else ","
        self.header: bool = plan["header"] if plan else True
        self.text = self._written(plan).encode()

    def _written(self, plan: Optional[Dict[str, Any]]) -> str:
        text = io.StringIO()
        frame, point, comment = self.frame, ".", ""
        if plan:
            frame, point, comment = _as_words(frame, plan), plan["decimal"], plan["comment"]
        # Quotes keep words from being comments, and gaps between blanks need a word.
        quoting = csv.QUOTE_NONNUMERIC if comment or self.separator == " " else csv.QUOTE_MINIMAL
        frame.to_csv(text, index=False, sep=self.separator, header=self.header, decimal=point, quoting=quoting,
                     na_rep="NA" if quoting == csv.QUOTE_NONNUMERIC else "")
        return text.getvalue()

    def explain(self, error: Exception) -> Exception:
        """The same exception with rows and columns of the frame in place of lines of the text."""
        if not isinstance(error, (FormatError, DataError)) or not str(error).startswith("memory: "):
            return error
        message = str(error).replace(_GAP, self.gaps)
        found = _PLACE.match(message)
        if found is None:
            return type(error)("frame: " + message.partition(": ")[2], error.code)
        line, column = int(found.group(1)), int(found.group(2))
        place = f'column "{self.frame.columns[column - 1]}"' if column <= len(self.frame.columns) else f"column {column}"
        row = self._row(line)
        if row is not None:
            label = self.frame.index[row]
            place = f"row {row}" + (f" (index {label})" if label != row else "") + ", " + place
        return type(error)(f"frame: {place}: {message[found.end():]}", error.code)

    def _row(self, line: int) -> Optional[int]:
        """The row of the frame that a line of the text is part of; words may have lines of their own."""
        reader = csv.reader(io.StringIO(self.text.decode(), newline=""), delimiter=self.separator)
        for number, _ in enumerate(reader, -1 if self.header else 0):
            if reader.line_num >= line:
                return number if 0 <= number < len(self.frame) else None
        return None


def _as_words(frame: Any, plan: Dict[str, Any]) -> Any:
    """A frame whose numbers are written as the words of the table were: a gap makes 8001 a 8001.0, and points are
    commas in columns that to_csv() does not know to be of numbers."""
    columns, by_place = plan["columns"], not plan["header"]
    if by_place and len(frame.columns) != len(columns):
        columns = [each for each in columns if "role" not in each]
    known = {each["name"]: each for each in columns}
    changed = None
    for place in range(len(frame.columns)):
        column = frame.iloc[:, place]
        about = (columns[place] if place < len(columns) else {}) if by_place else known.get(str(frame.columns[place]), {})
        words = about.get("words")
        if words and column.dtype.kind == "f" and not any("." in word for word in words):
            written = [None if value != value else str(int(value)) if value == int(value) else repr(value)
                       for value in column]
        elif column.dtype.kind == "O" and plan["decimal"] == ",":
            written = [str(value).replace(".", ",") if isinstance(value, float) and value == value else value
                       for value in column]
        else:
            continue
        if changed is None:
            changed = frame.copy(deep=False)
            changed.columns = range(len(frame.columns))  # names may be equal
        changed[place] = np.array(written, object)
    if changed is not None:
        changed.columns = frame.columns
        return changed
    return frame


def all_numbers(frame: Any) -> bool:
    """Whether the columns are arrays of numbers, as NumPy has them."""
    return all(isinstance(dtype, np.dtype) and dtype.kind in "fiub" for dtype in frame.dtypes)


def finite(frame: Any) -> Optional[np.ndarray]:
    """The numbers of a frame of nothing else as float32; None where one is missing or too large."""
    with np.errstate(over="ignore"):
        values = np.ascontiguousarray(frame.to_numpy(), np.float32)
    return values if np.isfinite(values).all() else None


def plan_of(text: str) -> Dict[str, Any]:
    """What the text of a preparation says."""
    plan: Dict[str, Any] = json.loads(text)
    return plan
