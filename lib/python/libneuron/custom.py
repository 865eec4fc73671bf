"""Layers and losses of one's own, in Python.

    class Swish(nn.CustomLayer):
        def forward(self, run):
            run.output[...] = run.inputs[0] / (1 + np.exp(-run.inputs[0]))

        def backward(self, run):
            s = 1 / (1 + np.exp(-run.inputs[0]))
            if run.input_gradients[0] is not None:
                run.input_gradients[0][...] = run.output_gradient * s * (1 + run.inputs[0] * (1 - s))

    x = Swish()(x)

    def squared(outputs, targets):                      # a loss: losses [n] and gradients [n, outputs]
        error = outputs - targets
        return (error ** 2).sum(axis=1), 2 * error

    model.fit(x, y, loss=squared)

The arrays of a run lie in the library's memory: they are gone when the method returns, and keeping one is an error.
"""
from __future__ import annotations

import inspect
import sys
from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np

from . import _c
from ._call import check, extents, park, pointers, utf8
from .callbacks import forget, keep
from .context import Context, context as current_context
from .kinds import Loss
from .layers import Layer, must
from .tensor import as_array, view


class Run:
    """One call of forward or backward: arrays of a batch, [n, ...], over the library's memory."""

    def __init__(self, pointer: Any) -> None:
        self._pointer = pointer
        self._views: List[np.ndarray] = []
        self.batch = int(_c.neuron_custom_run_batch(pointer))
        self.training = bool(_c.neuron_custom_run_training(pointer))

    @property
    def name(self) -> str:
        """The name of the layer in its model."""
        return _c.neuron_custom_run_name(self._live()).decode()

    def _live(self) -> Any:
        if self._pointer is None:
            raise RuntimeError("the run of a custom layer is over: what it had is gone")
        return self._pointer

    def _view(self, address: Any, shape: Tuple[int, ...]) -> Optional[np.ndarray]:
        if not address:
            return None
        array = view(address, shape)
        self._views.append(array)
        return array

    def _shape(self, function: Any, *where: Any) -> Tuple[int, ...]:
        import ctypes
        shape, rank = (ctypes.c_int64 * _c.NEURON_RANK_MAX)(), function.argtypes[1]._type_()
        function(shape, rank, self._live(), *where)
        return tuple(shape[:rank.value])

    @property
    def inputs(self) -> List[Any]:
        """The values of the inputs, only to be read."""
        count = _c.neuron_custom_run_input_count(self._live())
        found = []
        for i in range(count):
            array = self._view(_c.neuron_custom_run_input(self._pointer, i),
                               (self.batch, *self._shape(_c.neuron_custom_run_input_shape, i)))
            if array is not None:
                array.flags.writeable = False
            found.append(array)
        return found

    @property
    def output(self) -> Any:
        """The values of the output: to be written by forward, all of them."""
        return self._view(_c.neuron_custom_run_output(self._live()),
                          (self.batch, *self._shape(_c.neuron_custom_run_output_shape)))

    @property
    def output_gradient(self) -> Any:
        """The gradient of the loss by the output, in backward."""
        return self._view(_c.neuron_custom_run_output_gradient(self._live()),
                          (self.batch, *self._shape(_c.neuron_custom_run_output_shape)))

    @property
    def input_gradients(self) -> List[Any]:
        """Where backward writes the gradients by the inputs, all of each; None for one that is not needed."""
        count = _c.neuron_custom_run_input_count(self._live())
        return [self._view(_c.neuron_custom_run_input_gradient(self._pointer, i),
                           (self.batch, *self._shape(_c.neuron_custom_run_input_shape, i))) for i in range(count)]

    def _of_arrays(self, function: Any) -> Dict[str, Any]:
        names = self._layer.array_names if self._layer else ()
        return {name: self._view(function(self._live(), i), self._shape(_c.neuron_custom_run_array_shape, i))
                for i, name in enumerate(names)}

    _layer: Any = None

    @property
    def arrays(self) -> Dict[str, Any]:
        """The parameter arrays by name."""
        return self._of_arrays(_c.neuron_custom_run_array)

    @property
    def array_gradients(self) -> Dict[str, Any]:
        """Where backward writes the gradients by them, summed over the batch; None for one that is frozen."""
        return self._of_arrays(_c.neuron_custom_run_array_gradient)

    def random(self, shape: Any, first: int = 0) -> np.ndarray:
        """Random numbers, uniform from 0 to less than 1, which follow from the training's seed and step."""
        values = np.empty(shape, np.float32)
        check(_c.neuron_custom_run_random(values.ctypes.data_as(_c.neuron_custom_run_random.argtypes[0]),
                                          self._live(), int(first), values.size))
        return values

    def _end(self) -> None:
        """The library takes its memory back: nobody may still have an array over it."""
        self._pointer = None
        views, self._views = self._views, []
        while views:
            array = views.pop()
            if sys.getrefcount(array) > 2:
                raise RuntimeError("a custom layer kept an array of its run, whose memory is gone when its method "
                                   "returns: take a copy")


