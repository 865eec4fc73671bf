"""JAX: a training step with Adam, and a prediction, each compiled as a whole. Images are
[batch, height, width, channels]. XLA takes all processors that it is allowed when it starts."""
import os

os.environ.setdefault('JAX_PLATFORMS', 'cpu')
# pylint: disable=wrong-import-position
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from jax import lax, nn  # noqa: E402

import peer_rows  # noqa: E402

VERSION = jax.__version__
RATE, BETA_1, BETA_2, SMALL = 1e-3, 0.9, 0.999, 1e-7  # of Adam
MOVING = 'moving'  # begins the names of what is not trained

PLAIN = {'relu': nn.relu, 'tanh': jnp.tanh, 'sigmoid': nn.sigmoid, 'silu': nn.silu,
         'gelu': lambda x: nn.gelu(x, approximate=False), 'hard-swish': nn.hard_swish,
         'selu': nn.selu, 'softplus': nn.softplus, 'softsign': nn.soft_sign,
         'exponential': jnp.exp, 'softmax': nn.softmax,
         'flatten': lambda x: x.reshape(x.shape[0], -1),
         'global-average': lambda x: x.mean((1, 2)), 'global-max': lambda x: x.max((1, 2))}


def product(values):
    result = values[0]
    for value in values[1:]:
        result = result * value
    return result


JOINS = {'add': sum, 'multiply': product, 'average': lambda values: sum(values) / len(values),
         'concat': lambda values: jnp.concatenate(values, -1)}


def make_arrays(layer, key):
    """Of one layer, by name."""
    channels, kind = layer.before[0], layer.kind

    def kernel(*shape):
        return jax.random.uniform(key, shape, jnp.float32, -0.05, 0.05)
    if kind == 'dense':
        return {'kernel': kernel(channels, layer.units), 'bias': jnp.zeros(layer.units)}
    if kind == 'conv':
        return {'kernel': kernel(layer.window, layer.window, channels, layer.units),
                'bias': jnp.zeros(layer.units)}
    if kind == 'depthwise':
        return {'kernel': kernel(layer.window, layer.window, 1, channels),
                'bias': jnp.zeros(channels)}
    if kind == 'prelu':
        return {'slope': jnp.zeros(channels)}
    arrays = {'gamma': jnp.ones(channels), 'beta': jnp.zeros(channels)}
    if kind == 'norm':
        return {**arrays, 'moving_mean': jnp.zeros(channels), 'moving_variance': jnp.ones(channels)}
    return arrays if kind == 'layer-norm' else {}


def pool(layer, x):
    pads = ((0, 0), layer.pads, layer.pads, (0, 0))
    size, strides = (1, layer.window, layer.window, 1), (1, layer.stride, layer.stride, 1)
    if layer.kind == 'max-pool':
        return lax.reduce_window(x, -jnp.inf, lax.max, size, strides, pads)
    total = lax.reduce_window(x, 0.0, lax.add, size, strides, pads)
    if not any(layer.pads):
        return total / layer.window ** 2
    return total / lax.reduce_window(jnp.ones_like(x[:1]), 0.0, lax.add, size, strides, pads)


def normalise(x, mean, variance, arrays):
    scale = arrays['gamma'] * lax.rsqrt(variance + peer_rows.EPSILON)
    return x * scale + (arrays['beta'] - mean * scale)


def batch_norm(x, arrays, training):
    """The output, and what moves."""
    if not training:
        return normalise(x, arrays['moving_mean'], arrays['moving_variance'], arrays), {}
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    new = {'moving_mean': mean, 'moving_variance': variance}
    moved = {name: arrays[name] + peer_rows.MOMENTUM * (value - arrays[name])
             for name, value in new.items()}
    return normalise(x, mean, variance, arrays), lax.stop_gradient(moved)


def at_random(layer, x, key):
    if layer.kind == 'noise':
        return x + layer.number * jax.random.normal(key, x.shape)
    kept = jax.random.bernoulli(key, 1 - layer.number, x.shape)
    return jnp.where(kept, x / (1 - layer.number), 0)


def run_layer(layer, x, arrays):
    kind = layer.kind
    if kind == 'dense':
        return x @ arrays['kernel'] + arrays['bias']
    if kind in ('conv', 'depthwise'):
        return lax.conv_general_dilated(
            x, arrays['kernel'], (layer.stride, layer.stride), (layer.pads, layer.pads),
            dimension_numbers=('NHWC', 'HWIO', 'NHWC'),
            feature_group_count=layer.before[0] if kind == 'depthwise' else 1) + arrays['bias']
    if kind in peer_rows.WINDOWED:
        return pool(layer, x)
    if kind == 'layer-norm':
        return normalise(x, x.mean(-1, keepdims=True), x.var(-1, keepdims=True), arrays)
    if kind == 'prelu':
        return jnp.where(x > 0, x, arrays['slope'] * x)
    if kind == 'leaky-relu':
        return nn.leaky_relu(x, layer.number)
    if kind == 'elu':
        return nn.elu(x, layer.number)
    if kind == 'pad':
        return jnp.pad(x, ((0, 0), *[(layer.units, layer.units)] * 2, (0, 0)))
    return PLAIN[kind](x)


