# Made by stubs.py from kinds.py and the library's tables of options.
from typing import Any, Literal, Optional, Tuple, Union
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
    _noun = ''
    kind = ''
    _options: Dict[str, Option]
    _first: Tuple[str, ...]
    _handle: Any
    _given: Dict[str, Any]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        ...

    def _create(self, text: Optional[bytes]) -> Any:
        ...

    def _call(self, verb: str) -> Any:
        ...

    def get(self, option: str) -> Any:
        ...

    def set(self, **options: Any) -> None:
        ...

    def __repr__(self) -> str:
        ...

    def __reduce__(self) -> Any:
        ...

    def __copy__(self) -> Any:
        ...

    def __deepcopy__(self, memo: Any) -> Any:
        ...
def _made_again(cls: Any, options: Dict[str, Any]) -> Any:
    ...
def _attribute(name: str, help_: str) -> property:
    ...
def make_class(base: type, family: str, kind: str, name: str, first: Tuple[str, ...], about: str) -> type:
    ...
def about(function: str, kind: str) -> str:
    ...
def camel(kind: str, special: Dict[str, str]) -> str:
    ...
class Optimizer(Settings):
    _noun = 'optimizer'
class Loss(Settings):
    _noun = 'loss'
_OPTIMIZERS: Any
optimizers: Dict[str, Any]
losses: Dict[str, Any]
def optimizer_of(given: Any) -> Optimizer:
    ...
def loss_of(given: Any) -> Optional[Loss]:
    ...
def Unknown(noun: str, kind: str) -> Any:
    ...
def kind_of(handle: Any, noun: str) -> Optional[str]:
    ...
class SGD(Optimizer):
    learning_rate: float
    momentum: float
    nesterov: bool
    clip_value: float
    clip_norm: float
    clip_global_norm: float
    def __init__(self, learning_rate: float = ..., *, momentum: float = ..., nesterov: bool = ..., clip_value: float = ..., clip_norm: float = ..., clip_global_norm: float = ...) -> None: ...
class Adam(Optimizer):
    learning_rate: float
    beta_1: float
    beta_2: float
    epsilon: float
    clip_value: float
    clip_norm: float
    clip_global_norm: float
    def __init__(self, learning_rate: float = ..., *, beta_1: float = ..., beta_2: float = ..., epsilon: float = ..., clip_value: float = ..., clip_norm: float = ..., clip_global_norm: float = ...) -> None: ...
class RMSprop(Optimizer):
    learning_rate: float
    rho: float
    momentum: float
    epsilon: float
    epsilon_in_root: bool
    clip_value: float
    clip_norm: float
    clip_global_norm: float
    def __init__(self, learning_rate: float = ..., *, rho: float = ..., momentum: float = ..., epsilon: float = ..., epsilon_in_root: bool = ..., clip_value: float = ..., clip_norm: float = ..., clip_global_norm: float = ...) -> None: ...
class Adagrad(Optimizer):
    learning_rate: float
    initial_accumulator: float
    epsilon: float
    epsilon_in_root: bool
    clip_value: float
    clip_norm: float
    clip_global_norm: float
    def __init__(self, learning_rate: float = ..., *, initial_accumulator: float = ..., epsilon: float = ..., epsilon_in_root: bool = ..., clip_value: float = ..., clip_norm: float = ..., clip_global_norm: float = ...) -> None: ...
class Adadelta(Optimizer):
    learning_rate: float
    rho: float
    epsilon: float
    clip_value: float
    clip_norm: float
    clip_global_norm: float
    def __init__(self, learning_rate: float = ..., *, rho: float = ..., epsilon: float = ..., clip_value: float = ..., clip_norm: float = ..., clip_global_norm: float = ...) -> None: ...
class AdamW(Optimizer):
    learning_rate: float
    beta_1: float
    beta_2: float
    epsilon: float
    weight_decay: float
    clip_value: float
    clip_norm: float
    clip_global_norm: float
    def __init__(self, learning_rate: float = ..., *, beta_1: float = ..., beta_2: float = ..., epsilon: float = ..., weight_decay: float = ..., clip_value: float = ..., clip_norm: float = ..., clip_global_norm: float = ...) -> None: ...
class Adamax(Optimizer):
    learning_rate: float
    beta_1: float
    beta_2: float
    epsilon: float
    clip_value: float
    clip_norm: float
    clip_global_norm: float
    def __init__(self, learning_rate: float = ..., *, beta_1: float = ..., beta_2: float = ..., epsilon: float = ..., clip_value: float = ..., clip_norm: float = ..., clip_global_norm: float = ...) -> None: ...
class Nadam(Optimizer):
    learning_rate: float
    beta_1: float
    beta_2: float
    epsilon: float
    momentum_decay: float
    clip_value: float
    clip_norm: float
    clip_global_norm: float
    def __init__(self, learning_rate: float = ..., *, beta_1: float = ..., beta_2: float = ..., epsilon: float = ..., momentum_decay: float = ..., clip_value: float = ..., clip_norm: float = ..., clip_global_norm: float = ...) -> None: ...
class BinaryCrossEntropy(Loss):
    label_smoothing: float
    def __init__(self, *, label_smoothing: float = ...) -> None: ...
class CrossEntropy(Loss):
    label_smoothing: float
    def __init__(self, *, label_smoothing: float = ...) -> None: ...
class Distillation(Loss):
    temperature: float
    soft_share: float
    def __init__(self, *, temperature: float = ..., soft_share: float = ...) -> None: ...
class Hinge(Loss):
    def __init__(self) -> None: ...
class Huber(Loss):
    delta: float
    def __init__(self, *, delta: float = ...) -> None: ...
class KullbackLeibler(Loss):
    def __init__(self) -> None: ...
class MeanAbsoluteError(Loss):
    def __init__(self) -> None: ...
class MeanSquaredError(Loss):
    def __init__(self) -> None: ...
class MeanSquaredLogarithmicError(Loss):
    def __init__(self) -> None: ...
class SquaredHinge(Loss):
    def __init__(self) -> None: ...
