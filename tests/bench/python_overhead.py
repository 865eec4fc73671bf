"""What Python adds to C: fit() and predict() of the package beside the same calls of C, on the rows of neuron-bench.

usage: python_overhead.py NEURON_BENCH [--rounds N] [--row NAME]...

The package must be importable (PYTHONPATH, LIBNEURON_LIBRARY). Both do the same work in one process and one thread, in
turn; what is compared is the time of the processor (user and system), by the median of the rounds, so that other
programs of the machine play a small part. A training is an epoch over some batches, with all that fit() does around
it: a dataset of the arrays, a trainer, watching for Ctrl-C, the history. Ends with 1 where a training costs
2 % and a millisecond more than in C, or a prediction 2 % and 20 microseconds more. What does not grow with the epoch is
some 150 microseconds, or three times as many where the caches are full of something else.
"""
import argparse
import statistics
import subprocess
import sys
import time

import numpy as np

import libneuron as nn
from libneuron import _c
from libneuron._call import check
from libneuron.tensor import lend, wrap

ALLOWED_SHARE, ALLOWED_SECONDS = 0.02, {"fit": 1e-3, "predict": 20e-6}
BATCHES = 48  # of an epoch


def build(words):
    """The network of a row in the words of neuron-bench; None where it has others than these."""
    made, batch, kept = None, 0, {}
    for part in (each.split() for each in words.split(";")):
        word, numbers = part[0], [float(each) if "." in each else int(each) for each in part[1:] if each[0].isdigit()]
        same = {"padding": "same"} if "same" in part else {}
        if word == "batch":
            batch = numbers[0]
        elif word == "loss":
            continue
        elif word == "input":
            made = first = nn.Input(tuple(numbers))
        elif word == "conv":
            made = nn.Conv2D(numbers[0], numbers[1], stride=numbers[2] if len(numbers) > 2 else 1, **same)(made)
        elif word == "dense":
            made = nn.Dense(numbers[0])(made)
        elif word == "dropout":
            made = nn.Dropout(numbers[0])(made)
        elif word == "max-pool":
            made = nn.MaxPool2D(numbers[0])(made)
        elif word == "average-pool":
            made = nn.AveragePool2D(numbers[0])(made)
        elif word == "keep":
            kept[part[1]] = made
        elif word == "from":
            made = kept[part[1]]
        elif word == "add":
            made = nn.add(made, kept[part[1]])
        elif word in PLAIN:
            made = PLAIN[word]()(made)
        else:
            return None
    return nn.Model(first, made, seed=1), batch


PLAIN = {"relu": nn.ReLU, "tanh": nn.Tanh, "softmax": nn.Softmax, "norm": nn.BatchNorm, "flatten": nn.Flatten,
         "global-average": nn.GlobalAveragePool2D, "sigmoid": nn.Sigmoid}


def fit_in_c(model, x, y, batch):
    """What a program of C does, call by call."""
    context = model.context
    dataset, optimizer, trainer, history = _c.DatasetHandle(), _c.OptimizerHandle(), _c.TrainerHandle(), _c.HistoryHandle()
    examples, targets = lend(x, context), lend(y, context)
    if y.ndim == 1:
        check(_c.neuron_dataset_create(dataset, context._handle, examples, targets, model.output_shapes[0][0]))
    else:
        check(_c.neuron_dataset_create_with_targets(dataset, context._handle, examples, targets))
    check(_c.neuron_optimizer_create(optimizer, context._handle, b"adam", None))
    check(_c.neuron_trainer_create(trainer, model._graph, optimizer, dataset))
    if y.ndim > 1:
        loss = _c.LossHandle()
        check(_c.neuron_loss_create(loss, context._handle, b"mean_squared_error", None))
        check(_c.neuron_trainer_set_loss(trainer, loss))
    check(_c.neuron_trainer_set(trainer, f"epochs=1, batch_size={batch}".encode()))
    check(_c.neuron_trainer_run(history, trainer))


def seconds_of(call, times):
    start = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - start) / times


def compared(one, other, rounds):
    """Medians of both, in seconds of a call, each round both one after the other."""
    one(), other()
    times = max(1, int(0.05 / max(seconds_of(one, 3), 1e-7)))
    pairs = []
    for i in range(rounds):
        first, second = (one, other) if i % 2 == 0 else (other, one)
        found = seconds_of(first, times), seconds_of(second, times)
        pairs.append(found if i % 2 == 0 else found[::-1])
    added = statistics.median(theirs - ours for ours, theirs in pairs)
    base = statistics.median(ours for ours, _ in pairs)
    return base, added


def rows_of(bench):
    text = subprocess.run([bench, "--describe"], stdout=subprocess.PIPE, check=True, text=True).stdout
    return dict(line.split("\t") for line in text.splitlines())


def measured(model, batch, rounds):
    chance = np.random.default_rng(1)
    x = chance.random((batch * BATCHES, *model.input_shapes[0]), np.float32)
    y = x if model.output_shapes == model.input_shapes else chance.integers(0, 10, len(x)).astype(np.int32)
    yield "fit", compared(lambda: fit_in_c(model, x, y, batch), lambda: model.fit(x, y, batch_size=batch), rounds)
    for count in (1, batch):
        output = np.empty((count, *model.output_shapes[0]), np.float32)
        given, taken = wrap(x[:count], model.context), wrap(output, model.context)
        some = x[:count]
        yield f"predict {count}", compared(lambda: check(_c.neuron_graph_predict(model._graph, given, taken)),
                                                  lambda: model.predict(some), rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("bench")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--row", action="append", default=[])
    given = parser.parse_args()
    missed = 0
    print(f"{'row':14} {'call':12} {'C':>12} {'Python adds':>14} {'':>8}")
    with nn.Context(threads=1, seed=1):
        for name, words in rows_of(given.bench).items():
            found = None if given.row and name not in given.row else build(words)
            if found is None:
                continue
            for call, (base, added) in measured(*found, given.rounds):
                limit = ALLOWED_SECONDS[call.split()[0]] + ALLOWED_SHARE * base
                missed += added > limit
                print(f"{name:14} {call:12} {base * 1e6:9.1f} us {added * 1e6:11.1f} us {added / base:8.2%}"
                      + ("  too much" if added > limit else ""), flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
