"""Building networks: layers by call, shapes and mistakes at the call, sharing, importing."""
import inspect

import numpy as np
import pytest

import libneuron as nn
from libneuron import layers as all_layers


def test_every_layer_of_the_library_has_a_class_or_a_function():
    made_otherwise = {"input": nn.Input, "concat": nn.concat, "add": nn.add, "multiply": nn.multiply,
                      "average": nn.average, "weighted_average": nn.average, "vote": nn.vote,
                      "uncertainty": nn.uncertainty, "reshape": nn.Reshape,
                      "permute": nn.Permute,
                      "zero_pad2d": nn.ZeroPad2D}
    for kind in nn.kinds("layer"):
        if not kind.startswith("quantized"):
            assert kind in all_layers.classes or kind in made_otherwise, kind


IMAGE = ["conv2d", "conv2d_transpose", "depthwise_conv2d", "max_pool2d", "average_pool2d", "global_average_pool2d",
         "global_max_pool2d", "upsample2d", "random_rotation"]
SEQUENCE = ["conv1d", "max_pool1d", "average_pool1d", "global_average_pool1d", "global_max_pool1d"]
GIVEN = {"units": 5, "filters": 4, "kernel_size": 3, "rate": 0.5, "deviation": 0.1, "factor": 0.1, "begin": 0,
         "scale": 2.0, "points": 3}


@pytest.mark.parametrize("kind", sorted(all_layers.classes))
def test_every_layer_predicts_what_its_shape_says(kind):
    cls = all_layers.classes[kind]
    shape = (6, 6, 2) if kind in IMAGE else (9, 2) if kind in SEQUENCE else (7,)
    needed = [GIVEN[name] for name, default in cls._arguments if default is inspect.Parameter.empty]
    x = nn.Input(shape)
    y = cls(*needed)(x)
    model = nn.Model(x, y)
    assert model.predict(np.zeros((3, *shape), np.float32)).shape == (3, *y.shape)
    assert model.layers[-1].kind == kind


def test_help_shows_the_options():
    assert "units" in inspect.signature(nn.Dense).parameters
    assert inspect.signature(nn.Dense).parameters["use_bias"].default is True
    assert "he_normal" in nn.Dense.__doc__ and "use_bias" in nn.Dense.__doc__
    assert list(inspect.signature(nn.Conv2D).parameters)[:2] == ["filters", "kernel_size"]
    assert inspect.signature(nn.Conv2D).parameters["stride"].default == 1
    assert "neuron_" not in (nn.Flatten.__doc__ or "")


