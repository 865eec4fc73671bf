"""Twenty steps of each optimizer against Keras, and against PyTorch where the rule is the same.

The model is linear and the loss a cross-entropy, on examples of which many values are 0, so that many
gradients are. Keras' optimizers work on PyTorch's tensors in float64.
"""
import keras
import numpy
import torch

STEPS, BATCH, INPUTS, CLASSES = 20, 4, 12, 3

def clipped(clip):
    """PyTorch's plain descent, with what happens to the gradients before each step."""

    def make(values):
        optimizer = torch.optim.SGD(values, 0.5)
        optimizer.before_step = lambda: clip(values)
        return optimizer

    return make


def clip_norm(values, most):
    """PyTorch divides by the norm and 1e-6, which is made up for: it would be seen."""
    norm = torch.cat([value.grad.flatten() for value in values]).norm()
    torch.nn.utils.clip_grad_norm_(values, most * (1 + 1e-6 / norm))


# RMSprop and Adagrad of PyTorch have epsilon where Keras 2 had it, Adamax in a place of its own. With an
# epsilon that is too small to count, but keeps a weight that never has a gradient from 0 / 0, all are alike.
TINY = 1e-14

# our rule and options, Keras' optimizer or None, PyTorch's or None
ROWS = [
    ("sgd", {}, keras.optimizers.SGD, lambda p: torch.optim.SGD(p, 0.01)),
    ("sgd", {"learning_rate": 0.1}, lambda: keras.optimizers.SGD(0.1),
     lambda p: torch.optim.SGD(p, 0.1)),
    ("sgd", {"learning_rate": 0.1, "momentum": 0.9}, lambda: keras.optimizers.SGD(0.1, 0.9),
     lambda p: torch.optim.SGD(p, 0.1, 0.9)),
    ("sgd", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": "yes"},
     lambda: keras.optimizers.SGD(0.1, 0.9, nesterov=True),
     lambda p: torch.optim.SGD(p, 0.1, 0.9, nesterov=True)),
    ("rmsprop", {}, keras.optimizers.RMSprop, None),
    ("rmsprop", {"rho": 0.8, "momentum": 0.5, "epsilon": 1e-5},
     lambda: keras.optimizers.RMSprop(rho=0.8, momentum=0.5, epsilon=1e-5), None),
    ("rmsprop", {"rho": 0.8, "momentum": 0.5, "epsilon": TINY},
     lambda: keras.optimizers.RMSprop(rho=0.8, momentum=0.5, epsilon=TINY),
     lambda p: torch.optim.RMSprop(p, 0.001, alpha=0.8, momentum=0.5, eps=TINY)),
    ("rmsprop", {"learning_rate": 0.01, "rho": 0.99, "epsilon": 1e-8, "epsilon_in_root": "no"}, None, torch.optim.RMSprop),
    ("rmsprop", {"rho": 0.8, "epsilon": 1e-4, "epsilon_in_root": "no"}, None,
     lambda p: torch.optim.RMSprop(p, 0.001, alpha=0.8, eps=1e-4)),
    ("adagrad", {}, keras.optimizers.Adagrad, None),
    ("adagrad", {"learning_rate": 0.05}, lambda: keras.optimizers.Adagrad(0.05), None),
    ("adagrad", {"learning_rate": 0.05, "initial_accumulator": 0.0, "epsilon": TINY},
     lambda: keras.optimizers.Adagrad(0.05, initial_accumulator_value=0, epsilon=TINY),
     lambda p: torch.optim.Adagrad(p, 0.05, eps=TINY)),
    ("adagrad", {"learning_rate": 0.05, "epsilon": 1e-2, "epsilon_in_root": "no"}, None,
     lambda p: torch.optim.Adagrad(p, 0.05, initial_accumulator_value=0.1, eps=1e-2)),
    ("adadelta", {}, keras.optimizers.Adadelta,
     lambda p: torch.optim.Adadelta(p, 0.001, rho=0.95, eps=1e-7)),
    ("adadelta", {"learning_rate": 1.0}, lambda: keras.optimizers.Adadelta(1.0),
     lambda p: torch.optim.Adadelta(p, 1.0, rho=0.95, eps=1e-7)),
    ("adam", {}, keras.optimizers.Adam, lambda p: torch.optim.Adam(p, eps=1e-7)),
    ("adam", {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-5},
     lambda: keras.optimizers.Adam(beta_1=0.8, beta_2=0.95, epsilon=1e-5),
     lambda p: torch.optim.Adam(p, betas=(0.8, 0.95), eps=1e-5)),
    ("adamw", {}, keras.optimizers.AdamW,
     lambda p: torch.optim.AdamW(p, weight_decay=0.004, eps=1e-7)),
    ("adamw", {"epsilon": 1e-5, "weight_decay": 0.5},
     lambda: keras.optimizers.AdamW(epsilon=1e-5, weight_decay=0.5),
     lambda p: torch.optim.AdamW(p, weight_decay=0.5, eps=1e-5)),
    ("adamax", {}, keras.optimizers.Adamax, None),
    ("adamax", {"epsilon": TINY}, lambda: keras.optimizers.Adamax(epsilon=TINY),
     lambda p: torch.optim.Adamax(p, 0.001, eps=TINY)),
    ("nadam", {}, keras.optimizers.Nadam,
     lambda p: torch.optim.NAdam(p, 0.001, eps=1e-7, momentum_decay=1)),
    ("nadam", {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-5},
     lambda: keras.optimizers.Nadam(beta_1=0.8, beta_2=0.95, epsilon=1e-5),
     lambda p: torch.optim.NAdam(p, 0.001, betas=(0.8, 0.95), eps=1e-5, momentum_decay=1)),
    ("nadam", {"learning_rate": 0.002, "epsilon": 1e-8, "momentum_decay": 0.004}, None, torch.optim.NAdam),
    ("nadam", {"momentum_decay": 0.004}, None, lambda p: torch.optim.NAdam(p, 0.001, eps=1e-7)),
    ("sgd", {"learning_rate": 0.5, "clip_value": 0.02},
     lambda: keras.optimizers.SGD(0.5, clipvalue=0.02),
     clipped(lambda values: torch.nn.utils.clip_grad_value_(values, 0.02))),
    ("sgd", {"learning_rate": 0.5, "clip_norm": 0.05},
     lambda: keras.optimizers.SGD(0.5, clipnorm=0.05),
     clipped(lambda values: [clip_norm([one], 0.05) for one in values])),
    ("sgd", {"learning_rate": 0.5, "clip_global_norm": 0.05},
     lambda: keras.optimizers.SGD(0.5, global_clipnorm=0.05),
     clipped(lambda values: clip_norm(values, 0.05))),
]  # fmt: skip


