"""K6 and K7 of document 000 in PyTorch, on the data that docs/results has them on: kmnist.py DIR [SEED...]

DIR has the 10,000 published test images of K-MNIST. They are split as examples/kmnist_mlp_cnn splits them: of each
class 8,000 to 2,000, which are the test set, and of the 8,000 a fifth validates. The networks start as in Keras
(Glorot's uniform kernels, batch normalisation with a momentum of 0.99 and an epsilon of 0.001), and learn by Adam in
batches of 32: K6 for 5 epochs; K7 for 30 at most, until the validation loss has not become smaller for 5, at a rate of
0.001 that is 0.0001 from the 11th epoch on. Each seed (1, 2 and 3 if none are named) draws its own split, start and
order. Prints a line for each training, and for each network the mean of the test accuracies and their spread.
"""
import gzip
import os
import statistics
import sys

import numpy
import torch
from torch import nn

BATCH, PATIENCE = 32, 5


def read(folder, name, offset):
    path = os.path.join(folder, name)
    with open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz") as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=offset)


def load(folder):
    images = read(folder, "t10k-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    return images.astype(numpy.float32) / 255, read(folder, "t10k-labels-idx1-ubyte", 8).astype(numpy.int64)


def divide(rows, labels, share, random):
    """The rows in two parts, `share` of each class in the first, both in an order of their own."""
    parts = [], []
    for label in range(10):
        of_class = random.permutation(rows[labels[rows] == label])
        first = round(share * len(of_class))
        parts[0].append(of_class[:first])
        parts[1].append(of_class[first:])
    return [random.permutation(numpy.concatenate(part)) for part in parts]


def basic():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(5408, 128), nn.ReLU(), nn.Linear(128, 10))  # fmt: skip


def deeper():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.BatchNorm2d(32, 1e-3, 0.01), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.BatchNorm2d(64, 1e-3, 0.01), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(1600, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))  # fmt: skip


def start(network):
    for layer in network:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return network


def evaluate(network, images, labels):
    network.eval()
    with torch.no_grad():
        outputs = torch.cat([network(part) for part in images.split(500)])
    loss = nn.functional.cross_entropy(outputs, labels).item()
    return loss, (outputs.argmax(1) == labels).double().mean().item()


def falling(epoch):
    return 0.001 if epoch <= 10 else 0.0001


def fit(network, train, validation, epochs, stops, random, rate=falling):
    """Trains, and returns how many epochs it took."""
    images, labels = train
    optimizer = torch.optim.Adam(network.parameters(), eps=1e-7)
    best, since = float("inf"), 0
    for epoch in range(1, epochs + 1):
        for group in optimizer.param_groups:
            group["lr"] = rate(epoch)
        network.train()
        for rows in torch.from_numpy(random.permutation(len(labels))).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(images[rows]), labels[rows]).backward()
            optimizer.step()
        loss, _ = evaluate(network, *validation)
        best, since = (loss, 0) if loss < best else (best, since + 1)
        if stops and since == PATIENCE:
            return epoch
    return epochs


def main():
    images, labels = load(sys.argv[1])
    seeds = [int(seed) for seed in sys.argv[2:]] or [1, 2, 3]
    torch.set_num_threads(1)
    for name, make, epochs, stops in (("K6", basic, 5, False), ("K7", deeper, 30, True)):
        accuracies = []
        for seed in seeds:
            random = numpy.random.default_rng(seed)
            torch.manual_seed(seed)
            rest, test = divide(numpy.arange(len(labels)), labels, 0.8, random)
            train, validation = divide(rest, labels, 0.8, random)
            parts = [(torch.from_numpy(images[rows]), torch.from_numpy(labels[rows])) for rows in (train, validation, test)]
            network = start(make())
            took = fit(network, *parts[:2], epochs, stops, random)
            figures = [evaluate(network, *part)[1] for part in parts]
            accuracies.append(figures[2])
            print(f"{name}  seed {seed}, {took} epochs: train {figures[0]:.4f}, validation {figures[1]:.4f}, "
                  f"test {figures[2]:.4f}", flush=True)  # fmt: skip
        spread = statistics.stdev(accuracies) if len(accuracies) > 1 else 0
        print(f"{name}  test accuracy {statistics.mean(accuracies):.4f}, standard deviation {spread:.4f}, "
              f"{min(accuracies):.4f} to {max(accuracies):.4f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
