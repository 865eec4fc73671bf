"""Augmentation: images changed at random in each epoch."""
from __future__ import annotations

from typing import Any, Optional

import numpy as np

from . import _c
from ._call import check, integer
from .context import context as current_context, seed_of
from .data import Dataset
from .kinds import Settings, make_class


class _Augmentation(Settings):
    _noun = "augmentation"

    def _create(self, text: Optional[bytes]) -> Any:
        handle = _c.AugmentationHandle()
        check(_c.neuron_augmentation_create(handle, current_context()._handle, text))
        return handle

    def apply(self, dataset: Dataset, first: int = 0, count: Optional[int] = None, *, seed: int = 0,
              epoch: int = 0) -> np.ndarray:
        """The images that a training of this seed sees in an epoch, counted from 0, to look at them."""
        count = len(dataset) - first if count is None else count
        values = np.empty((max(0, count), *dataset.shape), np.float32)
        check(_c.neuron_augmentation_apply(values.ctypes.data_as(_c.neuron_augmentation_apply.argtypes[0]),
                                           self._handle, dataset._handle, integer(first, "first"), integer(count, "count"), seed_of(seed),
                                           integer(epoch, "epoch")))
        return values


Augmentation: Any = make_class(_Augmentation, "augmentation", "augmentation", "Augmentation", (),
                               "Random changes of the training images: fit(..., augmentation=nn.Augmentation("
                               "rotation=8, horizontal_flip=True)).")
