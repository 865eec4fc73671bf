"""PyTorch at work on single operations: those of neuron-bench --kernels, in the same words."""
import inspect
import os

import torch

import peer_torch

OPTIMIZERS = {'sgd': torch.optim.SGD, 'adam': torch.optim.Adam, 'rmsprop': torch.optim.RMSprop,
              'adagrad': torch.optim.Adagrad, 'adadelta': torch.optim.Adadelta,
              'adamw': torch.optim.AdamW, 'adamax': torch.optim.Adamax, 'nadam': torch.optim.NAdam}


def settings(network):
    cores = len(os.sched_getaffinity(0))
    threads = sorted({1, min(2, cores), cores})
    if network.optimizer:
        known = inspect.signature(OPTIMIZERS[network.optimizer]).parameters
        return [{'threads': count, 'form': form} for count in threads
                for form in ('fused', 'foreach') if form in known]
    image = network.layers and len(network.layers[-1].before) == 3
    return [{'threads': count, 'channels_last': last} for count in threads
            for last in ((False, True) if image else (False,))]


def updating(network, setting):
    values = torch.rand(network.input[0], requires_grad=True)
    values.grad = torch.rand_like(values)
    optimizer = OPTIMIZERS[network.optimizer]([values], **{setting['form']: True})
    return optimizer.step


def loss_step(network, batch, backward):
    outputs = torch.rand(batch, network.output[0], requires_grad=backward)
    targets = peer_torch.make_targets(network, batch)
    loss_of = peer_torch.LOSSES[network.loss]
    if not backward:
        def forward():
            with torch.no_grad():
                loss_of(outputs, targets)
        return forward
    return lambda: torch.autograd.grad(loss_of(outputs, targets), outputs)


def layer_step(network, batch, backward, last):
    """The last layer, each input an array of its own."""
    layer = network.layers[-1]
    made = peer_torch.make_layer(layer)
    form = torch.channels_last if last else torch.contiguous_format
    made.train().to(memory_format=form)
    shapes = [network.shape(value) for value in layer.inputs]
    most = max(len(shape) for shape in shapes)  # a vector beside images has a value for each channel
    inputs = [torch.rand(batch, *shape, *[1] * (most - len(shape))) - 0.5 for shape in shapes]
    inputs = [values.contiguous(memory_format=form) if most == 3 else values for values in inputs]
    if not backward:
        def forward():
            with torch.no_grad():
                made(*inputs)
        return forward
    wanted = [values.requires_grad_() for values in inputs] + list(made.parameters())
    gradient = torch.rand_like(made(*inputs))

    def both():
        torch.autograd.grad(made(*inputs), wanted, gradient)
    return both


def prepare(network, backward, batch, setting):
    """A function that runs the operation forward, or forward and backward, once."""
    torch.set_num_threads(setting['threads'])
    torch.manual_seed(1)
    if network.optimizer:
        return updating(network, setting)
    if not network.layers:
        return loss_step(network, batch, backward)
    if network.layers[-1].kind not in peer_torch.KINDS:
        raise RuntimeError(f'PyTorch has no {network.layers[-1].kind}')
    return layer_step(network, batch, backward, setting['channels_last'])
