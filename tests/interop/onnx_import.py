"""Imports models of other frameworks: onnx_import.py LIBRARY ONNX-LIBRARY [WORD]

Small networks of PyTorch, by both of its exporters, of Keras, by tf2onnx and by its own export, and of scikit-learn, by
skl2onnx, become ONNX files. Each is imported, predicts what its framework does to 1e-5, and is trained for an epoch.
Frameworks that are missing are left out. WORD runs what has this in its name. Ends with status 77, which Meson takes as
skipped, where ONNX is not installed.
"""
import logging
import os
import subprocess
import sys
import tempfile
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
try:
    import numpy
    import onnx
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)
try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError:
    torch = None
try:
    import sklearn.calibration
    import sklearn.ensemble
    import sklearn.neural_network
    import sklearn.pipeline
    import sklearn.preprocessing
    import skl2onnx
except ImportError:
    skl2onnx = None
import onnx_library

TOLERANCE = 1e-5
BATCH = 8

logging.disable(logging.WARNING)
warnings.simplefilter("ignore")


class Check:
    def __init__(self, library, word):
        self.library, self.word = library, word
        self.count, self.worst, self.problems = 0, 0.0, []

    def wants(self, name):
        return self.word in name

    def could(self, framework):
        """Whether WORD may mean models of a framework."""
        others = {"PyTorch", "Keras", "scikit-learn"} - {framework}
        return not any(other in self.word for other in others)

    def model(self, name, content, examples, expected, options="", layers=None, absent=()):
        """A model by its bytes or path: what it predicts of `examples`, in the file's order of axes, and the layers that
        it must have, or must not."""
        if not self.wants(name):
            return
        library = self.library
        self.count += 1
        try:
            for layout in ("file", "nhwc"):
                graph = library.load(content, f"layout={layout}, {options}".strip(", "))
                given = [arranged(array, shape) for array, (_, shape) in zip(examples, library.inputs(graph))]
                results = library.predict_all(graph, given)
                error = max(difference(numpy.asarray(theirs), ours) for theirs, ours in zip(expected, results))
                self.worst = max(self.worst, error)
                if not error <= TOLERANCE or len(results) != len(expected):
                    raise ValueError(f"layout={layout}: differs by {error:g}")
            self.check_layers(graph, layers or {}, absent)
            if not library.train(graph, given):
                raise ValueError("cannot be trained")
        except (RuntimeError, ValueError) as problem:
            self.problems.append(f"{name}: {problem}")

    def check_layers(self, graph, layers, absent):
        library = self.library
        count = library.neuron_graph_node_count(graph)
        found = [library.neuron_node_layer(library.neuron_graph_node(graph, i)).decode() for i in range(count)]
        for layer, number in layers.items():
            if found.count(layer) != number:
                raise ValueError(f"has {found.count(layer)} layers {layer}: {found}")
        for layer in absent:
            if layer in found:
                raise ValueError(f"has a layer {layer}: {found}")

    def refused(self, name, content, words):
        """A model that is refused with these words."""
        if not self.wants(name):
            return
        self.count += 1
        try:
            self.library.load(content)
            self.problems.append(f"{name} is not refused")
        except RuntimeError as problem:
            if words not in str(problem):
                self.problems.append(f"{name}: {problem}")


def arranged(array, shape):
    """With channels last where the graph has them so."""
    array = numpy.asarray(array, numpy.float32)
    if array.shape[1:] != tuple(shape) and array.ndim > 2:
        array = numpy.moveaxis(array, 1, -1)
    return numpy.ascontiguousarray(array).reshape(len(array), *shape)


def difference(theirs, ours):
    if theirs.shape != ours.shape and theirs.ndim > 2 and numpy.moveaxis(theirs, 1, -1).shape == ours.shape:
        theirs = numpy.moveaxis(theirs, 1, -1)
    return float(numpy.abs(theirs.reshape(ours.shape) - ours).max() / max(1, numpy.abs(ours).max()))


# ---- PyTorch ----

