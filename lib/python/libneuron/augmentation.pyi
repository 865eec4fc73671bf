# Made by stubs.py from augmentation.py and the library's tables of options.
from typing import Any, Literal, Optional, Tuple, Union
from typing import Any, Optional
import numpy as np
from . import _c
from ._call import check, integer
from .context import context as current_context, seed_of
from .data import Dataset
from .kinds import Settings, make_class
class _Augmentation(Settings):
    _noun = 'augmentation'

    def _create(self, text: Optional[bytes]) -> Any:
        ...

    def apply(self, dataset: Dataset, first: int=..., count: Optional[int]=..., *, seed: int=..., epoch: int=...) -> np.ndarray:
        ...
class Augmentation(_Augmentation):
    rotation: float
    width_shift: float
    height_shift: float
    zoom: float
    shear: float
    horizontal_flip: bool
    vertical_flip: bool
    brightness_low: float
    brightness_high: float
    fill_mode: Literal['nearest', 'constant', 'reflect', 'wrap']
    fill_value: float
    noise: float
    blur: int
    sharpen: int
    def __init__(self, *, rotation: float = ..., width_shift: float = ..., height_shift: float = ..., zoom: float = ..., shear: float = ..., horizontal_flip: bool = ..., vertical_flip: bool = ..., brightness_low: float = ..., brightness_high: float = ..., fill_mode: Literal['nearest', 'constant', 'reflect', 'wrap'] = ..., fill_value: float = ..., noise: float = ..., blur: int = ..., sharpen: int = ...) -> None: ...
