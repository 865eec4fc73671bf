"""What the tests of the Python package share: small data sets and networks."""
import numpy as np
import pytest

import libneuron as nn


@pytest.fixture(scope="session")
def glyphs():
    """Images of 8 x 8 pixels as float32 [600, 64], and their class numbers."""
    data = nn.Dataset.glyphs(600, 8, 8, seed=3)
    return data.x().reshape(600, 64), data.labels()


@pytest.fixture
def points():
    """Points of a plane, and whether the first coordinate is larger."""
    x = np.random.default_rng(1).random((400, 2), np.float32)
    return x, (x[:, 0] > x[:, 1]).astype(np.int64)


def network(inputs=64, outputs=10, units=16, end="softmax", **options):
    x = nn.Input(inputs)
    return nn.Model(x, nn.Dense(outputs, activation=end)(nn.Dense(units, activation="relu")(x)), **options)


@pytest.fixture
def small():
    return network


@pytest.fixture
def trained(glyphs):
    model = network(seed=1)
    model.fit(*glyphs, epochs=3, seed=1)
    return model