def torch_models():
    def conv(i, o, k=3, s=1, groups=1, act=nn.ReLU):
        return nn.Sequential(nn.Conv2d(i, o, k, s, k // 2, groups=groups, bias=False), nn.BatchNorm2d(o), act())

    class Residual(nn.Module):
        def __init__(self, i, o, stride):
            super().__init__()
            self.body = nn.Sequential(conv(i, o, 3, stride), nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o))
            self.skip = nn.Sequential() if stride == 1 and i == o else nn.Sequential(
                nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

        def forward(self, x):
            return functional.relu(self.body(x) + self.skip(x))

    class Inverted(nn.Module):
        def __init__(self, i, o, stride, act=nn.ReLU6, squeeze=False):
            super().__init__()
            self.expand, self.depth = conv(i, 4 * i, 1, act=act), conv(4 * i, 4 * i, 3, stride, 4 * i, act)
            self.down, self.up = nn.Conv2d(4 * i, i, 1), nn.Conv2d(i, 4 * i, 1)
            self.project = nn.Sequential(nn.Conv2d(4 * i, o, 1, bias=False), nn.BatchNorm2d(o))
            self.squeeze, self.adds = squeeze, stride == 1 and i == o

        def forward(self, x):
            h = self.depth(self.expand(x))
            if self.squeeze:
                s = functional.adaptive_avg_pool2d(h, 1)
                h = h * functional.hardsigmoid(self.up(functional.relu(self.down(s))))
            h = self.project(h)
            return x + h if self.adds else h

    class UNet(nn.Module):
        def __init__(self, upsample):
            super().__init__()
            self.a, self.b, self.c = conv(1, 6), conv(6, 8), conv(8 + 6, 6)
            self.up = nn.Upsample(scale_factor=2, mode=upsample) if upsample else nn.ConvTranspose2d(8, 8, 2, 2)
            self.last = nn.Conv2d(6, 2, 1)

        def forward(self, x):
            a = self.a(x)
            b = self.up(self.b(functional.max_pool2d(a, 2)))
            return torch.sigmoid(self.last(self.c(torch.cat([a, b], 1))))

    class ConvNeXt(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.depth = nn.Conv2d(3, 8, 4, 4), nn.Conv2d(8, 8, 7, padding=3, groups=8)
            self.norm, self.a, self.b = nn.LayerNorm(8), nn.Linear(8, 32), nn.Linear(32, 8)
            self.head = nn.Linear(8, 5)

        def forward(self, x):
            x = self.stem(x)
            h = self.norm(self.depth(x).permute(0, 2, 3, 1))
            h = self.b(functional.gelu(self.a(h))).permute(0, 3, 1, 2)
            return self.head((x + h).mean((2, 3)))

    class Views(nn.Module):
        """Shapes that are computed in the file."""

        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv2d(2, 4, 3), nn.Linear(4 * 36, 5)

        def forward(self, x):
            x = torch.relu(self.conv(x))
            return functional.log_softmax(self.fc(x.view(x.size(0), -1)), 1)

    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc, self.other = nn.Conv2d(1, 4, 3), nn.Linear(64 + 3, 6), nn.Linear(6, 2)

        def forward(self, image, numbers):
            h = torch.cat([self.conv(image).flatten(1), numbers], 1)
            h = functional.silu(self.fc(h))
            return functional.softmax(h, 1), self.other(h)

    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(12, 12)

        def forward(self, x):
            return self.fc(torch.tanh(self.fc(x)))

    class Slices(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(6, 6)

        def forward(self, x):
            a, b = x.chunk(2, 1)
            return torch.cat([self.fc(a) - b, x[:, 2:5], (a * b)[:, 0:1] / 3 + 1], 1)

    class Narrow(nn.Module):
        """A block of ResNet-20 whose skip takes every second pixel, and zeros for new channels."""

        def __init__(self, i, o):
            super().__init__()
            self.body = nn.Sequential(conv(i, o, 3, 2), nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o))
            self.more = (o - i) // 2

        def forward(self, x):
            skip = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.more, self.more))
            return functional.relu(self.body(x) + skip)

    class Fire(nn.Module):
        """Of SqueezeNet."""

        def __init__(self, i, squeeze, o):
            super().__init__()
            self.squeeze, self.a, self.b = nn.Conv2d(i, squeeze, 1), nn.Conv2d(squeeze, o, 1), nn.Conv2d(squeeze, o, 3, padding=1)

        def forward(self, x):
            x = functional.relu(self.squeeze(x))
            return torch.cat([functional.relu(self.a(x)), functional.relu(self.b(x))], 1)

    class Growing(nn.Module):
        """A layer of DenseNet."""

        def __init__(self, i, growth):
            super().__init__()
            self.body = nn.Sequential(nn.BatchNorm2d(i), nn.ReLU(), nn.Conv2d(i, growth, 3, padding=1, bias=False))

        def forward(self, x):
            return torch.cat([x, self.body(x)], 1)

    class Inception(nn.Module):
        def __init__(self, i):
            super().__init__()
            self.a, self.b, self.c = conv(i, 4, 1), nn.Sequential(conv(i, 4, 1), conv(4, 6)), nn.Sequential(conv(i, 2, 1), conv(2, 4, 5))
            self.d = nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(i, 3, 1))

        def forward(self, x):
            return torch.cat([self.a(x), self.b(x), self.c(x), self.d(x)], 1)

    class Units(nn.Module):
        """Of ShuffleNet v2."""

        def __init__(self, c):
            super().__init__()
            self.body = nn.Sequential(conv(c // 2, c // 2, 1), nn.Conv2d(c // 2, c // 2, 3, 1, 1, groups=c // 2), conv(c // 2, c // 2, 1))

        def forward(self, x):
            a, b = x.chunk(2, 1)
            x = torch.cat([a, self.body(b)], 1)
            n, c, h, w = x.shape
            return x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)

    class Mixer(nn.Module):
        """An MLP over the pixels, then one over the channels."""

        def __init__(self, tokens, c):
            super().__init__()
            self.stem = nn.Conv2d(3, c, 8, 8)
            self.norms = nn.ModuleList([nn.LayerNorm(c) for _ in range(3)])
            self.over = nn.Sequential(nn.Linear(tokens, 12), nn.GELU(), nn.Linear(12, tokens))
            self.along, self.head = nn.Sequential(nn.Linear(c, 20), nn.GELU(), nn.Linear(20, c)), nn.Linear(c, 10)

        def forward(self, x):
            x = self.stem(x).flatten(2).transpose(1, 2)
            x = x + self.over(self.norms[0](x).transpose(1, 2)).transpose(1, 2)
            x = x + self.along(self.norms[1](x))
            return self.head(self.norms[2](x).mean(1))

    class Causal(nn.Module):
        """Of a temporal network: it sees what was before."""

        def __init__(self, i, o, dilation):
            super().__init__()
            self.conv, self.skip, self.before = nn.Conv1d(i, o, 3, dilation=dilation), nn.Conv1d(i, o, 1), 2 * dilation

        def forward(self, x):
            return functional.relu(self.conv(functional.pad(x, (self.before, 0))) + self.skip(x))

    class Shuffle(nn.Module):
        """Channels in another order, which no weights can take in."""

        def forward(self, x):
            return x.view(-1, 2, 3, 4, 4).transpose(1, 2).reshape(-1, 6, 4, 4).relu()

    def drop(*layers):
        return nn.Sequential(*layers)

    image, rgb = (1, 28, 28), (3, 32, 32)
    return {
        "mlp": (drop(nn.Flatten(), nn.Linear(784, 30), nn.ReLU(), nn.Dropout(), nn.Linear(30, 10)), [image]),
        "mlp with all activations": (drop(
            nn.Linear(9, 9), nn.ELU(), nn.Linear(9, 9), nn.SELU(), nn.LeakyReLU(0.2), nn.Linear(9, 9), nn.GELU(),
            nn.Linear(9, 9), nn.GELU("tanh"), nn.Softplus(), nn.Linear(9, 9), nn.Softsign(), nn.Hardswish(), nn.SiLU(),
            nn.Linear(9, 9), nn.Hardsigmoid(), nn.Mish(), nn.PReLU(9), nn.CELU(1.5), nn.Hardtanh(-0.3, 0.4), nn.Tanh(),
            nn.LayerNorm(9), nn.BatchNorm1d(9), nn.Sigmoid(), nn.PReLU()), [(9,)]),
        "lenet-5": (drop(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(),
                         nn.AvgPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(),
                         nn.Linear(84, 10), nn.Softmax(1)), [image]),
        "vgg": (drop(conv(3, 8), conv(8, 8), nn.MaxPool2d(2), conv(8, 16), conv(16, 16), nn.MaxPool2d(2), nn.Dropout2d(0.2),
                     nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(256, 20), nn.ReLU(), nn.Linear(20, 10)), [rgb]),
        "resnet-8": (drop(conv(3, 8, 7, 2), nn.MaxPool2d(3, 2, 1), Residual(8, 8, 1), Residual(8, 16, 2),
                          Residual(16, 32, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10)), [rgb]),
        "resnet-20": (drop(conv(3, 4), *[Residual(4, 4, 1) for _ in range(3)], Narrow(4, 8), *[Residual(8, 8, 1) for _ in range(2)],
                           Narrow(8, 16), *[Residual(16, 16, 1) for _ in range(2)], nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                           nn.Linear(16, 10)), [rgb]),
        "resnext": (drop(conv(3, 8, 3, 2), conv(8, 16, 1), conv(16, 16, 3, 1, 4), nn.Conv2d(16, 8, 1), nn.BatchNorm2d(8),
                         nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(8, 10)), [rgb]),
        "squeezenet": (drop(conv(3, 8, 3, 2), Fire(8, 4, 6), nn.MaxPool2d(3, 2, ceil_mode=True), Fire(12, 4, 8), nn.Dropout(),
                            nn.Conv2d(16, 10, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()), [rgb]),
        "densenet": (drop(nn.Conv2d(3, 8, 3, 2, 1), Growing(8, 4), Growing(12, 4), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 8, 1),
                          nn.AvgPool2d(2), Growing(8, 4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, 10)), [rgb]),
        "inception": (drop(conv(3, 6, 3, 2), Inception(6), nn.MaxPool2d(3, 2, 1), Inception(17), nn.AvgPool2d(8), nn.Flatten(),
                           nn.Linear(17, 10)), [rgb]),
        "shufflenet v2": (drop(conv(3, 8, 3, 2), Units(8), Units(8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)), [rgb]),
        "efficientnet": (drop(conv(3, 8, 3, 2, act=nn.SiLU), Inverted(8, 8, 1, nn.SiLU, True), Inverted(8, 12, 2, nn.SiLU, True),
                              nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, 10)), [rgb]),
        "darknet": (drop(*[layer for i, o in ((3, 6), (6, 8), (8, 10)) for layer in (
            nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.LeakyReLU(0.1), nn.MaxPool2d(2))],
            nn.Conv2d(10, 5, 1)), [rgb]),
        "mlp-mixer": (Mixer(16, 8), [rgb]),
        "temporal": (drop(Causal(3, 6, 1), Causal(6, 6, 2), Causal(6, 4, 4), nn.Flatten(), nn.Linear(64, 5)), [(3, 16)]),
        "dense autoencoder": (drop(nn.Flatten(), nn.Linear(784, 24), nn.Tanh(), nn.Linear(24, 784), nn.Sigmoid(),
                                     nn.Unflatten(1, (1, 28, 28))), [image]),
        "mobilenet v2": (drop(conv(3, 8, 3, 2, act=nn.ReLU6), Inverted(8, 8, 1), Inverted(8, 12, 2), Inverted(12, 12, 1),
                              nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(), nn.Linear(12, 10)), [rgb]),
        "mobilenet v3": (drop(conv(3, 8, 3, 2, act=nn.Hardswish), Inverted(8, 8, 1, nn.Hardswish, True),
                              Inverted(8, 12, 2, nn.Hardswish, True), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                              nn.Linear(12, 10)), [rgb]),
        "autoencoder": (drop(nn.Conv2d(1, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 8, 3, 2, 1), nn.ReLU(),
                             nn.ConvTranspose2d(8, 4, 3, 2, 1, 1), nn.ReLU(), nn.ConvTranspose2d(4, 1, 4, 2, 1),
                             nn.Sigmoid()), [image]),
        "u-net, nearest": (UNet("nearest"), [image]),
        "u-net, bilinear": (UNet("bilinear"), [image]),
        "u-net, transposed": (UNet(None), [image]),
        "convnext": (ConvNeXt(), [rgb]),
        "sequence": (drop(nn.Conv1d(3, 8, 5, padding=2, dilation=1), nn.BatchNorm1d(8), nn.ReLU(), nn.MaxPool1d(2),
                          nn.Conv1d(8, 6, 3, groups=2), nn.ReLU(), nn.AvgPool1d(3, 2, 1), nn.AdaptiveAvgPool1d(1), nn.Flatten(),
                          nn.Linear(6, 4)), [(3, 40)]),
        "views": (Views(), [(2, 8, 8)]),
        "two inputs and outputs": (Two(), [(1, 6, 6), (3,)]),
        "shared": (Shared(), [(12,)]),
        "slices": (Slices(), [(12,)]),
        "shuffle": (Shuffle(), [(6, 4, 4)]),
        "padding": (drop(nn.ZeroPad2d((1, 2, 0, 1)), nn.Conv2d(1, 3, 3, (2, 1)), nn.ReLU(), nn.MaxPool2d(3, 2, 1, ceil_mode=True),
                         nn.AvgPool2d(2, 2, 1, count_include_pad=False), nn.AvgPool2d(2, 1, 1)), [(1, 11, 12)]),
    }


