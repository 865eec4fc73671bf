"""Networks of the documents for comparisons: the programs of examples/documents train them for a moment, and images of
NEURON_DATA go through them."""
import ctypes
import os
import subprocess

import numpy

RUNS = {"mnist_mlp": "M1,M4,M6", "digits_fashion_cnn": "D1,D2,D4", "fashion_committee": "F1,F2,F3,F4,F4-vote,F6,F6-vote",
        "fashion_skip_concat": "F5,F7", "kmnist_mlp_cnn": "K1,K5,K6,K7", "cifar_cnn": "C1,C2,C12,C18,C19,C20"}
FILES = {"mnist_mlp": "mnist", "digits_fashion_cnn": "mnist", "fashion_committee": "fashion-mnist",
         "fashion_skip_concat": "fashion-mnist", "kmnist_mlp_cnn": "kmnist"}
IMAGES = 1000


def test_images(program):
    """As bytes, [n, height, width, channels]."""
    data = os.environ.get("NEURON_DATA", "/usr/share/datasets")
    if program == "cifar_cnn":
        path = os.path.join(data, "cifar-10-batches-bin", "test_batch.bin")
        rows = numpy.fromfile(path, numpy.uint8, IMAGES * 3073).reshape(-1, 3073)[:, 1:]
        return rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    path = os.path.join(data, FILES[program], "t10k-images-idx3-ubyte")
    if not os.path.exists(path):
        import gzip
        return numpy.frombuffer(gzip.open(path + ".gz").read()[16:16 + IMAGES * 784], numpy.uint8).reshape(-1, 28, 28, 1)
    return numpy.fromfile(path, numpy.uint8, IMAGES * 784, offset=16).reshape(-1, 28, 28, 1)


def test_labels(program):
    data = os.environ.get("NEURON_DATA", "/usr/share/datasets")
    if program == "cifar_cnn":
        path = os.path.join(data, "cifar-10-batches-bin", "test_batch.bin")
        return numpy.fromfile(path, numpy.uint8, IMAGES * 3073).reshape(-1, 3073)[:, 0]
    path = os.path.join(data, FILES[program], "t10k-labels-idx1-ubyte")
    if not os.path.exists(path):
        import gzip
        return numpy.frombuffer(gzip.open(path + ".gz").read()[8:8 + IMAGES], numpy.uint8)
    return numpy.fromfile(path, numpy.uint8, IMAGES, offset=8)


def scaled(library, graph, images):
    """What a dataset makes of bytes, which the graph knows."""
    scale, offset, needed = ctypes.c_double(), ctypes.c_double(), ctypes.c_size_t()
    library.must(library.neuron_graph_scales(ctypes.byref(scale), ctypes.byref(offset), 1, ctypes.byref(needed), graph, None))
    return (images * scale.value + offset.value).astype(numpy.float32) if needed.value else None


def train_briefly(examples, program, out):
    """The files of the networks that a program has trained. Where there are test images only, it learns those that the
    library draws."""
    command = [os.path.join(examples, program), "--quick", "--out", out, "--run", RUNS[program]]
    if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode != 0:
        subprocess.run(command + ["--data", "generated"], check=True, stdout=subprocess.DEVNULL)
    found = sorted(name for name in os.listdir(out) if name.endswith(".safetensors"))
    if len(found) < len(RUNS[program].split(",")):
        raise RuntimeError(f"{program} saved only {found}")
    return found
