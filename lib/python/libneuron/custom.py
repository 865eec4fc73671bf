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

What they get are copies, so that nothing of the library's can be held or harmed by them.
"""
from __future__ import annotations

import ctypes
import inspect
from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np

from . import _c
from ._call import check, extents, integer, park, pointers, utf8
from .callbacks import forget, keep
from .context import Context, context as current_context
from .kinds import Loss
from .layers import Layer, must
from .tensor import as_array, view


class Run:
    """One call of forward or backward, with the arrays of a batch, [n, ...].

    They are copies, which the method may keep: what it writes goes to the library when it returns.
    """

    def __init__(self, pointer: Any, array_names: Tuple[str, ...] = ()) -> None:
        self._pointer, self._names = pointer, array_names
        self._read: Dict[Any, Any] = {}
        self._written: List[Tuple[np.ndarray, np.ndarray]] = []
        self.batch = int(_c.neuron_custom_run_batch(pointer))
        self.training = bool(_c.neuron_custom_run_training(pointer))
        self._backward = bool(_c.neuron_custom_run_output_gradient(pointer))

    @property
    def name(self) -> str:
        """The name of the layer in its model."""
        return _c.neuron_custom_run_name(self._live()).decode()

    def _live(self) -> Any:
        if self._pointer is None:
            raise RuntimeError("the run of a custom layer is over: what it had is gone")
        return self._pointer

    def _shape(self, function: Any, *where: Any) -> Tuple[int, ...]:
        shape, rank = (ctypes.c_int64 * _c.NEURON_RANK_MAX)(), function.argtypes[1]._type_()
        function(shape, rank, self._live(), *where)
        return tuple(shape[:rank.value])

    def _array(self, function: Any, shape: Tuple[int, ...], *where: Any, write: bool = False) -> Any:
        """A copy of memory of the library's, or an array of zeros that goes there when the method returns."""
        key = (function.__name__, *where)
        if key not in self._read:
            address = function(self._live(), *where)
            if not address:
                self._read[key] = None
            elif write:
                self._read[key] = np.zeros(shape, np.float32)
                self._written.append((view(address, shape), self._read[key]))
            else:
                self._read[key] = view(address, shape).copy()
        return self._read[key]

    def _of_inputs(self, function: Any, write: bool = False) -> List[Any]:
        return [self._array(function, (self.batch, *self._shape(_c.neuron_custom_run_input_shape, i)), i, write=write)
                for i in range(_c.neuron_custom_run_input_count(self._live()))]

    def _of_output(self, function: Any, write: bool = False) -> Any:
        return self._array(function, (self.batch, *self._shape(_c.neuron_custom_run_output_shape)), write=write)

    def _of_arrays(self, function: Any, write: bool = False) -> Dict[str, Any]:
        return {name: self._array(function, self._shape(_c.neuron_custom_run_array_shape, i), i, write=write)
                for i, name in enumerate(self._names)}

    @property
    def inputs(self) -> List[Any]:
        """The values of the inputs."""
        return self._of_inputs(_c.neuron_custom_run_input)

    @property
    def output(self) -> Any:
        """The values of the output: to be written by forward; in backward what forward wrote."""
        return self._of_output(_c.neuron_custom_run_output, write=not self._backward)

    @property
    def output_gradient(self) -> Any:
        """The gradient of the loss by the output, in backward."""
        return self._of_output(_c.neuron_custom_run_output_gradient)

    @property
    def input_gradients(self) -> List[Any]:
        """Where backward writes the gradients by the inputs; None for one that is not needed."""
        return self._of_inputs(_c.neuron_custom_run_input_gradient, write=True)

    @property
    def arrays(self) -> Dict[str, Any]:
        """The parameter arrays by name."""
        return self._of_arrays(_c.neuron_custom_run_array)

    @property
    def array_gradients(self) -> Dict[str, Any]:
        """Where backward writes the gradients by them, summed over the batch; None for one that is not needed."""
        return self._of_arrays(_c.neuron_custom_run_array_gradient, write=True)

    def random(self, shape: Any, first: int = 0) -> np.ndarray:
        """Random numbers, uniform from 0 to less than 1, which follow from the training's seed and step."""
        values = np.empty(shape, np.float32)
        check(_c.neuron_custom_run_random(values.ctypes.data_as(_c.neuron_custom_run_random.argtypes[0]),
                                          self._live(), integer(first, "first"), values.size))
        return values

    def _finish(self) -> None:
        if self._backward:  # all that the library waits for, whether it was touched or not
            self._of_inputs(_c.neuron_custom_run_input_gradient, write=True)
            self._of_arrays(_c.neuron_custom_run_array_gradient, write=True)
        else:
            self._of_output(_c.neuron_custom_run_output, write=True)
        for theirs, ours in self._written:
            theirs[...] = ours

    def _end(self) -> None:
        self._pointer = None
        self._written.clear()


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
            run = Run(pointer, self.array_names)
            try:
                method(run)
                run._finish()
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
        if type(known) is not type(layer) or not _same(_settings(known), _settings(layer)):
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


def _same(one: Any, other: Any) -> bool:
    """Whether settings are equal, arrays among them too, of which == tells each element."""
    if one is other:
        return True
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return type(one) is type(other) and one.dtype == other.dtype and np.array_equal(one, other)
    if type(one) is type(other) and isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(value, other[name]) for name, value in one.items())
    if type(one) is type(other) and isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


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
