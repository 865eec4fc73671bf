"""How the high layer calls the low one: statuses become exceptions, exceptions of callbacks pass through C, and
keyword arguments become the library's text."""
from __future__ import annotations

import ctypes
import importlib
import itertools
import numbers
import operator
import os
from typing import Any, Callable, Dict, Iterable, Mapping, Optional

from . import _c, _load
from .errors import BY_CODE, NeuronError

# Exceptions that wait for a call to return. Each has a status of its own, which the library hands through
# unchanged, from whichever thread.
_parked: Dict[int, BaseException] = {}
_first = -1_000_000
_numbers = itertools.count()
_PARKED_AT_MOST = 64


class Later:
    """The functions of a library beside the core, which is loaded when the first of them is asked for."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module("." + self._module, __package__), name)


# Of libneuron-committee, which most programs that predict do without.
committee_c: Any = Later("_committee_c")


def park(error: BaseException) -> int:
    """Keeps an exception for the call that is running, and tells the status to return for it."""
    status = _first - next(_numbers) % 1_000_000_000
    while len(_parked) >= _PARKED_AT_MOST:  # of calls that were answered otherwise
        _parked.pop(next(iter(_parked)), None)
    _parked[status] = error
    return status


def error_of(status: int) -> BaseException:
    parked = _parked.pop(status, None)
    if parked is not None:
        return parked
    message = _c.neuron_error_last().decode()
    return BY_CODE.get(status, NeuronError)(message, status)


def check(status: int) -> int:
    """Raises what a negative status stands for."""
    if status < 0:
        raise error_of(status)
    if _load._waiting:
        _load.release_waiting()
    return status


def utf8(text: Any, what: str = "a text") -> bytes:
    """Text as the library takes it."""
    if isinstance(text, os.PathLike):
        text = os.fspath(text)
    if isinstance(text, bytes):
        return text
    if not isinstance(text, str):
        raise TypeError(f"{what} is {type(text).__name__} {text!r}, not text")
    if "\0" in text:
        raise ValueError(f"{what} has a zero in it: {text!r}")
    return text.encode()


def path_of(path: Any) -> bytes:
    """A path as the library takes it, with the bytes that the system has for it."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise TypeError(f"the path is {type(path).__name__} {path!r}, not text")
    path = os.fsencode(path)
    if b"\0" in path:
        raise ValueError(f"the path has a zero in it: {path!r}")
    return path


def integer(value: Any, what: str) -> int:
    """An integer that the library has room for: ctypes would cut off what is more."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{what} is {value!r}; it must be an integer") from None
    if abs(number) >= 2**63:
        raise ValueError(f"{what} is {number}, more than 64 bits hold")
    return number


def decoded(text: Optional[bytes]) -> Optional[str]:
    return None if text is None else text.decode()


def value_text(name: str, value: Any, quote: bool = False) -> str:
    """One value as the text of options has it."""
    if isinstance(value, (bool, numbers.Integral)) or type(value).__name__ in ("bool_", "bool"):
        return ("yes" if value else "no") if type(value).__name__ in ("bool_", "bool") else str(int(value))
    if isinstance(value, numbers.Real):
        return repr(float(value))
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str):
        raise TypeError(f"{name} is {type(value).__name__} {value!r}; it must be a number, True, False or text")
    if "\0" in value:
        raise ValueError(f"{name} has a zero in it: {value!r}")
    if "," in value or '"' in value:
        if not quote:
            raise ValueError(f"{name} is {value!r}: there is no such word")
        return '"' + value.replace('"', '""') + '"'
    return value


def options_text(options: Mapping[str, Any], quoted: Iterable[str] = ()) -> Optional[bytes]:
    """Keyword arguments as the library's text: None is for what is not given, and a pair for height and width."""
    parts = []
    for name, value in options.items():
        if value is None:
            continue
        if isinstance(value, (tuple, list)):
            if len(value) != 2:
                raise ValueError(f"{name} is {value!r}; it must be one value, or two for height and width")
            parts += [f"{name}_height={value_text(name, value[0])}", f"{name}_width={value_text(name, value[1])}"]
        else:
            parts.append(f"{name}={value_text(name, value, name in quoted)}")
    return ", ".join(parts).encode() if parts else None


def text_of(function: Callable[..., int], *arguments: Any) -> str:
    """A text that a call writes into room of the caller's: function(text, capacity, needed, ...)."""
    needed = ctypes.c_size_t()
    check(function(None, 0, needed, *arguments))
    room = ctypes.create_string_buffer(max(1, needed.value))
    check(function(room, len(room), None, *arguments))
    return room.value.decode()


def bytes_of(function: Callable[..., int], *arguments: Any) -> bytes:
    """Bytes that a call writes into room of the caller's, likewise."""
    needed = ctypes.c_size_t()
    check(function(None, 0, needed, *arguments))
    room = ctypes.create_string_buffer(max(1, needed.value))
    check(function(room, needed.value, needed, *arguments))
    return room.raw[:needed.value]


def out(function: Any, index: int) -> Any:
    """A number that a call fills, of the type that its argument has."""
    return function.argtypes[index]._type_()


def shape_of(function: Callable[..., int], *arguments: Any) -> tuple:
    """The extents that a call writes: function(shape, rank, ...)."""
    shape = (ctypes.c_int64 * _c.NEURON_RANK_MAX)()
    rank = out(function, 1)
    check(function(shape, rank, *arguments))
    return tuple(shape[:rank.value])


def extents(shape: Any, what: str = "the shape") -> Any:
    """A shape for the library: an integer, or several."""
    try:
        given = (shape,) if isinstance(shape, numbers.Integral) else tuple(shape)
    except TypeError:
        raise TypeError(f"{what} is {shape!r}; it must be an integer, or several") from None
    return (ctypes.c_int64 * len(given))(*(integer(extent, f"an extent of {what}") for extent in given))


def texts(values: Iterable[Any], what: str) -> Any:
    """An array of texts for the library; it keeps them."""
    encoded = [utf8(value, what) for value in values]
    return (ctypes.c_char_p * len(encoded))(*encoded)


def pointers(handle: Any, handles: Iterable[Any]) -> Any:
    """An array of handles for the library, of the type `handle`; it keeps them."""
    given = list(handles)
    array = (handle * len(given))()
    array.kept = given  # an array of ctypes copies the pointers, not what owns them
    for i, each in enumerate(given):
        if each is not None:
            array[i] = each
    return array
