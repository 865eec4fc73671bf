"""Each loss and its gradient against Keras, and against PyTorch where the definitions are the same.

A network input -> dense -> output function; the gradient of the dense layer's parameters is what one
step of plain gradient descent takes away. The references work in float64.
"""
import keras
import numpy
import torch

BATCH, INPUTS, OUTPUTS = 6, 5, 4
STEP = 1e6

# Keras' losses as functions of truth and prediction; the mean over the batch comes after.
ROWS = [
    ("CROSS_ENTROPY", "softmax", "one hot", {}, keras.losses.CategoricalCrossentropy()),
    ("CROSS_ENTROPY", "softmax", "class", {}, keras.losses.SparseCategoricalCrossentropy()),
    ("CROSS_ENTROPY", "softmax", "one hot", {"LABEL_SMOOTHING": 0.1},
     keras.losses.CategoricalCrossentropy(label_smoothing=0.1)),
    ("BINARY_CROSS_ENTROPY", "sigmoid", "bits", {}, keras.losses.BinaryCrossentropy()),
    ("BINARY_CROSS_ENTROPY", "sigmoid", "bits", {"LABEL_SMOOTHING": 0.2},
     keras.losses.BinaryCrossentropy(label_smoothing=0.2)),
    ("MEAN_SQUARED_ERROR", "linear", "any", {}, keras.losses.MeanSquaredError()),
    ("MEAN_SQUARED_ERROR", "softmax", "one hot", {}, keras.losses.MeanSquaredError()),
    ("MEAN_ABSOLUTE_ERROR", "linear", "any", {}, keras.losses.MeanAbsoluteError()),
    ("MEAN_SQUARED_LOGARITHMIC_ERROR", "sigmoid", "bits", {},
     keras.losses.MeanSquaredLogarithmicError()),
    ("HINGE", "linear", "bits", {}, keras.losses.Hinge()),
    ("SQUARED_HINGE", "linear", "bits", {}, keras.losses.SquaredHinge()),
    ("KULLBACK_LEIBLER", "softmax", "shares", {}, keras.losses.KLDivergence()),
    ("HUBER", "linear", "any", {"DELTA": 0.6}, keras.losses.Huber(delta=0.6)),
]  # fmt: skip

# The same in PyTorch, of output and target.
TORCH = {
    "MEAN_SQUARED_ERROR": torch.nn.functional.mse_loss,
    "MEAN_ABSOLUTE_ERROR": torch.nn.functional.l1_loss,
    "BINARY_CROSS_ENTROPY": torch.nn.functional.binary_cross_entropy,
    "HUBER": lambda output, target: torch.nn.functional.huber_loss(output, target, delta=0.6),
}


def targets(kind, random):
    classes = random.integers(OUTPUTS, size=BATCH)
    if kind == "class":
        return classes.astype(numpy.int32)
    if kind == "one hot":
        return numpy.eye(OUTPUTS, dtype=numpy.float32)[classes]
    if kind == "bits":
        return random.integers(2, size=(BATCH, OUTPUTS)).astype(numpy.float32)
    values = random.normal(size=(BATCH, OUTPUTS))
    if kind == "shares":
        values = numpy.exp(values) / numpy.exp(values).sum(1, keepdims=True)
    return values.astype(numpy.float32)


def build(neuron, output):
    graph = neuron.make("neuron_graph_create", neuron.context)
    x = neuron.neuron_input(graph, neuron.shape((INPUTS,)), 1)
    x = neuron.neuron_dense(graph, x, OUTPUTS)
    if output != "linear":
        x = getattr(neuron, "neuron_" + output)(graph, x)
    neuron.must(neuron.neuron_graph_finish(graph, x))
    return graph


def make_loss(neuron, name, options):
    loss = neuron.make(
        "neuron_loss_create", neuron.context, getattr(neuron, "NEURON_LOSS_" + name)
    )
    for option, value in options.items():
        key = getattr(neuron, "NEURON_LOSS_" + option)
        neuron.must(neuron.neuron_loss_set_float(loss, key, value))
    return loss


def theirs(before, examples, truth, output, function):
    weights = torch.tensor(before["dense.kernel"].reshape(INPUTS, OUTPUTS), dtype=torch.float64,
                           requires_grad=True)  # fmt: skip
    bias = torch.tensor(before["dense.bias"], dtype=torch.float64, requires_grad=True)
    y = torch.tensor(examples, dtype=torch.float64) @ weights + bias
    y = {"linear": y, "softmax": torch.softmax(y, -1), "sigmoid": torch.sigmoid(y)}[output]
    truth = torch.tensor(truth)
    loss = function(truth if truth.dtype == torch.int32 else truth.double(), y)
    loss.backward()
    return loss.detach(), weights.grad.flatten(), bias.grad


def differences(neuron):
    random = numpy.random.default_rng(2)
    for name, output, kind, options, function in ROWS:
        references = [("Keras", function)]
        if name in TORCH and (not options or name == "HUBER"):
            references.append(("PyTorch", lambda t, y, f=TORCH[name]: f(y, t)))
        examples = random.normal(size=(BATCH, INPUTS)).astype(numpy.float32)
        truth = targets(kind, random)
        graph = build(neuron, output)
        before = neuron.arrays(graph)
        classes = 0 if kind in ("any", "bits") else OUTPUTS
        dataset = neuron.dataset(examples, truth, classes)
        sgd = neuron.optimizer("NEURON_OPTIMIZER_SGD", learning_rate=STEP)
        loss = make_loss(neuron, name, options)
        ours = neuron.train(graph, sgd, dataset, 1, BATCH, loss)
        after = neuron.arrays(graph)
        for peer, reference in references:
            label = f"{name.lower()} of {output}, {kind} {options or ''} {peer}"
            value, kernel, bias = theirs(before, examples, truth, output, reference)
            yield label, numpy.array(ours), value
            for array, gradient in (("dense.kernel", kernel), ("dense.bias", bias)):
                taken = (before[array].astype(numpy.float64) - after[array]) / STEP
                yield f"{label} {array}", taken, gradient
