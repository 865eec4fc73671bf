"""What augmentation makes of images, against PyTorch and Keras.

Its numbers are drawn, but what is drawn does not depend on which options are set, nor on the images. So
each number follows from what its option alone does to images whose values are their places; all
options together must then do, to other images, what the map that is composed of these numbers does.
"""
import math

import numpy
import torch

import images

SEED, EPOCH, COUNT = 11, 2, 6
FILLS = ("nearest", "constant", "reflect", "wrap")
SIZES = [(14, 14, 3), (11, 16, 2)]

OPTIONS = {
    "rotation": 40.0,
    "height_shift": 0.2,
    "width_shift": 3.0,
    "shear": 25.0,
    "zoom": 0.3,
    "vertical_flip": 1,
    "horizontal_flip": 1,
}

BLUR = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]], dtype=torch.float64) / 16
SHARPEN = torch.tensor([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]], dtype=torch.float64)


def augmented(neuron, values, **options):
    augmentation = neuron.augmentation(**options)
    dataset = neuron.dataset(values, numpy.zeros(len(values), numpy.int32), 1)
    return neuron.augment(augmentation, dataset, values.shape, SEED, EPOCH)


def recovered(neuron, size, **options):
    """Of each image the matrix that takes a pixel, numbered from the middle of the image, to its
    place: by least squares from where it lies inside."""
    rows, columns, _ = size
    middle = torch.tensor([(rows - 1) / 2, (columns - 1) / 2])
    still = images.places(torch.eye(3).double(), rows, columns)
    values = still.float().expand(COUNT, -1, -1, -1).numpy()
    moved = torch.tensor(augmented(neuron, values, **options)).double()
    last = torch.tensor([rows - 1, columns - 1])
    pixels = torch.cat((still - middle, torch.ones(rows, columns, 1)), 2)
    maps = []
    for one in moved:
        # Beyond the edges lies what is on them, but for rounding.
        inside = ((one > 1e-3) & (one < last - 1e-3)).all(2)
        mapping = torch.eye(3).double()
        mapping[:2] = torch.linalg.lstsq(pixels[inside], one[inside] - middle).solution.T
        maps.append(mapping)
    return maps


def matrix(*rows):
    return torch.tensor([*rows, (0, 0, 1)], dtype=torch.float64)


def from_option(name, mapping):
    """The matrix of one option in Keras' form, from the number that this one has."""
    (a, b, c), (_, d, e), _ = mapping.tolist()
    if name == "rotation":
        angle = math.atan2(-b, a)
        return matrix((math.cos(angle), -math.sin(angle), 0), (math.sin(angle), math.cos(angle), 0))
    if name == "height_shift":
        return matrix((1, 0, c), (0, 1, 0))
    if name == "width_shift":
        return matrix((1, 0, 0), (0, 1, e))
    if name == "shear":
        return matrix((1, b, 0), (0, (1 - b * b) ** 0.5, 0))
    if name == "zoom":
        return matrix((a, 0, 0), (0, d, 0))
    return matrix((round(a), 0, 0), (0, round(d), 0))


def check_bounds(name, mapping, size):
    """What is drawn is within the option's bounds."""
    (a, b, c), (_, d, e), _ = mapping.tolist()
    most = OPTIONS[name]
    shift = abs(c) if name == "height_shift" else abs(e)
    extent = size[0] if name == "height_shift" else size[1]
    drawn = {
        "rotation": math.degrees(abs(math.atan2(-b, a))),
        "shear": math.degrees(abs(math.asin(b))),
        "zoom": max(abs(a - 1), abs(d - 1)),
    }.get(name, shift / extent if most < 1 else shift)
    assert name.endswith("flip") or 0 < drawn <= most + 1e-6, (name, drawn)


def expected(values, mapping, fill, value, peer):
    """One image. Beyond the outermost pixels' centres ours is the constant alone, where the others
    still mix it with these pixels: as in Keras' generator, which is by SciPy."""
    _, rows, columns, _ = values.shape
    y = peer(values, mapping, "nearest" if fill == "constant" else fill)
    if fill == "constant":
        place = images.places(mapping, rows, columns)
        last = torch.tensor([rows - 1, columns - 1])
        inside = ((place >= -1e-6) & (place <= last + 1e-6)).all(2)
        y = torch.where(inside[None, :, :, None], y, value)
    return y


def warps(neuron, random, size):
    single = {name: recovered(neuron, size, **{name: most}) for name, most in OPTIONS.items()}
    composed = []
    for i in range(COUNT):
        together = torch.eye(3).double()
        for name, maps in single.items():
            part = from_option(name, maps[i])
            check_bounds(name, part, size)
            label = f"augmentation {name} {size} image {i}"
            yield label + " matrix", maps[i].numpy(), part
            together = together @ part
        composed.append(images.about_middle(together, *size[:2]))

    values = random.normal(size=(COUNT, *size)).astype(numpy.float32)
    for fill in FILLS:
        ours = augmented(neuron, values, fill_mode=fill, fill_value=0.5, **OPTIONS)
        for peer, sample in (("PyTorch", images.by_torch), ("Keras", images.by_keras)):
            if peer == "PyTorch" and fill == "wrap":
                continue
            theirs = [
                expected(torch.tensor(values[i : i + 1]).double(), composed[i], fill, 0.5, sample)
                for i in range(COUNT)
            ]
            yield f"augmentation {size} {fill} {peer}", ours, torch.cat(theirs)


def kernels(neuron, random, size):
    values = random.normal(size=(COUNT, *size)).astype(numpy.float32)
    for name, kernel in (("blur", BLUR), ("sharpen", SHARPEN)):
        x = torch.tensor(values).double().permute(0, 3, 1, 2)
        weights = kernel.expand(size[2], 1, 3, 3)
        for _ in range(2):
            x = torch.nn.functional.conv2d(x, weights, padding=1, groups=size[2])
        ours = augmented(neuron, values, **{name: 2})
        yield f"augmentation {name} {size} PyTorch", ours, x.permute(0, 2, 3, 1)


def differences(neuron):
    random = numpy.random.default_rng(5)
    for size in SIZES:
        yield from warps(neuron, random, size)
        yield from kernels(neuron, random, size)
