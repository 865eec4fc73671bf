"""Forward and backward of each layer against PyTorch, or Keras where its convention is followed.

A network input -> dense -> reshape -> layer -> flatten -> dense -> softmax is built twice with the
same parameters. The references work in float64. What is compared: the prediction, and the gradient
of every parameter, the dense layer's in front among them: from it all of the gradient of the layer's
input follows. The gradient is what one step of plain gradient descent takes away. Of arrays that a
step changes otherwise, the moving averages, their new values are compared.
"""
import ctypes
import os
import re

import keras
import numpy
import torch
import torch.nn.functional as functional

import images

HEADER = os.path.join(os.path.dirname(__file__), "..", "..", "include", "libneuron", "layers.h")
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


def keras_norm(momentum):
    """With the moving averages after the step."""

    def reference(x, p, training):
        layer = keras.layers.BatchNormalization(momentum=momentum, dtype="float64")
        layer.build(x.shape)
        moving = p["moving_mean"], p["moving_variance"]
        y, moved = layer.stateless_call((p["gamma"], p["beta"]), moving, x, training=training)
        p["moved"] = dict(zip(("moving_mean", "moving_variance"), moved))
        return y

    return reference


def keras_prelu(x, p, training):
    del training
    layer = keras.layers.PReLU(shared_axes=[1, 2], dtype="float64")
    layer.build(x.shape)
    return layer.stateless_call((p["alpha"].reshape(1, 1, -1),), (), x)[0]


def keras_layer_norm(x, p, training):
    del training
    layer = keras.layers.LayerNormalization(dtype="float64")
    layer.build(x.shape)
    return layer.stateless_call((p["gamma"], p["beta"]), (), x)[0]


def torch_norm(x, p, training):
    """Without the moving averages: PyTorch's variance is another."""
    moving = p["moving_mean"].detach().clone(), p["moving_variance"].detach().clone()
    return last(functional.batch_norm(first(x), *moving, p["gamma"], p["beta"], training, 0, 1e-3))


def side(sequences):
    """Channels to PyTorch's place, or back."""
    return sequences.permute(0, 2, 1)


def keras_causal(x, p, training):
    del training
    layer = keras.layers.Conv1D(7, 3, padding="causal", dilation_rate=4, dtype="float64")
    layer.build(x.shape)
    return layer.stateless_call((p["kernel"], p["bias"]), (), x)[0]


def torch_block(x, p, training):
    del training
    x = functional.conv2d(first(x), kernel(p["kernel"]), p["bias"], padding="same")
    return last(functional.max_pool2d(torch.relu(x), 2))


def block(neuron, graph, x):
    """What training and predicting run as one; the parameters are those of the first."""
    conv = neuron.set("node", neuron.neuron_conv2d(graph, x, 20, 3, 3, None),
                   padding="same")  # fmt: skip
    return conv, neuron.neuron_max_pool2d(graph, neuron.neuron_relu(graph, conv), 2, 2, None)


def halves(neuron, graph, x):
    """The left and the right half of images."""
    return [neuron.neuron_slice(graph, x, i * 5, 5, b"axis=1") for i in range(2)]


def both_halves(make):
    """A layer on both halves of images."""

    def layer(neuron, graph, x):
        left, right = halves(neuron, graph, x)
        first = make(neuron, graph, left)
        second = neuron.neuron_shared_layer(graph, first, neuron.nodes(right), 1)
        return first, neuron.neuron_concat(graph, neuron.nodes(first, second), 2, b"axis=1")

    return layer


def by_halves(reference):
    return lambda x, p, t: torch.cat([reference(x[:, :, :5], p), reference(x[:, :, 5:], p)], 2)


def trunk(neuron, graph, x):
    """Several layers that are one pass, on both halves."""
    left, right = halves(neuron, graph, x)
    owner, first = block(neuron, graph, left)
    second = neuron.neuron_shared_part(graph, right, left, first)
    return owner, neuron.neuron_concat(graph, neuron.nodes(first, second), 2, b"axis=1")


def keras_norm_twice(x, p, training):
    """One layer called on both halves, whose averages move twice."""
    layer = keras.layers.BatchNormalization(momentum=0.75, dtype="float64")
    layer.build(x[:, :, :5].shape)
    moved, parts = (p["moving_mean"], p["moving_variance"]), []
    for half in x[:, :, :5], x[:, :, 5:]:
        y, moved = layer.stateless_call((p["gamma"], p["beta"]), moved, half, training=training)
        parts.append(y)
    p["moved"] = dict(zip(("moving_mean", "moving_variance"), moved))
    return torch.cat(parts, 2)


