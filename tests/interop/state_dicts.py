"""Networks of PyTorch here, and back: state_dicts.py LIBRARY

Each network is mapped by from_torch(), and must predict what it does in PyTorch to 1e-5; its parameters come back as they
were; files go through the safetensors package both ways. Then both sides train one more epoch on the same batches and are
compared. Ends with status 1 if something differs, and with 77, which Meson takes as skipped, where PyTorch or safetensors
is missing."""
import os
import sys
import tempfile
from collections import OrderedDict

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
try:
    import numpy
    import safetensors.torch
    import torch
    from torch import nn as tnn
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

os.environ["LIBNEURON_LIBRARY"] = os.path.abspath(sys.argv[1])
sys.path.insert(0, os.path.join(os.path.dirname(os.environ["LIBNEURON_LIBRARY"]), "python"))
import libneuron as nn  # noqa: E402 # pylint: disable=wrong-import-position

TOLERANCE = 1e-5
torch.set_num_threads(1)
torch.manual_seed(5)
wrong = []


def check(name, difference, allowed=TOLERANCE):
    note = "" if allowed == TOLERANCE else f", to {allowed:g}"
    print(f"{difference:9.1e}  {'TOO MUCH ' if not difference <= allowed else ''}{name}{note}")
    if not difference <= allowed:
        wrong.append(name)


