"""What there is to set: kinds and their options, as the library itself tells them.

`kinds("optimizer")` lists the rules, `options("optimizer", "adam")` what can be set of one. The keyword arguments of
the classes of this package, and their help, are made of these tables when the package is imported.
"""
from __future__ import annotations

import inspect
import math
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple, Union

from . import _c
from ._call import committee_c, utf8

_TYPES = {_c.NEURON_OPTION_INTEGER: "integer", _c.NEURON_OPTION_REAL: "real", _c.NEURON_OPTION_FLAG: "flag",
          _c.NEURON_OPTION_WORD: "word", _c.NEURON_OPTION_TEXT: "text",
          _c.NEURON_OPTION_WORDS: "words"}

_MANY, _SOME = 16, 8  # of many words some are told


class Option(NamedTuple):
    """One option. `default` is None for one that need not be set."""

    name: str
    type: str
    default: Union[int, float, bool, str, None]
    minimum: float
    maximum: float
    words: Tuple[str, ...]
    help: str

    @property
    def allowed(self) -> str:
        """What it may be, in words."""
        if self.type in ("word", "words"):
            shown = self.words if len(self.words) <= _MANY else self.words[:_SOME]
            more = f" or one of {len(self.words) - len(shown)} more" if len(shown) < len(self.words) else ""
            return " or ".join(repr(word) for word in shown) + more
        if self.type == "flag":
            return "True or False"
        if self.type == "text":
            return "text"
        what = "an integer" if self.type == "integer" else "a number"
        low, high = (_bound(bound) for bound in (self.minimum, self.maximum))
        return what + (f" from {low} to {high}" if low and high else f", {low} or more" if low else
                       f", at most {high}" if high else "")


def _bound(bound: float) -> str:
    if math.isnan(bound) or abs(bound) > 1e29 or bound == 2**31 - 1:
        return ""
    return str(int(bound)) if bound == int(bound) else f"{bound:.9g}"


def kinds(family: str) -> List[str]:
    """The kinds of a family: "optimizer", "loss", "callback", "layer", "trainer" and others."""
    name = utf8(family, "the family")
    found = [_c.neuron_kind_name(name, i).decode() for i in range(_c.neuron_kind_count(name))]
    return found if found or not _row(name, name, 0) else [family]


def options(family: str, kind: str = "") -> Dict[str, Option]:
    """The options of a kind by their names; families of one kind need not have it named."""
    names = utf8(family, "the family"), utf8(kind or family, "the kind")
    return {option.name: option for option in _read(*names)}


def _row(family: bytes, kind: bytes, index: int) -> Any:
    """An option of the core, or of libneuron-committee where that is installed."""
    if _c.neuron_kind_count(family) or kind != family:
        return _c.neuron_kind_option(family, kind, index)
    try:
        return committee_c.neuron_committee_option(family, index)
    except ImportError:
        return None


def _read(family: bytes, kind: bytes) -> Iterator[Option]:
    index = 0
    while True:
        row = _row(family, kind, index)
        if not row:
            return
        words: List[str] = []
        while True:
            word = _c.neuron_option_word(row, len(words))
            if word is None:
                break
            words.append(word.decode())
        kind_of = _TYPES.get(_c.neuron_option_type(row), "text")
        default: Any = words[0] if words else _c.neuron_option_default(row)
        if isinstance(default, float):
            default = (None if math.isnan(default) else bool(default) if kind_of == "flag" else
                       int(default) if kind_of == "integer" else default)
        yield Option(_c.neuron_option_name(row).decode(), kind_of, default, _c.neuron_option_minimum(row),
                     _c.neuron_option_maximum(row), tuple(words), _c.neuron_option_help(row).decode())
        index += 1


def together(found: Dict[str, Option]) -> Dict[str, Option]:
    """The same with one option for each pair of height and width, which takes one value or two."""
    result = {}
    for name, option in found.items():
        base, _, side = name.rpartition("_")
        if side == "height" and base + "_width" in found:
            result[base] = option._replace(name=base, help=option.help + "; one value, or (height, width)")
        elif not (side == "width" and base + "_height" in found):
            result[name] = option
    return result


def describe(found: Dict[str, Option]) -> str:
    """The options as lines of a doc string."""
    return "\n".join(f"    {option.name}: {option.help} ({option.allowed}"
                     + (f"; {option.default!r})" if option.default is not None else ")")
                     for option in found.values())


def signature(function: Any, found: Dict[str, Option]) -> inspect.Signature:
    """The signature of a function with the options in the place of its **options."""
    own = inspect.signature(function)
    parameters = [each for each in own.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    taken = {each.name for each in parameters}
    parameters += [inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=option.default)
                   for option in found.values() if option.name not in taken]
    return own.replace(parameters=parameters)
