"""Each loss and its gradient against Keras, and against PyTorch where the definitions are the same.

A network input -> dense -> output function; the gradient of the dense layer's parameters is what one
step of plain gradient descent takes away. Each without weights, with weights of the examples, of the
classes, and both; the loss also as an evaluation has it, and as an epoch of uneven batches has it.
The references work in float64.
"""
import keras
import numpy
import torch
import torch.nn.functional as functional

BATCH, INPUTS = 6, 5
STEP = 1e6


def element_wise(function, **options):
    """A loss of PyTorch of outputs and targets, whose mean over an example's outputs we take."""

    def loss(y, logits, t, weights):
        del logits
        if weights is None:
            return function(y, t, **options)
        return (weights[:, None] * function(y, t, reduction="none", **options)).mean()

    return loss


def cross_entropy(**options):
    """Of the logits, or of what softmax makes the same shares of: the logarithms of outputs."""

    def loss(y, logits, t, weights):
        logits = y.log() if logits is None else logits
        if weights is None:
            return functional.cross_entropy(logits, t, **options)
        return (weights * functional.cross_entropy(logits, t, reduction="none", **options)).mean()

    return loss


def kullback_leibler(y, logits, t, weights):
    del logits
    if weights is None:
        return functional.kl_div(y.log(), t, reduction="batchmean")
    return (weights * functional.kl_div(y.log(), t, reduction="none").sum(1)).mean()


def distillation(temperature, share):
    """The usual formula with CrossEntropyLoss for both: KLDivLoss differs by a constant only."""

    def loss(y, logits, t, weights):
        del y
        soft = (t.log() / temperature).softmax(-1)
        each = share * temperature**2 * functional.cross_entropy(
            logits / temperature, soft, reduction="none")
        each = each + (1 - share) * functional.cross_entropy(logits, t.argmax(1), reduction="none")
        return each.mean() if weights is None else (weights * each).mean()

    return loss


def smoothed_binary(smoothing):
    """PyTorch smooths no binary targets."""
    usual = element_wise(functional.binary_cross_entropy)
    return lambda y, x, t, w: usual(y, x, t * (1 - smoothing) + smoothing / 2, w)


def logits_binary(y, logits, t, weights):
    del y
    return element_wise(functional.binary_cross_entropy_with_logits)(logits, None, t, weights)


KERAS = keras.losses
binary = element_wise(functional.binary_cross_entropy)
square = element_wise(functional.mse_loss)
absolute = element_wise(functional.l1_loss)