# Networks with the shape of an example as PyTorch has it. Numbers of channels, rows and columns differ, so that no two
# axes can be taken for each other.
def networks():
    yield "linear", (7,), tnn.Sequential(tnn.Linear(7, 5), tnn.Tanh(), tnn.Linear(5, 3, bias=False))
    yield "one layer", (7,), tnn.Linear(7, 5)
    yield "convolution", (3, 9, 8), tnn.Sequential(
        tnn.Conv2d(3, 5, (3, 2), stride=(2, 1), padding=(1, 0)), tnn.ReLU(), tnn.Flatten(), tnn.Linear(5 * 5 * 7, 4))
    yield "convolution, same", (3, 9, 8), tnn.Sequential(
        tnn.Conv2d(3, 4, (4, 3), padding="same", dilation=(1, 2)), tnn.Flatten(), tnn.Linear(4 * 9 * 8, 3))
    yield "groups", (6, 7, 5), tnn.Sequential(tnn.Conv2d(6, 9, 3, groups=3), tnn.SiLU(), tnn.Conv2d(9, 4, 1, bias=False))
    yield "depthwise", (4, 7, 6), tnn.Sequential(
        tnn.Conv2d(4, 12, (3, 2), groups=4, stride=2, padding=1), tnn.Hardswish(), tnn.Conv2d(12, 12, 3, padding=1, groups=12))
    yield "sequences", (3, 12), tnn.Sequential(
        tnn.Conv1d(3, 5, 4, padding=1), tnn.ReLU(), tnn.MaxPool1d(2), tnn.Conv1d(5, 4, 2, dilation=2), tnn.AvgPool1d(3),
        tnn.Flatten(), tnn.Linear(4, 6))
    yield "sequences, flattened", (3, 12), tnn.Sequential(
        tnn.Conv1d(3, 5, 4), tnn.BatchNorm1d(5), tnn.Flatten(), tnn.Linear(45, 6))
    yield "sequences, pooled", (4, 12), tnn.Sequential(
        tnn.Conv1d(4, 6, 3, groups=2), tnn.AdaptiveMaxPool1d(5), tnn.PReLU(6), tnn.AdaptiveAvgPool1d(1), tnn.Flatten(),
        tnn.Linear(6, 3))
    yield "normalisations", (3, 6, 5), tnn.Sequential(
        tnn.Conv2d(3, 4, 3), tnn.BatchNorm2d(4), tnn.PReLU(4), tnn.Flatten(), tnn.Linear(48, 10), tnn.BatchNorm1d(10),
        tnn.ELU(0.7), tnn.LayerNorm(10), tnn.PReLU(), tnn.Linear(10, 3))
    yield "normalisations without parameters", (8,), tnn.Sequential(
        tnn.Linear(8, 6), tnn.BatchNorm1d(6, affine=False), tnn.Linear(6, 5), tnn.LayerNorm(5, bias=False))
    yield "a normalisation without parameters", (8,), tnn.Sequential(tnn.LayerNorm(8, elementwise_affine=False), tnn.Linear(8, 3))
    yield "behind a flattened image", (2, 4, 3), tnn.Sequential(
        tnn.Conv2d(2, 5, 1), tnn.Flatten(), tnn.BatchNorm1d(60), tnn.PReLU(60), tnn.Dropout(0.5), tnn.LayerNorm(60),
        tnn.GELU(), tnn.Linear(60, 4), tnn.LogSoftmax(1))
    yield "an image of a vector", (10,), tnn.Sequential(
        tnn.Linear(10, 60), tnn.BatchNorm1d(60), tnn.LeakyReLU(0.2), tnn.Unflatten(1, (5, 4, 3)),
        tnn.ConvTranspose2d(5, 4, 4, stride=2, padding=1), tnn.SELU(), tnn.ConvTranspose2d(4, 2, (3, 2), stride=2), tnn.Sigmoid())
    yield "transposed, cut", (3, 4, 5), tnn.Sequential(
        tnn.ConvTranspose2d(3, 4, 3, stride=2, padding=1, output_padding=1), tnn.Softplus(),
        tnn.ConvTranspose2d(4, 2, (5, 3), stride=(2, 1), padding=(1, 1)))
    yield "pools", (4, 12, 8), tnn.Sequential(
        tnn.MaxPool2d(3, stride=2, padding=1), tnn.Conv2d(4, 6, 1), tnn.AvgPool2d((2, 1)), tnn.ReLU6(),
        tnn.AdaptiveAvgPool2d((3, 2)), tnn.Hardtanh(-0.5, 0.4), tnn.AdaptiveMaxPool2d(1), tnn.Flatten(), tnn.Linear(6, 3),
        tnn.Softmax(dim=1))
    yield "shapes", (2, 4, 3), tnn.Sequential(
        tnn.ZeroPad2d((1, 2, 0, 3)), tnn.Upsample(scale_factor=2), tnn.Conv2d(2, 3, 2), tnn.Softsign(),
        tnn.Upsample(scale_factor=(2, 3), mode="bilinear"), tnn.Identity(), tnn.Softmax(1), tnn.Flatten(), tnn.Linear(2574, 2))
    yield "names", (2, 8, 8), tnn.Sequential(OrderedDict(
        features=tnn.Sequential(OrderedDict(conv=tnn.Conv2d(2, 4, 3), norm=tnn.BatchNorm2d(4), relu=tnn.ReLU())),
        pool=tnn.MaxPool2d(2), flat=tnn.Flatten(), head=tnn.Linear(36, 3)))
    yield "twelve layers", (6,), tnn.Sequential(*[tnn.Linear(6, 6) for _ in range(12)])


def randomize(module):
    """Moving statistics and scales are not what they start with."""
    for name, value in module.state_dict().items():
        if value.is_floating_point():
            value.copy_(torch.rand(value.shape) + 0.3 if "var" in name else torch.randn(value.shape) * 0.4)


def ours(shape):
    return (*shape[1:], shape[0])


def channels_last(x):
    return numpy.ascontiguousarray(numpy.moveaxis(x, 1, -1))


def relative(mine, reference):
    return float(numpy.abs(mine - reference).max() / max(numpy.abs(reference).max(), 1e-30))


def predictions(module, x):
    module.eval()
    with torch.no_grad():
        return module(torch.from_numpy(x)).numpy()


def clear(model, module):
    """Zeros in all layers that have something in PyTorch."""
    modules = {name.rpartition(".")[0] or "linear" for name in module.state_dict()}
    for name, array in model.arrays.items():
        if name.rpartition(".")[0].replace("/", ".") in modules:
            model.arrays[name] = numpy.zeros_like(array)


