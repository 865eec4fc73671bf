"""Layers: what networks are built of.

A layer is made with its settings and then called with nodes, which gives a node again:

    x = nn.Input(784)
    h = nn.Dropout(0.3)(nn.BatchNorm()(nn.Dense(30, activation="relu")(x)))
    model = nn.Model(x, nn.Dense(10, activation="softmax")(nn.concat(x, h)))

Shapes are worked out, and mistakes told, at each call. A layer that is called again shares its parameters. The
classes are made of the library's own tables when the package is imported: a newer library has more of them.
"""
from __future__ import annotations

import ctypes
import difflib
import inspect
import numbers
import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

from . import _c
from ._call import check, error_of, extents, options_text, pointers, shape_of, utf8
from .context import Context, context as current_context
from .elsewhere import OPTIONS
from .options import Option, describe, kinds, options, together

Shape = Tuple[int, ...]


class Node:
    """What a layer puts out in a network that is being built. `shape` is that of one example."""

    __slots__ = ("layer", "inputs", "shape", "name")
    layer: Optional["Layer"]
    inputs: Tuple["Node", ...]
    shape: Shape
    name: Optional[str]

    def __init__(self, layer: Optional["Layer"], inputs: Tuple["Node", ...], shape: Shape, name: Optional[str]) -> None:
        self.layer, self.inputs, self.shape, self.name = layer, inputs, shape, name

    def __repr__(self) -> str:
        kind = self.layer.kind if self.layer else "input"
        return f"<{kind}{' ' + self.name if self.name else ''}: {(None, *self.shape)}>"

    def __iter__(self) -> Any:
        raise TypeError("a node is one value: it cannot be taken apart")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("a node has no numbers: make a Model of it, and predict")


def Input(shape: Union[int, Sequence[int]], name: Optional[str] = None) -> Node:
    """An input of the network, with the shape of one example: Input(784), Input((28, 28, 1))."""
    given = tuple(extents(shape))
    if not given or any(extent < 1 for extent in given):
        raise ValueError(f"the shape of an input is {shape!r}; it must have one extent or more, each 1 or more")
    return Node(None, (), given, name)


class L1(NamedTuple):
    """Adds l1 * sum |w| to the loss."""

    l1: float

    @property
    def l2(self) -> float:
        return 0.0


class L2(NamedTuple):
    """Adds l2 * sum w^2 to the loss; as in Keras it is not halved."""

    l2: float

    @property
    def l1(self) -> float:
        return 0.0


class L1L2(NamedTuple):
    """Adds l1 * sum |w| + l2 * sum w^2 to the loss."""

    l1: float
    l2: float


class Scratch:
    """A graph to try a layer in: what it makes of some shapes, or why it cannot."""

    def __init__(self, context: Context) -> None:
        self.graph = _c.GraphHandle()
        check(_c.neuron_graph_create(self.graph, context._handle))

    def input(self, shape: Shape) -> Any:
        return self.must(_c.neuron_input(self.graph, extents(shape), len(shape)))

    def must(self, node: Any) -> Any:
        return must(self.graph, node)


def must(graph: Any, node: Any) -> Any:
    """The node of a builder call; raises what the graph has kept if there is none."""
    if not node:
        raise error_of(_c.neuron_graph_finish(graph, None))
    return node