class CustomLayer(Layer):
    """A layer of one's own: a class with `forward(run)`, `backward(run)` if it is to be trained, and

    - `output_shape(*input_shapes)` if the output has another shape than the first input;
    - `arrays(*input_shapes)`, its parameters: {"slope": (shape, "ones")} or {"table": (shape, ("normal", 0.05))}.

    Its `custom_name` is what it is called in files; by default the name of the class in lower case. A program that
    loads such a file registers the class first: `nn.register(Swish())`.
    """

    kind = "custom"
    custom_name = ""

    def __init__(self, *, name: Optional[str] = None, trainable: bool = True, **options: Any) -> None:
        super().__init__(name=name, trainable=trainable, **options)
        self.array_names: Tuple[str, ...] = ()

    def forward(self, run: Run) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no forward()")

    backward: Optional[Callable[[Run], Any]] = None
    output_shape: Optional[Callable[..., Any]] = None

    def arrays(self, *input_shapes: Tuple[int, ...]) -> Dict[str, Any]:
        return {}

    @property
    def _kind_name(self) -> str:
        return self.custom_name or type(self).__name__.lower()

    def _build(self, graph: Any, inputs: List[Any], context: Context) -> Any:
        from ._call import shape_of
        register(context, self)
        shapes = [shape_of(_c.neuron_node_shape, node) for node in inputs]
        made = self.arrays(*shapes)
        node = must(graph, _c.neuron_custom_layer(graph, utf8(self._kind_name), pointers(_c.neuron_node_p, inputs),
                                                  len(inputs), None, 0))
        for name, (shape, how) in made.items():
            word, parameter = how if isinstance(how, (tuple, list)) else (how, 0.0)
            given = extents(shape)
            check(_c.neuron_custom_layer_add_array(node, utf8(name), given, len(given), utf8(word), float(parameter), 1))
        _entry(context, self)[1].array_names = self.array_names = tuple(made)
        return node


class _Called:
    """The layer whose methods the library calls for a kind, and the names of its arrays."""

    def __init__(self, layer: CustomLayer) -> None:
        self.layer = layer
        self.array_names: Tuple[str, ...] = ()

    def run(self, method: Callable[[Run], Any], pointer: Any) -> int:
        try:
            run = Run(pointer)
            run._layer = self
            try:
                method(run)
            finally:
                run._end()
            return 0
        except BaseException as error:
            return park(error)

    def forward(self, pointer: Any, _: Any) -> int:
        return self.run(self.layer.forward, pointer)

    def backward(self, pointer: Any, _: Any) -> int:
        return self.run(self.layer.backward, pointer)  # type: ignore[arg-type]

    def shape(self, output: Any, rank: Any, shapes: Any, ranks: Any, count: int, _: Any) -> int:
        try:
            given = [tuple(shapes[i * _c.NEURON_RANK_MAX + axis] for axis in range(ranks[i])) for i in range(count)]
            found = tuple(extents(self.layer.output_shape(*given)))  # type: ignore[misc]
            if len(found) >= _c.NEURON_RANK_MAX:
                raise ValueError(f"the output shape {found} has {len(found)} axes; there may be "
                                 f"{_c.NEURON_RANK_MAX - 1}")
            for i, extent in enumerate(found):
                output[i] = extent
            rank[0] = len(found)
            return 0
        except BaseException as error:
            return park(error)


def _entry(context: Context, layer: CustomLayer) -> Tuple[CustomLayer, _Called]:
    return context._custom[layer._kind_name]