def unrolled(neuron, graph, x):
    """A recurrent cell, h = tanh(W h), four times."""
    owner = neuron.neuron_dense(graph, x, 17, None)
    h = neuron.neuron_tanh(graph, owner)
    for _ in range(3):
        h = neuron.neuron_shared_layer(graph, owner, neuron.nodes(h), 1)
        h = neuron.neuron_tanh(graph, h)
    return owner, h


def torch_unrolled(x, p, training):
    del training
    cell = torch.nn.Linear(17, 17, dtype=x.dtype)
    weights = {"weight": p["kernel"].T, "bias": p["bias"]}
    for _ in range(4):
        x = torch.tanh(torch.func.functional_call(cell, weights, (x,)))
    return x


def weighted(neuron, graph, x):
    weights = (ctypes.c_double * 2)(0.5, 1.25)
    nodes = neuron.nodes(x, neuron.neuron_tanh(graph, x))
    return neuron.neuron_weighted_average(graph, nodes, 2, weights)


def dropped(x, p, training):
    """PyTorch's factor where our values were kept: the gradient of the others is 0."""
    if not training:
        return functional.dropout(x, 0.3, training=False)
    kept = torch.tensor(p["taken"]["front.bias"] != 0).reshape(x.shape)
    return x * kept * functional.dropout(torch.ones(1000, dtype=x.dtype), 0.3).max()


def taken_output(p):
    """What our layer gave in the step on one example: the gradient of the kernel behind it is the
    product of that and the gradient of the bias."""
    logits = p["taken"]["back.bias"]
    return torch.tensor(p["taken"]["back.kernel"].reshape(-1, CLASSES) @ logits / (logits @ logits))


def noisy(x, p, training):
    """With our noise; the gradients in front must pass it unchanged."""
    if not training:
        return x
    return x + (taken_output(p).reshape(x.shape) - x).detach()


def keras_depthwise(x, p, training):
    del training
    return keras.ops.depthwise_conv(x, p["kernel"], strides=1, padding="same") + p["bias"]


def turned(fill, value=0.0, peer=images.by_torch):
    """Turned by our angle, which is that by which the middle of our image is turned best: one number
    from hundreds. That it is within the bounds comes of where it is sought."""

    def reference(x, p, training):
        if not training:
            return x
        angle = images.find_angle(x.detach(), taken_output(p).reshape(x.shape), TURN)
        return peer(x, images.rotation(angle, *x.shape[1:3]), fill, value)

    return reference


def rotation_layer(fill, value=0.0):
    return lambda n, g, x: n.set(
        "node", n.neuron_random_rotation(g, x, TURN, None),
        fill_mode=fill, fill_value=value,
    )  # fmt: skip


def norm_shapes(channels):
    return {name: (channels,) for name in ("gamma", "beta", "moving_mean", "moving_variance")}


IMAGE = (6, 5, 3)
# Of so many channels and pixels that convolutions of 3x3 go Winograd's way, and others by vectors
# with something left over.
WIDE = (12, 11, 18)
OBLONG = (12, 15, 3)
PAIR = (6, 10, 2)  # two images beside each other
SERIES = (40, 6)
TURN = 0.4  # of a whole one, the most either way