def build(neuron):
    graph = neuron.make("neuron_graph_create", neuron.context)
    x = neuron.neuron_input(graph, neuron.shape((INPUTS,)), 1)
    x = neuron.neuron_dense(graph, x, CLASSES, None)
    neuron.must(neuron.neuron_graph_finish(graph, neuron.neuron_softmax(graph, x, None)))
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


def move_epsilon(optimizer, epsilon, step):
    """Adam of PyTorch adds epsilon to sqrt(v / (1 - beta_2^t)), Keras and we to sqrt(v)."""
    for group in optimizer.param_groups:
        group["eps"] = epsilon / (1 - group["betas"][1] ** step) ** 0.5


def by_torch(make, before, batches):
    values = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in before]
    optimizer = make(values)
    epsilon = optimizer.defaults.get("eps")
    for step, (examples, labels) in enumerate(batches, 1):
        for value, gradient in zip(values, gradients(*values, examples, labels)):
            value.grad = gradient
        if isinstance(optimizer, torch.optim.Adam):
            move_epsilon(optimizer, epsilon, step)
        getattr(optimizer, "before_step", lambda: None)()
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
        # From small parameters, so that what is compared are the steps.
        start = {name: values / 100 for name, values in neuron.arrays(graph).items()}
        neuron.write(graph, start)
        before = [start["dense.kernel"].reshape(INPUTS, CLASSES), start["dense.bias"]]
        optimizer = neuron.optimizer(rule, **options)
        neuron.train(graph, optimizer, neuron.dataset(examples, labels, CLASSES), 1, BATCH)
        after = neuron.arrays(graph)
        batches = [
            (torch.tensor(examples[i : i + BATCH]).double(), torch.tensor(labels[i : i + BATCH]).long())
            for i in range(0, len(examples), BATCH)
        ]
        peers = []
        if in_keras:
            peers.append(("Keras", by_keras(in_keras, before, batches)))
        if in_torch:
            peers.append(("PyTorch", by_torch(in_torch, before, batches)))
        for peer, (kernel, bias) in peers:
            label = f"{rule} {options or ''} {peer}"
            yield label + " kernel", after["dense.kernel"], kernel.flatten()
            yield label + " bias", after["dense.bias"], bias