@pytest.mark.parametrize("mistake, error, words", [
    (lambda x: nn.Dense(), TypeError, "needs units"),
    (lambda x: nn.Dense(1, 2), TypeError, "1 positional"),
    (lambda x: nn.Dense(3, unit=4), TypeError, "did you mean 'units'"),
    (lambda x: nn.Dense(3, units=4), TypeError, "twice"),
    (lambda x: nn.Dense(0)(x), nn.ArgumentError, "units is 0"),
    (lambda x: nn.Dense(3.5)(x), nn.ArgumentError, "3.5"),
    (lambda x: nn.Dense("3, use_bias=no")(x), ValueError, "there is no such word"),
    (lambda x: nn.Dense(3, activation="rleu"), ValueError, "did you mean 'relu'"),
    (lambda x: nn.Dense(3, activation=3), TypeError, "activation"),
    (lambda x: nn.Flatten(activation="relu"), TypeError, "no activation"),
    (lambda x: nn.Conv2D(3, 3)(x), nn.ShapeError, "rank 3"),
    (lambda x: nn.Conv2D(3, (3, 3, 3))(nn.Input((8, 8, 1))), ValueError, "height and width"),
    (lambda x: nn.Conv2D(3, 3, padding="sme")(nn.Input((8, 8, 1))), nn.ArgumentError, "valid or same"),
    (lambda x: nn.Dense(3)(3), TypeError, "not with nodes"),
    (lambda x: nn.Dense(3)(), TypeError, "without a node"),
    (lambda x: nn.Dense(3)([x, x]), nn.NeuronError, "count is 2"),
    (lambda x: nn.concat(x, nn.Input((3, 2))), nn.NeuronError, "concat"),
    (lambda x: nn.Reshape((3, 3))(x), nn.ShapeError, "3x3"),
    (lambda x: nn.Reshape("ab"), TypeError, "integer"),
    (lambda x: nn.Permute((0, 0, 1))(x), nn.ShapeError, "permute"),
    (lambda x: nn.Dense(3, kernel_initializer="he")(x), nn.ArgumentError, "he"),
    (lambda x: nn.Dense(3, kernle_initializer="zeros")(x), nn.ArgumentError, "kernle"),
    (lambda x: nn.Dense(3, kernel_regularizer=0.1)(x), TypeError, "nn.L2"),
    (lambda x: nn.Dense(3, name="a.b")(x), nn.ArgumentError, "name"),
    (lambda x: nn.Dense(3, name="a\0b")(x), ValueError, "zero"),
    (lambda x: nn.Dense(3, name=7)(x), TypeError, "not text"),
    (lambda x: nn.Input(0), ValueError, "1 or more"),
    (lambda x: nn.Input(()), ValueError, "one extent"),
    (lambda x: nn.Input(2.5), TypeError, "the shape is 2.5; it must be an integer"),
    (lambda x: nn.Model(x, 3), TypeError, "nodes"),
    (lambda x: nn.Model([], x), ValueError, "without inputs"),
    (lambda x: nn.Model(nn.Input(4), nn.Dense(2)(x)), ValueError, "not among the inputs"),
    (lambda x: nn.Model(nn.Dense(2)(x), nn.Dense(2)(x)), ValueError, "no input"),
    (lambda x: nn.Sequential([nn.Dense(3)]), TypeError, "begins with nn.Input"),
    (lambda x: nn.Sequential([x, "relu"]), TypeError, "list of layers"),
    (lambda x: nn.Import(3), TypeError, "not a model"),
    (lambda x: np.asarray(x), TypeError, "no numbers"),
    (lambda x: list(x), TypeError, "taken apart"),
])
def test_mistakes_are_told_where_they_are_made(mistake, error, words):
    with pytest.raises(error, match=words):
        mistake(nn.Input(4))


def test_a_mistake_does_not_spoil_the_nodes():
    x = nn.Input(4)
    with pytest.raises(nn.ShapeError):
        nn.Conv2D(3, 3)(x)
    assert nn.Dense(3)(x).shape == (3,)


def test_height_and_width():
    x = nn.Input((9, 8, 1))
    y = nn.Conv2D(2, (3, 5), stride=(2, 1), padding="same")(x)
    assert y.shape == (5, 8, 2)
    assert nn.Model(x, y).arrays["conv2d.kernel"].shape == (3, 5, 1, 2)
    assert nn.MaxPool2D((3, 2))(x).shape == (3, 4, 1)
    assert nn.ZeroPad2D(((1, 2), (3, 4)))(x).shape == (12, 15, 1)
    assert nn.Upsample2D((2, 3))(x).shape == (18, 24, 1)


def test_functional_and_sequential_are_the_same():
    one = nn.Sequential([nn.Input(4), nn.Dense(3, activation="relu"), nn.Dense(2, activation="softmax")], seed=5)
    x = nn.Input(4)
    two = nn.Model(x, nn.Dense(2, activation="softmax")(nn.Dense(3, activation="relu")(x)), seed=5)
    given = np.random.default_rng(0).random((6, 4), np.float32)
    assert np.array_equal(one.predict(given), two.predict(given))
    assert not np.array_equal(nn.Sequential([nn.Input(4), nn.Dense(2)], seed=6).arrays["dense.kernel"],
                              nn.Sequential([nn.Input(4), nn.Dense(2)], seed=7).arrays["dense.kernel"])