def compare(name, shape, module, folder):
    randomize(module)
    x = numpy.random.default_rng(2).standard_normal((9, *shape)).astype(numpy.float32)
    wanted = channels_last(predictions(module, x))
    model = nn.from_torch(module, ours(shape))
    check(f"{name}: predictions", relative(model.predict(channels_last(x)), wanted))

    # As a file, into a fresh model of the same names; and by order, into one whose names are its own.
    path = os.path.join(folder, "theirs.safetensors")
    safetensors.torch.save_file(module.state_dict(), path)
    clear(model, module)
    model.load_state_dict(path)
    check(f"{name}: a file", relative(model.predict(channels_last(x)), wanted))
    nameless = nn.from_torch(module, ours(shape))
    renamed = os.path.join(folder, "renamed.safetensors")
    safetensors.torch.save_file({f"model.{key}": value.clone() for key, value in module.state_dict().items()}, renamed)
    clear(nameless, module)
    if "without" not in name:  # what there is no array for has no place in the order
        nameless.load_state_dict(renamed)
        check(f"{name}: by order", relative(nameless.predict(channels_last(x)), wanted))
    nameless.load_state_dict(renamed, source_prefix="model.")

    # Back.
    path = os.path.join(folder, "ours.safetensors")
    model.save_state_dict(path)
    file = safetensors.torch.load_file(path)
    for mine, reference in ((file, "a file of ours"),
                            ({key: torch.from_numpy(array) for key, array in model.state_dict().items()}, "a state of ours")):
        state = {key: value.clone() for key, value in module.state_dict().items()}
        for value in module.state_dict().values():
            value.zero_()
        if "without" in name:
            mine = {key: value for key, value in mine.items() if key in state}
        if name == "one layer":
            mine = {key.partition(".")[2]: value for key, value in mine.items()}
        mine = {key: value[:1] if value.shape != state[key].shape else value for key, value in mine.items()}
        module.load_state_dict(mine)
        if not all(torch.equal(state[key], value) for key, value in module.state_dict().items()
                   if not key.endswith("num_batches_tracked")):
            check(f"{name}: {reference}", float("nan"))
        module.load_state_dict(state)
    check(f"{name}: back in PyTorch", relative(channels_last(predictions(module, x)), wanted))


def train():
    """One more epoch on each side, over the same batches in the same order."""
    data = nn.Dataset.glyphs(640, 12, 12, seed=3)
    x, y = data.x().astype(numpy.float32), data.labels().astype(numpy.int64)
    module = tnn.Sequential(tnn.Conv2d(1, 6, 3), tnn.BatchNorm2d(6), tnn.ReLU(), tnn.MaxPool2d(2), tnn.Flatten(),
                            tnn.Linear(150, 20), tnn.PReLU(20), tnn.LayerNorm(20), tnn.Linear(20, 10))
    images, labels = torch.from_numpy(numpy.moveaxis(x, -1, 1).copy()), torch.from_numpy(y)

    def epoch():
        optimizer = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9)
        module.train()
        losses = []
        for first in range(0, len(x), 32):
            optimizer.zero_grad()
            loss = tnn.functional.cross_entropy(module(images[first:first + 32]), labels[first:first + 32])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return numpy.array(losses)

    for _ in range(3):
        before = epoch()
    layers = nn.from_torch(module, (12, 12, 1))
    start = layers.predict(x)
    check("training: predictions at its start", relative(start, predictions(module, images.numpy())))
    model = nn.Sequential([nn.Input((12, 12, 1)), nn.Import(layers, name="theirs"), nn.Softmax()])
    trainer = nn.Trainer(model, nn.SGD(0.05, momentum=0.9))
    mine = numpy.array([trainer.step(x[first:first + 32], y[first:first + 32]) for first in range(0, len(x), 32)])
    reference = epoch()
    print(f"           an epoch before {before.mean():.4f}, then {reference.mean():.4f} in PyTorch, {mine.mean():.4f} here")
    check("training: loss of each step", relative(mine, reference))
    # The moving variance is the biased one here, of 3200 pixels a step.
    features = model.with_outputs(model.layers[-2].name).predict(x)
    check("training: predictions behind it", relative(features, predictions(module, images.numpy())), 1e-3)


with tempfile.TemporaryDirectory() as work:
    for called, extents, network in networks():
        compare(called, extents, network, work)
train()
print(f"{len(wrong)} differ by more than is said")
sys.exit(1 if wrong else 0)
