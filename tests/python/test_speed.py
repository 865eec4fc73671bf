"""What Python adds to C: little, and nothing at each step where nobody needs it."""
import time

import numpy as np

import libneuron as nn
from libneuron import _c
from libneuron.tensor import wrap


def least(call, times=20, rounds=200):
    """Seconds of a call, undisturbed by what else runs."""
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(times):
            call()
        found.append((time.perf_counter() - start) / times)
    return min(found)


def test_a_prediction_of_one_example():
    x = nn.Input(784)
    model = nn.Model(x, nn.Dense(10, activation="softmax")(nn.Dense(30, activation="relu")(x)))
    given, taken = np.ones((1, 784), np.float32), np.empty((1, 10), np.float32)
    arguments = model._graph, wrap(given, model.context), wrap(taken, model.context)
    bare = least(lambda: _c.neuron_graph_predict(*arguments))
    whole = least(lambda: model.predict(given))
    assert whole - bare < 20e-6, f"{(whole - bare) * 1e6:.1f} microseconds"


def test_steps_of_short_epochs_have_no_callback(glyphs):
    dense = nn.Sequential([nn.Input(64), nn.Dense(10, activation="softmax")])
    image = nn.Input((8, 8, 1))
    convolution = nn.Model(image, nn.Dense(10, activation="softmax")(nn.Flatten()(nn.Conv2D(2, 3)(image))))
    stream = nn.Dataset.stream(lambda p: glyphs[0][p], 600, shape=64, classes=10, labels=glyphs[1])
    for model, x, y, short in ((dense, *glyphs, True), (dense, stream, None, False), (dense, stream[:50], None, False),
                               (convolution, glyphs[0].reshape(-1, 8, 8, 1), glyphs[1], False)):
        trainer = nn.Trainer(model)
        trainer.fit(x, y)
        assert trainer._short(trainer._dataset) is short
