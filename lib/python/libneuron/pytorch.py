"""What the layers of a torch.nn.Sequential are here. PyTorch itself is not imported."""
from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, Optional, Sequence, Tuple, Union

from . import layers as nn
from .context import Context
from .layers import Input, Layer
from .model import Model

# ---- Layers ----

class _Network:
    """What has been made so far: the layers stand one behind the other."""

    def __init__(self, shape: Union[int, Sequence[int]]) -> None:
        self.input = self.node = Input(shape)
        self.where = self.name = ""

    def add(self, layer: Layer) -> None:
        try:
            self.node = layer(self.node)
        except Exception as error:
            hint = "; images have their channels last here" if len(self.input.shape) == 3 else ""
            raise type(error)(f"module {self.where}: {error}{hint}") from None

    @property
    def shape(self) -> Tuple[int, ...]:
        return self.node.shape

    def refuse(self, why: str) -> None:
        raise ValueError(f"module {self.where}: {why}")


def _pair(value: Any) -> Tuple[Any, Any]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, (tuple, list)) else value


def _trained(module: Any) -> bool:
    return any(parameter.requires_grad for parameter in module.parameters()) or not list(module.parameters())


def _has_channels(network: _Network, channels: int, rank: int) -> None:
    """Says more than a shape that does not fit would."""
    if len(network.shape) != rank or network.shape[-1] != channels:
        network.refuse(f"takes {channels} channels of rank {rank}, not {'x'.join(map(str, network.shape))}; channels come "
                       "last here, and the shape is that of one example")


def _linear(network: _Network, module: Any) -> None:
    if network.shape != (module.in_features,):
        network.refuse(f"takes {module.in_features} numbers, not {'x'.join(map(str, network.shape))}")
    network.add(nn.Dense(module.out_features, use_bias=module.bias is not None, name=network.name,
                         trainable=_trained(module)))


def _edges(module: Any, axes: int) -> Dict[str, Any]:
    """The padding of a convolution or pooling, which has as much on both sides."""
    padding = module.padding
    if isinstance(padding, str):
        return {"padding": padding}
    if axes == 1:
        return {"padding_before": _one(padding), "padding_behind": _one(padding)}
    rows, columns = _pair(padding)
    return {"padding_top": rows, "padding_bottom": rows, "padding_left": columns, "padding_right": columns}