# Our loss, the output function, the targets, options; Keras' loss; PyTorch's of output, logits,
# targets and the examples' weights, of which it has none for logarithmic errors and for hinges:
# HingeEmbeddingLoss and MultiMarginLoss are other functions of the outputs.
ROWS = [
    ("cross_entropy", "softmax", "one hot", {}, KERAS.CategoricalCrossentropy(), cross_entropy()),
    ("cross_entropy", "softmax", "shares", {}, KERAS.CategoricalCrossentropy(), cross_entropy()),
    ("cross_entropy", "softmax", "class", {}, KERAS.SparseCategoricalCrossentropy(),
     cross_entropy()),
    ("cross_entropy", "softmax", "one hot", {"label_smoothing": 0.1},
     KERAS.CategoricalCrossentropy(label_smoothing=0.1), cross_entropy(label_smoothing=0.1)),
    ("cross_entropy", "softmax", "class", {"label_smoothing": 0.3}, None,
     cross_entropy(label_smoothing=0.3)),
    ("cross_entropy", "sigmoid", "one hot", {"label_smoothing": 0.1},
     KERAS.CategoricalCrossentropy(label_smoothing=0.1), cross_entropy(label_smoothing=0.1)),
    ("binary_cross_entropy", "sigmoid", "bits", {}, KERAS.BinaryCrossentropy(), binary),
    ("binary_cross_entropy", "sigmoid", "bits", {}, KERAS.BinaryCrossentropy(), logits_binary),
    ("binary_cross_entropy", "sigmoid", "bit", {}, KERAS.BinaryCrossentropy(), logits_binary),
    ("binary_cross_entropy", "softmax", "one hot", {}, KERAS.BinaryCrossentropy(), binary),
    ("binary_cross_entropy", "sigmoid", "bits", {"label_smoothing": 0.2},
     KERAS.BinaryCrossentropy(label_smoothing=0.2), smoothed_binary(0.2)),
    ("mean_squared_error", "linear", "any", {}, KERAS.MeanSquaredError(), square),
    ("mean_squared_error", "softmax", "one hot", {}, KERAS.MeanSquaredError(), square),
    ("mean_absolute_error", "linear", "any", {}, KERAS.MeanAbsoluteError(), absolute),
    ("mean_squared_logarithmic_error", "sigmoid", "bits", {}, KERAS.MeanSquaredLogarithmicError(),
     None),
    ("hinge", "linear", "bits", {}, KERAS.Hinge(), None),
    ("squared_hinge", "linear", "bits", {}, KERAS.SquaredHinge(), None),
    ("kullback_leibler", "softmax", "shares", {}, KERAS.KLDivergence(), kullback_leibler),
    ("distillation", "softmax", "shares", {}, None, distillation(2, 0.5)),
    ("distillation", "softmax", "shares", {"temperature": 2.5, "soft_share": 0.3}, None,
     distillation(2.5, 0.3)),
    ("huber", "linear", "any", {}, KERAS.Huber(), element_wise(functional.huber_loss)),
    ("huber", "linear", "any", {"delta": 0.6}, KERAS.Huber(delta=0.6),
     element_wise(functional.huber_loss, delta=0.6)),
]  # fmt: skip

CLASS_WEIGHTS = numpy.array([0.5, 3.0, 1.25, 2.0])
WEIGHTINGS = [(False, False), (True, False), (False, True), (True, True)]


def by_class(loss):
    """PyTorch's weights of classes. Its mean divides by the sum of the examples' weights, where
    Keras and we divide by their number; so the sum is taken."""
    return lambda y, x, t, w: loss(x, t, torch.tensor(CLASS_WEIGHTS), reduction="sum") / len(t)


def by_positive(y, logits, t, weights):
    """PyTorch's weight of the ones beside zeros of weight 1, here a multiple of both."""
    del y, weights
    low, high = CLASS_WEIGHTS[:2]
    return low * functional.binary_cross_entropy_with_logits(
        logits, t, pos_weight=torch.tensor(high / low)
    )


# The same with class weights by PyTorch's own argument for them. With label smoothing it is another
# thing there: each class' share of the smoothed target has its own weight.
CLASS_ROWS = [
    ("cross_entropy", "softmax", "class", {}, None, by_class(functional.cross_entropy)),
    ("cross_entropy", "softmax", "one hot", {}, None, by_class(functional.cross_entropy)),
    ("binary_cross_entropy", "sigmoid", "bit", {}, None, by_positive),
]


def outputs_of(kind):
    return 1 if kind == "bit" else 4


def targets(kind, random):
    outputs = outputs_of(kind)
    classes = random.integers(outputs, size=BATCH)
    if kind == "class":
        return classes.astype(numpy.int32)
    if kind == "one hot":
        return numpy.eye(outputs, dtype=numpy.float32)[classes]
    if kind in ("bits", "bit"):
        return random.integers(2, size=(BATCH, outputs)).astype(numpy.float32)
    values = random.normal(size=(BATCH, outputs))
    if kind == "shares":
        values = numpy.exp(values) / numpy.exp(values).sum(1, keepdims=True)
    return values.astype(numpy.float32)


def class_numbers(truth):
    if truth.ndim == 1:
        return truth
    return truth.argmax(1) if truth.shape[1] > 1 else (truth[:, 0] > 0.5).astype(int)


