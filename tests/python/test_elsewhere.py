"""Names of Keras and PyTorch: a message tells what they are called here."""
import copy
import pickle

import numpy as np
import pytest

import libneuron as nn
from libneuron import callbacks, elsewhere


@pytest.mark.parametrize("wrong, error, words", [
    (lambda m, x: m.compile(optimizer="adam"), AttributeError, r"no 'compile': fit\(\) takes optimizer= and loss="),
    (lambda m, x: m.get_weights(), AttributeError, "model.arrays"), (lambda m, x: m.nothing, AttributeError, "no 'nothing'$"),
    (lambda m, x: nn.BatchNormalization, AttributeError, "it is called BatchNorm$"),
    (lambda m, x: nn.Nothing, AttributeError, "no attribute 'Nothing'$"),
    (lambda m, x: nn.Dataset(x).standardize_channels(), AttributeError, r"standardize\(\) scales each"),
    (lambda m, x: m.fit(x, [0, 1] * 5).history, AttributeError, r'history\["validation_loss"\]'),
    (lambda m, x: m.fit(x, [0, 1] * 5, loss="sparse_categorical_crossentropy"), nn.ArgumentError, "called 'cross_entropy'"),
    (lambda m, x: nn.EarlyStopping(restore_best_weights=True), nn.ArgumentError, "called 'restore_best'"),
    (lambda m, x: nn.LeakyReLU(negative_slope=0.2), TypeError, "did you mean 'slope'"),
    (lambda m, x: m.fit(x, [0, 1] * 5, learning_rate=0.1), TypeError, r"nn\.Adam\(0\.01\)"),
    (lambda m, x: nn.Dataset(x)[0], TypeError, r"one example is dataset\[0:1\]"),
    (lambda m, x: pickle.dumps(nn.Dataset(x)), TypeError, r"not pickled: its arrays are"),
    (lambda m, x: pickle.dumps(m.fit(x, [0, 1] * 5)), TypeError, r"not pickled: its figures are, dict\(history\)"),
    (lambda m, x: pickle.dumps(m.evaluate(x, [0, 1] * 5)), TypeError, r"not pickled: its figures are"),
    (lambda m, x: m.predict(x[0]), nn.ShapeError, r"one example is x\[None\]"),
    (lambda m, x: m.predict([1.0, 2]), nn.ShapeError, r"one example is x\[None\]"),
    (lambda m, x: m.predict([[38, "Bern"]]), TypeError, "rows with words or gaps are given as a frame"),
    (lambda m, x: m.predict([[38, None]]), TypeError, "rows with words or gaps are given as a frame"),
    (lambda m, x: m.predict({"age": 38}), ValueError, "rows with columns are given as a frame"),
])
def test_messages_tell_the_name(small, wrong, error, words):
    with pytest.raises(error, match=words):
        wrong(small(2, 2), np.ones((10, 2), np.float32))


def test_what_they_tell_is_there(small):
    for name, here in elsewhere.PACKAGE.items():
        assert hasattr(nn, here) and not hasattr(nn, name), name
    model = small(2, 2)
    for table, thing in ((elsewhere.MODEL, model), (elsewhere.DATASET, nn.Dataset(np.ones((2, 2)))),
                         (elsewhere.HISTORY, model.fit(np.ones((2, 2)), [0, 1]))):
        for name in table:
            assert not hasattr(thing, name), name
        copy.copy(thing)
    pickle.loads(pickle.dumps(model))
    for here in elsewhere.LOSSES.values():
        assert here in nn.kinds("loss")
    assert not set(elsewhere.LOSSES) & set(nn.kinds("loss")) and set(elsewhere.POINTS.values()) <= set(callbacks.EVENTS)


class Keras(nn.Callback):
    def on_epoch_end(self, epoch, logs=None):
        """As in Keras."""


class Begins(nn.Callback):
    def on_train_begin(self, logs=None):
        """As in Keras."""


class Misspelt(nn.Callback):
    def on_epoch_ends(self, training):
        """Would never be called."""


@pytest.mark.parametrize("callback, words", [
    (Keras(), "on_epoch_end takes epoch, logs; a callback is given one thing, the training"),
    (lambda epoch, logs: None, "epoch, logs; a callback is given one thing"),
    (Begins(), "Begins: on_train_begin is called on_run_begin here"),
    (Misspelt(), "no point 'on_epoch_ends' of a training; there are on_run_begin, on_epoch_begin, on_step_end"),
])
def test_callbacks_that_would_not_be_called_as_they_expect(small, callback, words):
    with pytest.raises(TypeError, match=words):
        small(2, 2).fit(np.ones((10, 2)), [0, 1] * 5, callbacks=callback)


def test_callbacks_that_can_be_called_are(small):
    seen = []

    class Fine(nn.Callback):
        def on_epoch_end(self, training, *, more=1):
            seen.append(training.epoch)

    def function(training, more=None):
        seen.append("function")

    small(2, 2).fit(np.ones((10, 2)), [0, 1] * 5, callbacks=[Fine(), function, lambda *all: seen.append(len(all))])
    assert seen == [1, "function", 1]