def register(layer_or_context: Any, layer: Optional[CustomLayer] = None) -> None:
    """Makes a custom layer known to the context, so that files with it can be loaded: nn.register(Swish())."""
    context, layer = (layer_or_context, layer) if layer is not None else (current_context(), layer_or_context)
    if not isinstance(layer, CustomLayer):
        raise TypeError(f"{layer!r} is no custom layer")
    name = layer._kind_name
    if name in context._custom:
        known = context._custom[name][0]
        if type(known) is not type(layer) or _settings(known) != _settings(layer):
            raise ValueError(f"there is another custom layer that is called {name!r}, with other settings: layers of one "
                             "name share their methods; give one of them a custom_name")
        return
    called = _Called(layer)
    functions = (_c.neuron_custom_run_function_t(called.forward),
                 _c.neuron_custom_run_function_t(called.backward) if layer.backward is not None
                 else _c.neuron_custom_run_function_t(),
                 _c.neuron_custom_shape_function_t(called.shape) if layer.output_shape is not None
                 else _c.neuron_custom_shape_function_t())
    key = keep(functions[0])
    status = _c.neuron_custom_layer_register(context._handle, utf8(name), *functions, key, forget)
    if status < 0:
        forget(key)
    check(status)
    _registered.append(functions)  # as long as the library, which has them as long as a context
    context._custom[name] = (layer, called)


_registered: List[Any] = []


def _settings(layer: CustomLayer) -> Dict[str, Any]:
    own = ("name", "trainable", "initializers", "regularizers", "activation", "array_names")
    return {name: value for name, value in vars(layer).items() if name not in own}


def know_arrays(context: Context, kind: str, names: Tuple[str, ...]) -> None:
    """What the arrays of a kind are called, of a model that was loaded."""
    if kind in context._custom and not context._custom[kind][1].array_names:
        context._custom[kind][1].array_names = names


class CustomLoss(Loss):
    """A loss of one's own: a function of outputs and targets, both [n, outputs], that returns the losses [n] and the
    gradients [n, outputs]. With a third argument it also gets the class numbers [n]."""

    kind = "custom"

    def __init__(self, function: Callable[..., Any]) -> None:
        if not callable(function):
            raise TypeError(f"the loss is {function!r}, not a function")
        self.function = function
        try:
            count = len([each for each in inspect.signature(function).parameters.values()
                         if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)])
        except (TypeError, ValueError):
            count = 2
        self._labels = count > 2
        super().__init__()

    def _create(self, text: Any) -> Any:
        function, with_labels = self.function, self._labels
        label_type = np.dtype(_c.neuron_loss_function_t._argtypes_[4]._type_)

        def call(losses: Any, gradients: Any, outputs: Any, targets: Any, labels: Any, count: int, size: int,
                 _: Any) -> int:
            try:
                given = [view(outputs, (count, size)), view(targets, (count, size))]
                if with_labels:
                    given.append(view(labels, (count,), label_type))
                # Copies: the function may keep what it gets, whose memory is the library's.
                result = function(*(array.copy() for array in given))
                if not isinstance(result, (tuple, list)) or len(result) != 2:
                    raise TypeError("a loss returns the losses and the gradients: return losses, gradients")
                _write(view(losses, (count,), np.float64), result[0], "losses")
                if gradients:
                    _write(view(gradients, (count, size)), result[1], "gradients")
                return 0
            except BaseException as error:
                return park(error)

        handle = _c.LossHandle()
        called = _c.neuron_loss_function_t(call)
        key = keep(called)
        status = _c.neuron_loss_create_custom(handle, current_context()._handle, called, key, forget)
        if status < 0:
            forget(key)
        check(status)
        return handle

    def __reduce__(self) -> Any:
        return CustomLoss, (self.function,)

    def __copy__(self) -> "CustomLoss":
        return CustomLoss(self.function)


def _write(into: np.ndarray, given: Any, what: str) -> None:
    array = as_array(given, what)
    if array.shape != into.shape:
        raise ValueError(f"the {what} of a loss have the shape {array.shape}; it must be {into.shape}")
    into[...] = array


__all__ = ["CustomLayer", "CustomLoss", "Run", "register"]