def build(neuron, output, outputs):
    graph = neuron.make("neuron_graph_create", neuron.context)
    x = neuron.neuron_input(graph, neuron.shape((INPUTS,)), 1)
    x = neuron.neuron_dense(graph, x, outputs, None)
    if output != "linear":
        x = neuron.neuron_layer_by_name(graph, output.encode(), neuron.nodes(x), 1, None)
    neuron.must(neuron.neuron_graph_finish(graph, x))
    return graph


def theirs(before, examples, truth, output, function):
    """The loss and the gradients of a function of output, logits and truth."""
    kernel = torch.tensor(before["dense.kernel"].reshape(INPUTS, -1), dtype=torch.float64,
                          requires_grad=True)  # fmt: skip
    bias = torch.tensor(before["dense.bias"], dtype=torch.float64, requires_grad=True)
    x = torch.tensor(examples, dtype=torch.float64) @ kernel + bias
    y = {"linear": x, "softmax": torch.softmax(x, -1), "sigmoid": torch.sigmoid(x)}[output]
    truth = torch.tensor(truth)
    loss = function(y, x, truth.long() if truth.dtype == torch.int32 else truth.double())
    loss.backward()
    return loss.detach(), kernel.grad.flatten(), bias.grad


def peers(row, weights):
    """Each reference that there is, as a function of output, logits and targets."""
    loss, output, _, _, in_keras, in_torch = row
    if in_keras:
        yield "Keras", lambda y, x, t: in_keras(t, y, sample_weight=weights)
    if in_torch:
        # Other outputs than softmax's are not of logits whose softmax they were.
        other = loss == "cross_entropy" and output != "softmax"
        yield "PyTorch", lambda y, x, t: in_torch(y, None if other else x, t, weights)


def row_differences(neuron, row, weighting, random):
    name, output, kind, options, _, _ = row
    weighs_examples, weighs_classes = weighting
    examples = random.normal(size=(BATCH, INPUTS)).astype(numpy.float32)
    truth = targets(kind, random)
    graph = build(neuron, output, outputs_of(kind))
    before = neuron.arrays(graph)
    shares = kind in ("class", "one hot", "shares")
    dataset = neuron.dataset(examples, truth, outputs_of(kind) if shares else 0)
    loss = neuron.loss(name, **options)
    weights, class_weights = numpy.ones(BATCH), None
    if weighs_examples:
        weights = random.uniform(0.2, 3, BATCH).astype(numpy.float32)
        neuron.set_weights(dataset, weights)
    evaluated = neuron.evaluate(graph, dataset, loss)  # which knows no class weights
    if weighs_classes:
        class_weights = CLASS_WEIGHTS[: max(outputs_of(kind), 2)]
        weights = weights * class_weights[class_numbers(truth)]

    def train(rate, batch):
        sgd = neuron.optimizer("sgd", learning_rate=rate)
        return neuron.train(graph, sgd, dataset, 1, batch, loss, class_weights)

    standing = train(0.0, 4)
    ours = train(STEP, BATCH)
    after = neuron.arrays(graph)
    weights = torch.tensor(weights).double() if any(weighting) else None
    for peer, function in peers(row, weights):
        label = f"{name} of {output}, {kind} {options or ''} {peer}"
        label += " weighted examples" * weighs_examples + " weighted classes" * weighs_classes
        value, kernel, bias = theirs(before, examples, truth, output, function)
        yield label, numpy.array(ours), value
        yield label + " of uneven batches", numpy.array(standing), value
        if not weighs_classes:
            yield label + " evaluated", numpy.array(evaluated), value
        for array, gradient in (("dense.kernel", kernel), ("dense.bias", bias)):
            taken = (before[array].astype(numpy.float64) - after[array]) / STEP
            yield f"{label} {array}", taken, gradient


def differences(neuron):
    random = numpy.random.default_rng(2)
    for row in ROWS:
        for weighting in WEIGHTINGS:
            yield from row_differences(neuron, row, weighting, random)
    for row in CLASS_ROWS:
        for name, *numbers in row_differences(neuron, row, (False, True), random):
            yield name + " by argument", *numbers