# Layers that models must have, and none may have these if they are not told.
ORDERED = "shuffle", "two inputs and outputs", "shufflenet v2", "mlp-mixer"  # which need axes in another order
LAYERS = {"resnet-8": {"conv2d": 9, "max_pool2d": 1}, "mobilenet v2": {"clip": 7}, "mobilenet v3": {"hard_swish": 5},
          "convnext": {"gelu": 1, "layer_norm": 1, "conv1d": 2}, "two inputs and outputs": {"silu": 1, "softmax": 1},
          "u-net, bilinear": {"upsample2d": 1, "concat": 1}}


def export(model, arguments, exporter, folder):
    """The file that an exporter writes, for any number of examples; or, as exporters do by themselves, for one, which is
    then told in shapes as any other extent."""
    path = os.path.join(folder, "model.onnx")
    names = [f"x{i}" for i in range(len(arguments))]
    exporter, _, single = exporter.partition(", ")
    arguments = [array[:1] for array in arguments] if single else arguments
    if exporter == "dynamo":
        shapes = None if single else tuple({0: torch.export.Dim("batch")} for _ in arguments)
        with open(os.devnull, "w") as nowhere:
            saved, sys.stdout = sys.stdout, nowhere
            try:
                torch.onnx.export(model, tuple(arguments), path, dynamo=True, input_names=names,
                                  dynamic_shapes=shapes)
            finally:
                sys.stdout = saved
    else:
        torch.onnx.export(model, tuple(arguments), path, dynamo=False, input_names=names, output_names=None,
                          dynamic_axes=None if single else {name: {0: "batch"} for name in names},
                          opset_version=int(exporter))
    return path


