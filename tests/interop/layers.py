"""Forward and backward of each layer against PyTorch, or Keras where its convention is followed.

A network input -> dense -> reshape -> layer -> flatten -> dense -> softmax is built twice with the
same parameters. The references work in float64. What is compared: the prediction, and the gradient
of every parameter, the dense layer's in front among them: from it all of the gradient of the layer's
input follows. The gradient is what one step of plain gradient descent takes away.
"""
import keras
import numpy
import torch
import torch.nn.functional as functional

BATCH, FRONT, CLASSES = 5, 8, 4
STEP = 1e6  # large, so that what is taken away keeps all its digits


def first(images):
    """Channels to PyTorch's place."""
    return images.permute(0, 3, 1, 2)


def last(images):
    return images.permute(0, 2, 3, 1)


def kernel(values):
    """Keras' order of a convolution's kernel, height, width, in, out, to PyTorch's."""
    return values.permute(3, 2, 0, 1)


def by_keras(layer):
    """A Keras layer without parameters, in training or not."""
    return lambda x, p, training: layer(x, training=training)


def keras_norm(x, p, training):
    axes = tuple(range(x.dim() - 1))
    if training:
        mean, variance = x.mean(axes), x.var(axes, unbiased=False)
    else:
        mean, variance = p["moving_mean"], p["moving_variance"]
    return (x - mean) / torch.sqrt(variance + 1e-3) * p["gamma"] + p["beta"]


def keras_depthwise(x, p, training):
    del training
    return keras.ops.depthwise_conv(x, p["kernel"], strides=1, padding="same") + p["bias"]


def set_int(neuron, node, **options):
    for name, value in options.items():
        neuron.must(neuron.neuron_node_set_int(node, getattr(neuron, "NEURON_NODE_" + name), value))
    return node


IMAGE = (6, 5, 3)

