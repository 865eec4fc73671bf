"""What a model is made of, to be looked at and changed: parameters, layers, metadata."""
from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Iterator, List, MutableMapping, Tuple

import numpy as np

from . import _c
from ._call import check, decoded, options_text, shape_of, text_of, utf8
from .data import Dataset
from .tensor import as_float

if TYPE_CHECKING:
    from .model import Model


class Text(str):
    """Text that shows itself as it is."""

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        import html
        return f"<pre>{html.escape(self)}</pre>"


class Arrays(MutableMapping[str, np.ndarray]):
    """The parameters of a model by name, copies: `model.arrays["dense.kernel"] = kernel` writes them."""

    def __init__(self, model: "Model") -> None:
        self._model = model

    def _index(self, name: str) -> int:
        index = _c.neuron_graph_find_array(self._model._graph, utf8(name, "the name"))
        if index < 0:
            raise KeyError(_c.neuron_error_last().decode())
        return int(index)

    def __getitem__(self, name: str) -> np.ndarray:
        index = self._index(name)
        values = np.empty(shape_of(_c.neuron_graph_array_shape, self._model._graph, index), np.float32)
        with self._model._reading():
            check(_c.neuron_graph_read_array(_floats(values), values.size, None, self._model._graph, index))
        return values

    def __setitem__(self, name: str, values: Any) -> None:
        index = self._index(name)
        shape = shape_of(_c.neuron_graph_array_shape, self._model._graph, index)
        array = as_float(values, name)
        if array.shape != shape:
            raise ValueError(f"{name} has the shape {shape}, not {array.shape}")
        with self._model._changing():
            check(_c.neuron_graph_write_array(self._model._graph, index, _floats(array), array.size))

    def __delitem__(self, name: str) -> None:
        raise TypeError("the parameters of a model cannot be deleted")

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in list(self)

    def __iter__(self) -> Iterator[str]:
        count = _c.neuron_graph_array_count(self._model._graph)
        return iter([_c.neuron_graph_array_name(self._model._graph, i).decode() for i in range(count)])

    def __len__(self) -> int:
        return int(_c.neuron_graph_array_count(self._model._graph))

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{name}: {shape_of(_c.neuron_graph_array_shape, self._model._graph, i)}"
                               for i, name in enumerate(self)) + "}"


class Metadata(MutableMapping[str, str]):
    """Texts that are kept with a model and in its file: `model.metadata["version"] = "3"`."""

    def __init__(self, model: "Model") -> None:
        self._model = model

    def __getitem__(self, key: str) -> str:
        with self._model._reading():  # the text is the model's until it is a copy
            text = _c.neuron_graph_metadata(self._model._graph, utf8(key, "the key"))
        if text is None:
            raise KeyError(key)
        return text.decode()

    def __setitem__(self, key: str, text: str) -> None:
        with self._model._changing():
            check(_c.neuron_graph_set_metadata(self._model._graph, utf8(key, "the key"), utf8(text)))

    def __delitem__(self, key: str) -> None:
        self[key]
        with self._model._changing():
            check(_c.neuron_graph_set_metadata(self._model._graph, utf8(key), None))

    def __iter__(self) -> Iterator[str]:
        keys: List[str] = []
        with self._model._reading():
            while True:
                key = _c.neuron_graph_metadata_key(self._model._graph, len(keys))
                if key is None:
                    return iter(keys)
                keys.append(key.decode())

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        return repr(dict(self))


class LayerOfModel:
    """A layer of a model: what it is, and whether training changes it."""

    def __init__(self, model: "Model", node: Any) -> None:
        self._model, self._node = model, node

    @property
    def name(self) -> str:
        return _c.neuron_node_name(self._node).decode()

    @property
    def kind(self) -> str:
        """What layer it is: "dense", "conv2d", or the name of a custom one."""
        return decoded(_c.neuron_node_custom_kind(self._node)) or _c.neuron_node_layer(self._node).decode()

    @property
    def shape(self) -> Tuple[int, ...]:
        """Of what it puts out for one example."""
        return shape_of(_c.neuron_node_shape, self._node)

    @property
    def inputs(self) -> List[str]:
        """The names of the layers that it reads."""
        count = _c.neuron_node_input_count(self._node)
        return [_c.neuron_node_name(_c.neuron_node_input(self._node, i)).decode() for i in range(count)]

    @property
    def trainable(self) -> bool:
        """Whether training changes its parameters."""
        return bool(_c.neuron_node_trainable(self._node))

    @trainable.setter
    def trainable(self, trainable: bool) -> None:
        with self._model._changing():
            check(_c.neuron_node_set_trainable(self._node, int(bool(trainable))))

    @property
    def options(self) -> Text:
        """All its options as text."""
        return Text(text_of(_c.neuron_node_get_text, self._node, None))

    def set(self, **options: Any) -> None:
        """Sets options that change no shape: the rate of a dropout, the momentum of a normalisation."""
        text = options_text(options)
        if text is not None:
            with self._model._changing():
                check(_c.neuron_node_set(self._node, text))

    def regularize(self, array: str, regularizer: Any) -> None:
        """What keeps an array small: `regularize("kernel", nn.L2(1e-4))`; None for nothing."""
        l1, l2 = (0.0, 0.0) if regularizer is None else (float(regularizer.l1), float(regularizer.l2))
        with self._model._changing():
            check(_c.neuron_node_set_regularizer(self._node, utf8(array), l1, l2))

    def adapt(self, x: Any) -> None:
        """Mean and deviation of a Standardize layer, from examples or a dataset."""
        dataset = x if isinstance(x, Dataset) else Dataset(x)
        with self._model._changing():
            check(_c.neuron_node_adapt(self._node, dataset._handle))

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name!r}: {(None, *self.shape)}>"


def _floats(array: np.ndarray) -> Any:
    return array.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
