"""PyTorch: a training step, and a prediction in inference mode."""
import os

import torch
from torch import nn
from torch.nn import functional

import peer_rows

VERSION = torch.__version__

PLAIN = {'relu': nn.ReLU, 'tanh': nn.Tanh, 'sigmoid': nn.Sigmoid, 'gelu': nn.GELU, 'silu': nn.SiLU,
         'hard-swish': nn.Hardswish, 'selu': nn.SELU, 'softplus': nn.Softplus,
         'softsign': nn.Softsign, 'flatten': nn.Flatten}
NUMBERED = {'dropout': nn.Dropout, 'leaky-relu': nn.LeakyReLU, 'elu': nn.ELU,
            'clip': lambda maximum: nn.Hardtanh(0, maximum)}


class Function(nn.Module):
    """A function of one or more values as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *values):
        return self.function(*values)


class Noise(nn.Module):
    def __init__(self, deviation):
        super().__init__()
        self.deviation = deviation

    def forward(self, x):
        return x + self.deviation * torch.randn_like(x) if self.training else x


class ChannelNorm(nn.Module):
    """Layer normalisation over the channels of images."""

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=peer_rows.EPSILON)

    def forward(self, x):
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def product(first, *others):
    for other in others:
        first = first * other
    return first


def upsampled(mode):
    def call(x):
        return nn.functional.interpolate(x, scale_factor=2, mode=mode)
    return call


FUNCTIONS = {'exponential': torch.exp,
             'global-average1d': lambda x: x.mean(2), 'global-max1d': lambda x: x.amax(2),
             'upsample': upsampled('nearest'), 'upsample-bilinear': upsampled('bilinear'),
             'slice': lambda x: x[:, :x.shape[1] // 2].clone(), 'rescale': lambda x: 2 * x + 1,
             'global-average': lambda x: x.mean((2, 3)), 'global-max': lambda x: x.amax((2, 3)),
             'add': lambda *values: sum(values[1:], values[0]), 'multiply': product,
             'average': lambda *values: sum(values[1:], values[0]) / len(values),
             'weighted-average': lambda *values: sum(
                 weight * value for weight, value in enumerate(values, 1)) / sum(
                     range(len(values) + 1)),
             'concat': lambda *values: torch.cat(values, 1)}
KINDS = {*PLAIN, *NUMBERED, *FUNCTIONS, *peer_rows.WINDOWED, 'dense', 'norm', 'layer-norm', 'pad',
         'noise', 'prelu', 'softmax', 'log-softmax'}


def make_window_1d(layer, own, pads):
    window, stride = layer.window, layer.stride
    if layer.kind == 'conv1d':
        made = nn.Conv1d(layer.before[0], layer.units, window, stride, own)
    elif layer.kind == 'max-pool1d':
        made = nn.MaxPool1d(window, stride, own)
    else:
        made = nn.AvgPool1d(window, stride, own, count_include_pad=False)
    least = float('-inf') if layer.kind == 'max-pool1d' else 0.0
    return nn.Sequential(nn.ConstantPad1d(layer.pads, least), made) if pads else made


def make_window(layer):
    """A convolution or a pooling, behind a padding where it cannot pad so itself."""
    pads = layer.even_pads()
    channels, window, stride = layer.before[0], layer.window, layer.stride
    own = pads or 0
    if layer.kind == 'transpose':
        if layer.pads[0] != layer.pads[1]:
            raise RuntimeError('no such padding of a transposed convolution')
        return nn.ConvTranspose2d(channels, layer.units, window, stride, layer.pads[0])
    if layer.kind.endswith('1d'):
        return make_window_1d(layer, own, pads is None)
    if layer.kind == 'conv':
        made = nn.Conv2d(channels, layer.units, window, stride, own)
    elif layer.kind == 'dilated':
        made = nn.Conv2d(channels, layer.units, window, stride, own, dilation=layer.extra)
    elif layer.kind == 'grouped':
        made = nn.Conv2d(channels, layer.units, window, stride, own, groups=layer.extra)
    elif layer.kind == 'depthwise':
        made = nn.Conv2d(channels, channels, window, stride, own, groups=channels)
    elif layer.kind == 'max-pool':
        made = nn.MaxPool2d(window, stride, own)
    else:
        made = nn.AvgPool2d(window, stride, own, count_include_pad=False)
    if pads is not None:
        return made
    if layer.kind == 'average-pool':
        raise RuntimeError('no such padding of an average pooling')
    least = float('-inf') if layer.kind == 'max-pool' else 0.0
    return nn.Sequential(nn.ConstantPad2d(2 * layer.pads, least), made)


def make_layer(layer):
    kind, channels = layer.kind, layer.before[0]
    if kind in peer_rows.WINDOWED:
        return make_window(layer)
    if kind == 'dense':
        return nn.Linear(channels, layer.units)
    if kind == 'norm':
        make = nn.BatchNorm2d if len(layer.before) == 3 else nn.BatchNorm1d
        return make(channels, eps=peer_rows.EPSILON, momentum=peer_rows.MOMENTUM)
    if kind == 'layer-norm':
        return (ChannelNorm(channels) if len(layer.before) == 3 else
                nn.LayerNorm(channels, eps=peer_rows.EPSILON))
    if kind == 'pad':
        return nn.ZeroPad2d(layer.units)
    if kind == 'noise':
        return Noise(layer.number)
    if kind == 'prelu':
        return nn.PReLU(channels)
    if kind == 'softmax':
        return nn.Softmax(1)
    if kind == 'log-softmax':
        return nn.LogSoftmax(1)
    if kind in NUMBERED:
        return NUMBERED[kind](layer.number)
    return PLAIN[kind]() if kind in PLAIN else Function(FUNCTIONS[kind])


class Graph(nn.Module):
    """Layers that are not one behind the other."""

    def __init__(self, layers):
        super().__init__()
        self.parts = nn.ModuleList(make_layer(layer) for layer in layers)
        self.inputs = [layer.inputs for layer in layers]

    def forward(self, x):
        values = [x]
        for part, inputs in zip(self.parts, self.inputs):
            values.append(part(*[values[number] for number in inputs]))
        return values[-1]


def chained(layers):
    return all(layer.inputs == [number] for number, layer in enumerate(layers))


def hinge(power):
    return lambda outputs, targets: (
        (1 - (2 * targets - 1) * outputs).clamp(min=0) ** power).mean()


LOSSES = {'cross-entropy': functional.cross_entropy, 'mean-squared-error': functional.mse_loss,
          'binary-cross-entropy': functional.binary_cross_entropy_with_logits,
          'mean-absolute-error': functional.l1_loss, 'huber': functional.huber_loss,
          'mean-squared-logarithmic-error': lambda outputs, targets: functional.mse_loss(
              torch.log1p(outputs.clamp(min=1e-7)), torch.log1p(targets)),
          'hinge': hinge(1), 'squared-hinge': hinge(2),
          'kullback-leibler': lambda outputs, targets: functional.kl_div(
              outputs.clamp(1e-7, 1).log(), targets, reduction='batchmean')}


def settings(network, training, compiled):
    """All that is worth a try; the fastest is what counts."""
    image = len(network.input) == 3
    cores = len(os.sched_getaffinity(0))
    return [{'threads': threads, 'channels_last': last, 'adam': adam, 'compile': compiling}
            for threads in sorted({1, min(2, cores), cores})
            for last in ((False, True) if image else (False,))
            for adam in (('fused', 'foreach') if training else ('none',))
            for compiling in ((False, True) if compiled else (False,))]


def make_adam(model, kind):
    try:
        return torch.optim.Adam(model.parameters(), eps=1e-7, fused=kind == 'fused',
                                foreach=kind == 'foreach')
    except (RuntimeError, TypeError) as error:
        raise RuntimeError(f'no {kind} Adam here: {error}') from error


def make_model(network, training, setting):
    layers = network.without_output() if training else network.layers
    model = (nn.Sequential(*[make_layer(layer) for layer in layers]) if chained(layers) else
             Graph(layers))
    model.train(training)
    if setting['channels_last']:
        model = model.to(memory_format=torch.channels_last)
    return model


def make_input(network, batch, setting):
    images = torch.rand(batch, *network.input)
    if setting['channels_last']:
        images = images.contiguous(memory_format=torch.channels_last)
    return images


def make_targets(network, batch):
    if network.loss == 'cross-entropy':
        return torch.randint(0, network.output[0], (batch,))
    return torch.randint(0, 2, (batch, *network.output)).float()


def prepare(network, training, batch, setting):
    """A function that does one step."""
    torch.set_num_threads(setting['threads'])
    torch.manual_seed(1)
    model = make_model(network, training, setting)
    images = make_input(network, batch, setting)
    run = torch.compile(model) if setting['compile'] else model
    if not training:
        def predict():
            with torch.inference_mode():
                run(images)
        return predict
    targets = make_targets(network, batch)
    adam = make_adam(model, setting['adam'])
    loss_of = LOSSES[network.loss]

    def step():
        adam.zero_grad(set_to_none=True)
        loss_of(run(images), targets).backward()
        adam.step()
    return step
