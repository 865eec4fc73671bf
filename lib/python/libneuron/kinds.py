"""Optimizers and losses: things that hold settings, made of the library's own tables.

    nn.Adam(1e-3, clip_norm=1), nn.SGD(0.1, momentum=0.9, nesterov=True), nn.Huber(delta=0.5)

Their options are keyword arguments and attributes: `adam.learning_rate = 0.01` counts from the next step.
"""
from __future__ import annotations

import ctypes
import inspect
from typing import Any, Dict, Optional, Tuple

from . import _c
from ._call import check, decoded, options_text, text_of, utf8, value_text
from .context import context as current_context
from .elsewhere import LOSSES, OPTIONS
from .errors import ArgumentError
from .options import Option, describe, kinds, options


class Settings:
    """What is made by neuron_<noun>_create() of a kind and options."""

    _noun = ""
    kind = ""
    _options: Dict[str, Option] = {}
    _first: Tuple[str, ...] = ()
    _handle: Any
    _given: Dict[str, Any]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        if len(arguments) > len(self._first):
            raise TypeError(f"{type(self).__name__}() takes {len(self._first)} positional arguments, "
                            f"not {len(arguments)}")
        for name, value in zip(self._first, arguments):
            if name in options:
                raise TypeError(f"{type(self).__name__}() is given {name} twice")
            options[name] = value
        for name in options:
            if name not in self._options and OPTIONS.get(name) in self._options:
                raise ArgumentError(f"{self.kind}: there is no option {name!r}; it is called {OPTIONS[name]!r}",
                                    ArgumentError.code)
        self._given = options
        self._handle = self._create(options_text(options))

    def _create(self, text: Optional[bytes]) -> Any:
        handle = getattr(_c, self._noun.capitalize() + "Handle")()
        create = getattr(_c, f"neuron_{self._noun}_create")
        check(create(handle, current_context()._handle, self.kind.encode(), text))
        return handle

    def _call(self, verb: str) -> Any:
        return getattr(_c, f"neuron_{self._noun}_{verb}")

    def get(self, option: str) -> Any:
        """The value of an option."""
        about = self._options.get(option)
        if about is not None and about.type in ("word", "text"):
            return text_of(self._call("get_text"), self._handle, utf8(option))
        value = ctypes.c_double()
        check(self._call("get_number")(value, self._handle, utf8(option)))
        if about is not None and about.type in ("integer", "flag"):
            return bool(value.value) if about.type == "flag" else int(value.value)
        return value.value

    def set(self, **options: Any) -> None:
        """Sets options, which count from the next step: also in a callback of a running training."""
        text = options_text(options)
        if text is not None:
            check(self._call("set")(self._handle, text))
            self._given.update(options)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self._given.items() if v is not None)})"

    def __reduce__(self) -> Any:
        return _made_again, (type(self), {name: value for name, value in self._given.items() if value is not None})

    def __copy__(self) -> Any:
        return _made_again(type(self), dict(self._given))

    def __deepcopy__(self, memo: Any) -> Any:
        return self.__copy__()


def _made_again(cls: Any, options: Dict[str, Any]) -> Any:
    return cls(**options)


def _attribute(name: str, help_: str) -> property:
    return property(lambda self: self.get(name), lambda self, value: self.set(**{name: value}), doc=help_)


def make_class(base: type, family: str, kind: str, name: str, first: Tuple[str, ...], about: str) -> type:
    """A class for one kind, with its options as attributes and in its help."""
    found = options(family, kind)
    attributes = {option.name: _attribute(option.name, option.help) for option in found.values()}
    cls: Any = type(name, (base,), {**attributes, "kind": kind, "_options": found, "_first": first,
                                    "__module__": base.__module__,
                                    "__doc__": about + (f"\n\nOptions:\n{describe(found)}" if found else "")})
    parameter = inspect.Parameter
    rows = [parameter(each, parameter.POSITIONAL_OR_KEYWORD, default=found[each].default) for each in first]
    rows += [parameter(each, parameter.KEYWORD_ONLY, default=found[each].default) for each in found if each not in first]
    cls.__signature__ = inspect.Signature(rows)
    return cls


def about(function: str, kind: str) -> str:
    """What the comment of a call says of one kind: the point of its list that begins with its name."""
    lines, inside = [], False
    for line in getattr(_c, function).__doc__.split("\n"):
        begins = line.lstrip().startswith("- `")
        if begins:
            inside = line.lstrip().startswith(f"- `{kind}`")
        elif not line.strip() or line.lstrip().startswith("@"):
            inside = False
        if inside:
            lines.append(line.strip().replace(f"- `{kind}`", kind, 1) if begins else line.strip())
    return "\n".join(lines)


def camel(kind: str, special: Dict[str, str]) -> str:
    return special.get(kind, "".join(word.capitalize() for word in kind.split("_")))


class Optimizer(Settings):
    """The rule by which gradients change parameters."""

    _noun = "optimizer"


class Loss(Settings):
    """What a training minimises."""

    _noun = "loss"


_OPTIMIZERS = {"sgd": "SGD", "rmsprop": "RMSprop", "adamw": "AdamW"}

optimizers: Dict[str, Any] = {
    kind: make_class(Optimizer, "optimizer", kind, camel(kind, _OPTIMIZERS),
                     ("learning_rate",) if "learning_rate" in options("optimizer", kind) else (),
                     about("neuron_optimizer_create", kind))
    for kind in kinds("optimizer")}
losses: Dict[str, Any] = {
    kind: make_class(Loss, "loss", kind, camel(kind, {}), (), about("neuron_loss_create", kind))
    for kind in kinds("loss")}
for _cls in [*optimizers.values(), *losses.values()]:
    globals()[_cls.__name__] = _cls


def optimizer_of(given: Any) -> Optimizer:
    """An optimizer by its name in the library, such as "adam", or the optimizer itself."""
    if isinstance(given, Optimizer):
        return given
    if isinstance(given, str):
        return optimizers[given]() if given in optimizers else Unknown("optimizer", given)
    raise TypeError(f"the optimizer is {given!r}; it must be a name such as 'adam', or nn.Adam(...)")


def loss_of(given: Any) -> Optional[Loss]:
    """A loss by its name, a function as a loss, or the loss itself; None for None."""
    if given is None or isinstance(given, Loss):
        return given
    if isinstance(given, str):
        if given in LOSSES:
            raise ArgumentError(f"there is no loss {given!r}; it is called {LOSSES[given]!r}", ArgumentError.code)
        return losses[given]() if given in losses else Unknown("loss", given)
    if callable(given):
        from .custom import CustomLoss
        made: Any = CustomLoss(given)
        return made
    raise TypeError(f"the loss is {given!r}; it must be a name such as 'huber', nn.Huber(...), or a function")


def Unknown(noun: str, kind: str) -> Any:
    """Raises what the library says of a kind that there is not, which names the nearest."""
    cls = Optimizer if noun == "optimizer" else Loss
    return type("Unknown", (cls,), {"kind": value_text("the " + noun, kind)})()


def kind_of(handle: Any, noun: str) -> Optional[str]:
    return decoded(getattr(_c, f"neuron_{noun}_kind")(handle))


# pyright: reportUnsupportedDunderAll=false
__all__ = ["Optimizer", "Loss", *(cls.__name__ for cls in [*optimizers.values(), *losses.values()])]