# name, shape of the input, our layer (or the one with the parameters, and the last), the reference
# (input, parameters, training), their shapes. A reference leaves what else a step changes in
# p["moved"].
ROWS = [
    ("relu", (17,), lambda n, g, x: n.neuron_relu(g, x), lambda x, p, t: torch.relu(x), {}),
    ("tanh", (17,), lambda n, g, x: n.neuron_tanh(g, x), lambda x, p, t: torch.tanh(x), {}),
    ("sigmoid", (17,), lambda n, g, x: n.neuron_sigmoid(g, x), lambda x, p, t: torch.sigmoid(x), {}),
    ("leaky_relu", (17,), lambda n, g, x: n.neuron_leaky_relu(g, x, 0.3),
     lambda x, p, t: functional.leaky_relu(x, 0.3), {}),
    ("elu", (17,), lambda n, g, x: n.neuron_elu(g, x, 0.7),
     lambda x, p, t: functional.elu(x, 0.7), {}),
    ("gelu", (17,), lambda n, g, x: n.neuron_gelu(g, x, None), lambda x, p, t: functional.gelu(x), {}),
    ("gelu by tanh", (17,), lambda n, g, x: n.set("node", n.neuron_gelu(g, x, None), approximate="yes"),
     lambda x, p, t: functional.gelu(x, approximate="tanh"), {}),
    ("silu", (17,), lambda n, g, x: n.neuron_silu(g, x), lambda x, p, t: functional.silu(x), {}),
    ("hard_swish", (17,), lambda n, g, x: n.neuron_hard_swish(g, x),
     lambda x, p, t: functional.hardswish(x), {}),
    ("selu", (17,), lambda n, g, x: n.neuron_selu(g, x), lambda x, p, t: torch.selu(x), {}),
    ("softplus", (17,), lambda n, g, x: n.neuron_softplus(g, x),
     lambda x, p, t: functional.softplus(x), {}),
    ("softsign", (17,), lambda n, g, x: n.neuron_softsign(g, x),
     lambda x, p, t: functional.softsign(x), {}),
    ("exponential Keras", (17,), lambda n, g, x: n.neuron_exponential(g, x),
     lambda x, p, t: keras.activations.exponential(x), {}),
    ("softmax", (17,), lambda n, g, x: n.neuron_softmax(g, x, None),
     lambda x, p, t: torch.softmax(x, -1), {}),
    ("log_softmax", (17,), lambda n, g, x: n.neuron_log_softmax(g, x, None),
     lambda x, p, t: torch.log_softmax(x, -1), {}),
    ("log_softmax of rows", IMAGE, lambda n, g, x: n.neuron_log_softmax(g, x, b"axis=0"),
     lambda x, p, t: torch.log_softmax(x, 1), {}),
    ("clip", IMAGE, lambda n, g, x: n.neuron_clip(g, x, -0.25, 0.5),
     lambda x, p, t: functional.hardtanh(x, -0.25, 0.5), {}),
    ("permute", IMAGE, lambda n, g, x: n.neuron_permute(g, x, (ctypes.c_int32 * 3)(2, 0, 1), 3),
     lambda x, p, t: x.permute(0, 3, 1, 2), {}),
    ("softmax of rows", IMAGE, lambda n, g, x: n.set("node", n.neuron_softmax(g, x, None), axis=0),
     lambda x, p, t: torch.softmax(x, 1), {}),
    ("prelu", (17,), lambda n, g, x: n.neuron_prelu(g, x),
     lambda x, p, t: functional.prelu(x, p["alpha"]), {"alpha": (17,)}),
    ("prelu of an image", IMAGE, lambda n, g, x: n.neuron_prelu(g, x),
     lambda x, p, t: last(functional.prelu(first(x), p["alpha"])), {"alpha": (3,)}),
    ("prelu Keras", WIDE, lambda n, g, x: n.neuron_prelu(g, x), keras_prelu, {"alpha": (18,)}),
    ("layer_norm Keras", (17,), lambda n, g, x: n.neuron_layer_norm(g, x, None), keras_layer_norm,
     {"gamma": (17,), "beta": (17,)}),
    ("layer_norm PyTorch", WIDE,
     lambda n, g, x: n.set("node", n.neuron_layer_norm(g, x, None), epsilon=1e-5),
     lambda x, p, t: functional.layer_norm(x, (18,), p["gamma"], p["beta"]),
     {"gamma": (18,), "beta": (18,)}),
    ("dense", (17,), lambda n, g, x: n.neuron_dense(g, x, 9, None),
     lambda x, p, t: x @ p["kernel"] + p["bias"], {"kernel": (17, 9), "bias": (9,)}),
    ("conv2d", IMAGE, lambda n, g, x: n.neuron_conv2d(g, x, 7, 3, 3, None),
     lambda x, p, t: last(functional.conv2d(first(x), kernel(p["kernel"]), p["bias"])),
     {"kernel": (3, 3, 3, 7), "bias": (7,)}),
    ("conv2d same", IMAGE,
     lambda n, g, x: n.set("node", n.neuron_conv2d(g, x, 7, 5, 3, None), padding="same"),
     lambda x, p, t: last(functional.conv2d(first(x), kernel(p["kernel"]), p["bias"],
                                            padding="same")),
     {"kernel": (5, 3, 3, 7), "bias": (7,)}),
    ("conv2d same by 2", IMAGE,
     lambda n, g, x: n.set("node", n.neuron_conv2d(g, x, 7, 3, 3, None), padding="same",
                             stride_height=2, stride_width=2),
     lambda x, p, t: keras.ops.conv(x, p["kernel"], strides=2, padding="same") + p["bias"],
     {"kernel": (3, 3, 3, 7), "bias": (7,)}),
    ("conv2d 1x1", IMAGE, lambda n, g, x: n.neuron_conv2d(g, x, 7, 1, 1, None),
     lambda x, p, t: x @ p["kernel"][0, 0] + p["bias"], {"kernel": (1, 1, 3, 7), "bias": (7,)}),
    ("conv2d dilated", WIDE,
     lambda n, g, x: n.neuron_conv2d(g, x, 7, 3, 2, b"dilation_height=2, dilation_width=3"),
     lambda x, p, t: last(functional.conv2d(first(x), kernel(p["kernel"]), p["bias"],
                                            dilation=(2, 3))),
     {"kernel": (3, 2, 18, 7), "bias": (7,)}),
    ("conv2d dilated by 2", WIDE,
     lambda n, g, x: n.neuron_conv2d(g, x, 7, 3, 3, b"dilation_height=2, dilation_width=3, "
                                     b"stride_height=2, stride_width=2"),
     lambda x, p, t: last(functional.conv2d(first(x), kernel(p["kernel"]), p["bias"], stride=2,
                                            dilation=(2, 3))),
     {"kernel": (3, 3, 18, 7), "bias": (7,)}),
    ("conv2d dilated same Keras", WIDE,
     lambda n, g, x: n.neuron_conv2d(g, x, 7, 3, 2, b"dilation_height=2, dilation_width=3, "
                                     b"padding=same"),
     lambda x, p, t: keras.ops.conv(x, p["kernel"], padding="same", dilation_rate=(2, 3)) + p["bias"],
     {"kernel": (3, 2, 18, 7), "bias": (7,)}),
    ("conv2d of groups", WIDE, lambda n, g, x: n.neuron_conv2d(g, x, 24, 3, 3, b"groups=6"),
     lambda x, p, t: last(functional.conv2d(first(x), kernel(p["kernel"]), p["bias"], groups=6)),
     {"kernel": (3, 3, 3, 24), "bias": (24,)}),
    ("conv2d padded by 2", WIDE,
     lambda n, g, x: n.neuron_conv2d(g, x, 20, 3, 3, b"padding_top=1, padding_bottom=1, padding_left=2, "
                                     b"padding_right=2, stride_height=2, stride_width=2"),
     lambda x, p, t: last(functional.conv2d(first(x), kernel(p["kernel"]), p["bias"], stride=2,
                                            padding=(1, 2))),
     {"kernel": (3, 3, 18, 20), "bias": (20,)}),
    ("depthwise_conv2d dilated", WIDE,
     lambda n, g, x: n.neuron_depthwise_conv2d(g, x, 3, 3, b"padding_top=2, padding_bottom=2, "
                                               b"padding_left=2, padding_right=2, "
                                               b"dilation_height=2, dilation_width=2"),
     lambda x, p, t: last(functional.conv2d(
         first(x), p["kernel"].permute(2, 3, 0, 1).reshape(18, 1, 3, 3), p["bias"], padding=2,
         dilation=2, groups=18)),
     {"kernel": (3, 3, 18, 1), "bias": (18,)}),
    ("depthwise_conv2d", IMAGE,
     lambda n, g, x: n.set("node", n.neuron_depthwise_conv2d(g, x, 3, 3, None),
                             padding="same", depth_multiplier=2),
     keras_depthwise, {"kernel": (3, 3, 3, 2), "bias": (6,)}),
    ("max_pool2d", IMAGE, lambda n, g, x: n.neuron_max_pool2d(g, x, 2, 2, None),
     lambda x, p, t: last(functional.max_pool2d(first(x), 2)), {}),
    ("max_pool2d padded", WIDE,
     lambda n, g, x: n.neuron_max_pool2d(g, x, 3, 3, b"stride_height=2, stride_width=2, padding_top=1, "
                                         b"padding_bottom=1, padding_left=1, padding_right=1"),
     lambda x, p, t: last(functional.max_pool2d(first(x), 3, 2, 1)), {}),
    ("average_pool2d padded", WIDE,
     lambda n, g, x: n.neuron_average_pool2d(g, x, 3, 3, b"stride_height=2, stride_width=2, padding_top=1, "
                                             b"padding_bottom=1, padding_left=1, padding_right=1"),
     lambda x, p, t: last(functional.avg_pool2d(first(x), 3, 2, 1, count_include_pad=False)), {}),
    ("average_pool2d", IMAGE, lambda n, g, x: n.neuron_average_pool2d(g, x, 2, 2, None),
     lambda x, p, t: last(functional.avg_pool2d(first(x), 2)), {}),
    ("average_pool2d same", IMAGE,
     lambda n, g, x: n.set("node", n.neuron_average_pool2d(g, x, 3, 2, None), padding="same"),
     by_keras(keras.layers.AveragePooling2D((3, 2), padding="same", dtype="float64")), {}),
    ("global_average_pool2d", IMAGE, lambda n, g, x: n.neuron_global_average_pool2d(g, x),
     lambda x, p, t: x.mean((1, 2)), {}),
    ("global_max_pool2d", IMAGE, lambda n, g, x: n.neuron_global_max_pool2d(g, x),
     lambda x, p, t: x.amax((1, 2)), {}),
    ("zero_pad2d", IMAGE, lambda n, g, x: n.neuron_zero_pad2d(g, x, 1, 2, 0, 3),
     lambda x, p, t: functional.pad(x, (0, 0, 0, 3, 1, 2)), {}),
    ("reshape", IMAGE, lambda n, g, x: n.neuron_reshape(g, x, n.shape((15, 6)), 2),
     lambda x, p, t: x.reshape(-1, 15, 6), {}),
    ("flatten", IMAGE, lambda n, g, x: n.neuron_flatten(g, x), lambda x, p, t: x.flatten(1), {}),
    ("batch_norm Keras", IMAGE, lambda n, g, x: n.neuron_batch_norm(g, x, None), keras_norm(0.99),
     norm_shapes(3)),
    ("batch_norm by 0.4 Keras", WIDE,
     lambda n, g, x: n.set("node", n.neuron_batch_norm(g, x, None), momentum=0.4),
     keras_norm(0.4),
     norm_shapes(18)),
    ("batch_norm of rows Keras", (7, 3),
     lambda n, g, x: n.set("node", n.neuron_batch_norm(g, x, None), momentum=0.0),
     keras_norm(0),
     norm_shapes(3)),
    ("batch_norm PyTorch", WIDE, lambda n, g, x: n.neuron_batch_norm(g, x, None), torch_norm, norm_shapes(18)),
    ("conv2d wide", WIDE, lambda n, g, x: n.neuron_conv2d(g, x, 20, 3, 3, None),
     lambda x, p, t: last(functional.conv2d(first(x), kernel(p["kernel"]), p["bias"])),
     {"kernel": (3, 3, 18, 20), "bias": (20,)}),
    ("conv2d wide same", WIDE,
     lambda n, g, x: n.set("node", n.neuron_conv2d(g, x, 20, 3, 3, None), padding="same"),
     lambda x, p, t: last(functional.conv2d(first(x), kernel(p["kernel"]), p["bias"],
                                            padding="same")),
     {"kernel": (3, 3, 18, 20), "bias": (20,)}),
    ("conv2d wide, relu, max_pool2d", WIDE, block, torch_block,
     {"kernel": (3, 3, 18, 20), "bias": (20,)}),
    ("conv2d wide 5x5", WIDE, lambda n, g, x: n.neuron_conv2d(g, x, 20, 5, 5, None),
     lambda x, p, t: last(functional.conv2d(first(x), kernel(p["kernel"]), p["bias"])),
     {"kernel": (5, 5, 18, 20), "bias": (20,)}),
    ("conv2d wide same by 2", WIDE,
     lambda n, g, x: n.set("node", n.neuron_conv2d(g, x, 20, 3, 3, None), padding="same",
                             stride_height=2, stride_width=2),
     lambda x, p, t: keras.ops.conv(x, p["kernel"], strides=2, padding="same") + p["bias"],
     {"kernel": (3, 3, 18, 20), "bias": (20,)}),
    ("conv2d wide 1x1", WIDE, lambda n, g, x: n.neuron_conv2d(g, x, 20, 1, 1, None),
     lambda x, p, t: x @ p["kernel"][0, 0] + p["bias"], {"kernel": (1, 1, 18, 20), "bias": (20,)}),
    ("depthwise_conv2d wide", WIDE,
     lambda n, g, x: n.set("node", n.neuron_depthwise_conv2d(g, x, 3, 3, None),
                             padding="same"),
     keras_depthwise, {"kernel": (3, 3, 18, 1), "bias": (18,)}),
    ("slice of rows", IMAGE, lambda n, g, x: n.neuron_slice(g, x, 1, 3, b"axis=0"),
     lambda x, p, t: x[:, 1:4], {}),
    ("slice from the end", IMAGE, lambda n, g, x: n.neuron_slice(g, x, -2, -1, None),
     lambda x, p, t: x[..., -2:], {}),
    ("upsample2d", IMAGE, lambda n, g, x: n.neuron_upsample2d(g, x, 2, 3, None),
     by_keras(keras.layers.UpSampling2D((2, 3), dtype="float64")), {}),
    ("upsample2d bilinear PyTorch", IMAGE,
     lambda n, g, x: n.neuron_upsample2d(g, x, 2, 3, b"interpolation=bilinear"),
     lambda x, p, t: last(functional.interpolate(first(x), scale_factor=(2, 3), mode="bilinear")), {}),
    ("upsample2d bilinear Keras", IMAGE,
     lambda n, g, x: n.neuron_upsample2d(g, x, 4, 2, b"interpolation=bilinear"),
     by_keras(keras.layers.UpSampling2D((4, 2), interpolation="bilinear", dtype="float64")), {}),
    ("rescale Keras", IMAGE, lambda n, g, x: n.neuron_rescale(g, x, -1.75, 0.5),
     by_keras(keras.layers.Rescaling(-1.75, 0.5, dtype="float64")), {}),
    ("standardize", IMAGE, lambda n, g, x: n.neuron_standardize(g, x),
     lambda x, p, t: (x - p["mean"].detach()) / p["deviation"].detach(), {"mean": (3,), "deviation": (3,)}),
    ("unstandardize", IMAGE, lambda n, g, x: n.neuron_unstandardize(g, x),
     lambda x, p, t: x * p["deviation"].detach() + p["mean"].detach(), {"mean": (3,), "deviation": (3,)}),
    ("conv2d_transpose", IMAGE, lambda n, g, x: n.neuron_conv2d_transpose(g, x, 7, 3, 3, None),
     lambda x, p, t: last(functional.conv_transpose2d(first(x), kernel(p["kernel"]), p["bias"])),
     {"kernel": (3, 3, 7, 3), "bias": (7,)}),
    ("conv2d_transpose by 2", WIDE,
     lambda n, g, x: n.neuron_conv2d_transpose(g, x, 20, 4, 4, b"padding=same, stride_height=2, "
                                               b"stride_width=2"),
     lambda x, p, t: last(functional.conv_transpose2d(first(x), kernel(p["kernel"]), p["bias"],
                                                      stride=2, padding=1)),
     {"kernel": (4, 4, 20, 18), "bias": (20,)}),
    ("conv2d_transpose same Keras", IMAGE,
     lambda n, g, x: n.neuron_conv2d_transpose(g, x, 7, 3, 3, b"padding=same, stride_height=2, "
                                               b"stride_width=3"),
     lambda x, p, t: keras.ops.conv_transpose(x, p["kernel"], strides=(2, 3), padding="same")
     + p["bias"],
     {"kernel": (3, 3, 7, 3), "bias": (7,)}),
    ("conv2d_transpose by 3 Keras", IMAGE,
     lambda n, g, x: n.neuron_conv2d_transpose(g, x, 7, 2, 4, b"stride_height=3, stride_width=3"),
     lambda x, p, t: keras.ops.conv_transpose(x, p["kernel"], strides=3, padding="valid") + p["bias"],
     {"kernel": (2, 4, 7, 3), "bias": (7,)}),
    ("conv1d", SERIES, lambda n, g, x: n.neuron_conv1d(g, x, 7, 3, None),
     lambda x, p, t: side(functional.conv1d(side(x), p["kernel"].permute(2, 1, 0), p["bias"])),
     {"kernel": (3, 6, 7), "bias": (7,)}),
    ("conv1d by 2 of groups", SERIES,
     lambda n, g, x: n.neuron_conv1d(g, x, 9, 5, b"stride=2, groups=3, padding_before=2, "
                                     b"padding_behind=2"),
     lambda x, p, t: side(functional.conv1d(side(x), p["kernel"].permute(2, 1, 0), p["bias"], stride=2,
                                            padding=2, groups=3)),
     {"kernel": (5, 2, 9), "bias": (9,)}),
    ("conv1d causal Keras", SERIES,
     lambda n, g, x: n.neuron_conv1d(g, x, 7, 3, b"dilation=4, padding_before=8"), keras_causal,
     {"kernel": (3, 6, 7), "bias": (7,)}),
    ("conv1d same by 2 Keras", SERIES,
     lambda n, g, x: n.neuron_conv1d(g, x, 7, 4, b"padding=same, stride=2"),
     lambda x, p, t: keras.ops.conv(x, p["kernel"], strides=2, padding="same") + p["bias"],
     {"kernel": (4, 6, 7), "bias": (7,)}),
    ("max_pool1d", SERIES, lambda n, g, x: n.neuron_max_pool1d(g, x, 2, None),
     lambda x, p, t: side(functional.max_pool1d(side(x), 2)), {}),
    ("average_pool1d same Keras", SERIES,
     lambda n, g, x: n.neuron_average_pool1d(g, x, 4, b"stride=2, padding=same"),
     by_keras(keras.layers.AveragePooling1D(4, 2, padding="same", dtype="float64")), {}),
    ("global_average_pool1d", SERIES, lambda n, g, x: n.neuron_global_average_pool1d(g, x),
     lambda x, p, t: x.mean(1), {}),
    ("global_max_pool1d", SERIES, lambda n, g, x: n.neuron_global_max_pool1d(g, x),
     lambda x, p, t: x.amax(1), {}),
    ("add by channels", IMAGE,
     lambda n, g, x: n.neuron_add(g, n.nodes(n.neuron_global_max_pool2d(g, x), x), 2),
     lambda x, p, t: x.amax((1, 2))[:, None, None] + x, {}),
    ("multiply by channels", WIDE,
     lambda n, g, x: n.neuron_multiply(g, n.nodes(x, n.neuron_global_average_pool2d(g, x)), 2),
     lambda x, p, t: x * x.mean((1, 2))[:, None, None], {}),
    ("multiply by pixels", IMAGE,
     lambda n, g, x: n.neuron_multiply(g, n.nodes(x, n.neuron_slice(g, x, 0, 1, None)), 2),
     lambda x, p, t: x * x[..., :1], {}),
    ("add", (17,), lambda n, g, x: n.neuron_add(g, n.nodes(x, n.neuron_tanh(g, x), x), 3),
     lambda x, p, t: x + torch.tanh(x) + x, {}),
    ("multiply", (17,), lambda n, g, x: n.neuron_multiply(g, n.nodes(x, n.neuron_tanh(g, x)), 2),
     lambda x, p, t: x * torch.tanh(x), {}),
    ("average", (17,), lambda n, g, x: n.neuron_average(g, n.nodes(x, n.neuron_tanh(g, x)), 2),
     lambda x, p, t: (x + torch.tanh(x)) / 2, {}),
    ("concat", IMAGE, lambda n, g, x: n.neuron_concat(g, n.nodes(x, n.neuron_tanh(g, x)), 2, b"axis=1"),
     lambda x, p, t: torch.cat((x, torch.tanh(x)), 2), {}),
    ("weighted_average", (17,), weighted,
     lambda x, p, t: (0.5 * x + 1.25 * torch.tanh(x)) / 1.75, {}),
    ("shared_layer, convolution", PAIR,
     both_halves(lambda n, g, x: n.neuron_conv2d(g, x, 8, 3, 3, b"padding=same")),
     by_halves(lambda x, p: last(functional.conv2d(first(x), kernel(p["kernel"]), p["bias"],
                                                   padding="same"))), {"kernel": (3, 3, 2, 8), "bias": (8,)}),
    ("shared_layer, normalisation, Keras", PAIR,
     both_halves(lambda n, g, x: n.neuron_batch_norm(g, x, b"momentum=0.75")),
     keras_norm_twice, norm_shapes(2)),
    ("shared_layer, unrolled", (17,), unrolled, torch_unrolled,
     {"kernel": (17, 17), "bias": (17,)}),
    ("shared_part", PAIR, trunk, by_halves(lambda x, p: torch_block(x, p, True)),
     {"kernel": (3, 3, 2, 20), "bias": (20,)}),
    ("dropout of nothing", (17,), lambda n, g, x: n.neuron_dropout(g, x, 0),
     lambda x, p, t: functional.dropout(x, 0, t), {}),
    ("random_rotation by 0", IMAGE, lambda n, g, x: n.neuron_random_rotation(g, x, 0, None),
     lambda x, p, t: x, {}),
]  # fmt: skip
ROWS += [
    (name + " wide", WIDE, layer, reference, {})
    for name, shape, layer, reference, shapes in ROWS
    if shape == IMAGE and not shapes and name != "reshape"
]

