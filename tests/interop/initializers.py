"""How kernels start, against PyTorch and Keras.

Each side draws for itself, so what is compared is what a million numbers tell of where they come
from: the bound of uniform ones, of which the largest is a millionth short; the deviation, which they
give to about 1 / 1400; of normal ones how they spread, where they are cut at two deviations: that is in
Keras and here, not in PyTorch.
"""
import keras
import numpy
import torch

CHANCE = 0.005  # seven deviations of the deviation

# Ours, Keras', PyTorch's.
ROWS = [
    ("glorot_uniform", keras.initializers.GlorotUniform, torch.nn.init.xavier_uniform_),
    ("glorot_normal", keras.initializers.GlorotNormal, torch.nn.init.xavier_normal_),
    ("he_uniform", keras.initializers.HeUniform,
     lambda w: torch.nn.init.kaiming_uniform_(w, nonlinearity="relu")),
    ("he_normal", keras.initializers.HeNormal,
     lambda w: torch.nn.init.kaiming_normal_(w, nonlinearity="relu")),
    ("lecun_uniform", keras.initializers.LecunUniform,
     lambda w: torch.nn.init.kaiming_uniform_(w, nonlinearity="linear")),
    ("lecun_normal", keras.initializers.LecunNormal,
     lambda w: torch.nn.init.kaiming_normal_(w, nonlinearity="linear")),
]  # fmt: skip

# Layers of an input's shape, the kernel's shape as in Keras, and its axes in PyTorch's order. A kernel
# for each channel is counted by PyTorch as one of a single channel, by Keras and us as one of all.
LAYERS = [
    ("dense", (800,), lambda n, g, x: n.neuron_dense(g, x, 1600, None), (800, 1600), (1, 0)),
    ("conv2d", (3, 5, 250), lambda n, g, x: n.neuron_conv2d(g, x, 400, 3, 5, None), (3, 5, 250, 400),
     (3, 2, 0, 1)),
    ("depthwise_conv2d", (3, 3, 600),
     lambda n, g, x: n.set("node", n.neuron_depthwise_conv2d(g, x, 3, 3, None), depth_multiplier=200),
     (3, 3, 600, 200), None),
]  # fmt: skip


def drawn(neuron, kind, shape, layer):
    graph = neuron.make("neuron_graph_create", neuron.context)
    node = layer(neuron, graph, neuron.neuron_input(graph, neuron.shape(shape), len(shape)))
    neuron.must(neuron.neuron_node_set_initializer(node, b"kernel", kind.encode(), 0))
    neuron.must(neuron.neuron_graph_finish(graph, node))
    kernel = next(v for name, v in neuron.arrays(graph).items() if name.endswith(".kernel"))
    neuron.neuron_graph_unref(graph)
    return kernel.astype(numpy.float64)


def differences(neuron):
    torch.manual_seed(4)
    for kind, in_keras, in_torch in ROWS:
        for layer_name, shape, layer, extents, axes in LAYERS:
            ours = drawn(neuron, kind, shape, layer)
            peers = [("Keras", in_keras(seed=4)(extents, dtype="float64"))]
            if axes:
                kernel = torch.empty([extents[axis] for axis in axes], dtype=torch.float64)
                peers.append(("PyTorch", in_torch(kernel)))
            for peer, theirs in peers:
                label = f"{kind.lower()} of {layer_name}"
                yield f"{label} {peer} deviation", ours.std(), theirs.std(), CHANCE
                if kind.endswith("UNIFORM"):
                    yield f"{label} {peer} bound", abs(ours).max(), theirs.abs().max()
                elif peer == "Keras":
                    # Not the bound: of four draws that are all beyond, Keras keeps one on PyTorch.
                    spread = numpy.quantile(abs(theirs.numpy()), 0.99)
                    ours_spread = numpy.quantile(abs(ours), 0.99)
                    yield f"{label} {peer} spread", ours_spread, torch.tensor(spread), CHANCE