# name, shape of the input, our layer, the reference (input, parameters, training), their shapes
ROWS = [
    ("relu", (17,), lambda n, g, x: n.neuron_relu(g, x), lambda x, p, t: torch.relu(x), {}),
    ("tanh", (17,), lambda n, g, x: n.neuron_tanh(g, x), lambda x, p, t: torch.tanh(x), {}),
    ("sigmoid", (17,), lambda n, g, x: n.neuron_sigmoid(g, x), lambda x, p, t: torch.sigmoid(x), {}),
    ("leaky_relu", (17,), lambda n, g, x: n.neuron_leaky_relu(g, x, 0.3),
     lambda x, p, t: functional.leaky_relu(x, 0.3), {}),
    ("elu", (17,), lambda n, g, x: n.neuron_elu(g, x, 0.7),
     lambda x, p, t: functional.elu(x, 0.7), {}),
    ("gelu", (17,), lambda n, g, x: n.neuron_gelu(g, x), lambda x, p, t: functional.gelu(x), {}),
    ("gelu by tanh", (17,), lambda n, g, x: set_int(n, n.neuron_gelu(g, x), APPROXIMATE=1),
     lambda x, p, t: functional.gelu(x, approximate="tanh"), {}),
    ("softmax", (17,), lambda n, g, x: n.neuron_softmax(g, x),
     lambda x, p, t: torch.softmax(x, -1), {}),
    ("softmax of rows", IMAGE, lambda n, g, x: set_int(n, n.neuron_softmax(g, x), AXIS=0),
     lambda x, p, t: torch.softmax(x, 1), {}),
    ("dense", (17,), lambda n, g, x: n.neuron_dense(g, x, 9),
     lambda x, p, t: x @ p["kernel"] + p["bias"], {"kernel": (17, 9), "bias": (9,)}),
    ("conv2d", IMAGE, lambda n, g, x: n.neuron_conv2d(g, x, 7, 3, 3),
     lambda x, p, t: last(functional.conv2d(first(x), kernel(p["kernel"]), p["bias"])),
     {"kernel": (3, 3, 3, 7), "bias": (7,)}),
    ("conv2d same", IMAGE,
     lambda n, g, x: set_int(n, n.neuron_conv2d(g, x, 7, 5, 3), PADDING=n.NEURON_PADDING_SAME),
     lambda x, p, t: last(functional.conv2d(first(x), kernel(p["kernel"]), p["bias"],
                                            padding="same")),
     {"kernel": (5, 3, 3, 7), "bias": (7,)}),
    ("conv2d same by 2", IMAGE,
     lambda n, g, x: set_int(n, n.neuron_conv2d(g, x, 7, 3, 3), PADDING=n.NEURON_PADDING_SAME,
                             STRIDE_HEIGHT=2, STRIDE_WIDTH=2),
     lambda x, p, t: keras.ops.conv(x, p["kernel"], strides=2, padding="same") + p["bias"],
     {"kernel": (3, 3, 3, 7), "bias": (7,)}),
    ("conv2d 1x1", IMAGE, lambda n, g, x: n.neuron_conv2d(g, x, 7, 1, 1),
     lambda x, p, t: x @ p["kernel"][0, 0] + p["bias"], {"kernel": (1, 1, 3, 7), "bias": (7,)}),
    ("depthwise_conv2d", IMAGE,
     lambda n, g, x: set_int(n, n.neuron_depthwise_conv2d(g, x, 3, 3),
                             PADDING=n.NEURON_PADDING_SAME, DEPTH_MULTIPLIER=2),
     keras_depthwise, {"kernel": (3, 3, 3, 2), "bias": (6,)}),
    ("max_pool2d", IMAGE, lambda n, g, x: n.neuron_max_pool2d(g, x, 2, 2),
     lambda x, p, t: last(functional.max_pool2d(first(x), 2)), {}),
    ("average_pool2d", IMAGE, lambda n, g, x: n.neuron_average_pool2d(g, x, 2, 2),
     lambda x, p, t: last(functional.avg_pool2d(first(x), 2)), {}),
    ("average_pool2d same", IMAGE,
     lambda n, g, x: set_int(n, n.neuron_average_pool2d(g, x, 3, 2), PADDING=n.NEURON_PADDING_SAME),
     by_keras(keras.layers.AveragePooling2D((3, 2), padding="same", dtype="float64")), {}),
    ("global_average_pool2d", IMAGE, lambda n, g, x: n.neuron_global_average_pool2d(g, x),
     lambda x, p, t: x.mean((1, 2)), {}),
    ("global_max_pool2d", IMAGE, lambda n, g, x: n.neuron_global_max_pool2d(g, x),
     lambda x, p, t: x.amax((1, 2)), {}),
    ("zero_pad2d", IMAGE, lambda n, g, x: n.neuron_zero_pad2d(g, x, 1, 2, 0, 3),
     lambda x, p, t: functional.pad(x, (0, 0, 0, 3, 1, 2)), {}),
    ("reshape", IMAGE, lambda n, g, x: n.neuron_reshape(g, x, n.shape((15, 6)), 2),
     lambda x, p, t: x.reshape(-1, 15, 6), {}),
    ("batch_norm", IMAGE, lambda n, g, x: n.neuron_batch_norm(g, x), keras_norm,
     {"gamma": (3,), "beta": (3,), "moving_mean": (3,), "moving_variance": (3,)}),
    ("add", (17,), lambda n, g, x: n.neuron_add(g, n.nodes(x, n.neuron_tanh(g, x), x), 3),
     lambda x, p, t: x + torch.tanh(x) + x, {}),
    ("multiply", (17,), lambda n, g, x: n.neuron_multiply(g, n.nodes(x, n.neuron_tanh(g, x)), 2),
     lambda x, p, t: x * torch.tanh(x), {}),
    ("average", (17,), lambda n, g, x: n.neuron_average(g, n.nodes(x, n.neuron_tanh(g, x)), 2),
     lambda x, p, t: (x + torch.tanh(x)) / 2, {}),
    ("concat", IMAGE, lambda n, g, x: n.neuron_concat(g, n.nodes(x, n.neuron_tanh(g, x)), 2, 1),
     lambda x, p, t: torch.cat((x, torch.tanh(x)), 2), {}),
]  # fmt: skip