# Layers of chance, from whose step on a single example follows what chance was: the reference finds
# what our step took away in p["taken"].
CHANCE = [
    ("dropout", (400,), lambda n, g, x: n.neuron_dropout(g, x, 0.3), dropped, {}),
    ("gaussian_noise", (400,), lambda n, g, x: n.neuron_gaussian_noise(g, x, 0.5), noisy, {}),
    ("random_rotation, zeros outside, PyTorch", OBLONG, rotation_layer("constant"),
     turned("constant"), {}),
    ("random_rotation, nearest, PyTorch", OBLONG, rotation_layer("nearest"), turned("nearest"), {}),
    ("random_rotation, reflect, PyTorch", OBLONG, rotation_layer("reflect"), turned("reflect"), {}),
    ("random_rotation, constant, Keras", OBLONG, rotation_layer("constant", 0.75),
     turned("constant", 0.75, images.by_keras), {}),
    ("random_rotation, nearest, Keras", OBLONG, rotation_layer("nearest"),
     turned("nearest", peer=images.by_keras), {}),
    ("random_rotation, reflect, Keras", OBLONG, rotation_layer("reflect"),
     turned("reflect", peer=images.by_keras), {}),
    ("random_rotation, wrap, Keras", OBLONG, rotation_layer("wrap"),
     turned("wrap", peer=images.by_keras), {}),
]  # fmt: skip

