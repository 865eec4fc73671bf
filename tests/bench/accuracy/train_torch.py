"""One training with PyTorch, for accuracy.py: the peer of train.c, with its arguments and lines.

usage: train_torch.py M2|F3 SEED EPOCHS TARGET SETTING TRAIN-IMAGES TRAIN-LABELS TEST-IMAGES TEST-LABELS
       train_torch.py --settings M2|F3 THREADS     prints {"setting": SETTING}, the fastest

A SETTING is JSON: {"threads": 2, "channels_last": false}. All data is one tensor of floats in memory, a
batch is taken out of it by one call, and Adam is fused, which is the fastest of PyTorch's ways on a
processor. No accuracy is counted while training.
"""
import gzip
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional

SHAPES = {'M2': (784,), 'F3': (1, 28, 28)}
BATCHES = {'M2': 128, 'F3': 32}
TEST_BATCH = 500
TRIED_STEPS = 60


def initialise(module, deviation):
    """As Keras and the library do it."""
    if deviation is None:
        nn.init.xavier_uniform_(module.weight)
    else:
        nn.init.normal_(module.weight, std=deviation)
    nn.init.zeros_(module.bias)
    return module


def dense(before, units, deviation=None):
    return initialise(nn.Linear(before, units), deviation)


def make_m2():
    def block(before, units, deviation):
        return [dense(before, units, deviation), nn.ReLU(),
                nn.BatchNorm1d(units, eps=1e-3, momentum=0.01), nn.Dropout(0.5)]
    return nn.Sequential(*block(784, 512, 0.039), *block(512, 256, 0.55), dense(256, 10))


def make_f3():
    def convolve(before, filters):
        return [initialise(nn.Conv2d(before, filters, 3), None), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*convolve(1, 64), *convolve(64, 128), nn.Flatten(), dense(3200, 256),
                         nn.ReLU(), dense(256, 10))


def make(network, setting):
    torch.set_num_threads(setting['threads'])
    model = make_m2() if network == 'M2' else make_f3()
    if setting['channels_last']:
        model = model.to(memory_format=torch.channels_last)
    return model, torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7, fused=True)


def layout(images, setting):
    return images.contiguous(memory_format=torch.channels_last) if setting['channels_last'] else images


def read_idx(path):
    with (gzip.open if path.endswith('.gz') else open)(path, 'rb') as file:
        data = bytearray(file.read())
    rank = data[3]
    sizes = [int.from_bytes(data[4 * i + 4:4 * i + 8], 'big') for i in range(rank)]
    return torch.frombuffer(data, dtype=torch.uint8, offset=4 + 4 * rank).view(sizes)


def load(network, setting, images, labels):
    images = read_idx(images).view(-1, *SHAPES[network])
    return layout(images.float().div_(255), setting), read_idx(labels).long()


def step(model, adam, images, labels):
    adam.zero_grad(set_to_none=True)
    functional.cross_entropy(model(images), labels).backward()
    adam.step()


def train_epoch(model, adam, images, labels, batch):
    model.train()
    for chosen in torch.randperm(len(images)).split(batch):
        step(model, adam, images[chosen], labels[chosen])


def accuracy_of(model, images, labels):
    model.eval()
    with torch.inference_mode():
        right = sum((model(some).argmax(1) == truth).sum().item()
                    for some, truth in zip(images.split(TEST_BATCH), labels.split(TEST_BATCH)))
    return right / len(images)


def tell(**facts):
    print(json.dumps(facts), flush=True)


def train(network, seed, epochs, target, setting, *files):
    setting = json.loads(setting)
    torch.manual_seed(int(seed))
    model, adam = make(network, setting)
    start = time.monotonic()
    images, labels = load(network, setting, *files[:2])
    test_images, test_labels = load(network, setting, *files[2:])
    loaded = time.monotonic() - start
    # Means and variances of normalisations count as parameters here; counts of batches do not.
    size = sum(value.numel() for value in model.state_dict().values() if value.is_floating_point())
    tell(load_seconds=loaded, threads=setting['threads'], train_examples=len(images),
         test_examples=len(test_images), parameters=size)
    for epoch in range(1, int(epochs) + 1):
        start = time.monotonic()
        train_epoch(model, adam, images, labels, BATCHES[network])
        trained = time.monotonic()
        accuracy = accuracy_of(model, test_images, test_labels)
        tell(epoch=epoch, train_seconds=trained - start, test_seconds=time.monotonic() - trained,
             accuracy=accuracy)
        if accuracy >= float(target):
            break


def seconds_of(network, setting):
    """Of some steps on nothing in particular, the second time."""
    batch = BATCHES[network]
    model, adam = make(network, setting)
    images = layout(torch.rand(batch * TRIED_STEPS, *SHAPES[network]), setting)
    labels = torch.randint(0, 10, (len(images),))
    for _ in range(2):
        start = time.monotonic()
        train_epoch(model, adam, images, labels, batch)
        seconds = time.monotonic() - start
    return seconds


def choose(network, threads):
    settings = [{'threads': count, 'channels_last': last} for count in sorted({1, int(threads)})
                for last in ((False, True) if network == 'F3' else (False,))]
    tell(setting=min(settings, key=lambda setting: seconds_of(network, setting)),
         version=torch.__version__)


if __name__ == '__main__':
    if sys.argv[1:2] == ['--settings'] and len(sys.argv) == 4:
        choose(*sys.argv[2:])
    elif len(sys.argv) == 10 and sys.argv[1] in SHAPES:
        train(*sys.argv[1:])
    else:
        sys.exit(__doc__)