class Layer:
    """What all layers have: `name`, `trainable`, and for each parameter array, such as the kernel, how it starts
    and what keeps it small: `kernel_initializer="he_normal"` or `("normal", 0.05)`, `kernel_regularizer=nn.L2(1e-4)`.
    """

    kind = ""
    _arguments: Tuple[Tuple[str, Any], ...] = ()
    _options: Dict[str, Option] = {}
    _activates = False

    def __init__(self, *arguments: Any, name: Optional[str] = None, trainable: bool = True, activation: Any = None,
                 **options: Any) -> None:
        cls = type(self).__name__
        if len(arguments) > len(self._arguments):
            raise TypeError(f"{cls}() takes {len(self._arguments)} positional arguments, not {len(arguments)}")
        for (argument, _), value in zip(self._arguments, arguments):
            if argument in options:
                raise TypeError(f"{cls}() is given {argument} twice")
            options[argument] = value
        for argument, default in self._arguments:
            if argument not in options:
                if default is inspect.Parameter.empty:
                    raise TypeError(f"{cls}() needs {argument}")
                options[argument] = default
        self.name, self.trainable = name, trainable
        self.initializers = self._taken(options, "_initializer")
        self.regularizers = self._taken(options, "_regularizer")
        self._check_names(options)
        self.options = options
        self.activation = layer_of(activation) if activation is not None else None
        if self.activation is not None and not self._activates:
            raise TypeError(f"{cls}() takes no activation: call its layer with what {cls}() gives")

    @staticmethod
    def _taken(options: Dict[str, Any], end: str) -> Dict[str, Any]:
        return {name[:-len(end)]: options.pop(name) for name in list(options) if name.endswith(end)
                and name != end[1:]}

    def _check_names(self, options: Dict[str, Any]) -> None:
        for name in options:
            if name not in self._options and name not in dict(self._arguments):
                known = [*self._options, "name", "trainable"] + ["activation"] * self._activates
                near = [OPTIONS[name]] if OPTIONS.get(name) in known else difflib.get_close_matches(name, known, 1)
                raise TypeError(f"{type(self).__name__}() has no option {name!r}; "
                                + (f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"))

    def __call__(self, *inputs: Union[Node, Sequence[Node]]) -> Node:
        nodes = nodes_of(inputs, type(self).__name__)
        scratch = Scratch(current_context())
        found = self._add(scratch.graph, [scratch.input(node.shape) for node in nodes], current_context())
        node = Node(self, nodes, shape_of(_c.neuron_node_shape, found), self.name)
        return node if self.activation is None else self.activation(node)

    def _text(self) -> Optional[bytes]:
        given = {("kernel" if name == "kernel_size" and "kernel_size" in self._pairs else name): value
                 for name, value in self.options.items()}
        return options_text(given)

    _pairs: frozenset = frozenset()
    name: Optional[str]
    trainable: bool
    options: Dict[str, Any]
    activation: Optional["Layer"]

    def _add(self, graph: Any, inputs: List[Any], context: Context) -> Any:
        """Adds the layer to a graph of the library."""
        node = must(graph, self._build(graph, inputs, context))
        self._set(node)
        return node

    def _build(self, graph: Any, inputs: List[Any], context: Context) -> Any:
        array = pointers(_c.neuron_node_p, inputs)
        return _c.neuron_layer_by_name(graph, self.kind.encode(), array, len(inputs), self._text())

    def _set(self, node: Any) -> None:
        if self.name is not None:
            check(_c.neuron_node_set_name(node, utf8(self.name, "the name")))
        if not self.trainable:
            check(_c.neuron_node_set_trainable(node, 0))
        for array, how in self.initializers.items():
            word, parameter = how if isinstance(how, (tuple, list)) else (how, 0.0)
            check(_c.neuron_node_set_initializer(node, utf8(array), utf8(word, f"{array}_initializer"),
                                                 float(parameter)))
        for array, how in self.regularizers.items():
            if not hasattr(how, "l1") or not hasattr(how, "l2"):
                raise TypeError(f"{array}_regularizer is {how!r}; it must be nn.L1(...), nn.L2(...) or nn.L1L2(...)")
            check(_c.neuron_node_set_regularizer(node, utf8(array), float(how.l1), float(how.l2)))

    def __repr__(self) -> str:
        given = [f"{name}={value!r}" for name, value in self.options.items()]
        return f"{type(self).__name__}({', '.join(given)})"


def nodes_of(inputs: Sequence[Any], who: str) -> Tuple[Node, ...]:
    """The nodes that a layer is called with: one after the other, or in one list."""
    if len(inputs) == 1 and isinstance(inputs[0], (list, tuple)):
        inputs = inputs[0]
    if not inputs:
        raise TypeError(f"{who} is called without a node")
    for node in inputs:
        if not isinstance(node, Node):
            hint = "; a model is put into another one by nn.Import(model)" if hasattr(node, "predict") else ""
            raise TypeError(f"{who} is called with {type(node).__name__}, not with nodes, which nn.Input() and "
                            f"layers give{hint}")
    return tuple(inputs)


# ---- The classes, one for each kind of the library ----

_REQUIRED = inspect.Parameter.empty

# What a layer is made with besides options, and its default.
_ARGUMENTS: Dict[str, Tuple[Tuple[str, Any], ...]] = {
    "dense": (("units", _REQUIRED),),
    "conv1d": (("filters", _REQUIRED), ("kernel_size", _REQUIRED)),
    "conv2d": (("filters", _REQUIRED), ("kernel_size", _REQUIRED)),
    "conv2d_transpose": (("filters", _REQUIRED), ("kernel_size", _REQUIRED)),
    "depthwise_conv2d": (("kernel_size", _REQUIRED),),
    "max_pool1d": (("kernel_size", 2),),
    "max_pool2d": (("kernel_size", 2),),
    "average_pool1d": (("kernel_size", 2),),
    "average_pool2d": (("kernel_size", 2),),
    "dropout": (("rate", _REQUIRED),),
    "gaussian_noise": (("deviation", _REQUIRED),),
    "random_rotation": (("factor", _REQUIRED),),
    "leaky_relu": (("slope", 0.3),),
    "elu": (("alpha", 1.0),),
    "upsample2d": (("factor", 2),),
    "slice": (("begin", _REQUIRED), ("count", -1)),
    "piecewise_linear": (("points", _REQUIRED),),
    "rescale": (("scale", _REQUIRED), ("offset", 0.0)),
}

# Those with parameters of their own whose output an activation follows.
_ACTIVATED = ("dense", "conv1d", "conv2d", "conv2d_transpose", "depthwise_conv2d")

# Made otherwise: inputs, layers of several inputs, and what a quantisation makes.
_OTHERWISE = {"input", "concat", "add", "multiply", "average", "weighted_average", "vote", "reshape", "permute",
              "zero_pad2d", "uncertainty", "quantized_dense", "quantized_conv2d"}

_NAMES = {"relu": "ReLU", "prelu": "PReLU", "elu": "ELU", "selu": "SELU", "gelu": "GELU", "silu": "SiLU",
          "leaky_relu": "LeakyReLU"}


def class_name(kind: str) -> str:
    """The name of a class in Python for a kind of the library: conv2d is Conv2D."""
    words = "".join(word[:1].upper() + word[1:] for word in kind.split("_"))
    return _NAMES.get(kind, words.replace("1d", "1D").replace("2d", "2D"))


def _about(kind: str) -> str:
    """What the header says of a layer, without what concerns C alone."""
    doc = getattr(_c, "neuron_" + kind).__doc__ if "neuron_" + kind in _c.FUNCTIONS else ""
    lines = []
    for line in doc.partition("\n\n")[2].split("\n"):
        if line.strip().startswith(("@param", "@return", "Options:")):
            break
        if not line.startswith("    "):  # an example in C
            lines.append(line.strip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).replace(" No other thread may use the graph meanwhile.", "").strip()


def _make(kind: str) -> type:
    found = together(options("layer", kind))
    pairs = frozenset(("kernel_size",) if "kernel" in found else ())
    if pairs:
        found = {("kernel_size" if name == "kernel" else name): option for name, option in found.items()}
        found["kernel_size"] = found["kernel_size"]._replace(name="kernel_size")
    if "pool" in kind and "stride" in found:  # as large as the window
        found["stride"] = found["stride"]._replace(default=None)
    cls = type(class_name(kind), (Layer,), {
        "kind": kind, "_options": found, "_arguments": _ARGUMENTS.get(kind, ()), "_pairs": pairs,
        "_activates": kind in _ACTIVATED, "__module__": __name__,
        "__doc__": f"{_about(kind)}\n\nOptions:\n{describe(found)}" if found else _about(kind)})
    cls.__signature__ = _signature(cls)  # type: ignore[attr-defined]
    return cls


def _signature(cls: Any) -> inspect.Signature:
    parameter = inspect.Parameter
    given = [parameter(name, parameter.POSITIONAL_OR_KEYWORD, default=default) for name, default in cls._arguments]
    taken = {name for name, _ in cls._arguments}
    given += [parameter(option.name, parameter.KEYWORD_ONLY, default=option.default)
              for option in cls._options.values() if option.name not in taken]
    own = [("activation", None)] * cls._activates + [("name", None), ("trainable", True)]
    given += [parameter(name, parameter.KEYWORD_ONLY, default=default) for name, default in own]
    return inspect.Signature(given)


classes: Dict[str, type] = {kind: _make(kind) for kind in kinds("layer") if kind not in _OTHERWISE}
globals().update({cls.__name__: cls for cls in classes.values()})


class Reshape(Layer):
    """Gives its input another shape with as many elements; one extent may be -1: Reshape((7, 7, -1))."""

    kind = "reshape"

    def __init__(self, shape: Union[int, Sequence[int]], *, name: Optional[str] = None) -> None:
        super().__init__(name=name)
        self.options = {"shape": tuple(extents(shape))}

    def _build(self, graph: Any, inputs: List[Any], context: Context) -> Any:
        shape = self.options["shape"]
        return _c.neuron_reshape(graph, inputs[0] if len(inputs) == 1 else None, extents(shape), len(shape))


class Permute(Layer):
    """Gives the axes of its input another order, counted from 0: Permute((1, 2, 0)) puts the first one last."""

    kind = "permute"

    def __init__(self, axes: Sequence[int], *, name: Optional[str] = None) -> None:
        super().__init__(name=name)
        self.options = {"axes": tuple(extents(axes, "the axes"))}

    def _build(self, graph: Any, inputs: List[Any], context: Context) -> Any:
        axes = self.options["axes"]
        return _c.neuron_permute(graph, inputs[0] if len(inputs) == 1 else None, (ctypes.c_int32 * len(axes))(*axes),
                                 len(axes))


class ZeroPad2D(Layer):
    """Puts rows and columns of zeros around images: ZeroPad2D(1), ZeroPad2D((rows, columns)), or with
    ((top, bottom), (left, right))."""

    kind = "zero_pad2d"

    def __init__(self, padding: Any = 1, *, name: Optional[str] = None) -> None:
        super().__init__(name=name)
        rows, columns = (padding, padding) if isinstance(padding, numbers.Integral) else padding
        (top, bottom), (left, right) = ((side, side) if isinstance(side, numbers.Integral) else side
                                        for side in (rows, columns))
        self.options = {"padding": ((top, bottom), (left, right))}

    def _text(self) -> Optional[bytes]:
        (top, bottom), (left, right) = self.options["padding"]
        return options_text({"top": top, "bottom": bottom, "left": left, "right": right})


class Import(Layer):
    """Puts a copy of a model, with the parameters that it has now, into another one: `nn.Import(trained)(x)`.

    start, end: names of layers: only the layers behind `start` up to `end` are copied; the whole model without.
    trainable: False freezes the copies. dropout: False leaves out layers that act in training only.
    """

    kind = "import"

    def __init__(self, model: Any, *, start: Optional[str] = None, end: Optional[str] = None, trainable: bool = True,
                 dropout: bool = True, name: Optional[str] = None) -> None:
        super().__init__()
        if not hasattr(model, "_graph"):
            raise TypeError(f"Import() is given {type(model).__name__}, not a model")
        self.model, self.start, self.end, self.prefix = model, start, end, name
        self.options = {"trainable": bool(trainable), "dropout": bool(dropout)}

    def _build(self, graph: Any, inputs: List[Any], context: Context) -> Any:
        names = (None if text is None else utf8(text) for text in (self.start, self.end, self.prefix))
        with self.model._reading():
            return _c.neuron_graph_import_part(graph, inputs[0] if len(inputs) == 1 else None, self.model._graph,
                                               *names, options_text(self.options))


class _Join(Layer):
    """A layer of several inputs."""

    def __init__(self, kind: str, name: Optional[str], weights: Any = None, **options: Any) -> None:
        super().__init__(name=name)
        self.kind, self.options, self.weights = kind, options, weights

    def _build(self, graph: Any, inputs: List[Any], context: Context) -> Any:
        if self.weights is None and self.kind != "weighted_average":
            return super()._build(graph, inputs, context)
        function = getattr(_c, "neuron_" + self.kind)
        weights = np.require(self.weights, np.float64, ["C"])
        if weights.shape != (len(inputs),):
            raise ValueError(f"{self.kind}: there are {len(inputs)} nodes, and weights of shape {weights.shape}")
        more = (self._text(),) if len(function.argtypes) > 4 else ()
        node = function(graph, pointers(_c.neuron_node_p, inputs), len(inputs),
                        weights.ctypes.data_as(function.argtypes[3]), *more)
        if node and self.options and not more:
            check(_c.neuron_node_set(node, options_text(self.options)))
        return node


def concat(*nodes: Union[Node, Sequence[Node]], axis: int = -1, name: Optional[str] = None) -> Node:
    """Joins nodes along an axis: nn.concat(x, h)."""
    return _Join("concat", name, axis=axis)(*nodes)


def add(*nodes: Union[Node, Sequence[Node]], name: Optional[str] = None) -> Node:
    """The sum of nodes, what a residual connection ends in; shapes broadcast as in NumPy."""
    return _Join("add", name)(*nodes)


def multiply(*nodes: Union[Node, Sequence[Node]], name: Optional[str] = None) -> Node:
    """The product of nodes, element by element; shapes broadcast as in NumPy."""
    return _Join("multiply", name)(*nodes)


def average(*nodes: Union[Node, Sequence[Node]], weights: Optional[Sequence[float]] = None,
            name: Optional[str] = None) -> Node:
    """The mean of nodes of one shape, weighted or not."""
    return _Join("average" if weights is None else "weighted_average", name, weights)(*nodes)


def vote(*nodes: Union[Node, Sequence[Node]], weights: Optional[Sequence[float]] = None,
         ballot: str = "plurality", name: Optional[str] = None) -> Node:
    """The share of votes of each class, one vote for each node or as many as its weight says. It has no gradient.

    ballot: "plurality", all of a vote for the largest class; "borda", shares for all by their rank."""
    return _Join("vote", name, weights, ballot=ballot)(*nodes)


def uncertainty(*nodes: Union[Node, Sequence[Node]], measure: str = "entropy", threshold: float = 0.5,
                weights: Optional[Sequence[float]] = None, name: Optional[str] = None) -> Node:
    """How sure nodes are together that put out probabilities: "entropy", "expected_entropy", "mutual_information",
    "variation_ratio", "disagreement", "margin", "confidence", or "answers", 1 where the confidence is at least threshold."""
    return _Join("uncertainty", name, weights, measure=measure, threshold=threshold)(*nodes)


def layer_of(given: Any) -> Layer:
    """A layer by its name in the library, such as "relu", or the layer itself."""
    if isinstance(given, Layer):
        return given
    if not isinstance(given, str):
        raise TypeError(f"an activation is {given!r}; it must be a name such as 'relu', or a layer")
    if given not in classes:
        near = difflib.get_close_matches(given, classes, 1)
        raise ValueError(f"there is no layer {given!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    return classes[given]()


# ---- From nodes to a graph of the library ----

def in_order(inputs: Sequence[Node], outputs: Sequence[Node]) -> List[Node]:
    """All nodes that the outputs need, each behind its inputs."""
    order: List[Node] = []
    seen = set()
    stack: List[Tuple[Node, bool]] = [(node, False) for node in reversed(outputs)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            if node.layer is None and all(node is not known for known in inputs):
                raise ValueError(f"the outputs depend on {node!r}, which is not among the inputs of the model")
            stack.append((node, True))
            stack += [(before, False) for before in reversed(node.inputs)]
    return order


def build(context: Context, inputs: Sequence[Node], outputs: Sequence[Node], name: Optional[str],
          seed: Optional[Any]) -> Any:
    """A finished graph of the library."""
    graph = _c.GraphHandle()
    check(_c.neuron_graph_create(graph, context._handle))
    if name is not None:
        check(_c.neuron_graph_set_name(graph, utf8(name, "the name")))
    if seed is not None:
        check(_c.neuron_graph_set_seed(graph, seed))
    made: Dict[int, Any] = {}
    for node in inputs:
        made[id(node)] = must(graph, _c.neuron_input(graph, extents(node.shape), len(node.shape)))
        if node.name is not None:
            check(_c.neuron_node_set_name(made[id(node)], utf8(node.name, "the name")))
    first: Dict[int, Any] = {}
    for node in in_order(inputs, outputs):
        if node.layer is None:
            continue
        given = [made[id(before)] for before in node.inputs]
        again = first.get(id(node.layer))
        if again is None:
            made[id(node)] = first[id(node.layer)] = node.layer._add(graph, given, context)
        else:
            made[id(node)] = must(graph, _c.neuron_shared_layer(graph, again, pointers(_c.neuron_node_p, given),
                                                                len(given)))
    check(_c.neuron_graph_finish_many(graph, pointers(_c.neuron_node_p, [made[id(node)] for node in outputs]),
                                      len(outputs)))
    return graph


# pyright: reportUnsupportedDunderAll=false
__all__ = ["Node", "Input", "Layer", "L1", "L2", "L1L2", "Reshape", "Permute", "ZeroPad2D", "Import", "concat", "add",
           "multiply", "average", "uncertainty", "vote", *(cls.__name__ for cls in classes.values())]
