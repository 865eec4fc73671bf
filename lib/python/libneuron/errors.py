"""Exceptions: one class for each code of the library, all of them a NeuronError.

Each is also the exception of Python that says the same, so that `except ValueError` does what one expects.
"""
from __future__ import annotations

from typing import Dict, Type

from . import _c


class NeuronError(Exception):
    """What the library refused, in its own words. `code` is its number, `name` that number's name."""

    code: int = 0

    def __init__(self, message: str = "", code: int = 0) -> None:
        super().__init__(message)
        if code:
            self.code = code

    @property
    def name(self) -> str:
        return _c.neuron_error_name(self.code).decode()


class ArgumentError(NeuronError, ValueError):
    """An option that there is not, a number out of its range."""

    code = _c.NEURON_E_ARGUMENT


class ShapeError(NeuronError, ValueError):
    """Shapes that do not fit each other."""

    code = _c.NEURON_E_SHAPE


class ElementTypeError(NeuronError, TypeError):
    """Elements of another type than the call takes."""

    code = _c.NEURON_E_TYPE


class StateError(NeuronError, RuntimeError):
    """The right call at the wrong time."""

    code = _c.NEURON_E_STATE


class OutOfMemoryError(NeuronError, MemoryError):
    """There is no memory left, or no more is allowed."""

    code = _c.NEURON_E_MEMORY


class FileError(NeuronError, OSError):
    """The operating system refused a file."""

    code = _c.NEURON_E_IO


class FormatError(NeuronError, ValueError):
    """A file that is not what it claims to be."""

    code = _c.NEURON_E_FORMAT


class DataError(NeuronError, ValueError):
    """Examples that contradict each other."""

    code = _c.NEURON_E_DATA


class NotFiniteError(NeuronError, ArithmeticError):
    """A number that is infinite, or not a number: a loss, a weight."""

    code = _c.NEURON_E_NOT_FINITE


class UnsupportedError(NeuronError, NotImplementedError):
    """Meaningful, but not something that this library or object can do."""

    code = _c.NEURON_E_UNSUPPORTED


class CallbackError(NeuronError, RuntimeError):
    """A function of the caller's failed without an exception."""

    code = _c.NEURON_E_CALLBACK


BY_CODE: Dict[int, Type[NeuronError]] = {
    kind.code: kind
    for kind in (ArgumentError, ShapeError, ElementTypeError, StateError, OutOfMemoryError, FileError, FormatError,
                 DataError, NotFiniteError, UnsupportedError, CallbackError)
}

__all__ = ["NeuronError", "ArgumentError", "ShapeError", "ElementTypeError", "StateError", "OutOfMemoryError", "FileError",
           "FormatError", "DataError", "NotFiniteError", "UnsupportedError", "CallbackError"]