def run(layers, state, x, training, key=None):
    """The last value, and what of the state is to be changed: a dictionary per layer."""
    values, changed = [x], [{} for _ in layers]
    for number, (layer, arrays) in enumerate(zip(layers, state)):
        inputs = [values[other] for other in layer.inputs]
        if layer.kind in JOINS:
            values.append(JOINS[layer.kind](inputs))
        elif layer.kind == 'norm':
            output, changed[number] = batch_norm(inputs[0], arrays, training)
            values.append(output)
        elif layer.kind in ('dropout', 'noise'):
            values.append(at_random(layer, inputs[0], jax.random.fold_in(key, number))
                          if training else inputs[0])
        else:
            values.append(run_layer(layer, inputs[0], arrays))
    return values[-1], changed


def logarithmic(outputs):
    return jnp.log1p(jnp.maximum(outputs, 1e-7))


def margin(outputs, targets):
    return jnp.maximum(1 - (2 * targets - 1) * outputs, 0)


def huber(error):
    return jnp.where(jnp.abs(error) < 1, 0.5 * error ** 2, jnp.abs(error) - 0.5)


LOSSES = {
    'cross-entropy': lambda y, t: -jnp.take_along_axis(nn.log_softmax(y), t[:, None], 1).mean(),
    'binary-cross-entropy': lambda y, t: (nn.softplus(y) - t * y).mean(),
    'mean-squared-error': lambda y, t: ((y - t) ** 2).mean(),
    'mean-absolute-error': lambda y, t: jnp.abs(y - t).mean(),
    'mean-squared-logarithmic-error': lambda y, t: (
        (logarithmic(y) - logarithmic(t)) ** 2).mean(),
    'hinge': lambda y, t: margin(y, t).mean(),
    'squared-hinge': lambda y, t: (margin(y, t) ** 2).mean(),
    'kullback-leibler': lambda y, t: jnp.where(
        t > 0, -jnp.log(jnp.clip(y, 1e-7, 1)), 0).sum(-1).mean(),
    'huber': lambda y, t: huber(y - t).mean()}


def update(value, gradient, first, second, step):
    """Adam of one array."""
    first = BETA_1 * first + (1 - BETA_1) * gradient
    second = BETA_2 * second + (1 - BETA_2) * gradient ** 2
    rate = RATE * jnp.sqrt(1 - BETA_2 ** step) / (1 - BETA_1 ** step)
    return value - rate * first / (jnp.sqrt(second) + SMALL), first, second


def make_step(layers, loss_of):
    def loss(state, images, targets, key):
        output, changed = run(layers, state, images, True, key)
        return loss_of(output, targets), changed

    def step(carried, images, targets):
        state, firsts, seconds, count = carried
        key = jax.random.fold_in(jax.random.key(1), count)
        gradients, changed = jax.grad(loss, has_aux=True)(state, images, targets, key)
        rate_step = (count + 1).astype(jnp.float32)
        carried = ([], [], [], count + 1)
        for arrays, gradient, first, second, moved in zip(state, gradients, firsts, seconds,
                                                          changed):
            updated = {name: update(value, gradient[name], first[name], second[name], rate_step)
                       for name, value in arrays.items() if not name.startswith(MOVING)}
            for place, several in enumerate(carried[:3]):
                several.append({name: three[place] for name, three in updated.items()})
            carried[0][-1].update(moved)
        return carried
    return jax.jit(step, donate_argnums=0)


def settings(_network, _training, _compiled):
    return [{'threads': len(os.sched_getaffinity(0))}]


def make_targets(network, batch):
    key = jax.random.key(3)
    if network.loss == 'cross-entropy':
        return jax.random.randint(key, (batch,), 0, network.output[0])
    return jax.random.randint(key, (batch, *network.output), 0, 2).astype(jnp.float32)


def prepare(network, training, batch, _setting):
    """A function that does one step."""
    layers = network.without_output() if training else network.layers
    keys = jax.random.split(jax.random.key(1), len(layers))
    state = [make_arrays(layer, key) for layer, key in zip(layers, keys)]
    images = jax.random.uniform(jax.random.key(2), (batch, *network.input[1:], network.input[0]))
    if not training:
        predict = jax.jit(lambda state, images: run(layers, state, images, False)[0])
        return lambda: predict(state, images).block_until_ready()
    trained = [{name: value for name, value in arrays.items() if not name.startswith(MOVING)}
               for arrays in state]
    step = make_step(layers, LOSSES[network.loss])
    targets = make_targets(network, batch)
    carried = [(state, jax.tree.map(jnp.zeros_like, trained), jax.tree.map(jnp.zeros_like, trained),
                jnp.int32(0))]

    def train():
        carried[0] = step(carried[0], images, targets)
        jax.block_until_ready(carried[0])
    return train