def check_torch(check):
    torch.manual_seed(1)
    for name, (model, shapes) in torch_models().items():
        for module in model.modules():  # statistics and shifts that say something
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                for values in (module.running_mean, module.weight.data, module.bias.data):
                    values.normal_(0.1, 0.5)
                module.running_var.uniform_(0.5, 2)
        model.eval()
        examples = [torch.randn(BATCH, *shape) for shape in shapes]
        with torch.no_grad():
            expected = model(*examples)
        expected = expected if isinstance(expected, tuple) else (expected,)
        for exporter in ("dynamo", "13", "17", "dynamo, single", "20, single"):
            title = f"PyTorch {exporter} {name}"
            if not check.wants(title):
                continue
            with tempfile.TemporaryDirectory() as folder:
                try:
                    path = export(model, examples, exporter, folder)
                except Exception as problem:
                    check.problems.append(f"{title} is not exported: {str(problem)[:300]}")
                    continue
                absent = () if name in ORDERED else ("permute",)
                check.model(title, path, [array.numpy() for array in examples],
                            [array.numpy() for array in expected], layers=LAYERS.get(name), absent=absent)


# ---- scikit-learn ----

def check_sklearn(check):
    random = numpy.random.default_rng(1)
    x = random.normal(size=(60, 5)).astype(numpy.float32)
    many, two = (x[:, 0] > 0) + 2 * (x[:, 1] > 0), x[:, 0] > x[:, 1]
    words = numpy.array(["no", "maybe", "yes", "never"])[many]
    network = sklearn.neural_network
    models = {
        "classes": network.MLPClassifier(hidden_layer_sizes=(8, 6), max_iter=30, random_state=1).fit(x, many),
        "words": network.MLPClassifier(hidden_layer_sizes=(8,), activation="tanh", max_iter=30, random_state=1).fit(x, words),
        "two classes": network.MLPClassifier(hidden_layer_sizes=(8,), activation="logistic", max_iter=30, random_state=1).fit(x, two),
        "numbers": network.MLPRegressor(hidden_layer_sizes=(8,), max_iter=30, random_state=1).fit(x, x[:, :2]),
        "scaled": sklearn.pipeline.make_pipeline(
            sklearn.preprocessing.StandardScaler(), network.MLPClassifier(hidden_layer_sizes=(8,), max_iter=30, random_state=1)
        ).fit(x * 3 + 2, many),
        "scaled to a range": sklearn.pipeline.make_pipeline(
            sklearn.preprocessing.MinMaxScaler(), network.MLPRegressor(hidden_layer_sizes=(8,), max_iter=30, random_state=1)
        ).fit(x, x[:, 1]),
        "bagged": sklearn.ensemble.BaggingClassifier(
            network.MLPClassifier(hidden_layer_sizes=(8,), max_iter=30, random_state=1), 3, random_state=1).fit(x, many),
        "two classes stacked": sklearn.ensemble.StackingClassifier(
            [(f"of {seed}", network.MLPClassifier(hidden_layer_sizes=(6,), max_iter=30, random_state=seed)) for seed in (1, 2)],
            network.MLPClassifier(hidden_layer_sizes=(3,), max_iter=30, random_state=1), cv=2).fit(x, two),
        "two classes calibrated": sklearn.calibration.CalibratedClassifierCV(
            network.MLPClassifier(hidden_layer_sizes=(8,), max_iter=30, random_state=1), method="sigmoid", cv=2).fit(x, two),
        "a number": network.MLPRegressor(hidden_layer_sizes=(8,), activation="identity", max_iter=30, random_state=1).fit(x, x[:, 1]),
    }
    kind = [("x", skl2onnx.common.data_types.FloatTensorType([None, 5]))]
    for name, model in models.items():
        classifies = hasattr(model, "predict_proba")
        expected = model.predict_proba(x) if classifies else model.predict(x).reshape(len(x), -1)
        for options in ({"zipmap": False}, {}) if classifies else ({},):
            content = skl2onnx.convert_sklearn(model, initial_types=kind, options={id(model): options} if options else None)
            title = f"scikit-learn {name}{' without ZipMap' if options else ''}"
            if name == "numbers":  # which the exporter puts into one column
                check.refused(title, content.SerializeToString(), "(Reshape): has a shape that joins the batch")
                continue
            check.model(title, content.SerializeToString(), [x], [expected])
            if not options and classifies and check.wants(title):
                graph = check.library.load(content.SerializeToString())
                named = [check.library.neuron_graph_class_name(graph, None, k) for k in range(len(model.classes_))]
                if named != [str(int(k) if not isinstance(k, str) else k).encode() for k in model.classes_]:
                    check.problems.append(f"{title}: classes are {named}")


