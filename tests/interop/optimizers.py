"""Twenty steps of each optimizer against Keras, and against PyTorch where the rule is the same.

The model is linear and the loss a cross-entropy, on examples of which many values are 0, so that many
gradients are. Keras' optimizers work on PyTorch's tensors in float64.
"""
import keras
import numpy
import torch

STEPS, BATCH, INPUTS, CLASSES = 20, 4, 12, 3

# our rule and options, Keras' optimizer, PyTorch's or None
ROWS = [
    ("SGD", {"learning_rate": 0.1}, lambda: keras.optimizers.SGD(0.1),
     lambda p: torch.optim.SGD(p, 0.1)),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}, lambda: keras.optimizers.SGD(0.1, 0.9),
     lambda p: torch.optim.SGD(p, 0.1, 0.9)),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": 1},
     lambda: keras.optimizers.SGD(0.1, 0.9, nesterov=True),
     lambda p: torch.optim.SGD(p, 0.1, 0.9, nesterov=True)),
    ("RMSPROP", {}, keras.optimizers.RMSprop, None),  # PyTorch adds epsilon to the root
    ("RMSPROP", {"rho": 0.8, "momentum": 0.5, "epsilon": 1e-5},
     lambda: keras.optimizers.RMSprop(rho=0.8, momentum=0.5, epsilon=1e-5), None),
    ("ADAGRAD", {"learning_rate": 0.05}, lambda: keras.optimizers.Adagrad(0.05), None),
    ("ADADELTA", {"learning_rate": 1.0}, lambda: keras.optimizers.Adadelta(1.0),
     lambda p: torch.optim.Adadelta(p, 1.0, rho=0.95, eps=1e-7)),
    ("ADAM", {"epsilon": 1e-5}, lambda: keras.optimizers.Adam(epsilon=1e-5), None),
    ("ADAMW", {"epsilon": 1e-5}, lambda: keras.optimizers.AdamW(epsilon=1e-5), None),
    ("ADAMAX", {}, keras.optimizers.Adamax, None),
    ("NADAM", {"epsilon": 1e-5}, lambda: keras.optimizers.Nadam(epsilon=1e-5), None),
    ("SGD", {"learning_rate": 0.5, "clip_value": 0.02},
     lambda: keras.optimizers.SGD(0.5, clipvalue=0.02), None),
    ("SGD", {"learning_rate": 0.5, "clip_norm": 0.05},
     lambda: keras.optimizers.SGD(0.5, clipnorm=0.05), None),
    ("SGD", {"learning_rate": 0.5, "clip_global_norm": 0.05},
     lambda: keras.optimizers.SGD(0.5, global_clipnorm=0.05), None),
]  # fmt: skip


def build(neuron):
    graph = neuron.make("neuron_graph_create", neuron.context)
    x = neuron.neuron_input(graph, neuron.shape((INPUTS,)), 1)
    x = neuron.neuron_dense(graph, x, CLASSES)
    neuron.must(neuron.neuron_graph_finish(graph, neuron.neuron_softmax(graph, x)))
    return graph


def gradients(weights, bias, examples, labels):
    logits = examples @ weights + bias
    loss = torch.nn.functional.cross_entropy(logits, labels)
    return torch.autograd.grad(loss, (weights, bias))


def by_keras(make, before, batches):
    optimizer = make()
    values = [keras.Variable(value, dtype="float64") for value in before]
    optimizer.build(values)
    for examples, labels in batches:
        tensors = [v.value.detach().clone().requires_grad_() for v in values]
        optimizer.apply(gradients(*tensors, examples, labels), values)
    return [v.value.detach() for v in values]


def by_torch(make, before, batches):
    values = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in before]
    optimizer = make(values)
    for examples, labels in batches:
        for value, gradient in zip(values, gradients(*values, examples, labels)):
            value.grad = gradient
        optimizer.step()
    return [value.detach() for value in values]


def differences(neuron):
    random = numpy.random.default_rng(3)
    for rule, options, in_keras, in_torch in ROWS:
        examples = random.normal(size=(STEPS * BATCH, INPUTS)).astype(numpy.float32)
        examples *= random.random(examples.shape) < 0.3
        examples[:, 0] = 0  # a weight that never has a gradient
        labels = random.integers(CLASSES, size=len(examples)).astype(numpy.int32)
        graph = build(neuron)
        start = neuron.arrays(graph)
        before = [start["dense.kernel"].reshape(INPUTS, CLASSES), start["dense.bias"]]
        optimizer = neuron.optimizer("NEURON_OPTIMIZER_" + rule, **options)
        neuron.train(graph, optimizer, neuron.dataset(examples, labels, CLASSES), 1, BATCH)
        after = neuron.arrays(graph)
        batches = [
            (torch.tensor(examples[i : i + BATCH]).double(), torch.tensor(labels[i : i + BATCH]).long())
            for i in range(0, len(examples), BATCH)
        ]
        peers = [("Keras", by_keras(in_keras, before, batches))]
        if in_torch:
            peers.append(("PyTorch", by_torch(in_torch, before, batches)))
        for peer, (kernel, bias) in peers:
            label = f"{rule.lower()} {options or ''} {peer}"
            yield label + " kernel", after["dense.kernel"], kernel.flatten()
            yield label + " bias", after["dense.bias"], bias
