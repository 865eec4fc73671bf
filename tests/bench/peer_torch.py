"""PyTorch: a training step, and a prediction in inference mode."""
import os

import torch
from torch import nn

import peer_rows

VERSION = torch.__version__


def make_layer(layer, before):
    kind = layer[0]
    if kind == 'dense':
        return nn.Linear(before[0], layer[1])
    if kind == 'conv':
        return nn.Conv2d(before[0], layer[1], 3, padding=1 if layer[2] == 'same' else 0)
    if kind == 'batch_norm':
        make = nn.BatchNorm2d if len(before) == 3 else nn.BatchNorm1d
        return make(before[0], eps=peer_rows.EPSILON, momentum=peer_rows.MOMENTUM)
    if kind == 'dropout':
        return nn.Dropout(layer[1])
    return {'relu': nn.ReLU, 'tanh': nn.Tanh, 'flatten': nn.Flatten,
            'max_pool': lambda: nn.MaxPool2d(2)}[kind]()


def settings(row, training, compiled):
    """All that is worth a try; the fastest is what counts."""
    image = len(peer_rows.ROWS[row][0]) == 3
    cores = len(os.sched_getaffinity(0))
    return [{'threads': threads, 'channels_last': last, 'adam': adam, 'compile': compiling}
            for threads in sorted({1, min(2, cores), cores})
            for last in ((False, True) if image else (False,))
            for adam in (('fused', 'foreach') if training else ('none',))
            for compiling in ((False, True) if compiled else (False,))]


def make_adam(model, kind):
    try:
        return torch.optim.Adam(model.parameters(), eps=1e-7, fused=kind == 'fused',
                                foreach=kind == 'foreach')
    except (RuntimeError, TypeError) as error:
        raise RuntimeError(f'no {kind} Adam here: {error}') from error


def make_model(row, training, setting):
    layers = [make_layer(layer, before) for layer, before, _ in peer_rows.shapes(row)]
    model = nn.Sequential(*layers) if training else nn.Sequential(*layers, nn.Softmax(1))
    model.train(training)
    if setting['channels_last']:
        model = model.to(memory_format=torch.channels_last)
    return model


def make_input(row, batch, setting):
    images = torch.rand(batch, *peer_rows.ROWS[row][0])
    if setting['channels_last']:
        images = images.contiguous(memory_format=torch.channels_last)
    return images


def prepare(row, training, batch, setting):
    """A function that does one step."""
    torch.set_num_threads(setting['threads'])
    torch.manual_seed(1)
    model = make_model(row, training, setting)
    images = make_input(row, batch, setting)
    run = torch.compile(model) if setting['compile'] else model
    if not training:
        def predict():
            with torch.inference_mode():
                run(images)
        return predict
    classes = torch.randint(0, 10, (batch,))
    adam = make_adam(model, setting['adam'])
    loss_of = nn.CrossEntropyLoss()

    def step():
        adam.zero_grad(set_to_none=True)
        loss_of(run(images), classes).backward()
        adam.step()
    return step