# ---- Keras, in a process of its own: TensorFlow and PyTorch do not get on in one ----

def check_keras(check):
    here = os.path.dirname(os.path.abspath(__file__))
    with tempfile.TemporaryDirectory() as folder:
        made = subprocess.run([sys.executable, os.path.join(here, "onnx_keras.py"), folder], capture_output=True, text=True)
        if made.returncode == 77:
            print(made.stdout.strip())
            return
        if made.returncode != 0:
            check.problems.append(f"Keras: {made.stderr[-2000:]}")
        for file in sorted(os.listdir(folder)):
            if not file.endswith(".onnx"):
                continue
            arrays = numpy.load(os.path.join(folder, file[:-5] + ".npz"))
            examples = [arrays[key] for key in arrays if key.startswith("x")]
            expected = [arrays[key] for key in arrays if key.startswith("y")]
            check.model(f"Keras {file[:-5].replace('_', ' ')}", os.path.join(folder, file), examples, expected)


def main():
    library = onnx_library.Onnx(*sys.argv[1:3])
    check = Check(library, sys.argv[3] if len(sys.argv) > 3 else "")
    if torch and check.could("PyTorch"):
        check_torch(check)
    if skl2onnx and check.could("scikit-learn"):
        check_sklearn(check)
    if check.could("Keras"):
        check_keras(check)
    print(f"{check.count} models, largest difference {check.worst:.1e}")
    for problem in check.problems:
        print(problem)
    if check.count == 0 and not check.word and not check.problems:
        print("skipped: neither PyTorch, Keras nor scikit-learn")
        sys.exit(77)
    sys.exit(1 if check.problems else 0)


main()