def build(neuron, shape, layer):
    graph = neuron.make("neuron_graph_create", neuron.context)
    x = neuron.neuron_input(graph, neuron.shape((FRONT,)), 1)
    x = neuron.neuron_dense(graph, x, int(numpy.prod(shape)))
    neuron.neuron_node_set_name(x, b"front")
    if len(shape) > 1:
        x = neuron.neuron_reshape(graph, x, neuron.shape(shape), len(shape))
    x = layer(neuron, graph, x)
    neuron.neuron_node_set_name(x, b"layer")
    x = neuron.neuron_dense(graph, neuron.neuron_flatten(graph, x), CLASSES)
    neuron.neuron_node_set_name(x, b"back")
    neuron.must(neuron.neuron_graph_finish(graph, neuron.neuron_softmax(graph, x)))
    return graph


def start(neuron, graph, shape, shapes, random):
    """The same parameters for both: random ones, biases too."""
    values = {}
    for name, array in neuron.arrays(graph).items():
        low = 0.5 if name.endswith("variance") or name.endswith("gamma") else -1.0
        spread = 1.0 if array.ndim and array.size <= 64 else 2.0 / array.size**0.5
        values[name] = random.uniform(low, 1.0, array.size) * (1.0 if low > 0 else spread)
    values = {name: value.astype(numpy.float32) for name, value in values.items()}
    neuron.write(graph, values)
    size = int(numpy.prod(shape))
    known = {"front.kernel": (FRONT, size), "front.bias": (size,), "back.bias": (CLASSES,)}
    known.update({"layer." + name: extents for name, extents in shapes.items()})
    return values, {
        name: torch.tensor(value.reshape(known.get(name, (-1, CLASSES))), dtype=torch.float64,
                           requires_grad=True)
        for name, value in values.items()
    }  # fmt: skip


def forward(parameters, examples, shape, reference, training):
    own = {n[len("layer.") :]: p for n, p in parameters.items() if n.startswith("layer.")}
    x = examples @ parameters["front.kernel"] + parameters["front.bias"]
    x = reference(x.reshape(-1, *shape), own, training)
    return x.reshape(len(examples), -1) @ parameters["back.kernel"] + parameters["back.bias"]


def differences(neuron):
    """The largest difference of each layer, relative to the largest number of its kind."""
    random = numpy.random.default_rng(1)
    for name, shape, layer, reference, shapes in ROWS:
        graph = build(neuron, shape, layer)
        before, parameters = start(neuron, graph, shape, shapes, random)
        examples = random.normal(size=(BATCH, FRONT)).astype(numpy.float32)
        labels = random.integers(CLASSES, size=BATCH).astype(numpy.int32)
        inputs = torch.tensor(examples, dtype=torch.float64)

        theirs = torch.softmax(forward(parameters, inputs, shape, reference, False), -1)
        yield name + " forward", neuron.predict(graph, examples, CLASSES), theirs

        logits = forward(parameters, inputs, shape, reference, True)
        functional.cross_entropy(logits, torch.tensor(labels, dtype=torch.int64)).backward()
        sgd = neuron.optimizer("NEURON_OPTIMIZER_SGD", learning_rate=STEP)
        neuron.train(graph, sgd, neuron.dataset(examples, labels, CLASSES), 1, BATCH)
        for array, after in neuron.arrays(graph).items():
            if parameters[array].grad is not None:
                taken = (before[array].astype(numpy.float64) - after) / STEP
                yield f"{name} {array}", taken, parameters[array].grad.flatten()