def test_a_skip_concatenation_by_hand():
    x = nn.Input(4)
    h = nn.Dense(3)(x)
    model = nn.Model(x, nn.Dense(2)(nn.concat(x, h)))
    given = np.random.default_rng(0).random((6, 4), np.float32)
    arrays = dict(model.arrays)
    hidden = np.concatenate([given, given @ arrays["dense.kernel"] + arrays["dense.bias"]], axis=1)
    assert np.allclose(model.predict(given), hidden @ arrays["dense_1.kernel"] + arrays["dense_1.bias"], atol=1e-5)


def test_a_layer_that_is_called_again_shares_its_parameters():
    a, b = nn.Input(4, name="a"), nn.Input(4, name="b")
    trunk = nn.Dense(3, activation="tanh")
    model = nn.Model([a, b], nn.concat(trunk(a), trunk(b)))
    assert list(model.arrays) == ["dense.kernel", "dense.bias"]
    given = np.random.default_rng(0).random((6, 4), np.float32)
    both = model.predict([given, given])
    assert np.array_equal(both[:, :3], both[:, 3:])


def test_joins():
    a, b = nn.Input(3), nn.Input(3)
    one, two = (np.random.default_rng(i).random((5, 3), np.float32) for i in range(2))

    def joined(node):
        return nn.Model([a, b], node).predict([one, two])

    assert np.allclose(joined(nn.add(a, b)), one + two)
    assert np.allclose(joined(nn.multiply(a, b)), one * two)
    assert np.allclose(joined(nn.average(a, b)), (one + two) / 2)
    assert np.allclose(joined(nn.average([a, b], weights=[3, 1])), (3 * one + two) / 4)
    assert np.allclose(joined(nn.concat(a, b, axis=0)), np.concatenate([one, two], 1))
    assert joined(nn.vote(a, b, weights=[2, 1])).argmax(1).tolist() == one.argmax(1).tolist()


def test_initializers_regularizers_and_freezing():
    x = nn.Input(4)
    y = nn.Dense(3, kernel_initializer=("constant", 0.5), bias_initializer="ones", kernel_regularizer=nn.L2(0.1),
                 trainable=False, name="fixed")(x)
    model = nn.Model(x, nn.Dense(2, bias_regularizer=nn.L1L2(0.1, 0.2))(y))
    assert (model.arrays["fixed.kernel"] == 0.5).all() and (model.arrays["fixed.bias"] == 1).all()
    assert not model.layer("fixed").trainable and model.trainable_parameters == 3 * 2 + 2
    model.layer("fixed").trainable = True
    assert model.trainable_parameters == model.parameters


def test_importing_a_part(trained, glyphs):
    x = nn.Input(64)
    features = nn.Import(trained, end="relu", trainable=False, name="trunk")(x)
    assert features.shape == (16,)
    model = nn.Model(x, nn.Dense(2, activation="softmax")(features))
    assert np.array_equal(model.arrays["trunk/dense.kernel"], trained.arrays["dense.kernel"])
    assert not model.layer("trunk/dense").trainable
    assert np.array_equal(model.with_outputs("trunk/relu").predict(glyphs[0][:9]),
                          trained.with_outputs("relu").predict(glyphs[0][:9]))
    with pytest.raises(nn.ShapeError):
        nn.Import(trained)(nn.Input(65))
    with pytest.raises(nn.NeuronError, match="denze"):
        nn.Import(trained, end="denze")(x)


def test_options_tables():
    adam = nn.options("optimizer", "adam")
    assert adam["learning_rate"].default == 0.001 and adam["learning_rate"].type == "real"
    assert nn.options("layer", "conv2d")["padding"].words == ("valid", "same")
    assert nn.options("trainer")["shuffle"].default is True
    assert nn.kinds("nothing") == [] and nn.options("optimizer", "nothing") == {}