def _conv(axes: int) -> Callable[[_Network, Any], None]:
    take: Callable[[Any], Any] = _one if axes == 1 else _pair

    def convert(network: _Network, module: Any) -> None:
        _has_channels(network, module.in_channels, axes + 1)
        if module.padding_mode != "zeros":
            network.refuse(f"padding_mode is {module.padding_mode!r}; only zeros are there")
        options = dict(stride=take(module.stride), dilation=take(module.dilation), use_bias=module.bias is not None,
                       name=network.name, trainable=_trained(module), **_edges(module, axes))
        if axes == 2 and module.groups == module.in_channels > 1:
            network.add(nn.DepthwiseConv2D(take(module.kernel_size),
                                           depth_multiplier=module.out_channels // module.groups, **options))
        else:
            kind: Any = nn.Conv1D if axes == 1 else nn.Conv2D
            network.add(kind(module.out_channels, take(module.kernel_size), groups=module.groups, **options))
    return convert


def _conv_transpose(network: _Network, module: Any) -> None:
    """The layer here puts out all that its windows reach; what PyTorch cuts off at the edges, a slice does."""
    _has_channels(network, module.in_channels, 3)
    kernel, stride, padding, more = (_pair(getattr(module, name)) for name in
                                     ("kernel_size", "stride", "padding", "output_padding"))
    if _pair(module.dilation) != (1, 1) or module.groups != 1:
        network.refuse("a transposed convolution has no dilation and no groups here")
    if any(k < s or e > p for k, s, p, e in zip(kernel, stride, padding, more)):
        network.refuse("a transposed convolution has a kernel as large as its stride or larger here, and an "
                       "output_padding no larger than its padding")
    sizes = [(extent - 1) * s + k - 2 * p + e for extent, k, s, p, e in
             zip(network.shape, kernel, stride, padding, more)]
    same = all(k - s == 2 * p and e == 0 for k, s, p, e in zip(kernel, stride, padding, more))
    network.add(nn.Conv2DTranspose(
        module.out_channels, kernel, stride=stride, padding="same" if same else "valid",
        use_bias=module.bias is not None, name=network.name, trainable=_trained(module)))
    for axis in range(2):
        if network.shape[axis] != sizes[axis]:
            network.add(nn.Slice(padding[axis], sizes[axis], axis=axis))


def _batch_norm(network: _Network, module: Any) -> None:
    if not module.track_running_stats or module.momentum is None:
        network.refuse("a batch normalisation has moving statistics here, and a momentum")
    if network.shape[-1] != module.num_features:
        network.refuse(f"takes {module.num_features} channels, not {'x'.join(map(str, network.shape))}")
    network.add(nn.BatchNorm(momentum=1 - module.momentum, epsilon=module.eps, name=network.name))


def _layer_norm(network: _Network, module: Any) -> None:
    if len(network.shape) != 1 or network.shape != tuple(module.normalized_shape):
        network.refuse("a layer normalisation is one of vectors here, or of the channels of each pixel")
    network.add(nn.LayerNorm(epsilon=module.eps, name=network.name))


def _pool(kind: str, axes: int) -> Callable[[_Network, Any], None]:
    take: Callable[[Any], Any] = _one if axes == 1 else _pair

    def convert(network: _Network, module: Any) -> None:
        if take(getattr(module, "dilation", 1)) != take(1) or getattr(module, "return_indices", False):
            network.refuse("a pooling has no dilation here, and gives no indices")
        edges = take(module.padding) != take(0)
        if edges and kind == "Average":
            network.refuse("a mean does not count zeros at the edge here; put a ZeroPad2d before it")
        kernel, stride = take(module.kernel_size), take(module.stride)
        padding = _pair(module.padding)
        if module.ceil_mode and any((extent + 2 * p - k) % s for extent, k, s, p in
                                    zip(network.shape, _pair(kernel), _pair(stride), padding[:axes])):
            network.refuse("a window that is not whole is left out here: ceil_mode=False")
        made = getattr(nn, f"{kind}Pool{axes}D")
        network.add(made(kernel, stride=stride, **(_edges(module, axes) if edges else {})))
    return convert


def _adaptive_pool(kind: str, axes: int) -> Callable[[_Network, Any], None]:
    def convert(network: _Network, module: Any) -> None:
        wanted = _pair(module.output_size)[:axes]
        extents = network.shape[:axes]
        wanted = tuple(extent if size is None else size for size, extent in zip(wanted, extents))
        if any(extent % size for size, extent in zip(wanted, extents)):
            network.refuse(f"{'x'.join(map(str, extents))} cannot be cut into {'x'.join(map(str, wanted))} equal parts")
        if wanted != extents:
            kernel = tuple(extent // size for size, extent in zip(wanted, extents))
            network.add(getattr(nn, f"{kind}Pool{axes}D")(kernel[0] if axes == 1 else kernel))
    return convert


def _flatten(network: _Network, module: Any) -> None:
    if module.start_dim not in (1, -len(network.shape)) or module.end_dim not in (-1, len(network.shape)):
        network.refuse("all of an example is flattened here")
    if len(network.shape) > 1:
        network.add(nn.Flatten())


def _unflatten(network: _Network, module: Any) -> None:
    shape = tuple(module.unflattened_size)
    if module.dim not in (1, -1) or len(shape) != 3 or len(network.shape) != 1:
        network.refuse("a vector is made an image of channels, rows and columns here")
    network.add(nn.Reshape((*shape[1:], shape[0])))


def _softmax(name: str) -> Callable[[_Network, Any], None]:
    def convert(network: _Network, module: Any) -> None:
        if module.dim not in ((None, 1, -1) if len(network.shape) == 1 else (1, -len(network.shape))):
            network.refuse(f"dim is {module.dim}; it must be 1, the channels")
        network.add(getattr(nn, name)())
    return convert


def _zero_pad(network: _Network, module: Any) -> None:
    left, right, top, bottom = module.padding
    network.add(nn.ZeroPad2D(((top, bottom), (left, right))))


def _upsample(network: _Network, module: Any) -> None:
    factor = _pair(module.scale_factor)
    if module.scale_factor is None or any(f != int(f) for f in factor) or module.mode not in ("nearest", "bilinear") \
            or module.align_corners:
        network.refuse("images get larger by whole factors here, to the nearest or bilinear, without align_corners")
    network.add(nn.Upsample2D((int(factor[0]), int(factor[1])), interpolation=module.mode))


def _softplus(network: _Network, module: Any) -> None:
    if module.beta != 1:
        network.refuse("softplus has a beta of 1 here")
    network.add(nn.Softplus())


def _simple(name: str, **options: Union[str, Callable[[Any], Any]]) -> Callable[[_Network, Any], None]:
    """A layer whose options are attributes of the module, or made of it."""
    def convert(network: _Network, module: Any) -> None:
        network.add(getattr(nn, name)(**{option: take(module) if callable(take) else getattr(module, take)
                                         for option, take in options.items()}))
    return convert


def _prelu(network: _Network, module: Any) -> None:
    network.add(nn.PReLU(name=network.name, trainable=_trained(module)))


def _nothing(network: _Network, module: Any) -> None:
    """A module that passes on what it is given."""


_MODULES: Dict[str, Callable[[_Network, Any], None]] = {
    "Linear": _linear, "Conv1d": _conv(1), "Conv2d": _conv(2), "ConvTranspose2d": _conv_transpose,
    "BatchNorm1d": _batch_norm, "BatchNorm2d": _batch_norm, "LayerNorm": _layer_norm,
    "MaxPool1d": _pool("Max", 1), "MaxPool2d": _pool("Max", 2),
    "AvgPool1d": _pool("Average", 1), "AvgPool2d": _pool("Average", 2),
    "AdaptiveAvgPool1d": _adaptive_pool("Average", 1), "AdaptiveAvgPool2d": _adaptive_pool("Average", 2),
    "AdaptiveMaxPool1d": _adaptive_pool("Max", 1), "AdaptiveMaxPool2d": _adaptive_pool("Max", 2),
    "Flatten": _flatten, "Unflatten": _unflatten, "ZeroPad2d": _zero_pad, "Upsample": _upsample,
    "Dropout": _simple("Dropout", rate="p"), "Identity": _nothing,
    "ReLU": _simple("ReLU"), "LeakyReLU": _simple("LeakyReLU", slope="negative_slope"),
    "ELU": _simple("ELU", alpha="alpha"), "GELU": _simple("GELU", approximate=lambda m: m.approximate == "tanh"),
    "SiLU": _simple("SiLU"), "SELU": _simple("SELU"), "Hardswish": _simple("HardSwish"),
    "Softsign": _simple("Softsign"), "Softplus": _softplus, "Sigmoid": _simple("Sigmoid"), "Tanh": _simple("Tanh"),
    "Hardtanh": _simple("Clip", minimum="min_val", maximum="max_val"),
    "ReLU6": _simple("Clip", minimum=lambda m: 0.0, maximum=lambda m: 6.0), "PReLU": _prelu,
    "Softmax": _softmax("Softmax"), "LogSoftmax": _softmax("LogSoftmax"),
}


def _leaves(module: Any, name: str) -> Iterator[Tuple[str, Any]]:
    """The modules of a Sequential and of those in it, by their names in the state dict."""
    if type(module).__name__ == "Sequential":
        for each, inner in module.named_children():
            yield from _leaves(inner, f"{name}/{each}" if name else each)
    else:
        yield name, module


def from_torch(module: Any, shape: Union[int, Sequence[int]], *, name: Optional[str] = None,
               context: Optional[Context] = None) -> Model:
    """A model with the layers and parameters of a torch.nn.Sequential, or of one layer of torch.nn.

    shape: of one example as it is here, with the channels last: (28, 28, 1), where PyTorch is given 1 x 28 x 28.

    Layers have the names of their modules, "0" or "features/0", so that load_state_dict() and save_state_dict() go on
    from there. What is not here is refused by its name. A PReLU has a slope for each channel, and a normalisation learns
    what it multiplies by and adds.
    """
    network = _Network(shape)
    for each, leaf in _leaves(module, ""):
        kind = type(leaf).__name__
        convert = _MODULES.get(kind) if type(leaf).__module__.startswith("torch.nn.") else None
        shown = each.replace("/", ".")
        network.where, network.name = f"{shown!r} ({kind})" if each else kind, each or kind.lower()
        if convert is None:
            raise TypeError(f"module {network.where} cannot be mapped; those of torch.nn that can are "
                            f"{', '.join(sorted(_MODULES))}, and Sequential of them")
        convert(network, leaf)
    model = Model(network.input, network.node, name=name, context=context)
    state = module.state_dict()
    if any(hasattr(value, "is_floating_point") and value.is_floating_point() for value in state.values()):
        model.load_state_dict(state)
    return model


__all__ = ["from_torch"]
