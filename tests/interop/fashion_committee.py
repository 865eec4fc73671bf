"""The members of document 004's committee, and their mean, in PyTorch: fashion_committee.py DIR [F1,F2,F3] [SEED...]

DIR has the four files of Fashion-MNIST. The 70,000 images are split as examples/fashion_committee splits them: of each
class 86 % to train with, 4 % to test, and what is left plays no part. The networks start as in Keras and learn by Adam
for 50 epochs in batches of 32; the parameters of the last epoch count. Each seed (1, 2 and 3 if none are named) draws
its own split, start and order. Prints a line for each training, and for each network, and for the mean of the outputs
where all three are asked for, the mean of the test accuracies and their spread.
"""
import statistics
import sys

import numpy
import torch
from kmnist import divide, evaluate, fit, read, start
from torch import nn

EPOCHS = 50


def load(folder):
    images, labels = [], []
    for part in ("train", "t10k"):
        images.append(read(folder, part + "-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28))
        labels.append(read(folder, part + "-labels-idx1-ubyte", 8).astype(numpy.int64))
    return numpy.concatenate(images).astype(numpy.float32) / 255, numpy.concatenate(labels)


def shallow():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def basic():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(5408, 128), nn.ReLU(), nn.Linear(128, 10))  # fmt: skip


def deeper():
    return nn.Sequential(
        nn.Conv2d(1, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(64, 128, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3200, 256), nn.ReLU(), nn.Linear(256, 10))  # fmt: skip


NETWORKS = {"F1": shallow, "F2": basic, "F3": deeper}


def probabilities(network, images):
    network.eval()
    with torch.no_grad():
        return torch.cat([network(part).softmax(1) for part in images.split(500)])


def main():
    images, labels = load(sys.argv[1])
    names = sys.argv[2].split(",") if len(sys.argv) > 2 else list(NETWORKS)
    seeds = [int(seed) for seed in sys.argv[3:]] or [1, 2, 3]
    torch.set_num_threads(1)
    accuracies = {name: [] for name in names + (["mean"] if names == list(NETWORKS) else [])}
    for seed in seeds:
        random = numpy.random.default_rng(seed)
        torch.manual_seed(seed)
        train, rest = divide(numpy.arange(len(labels)), labels, 0.86, random)
        test = divide(rest, labels, 0.04 / 0.14, random)[0]
        parts = [(torch.from_numpy(images[rows]), torch.from_numpy(labels[rows])) for rows in (train, test)]
        outputs = []
        for name in names:
            network = start(NETWORKS[name]())
            fit(network, *parts, EPOCHS, False, random, lambda epoch: 0.001)
            figures = [evaluate(network, *part)[1] for part in parts]
            accuracies[name].append(figures[1])
            outputs.append(probabilities(network, parts[1][0]))
            print(f"{name}  seed {seed}: train {figures[0]:.4f}, test {figures[1]:.4f}", flush=True)
        if "mean" in accuracies:
            right = (sum(outputs).argmax(1) == parts[1][1]).double().mean().item()
            accuracies["mean"].append(right)
            print(f"mean  seed {seed}: test {right:.4f}", flush=True)
    for name, values in accuracies.items():
        spread = statistics.stdev(values) if len(values) > 1 else 0
        print(f"{name}  test accuracy {statistics.mean(values):.4f}, standard deviation {spread:.4f}, "
              f"{min(values):.4f} to {max(values):.4f}", flush=True)  # fmt: skip


main()
