"""The networks of networks.c, for other libraries: input as (channels, height, width) or (values,),
batch of training, and layers. `same` pads so that a convolution keeps its extent. The output is
ten logits; a softmax comes behind them when predicting."""

EPSILON, MOMENTUM = 1e-3, 0.01  # of batch normalisation; 0.01 of the new and 0.99 of the old


def dense(units, activation='relu'):
    return [('dense', units), (activation,)]


def block(units):
    return dense(units) + [('batch_norm',), ('dropout', 0.5)]


def double_convolution(filters, rate):
    layers = []
    for _ in range(2):
        layers += [('conv', filters, 'same'), ('relu',), ('batch_norm',)]
    return layers + [('max_pool',), ('dropout', rate)]


def convolution(filters, *behind):
    return [('conv', filters, 'valid'), ('relu',), *behind, ('max_pool',)]


OUTPUT = [('dense', 10)]

ROWS = {
    'mlp-plain': ((784,), 128, dense(512) + dense(256) + OUTPUT),
    'mlp-512': ((784,), 128, block(512) + block(256) + OUTPUT),
    'mlp-8192': ((784,), 128,
                 [('dropout', 0.2)] + block(8192) + block(4096) + block(2048) + OUTPUT),
    'cnn-basic': ((1, 28, 28), 128, convolution(32) + [('flatten',)] + dense(128) + OUTPUT),
    'cnn-deep': ((1, 28, 28), 128,
                 convolution(32, ('batch_norm',)) + convolution(64, ('batch_norm',)) +
                 [('flatten',)] + dense(128) + [('dropout', 0.5)] + OUTPUT),
    'cnn-9': ((1, 32, 32), 32,
              double_convolution(32, 0.3) + double_convolution(64, 0.4) +
              double_convolution(128, 0.5) + [('flatten',)] + dense(128, 'tanh') +
              [('batch_norm',), ('dropout', 0.3)] + OUTPUT),
    # To have everything loaded before memory is measured.
    'tiny': ((1, 8, 8), 2,
             double_convolution(2, 0.1) + [('flatten',)] + block(4) + dense(4, 'tanh') + OUTPUT),
}


def shapes(row):
    """Each layer with the shape before and behind it."""
    shape, _, layers = ROWS[row]
    for layer in layers:
        before = shape
        if layer[0] == 'dense':
            shape = (layer[1],)
        elif layer[0] == 'conv':
            less = 0 if layer[2] == 'same' else 2
            shape = (layer[1], shape[1] - less, shape[2] - less)
        elif layer[0] == 'max_pool':
            shape = (shape[0], shape[1] // 2, shape[2] // 2)
        elif layer[0] == 'flatten':
            shape = (shape[0] * shape[1] * shape[2],)
        yield layer, before, shape