# No layers, and what neither PyTorch nor Keras has: votes, and layers that calibration.py compares with others.
NOT_COMPARED = {"input", "graph_import", "graph_import_part", "layer_by_name", "shared_layer", "shared_part", "vote",
                "piecewise_linear", "prediction_set", "temperature_scaling", "uncertainty", "vector_scaling"}


def build(neuron, shape, layer):
    graph = neuron.make("neuron_graph_create", neuron.context)
    x = neuron.neuron_input(graph, neuron.shape((FRONT,)), 1)
    x = neuron.neuron_dense(graph, x, int(numpy.prod(shape)), None)
    neuron.neuron_node_set_name(x, b"front")
    if len(shape) > 1:
        x = neuron.neuron_reshape(graph, x, neuron.shape(shape), len(shape))
    made = layer(neuron, graph, x)
    owner, x = made if isinstance(made, tuple) else (made, made)
    neuron.neuron_node_set_name(owner, b"layer")
    x = neuron.neuron_dense(graph, neuron.neuron_flatten(graph, x), CLASSES, None)
    neuron.neuron_node_set_name(x, b"back")
    neuron.must(neuron.neuron_graph_finish(graph, neuron.neuron_softmax(graph, x, None)))
    return graph


def start(neuron, graph, shape, shapes, random):
    """The same parameters for both: random ones, biases too."""
    values = {}
    for name, array in neuron.arrays(graph).items():
        low = 0.5 if name.endswith(("variance", "gamma", "deviation")) else -1.0
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


def forward(parameters, examples, shape, reference, training, taken):
    """The logits, and the values of the arrays that a step changes beside the gradient."""
    own = {n[len("layer.") :]: p for n, p in parameters.items() if n.startswith("layer.")}
    own.update(taken=taken, moved={})
    x = examples @ parameters["front.kernel"] + parameters["front.bias"]
    x = reference(x.reshape(-1, *shape), own, training)
    logits = x.reshape(len(examples), -1) @ parameters["back.kernel"] + parameters["back.bias"]
    return logits, {"layer." + name: value for name, value in own["moved"].items()}


def step(neuron, graph, before, examples, labels):
    """What a step takes away from each array, and their values after it."""
    sgd = neuron.optimizer("sgd", learning_rate=STEP)
    dataset = neuron.dataset(examples, labels, CLASSES)
    neuron.train(graph, sgd, dataset, 1, len(examples))
    after = neuron.arrays(graph)
    taken = {name: (before[name].astype(numpy.float64) - after[name]) / STEP for name in after}
    return taken, after


def row_differences(neuron, row, batch, random):
    name, shape, layer, reference, shapes = row
    graph = build(neuron, shape, layer)
    before, parameters = start(neuron, graph, shape, shapes, random)
    examples = random.normal(size=(batch, FRONT)).astype(numpy.float32)
    labels = random.integers(CLASSES, size=batch).astype(numpy.int32)
    inputs = torch.tensor(examples, dtype=torch.float64)

    logits, _ = forward(parameters, inputs, shape, reference, False, None)
    theirs = torch.softmax(logits, -1)
    yield name + " forward", neuron.predict(graph, examples, CLASSES), theirs

    taken, after = step(neuron, graph, before, examples, labels)
    logits, moved = forward(parameters, inputs, shape, reference, True, taken)
    functional.cross_entropy(logits, torch.tensor(labels, dtype=torch.int64)).backward()
    for array in after:
        if array in moved:
            yield f"{name} {array}", after[array], moved[array]
        elif parameters[array].grad is not None:
            yield f"{name} {array}", taken[array], parameters[array].grad.flatten()


def check_complete():
    """Every layer that there is has a row."""
    with open(HEADER, encoding="utf-8") as file:
        builder = r"NEURON_API(?:_EXPERIMENTAL)? neuron_node_t \*\s*neuron_(\w+)\(\s*neuron_graph_t"
        builders = re.findall(builder, file.read())
    compared = {re.split("[ ,]", row[0])[0] for row in ROWS + CHANCE}
    missing = set(builders) - compared - NOT_COMPARED
    assert not missing, f"no row compares {sorted(missing)}"


def differences(neuron):
    """The largest difference of each layer, relative to the largest number of its kind."""
    check_complete()
    random = numpy.random.default_rng(1)
    for batch, rows in ((BATCH, ROWS), (1, CHANCE)):
        for row in rows:
            yield from row_differences(neuron, row, batch, random)
