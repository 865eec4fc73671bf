"""State dicts of PyTorch, and networks of it; what they predict is compared in tests/interop/state_dicts.py."""
import numpy as np
import pytest

import libneuron as nn


def network(**options):
    x = nn.Input((4, 3, 2))
    y = nn.BatchNorm()(nn.Conv2D(5, (2, 3), name="features/conv")(x))
    return nn.Model(x, nn.Dense(3, name="head")(nn.Flatten()(y)), **options)


def test_state_dict_both_ways(tmp_path):
    model, other = network(seed=1), network(seed=2)
    state = model.state_dict()
    assert {name: array.shape for name, array in state.items()} == {
        "features.conv.weight": (5, 2, 2, 3), "features.conv.bias": (5,), "batch_norm.weight": (5,), "batch_norm.bias": (5,),
        "batch_norm.running_mean": (5,), "batch_norm.running_var": (5,), "batch_norm.num_batches_tracked": (),
        "head.weight": (3, 15), "head.bias": (3,)}
    assert state["batch_norm.num_batches_tracked"].dtype == np.int64 and state["head.bias"].flags.writeable
    assert np.array_equal(state["features.conv.weight"], model.arrays["features/conv.kernel"].transpose(3, 2, 0, 1))
    kernel = model.arrays["head.kernel"].reshape(3, 1, 5, 3)  # rows, columns, channels, units
    assert np.array_equal(state["head.weight"], kernel.transpose(3, 2, 0, 1).reshape(3, 15))
    assert other.load_state_dict(state) == 8
    assert all(np.array_equal(other.arrays[name], array) for name, array in model.arrays.items())

    model.save_state_dict(tmp_path / "state")
    other = network(seed=2)
    assert other.load_state_dict(tmp_path / "state") == 8
    assert all(np.array_equal(other.arrays[name], array) for name, array in model.arrays.items())
    nested = {f"net.{name}": array.astype(np.float64) for name, array in state.items()}
    assert network().load_state_dict(nested, prefix="head", source_prefix="net.head.") == 2


def test_state_dicts_that_do_not_fit():
    model = network()
    state = model.state_dict()
    for change, error, message in (
            ({"head.weight": np.zeros((15, 3), np.float32)}, nn.ShapeError, "15x3, but head.kernel is 15x3, which is 3x15"),
            ({"head.bias": np.zeros(3, np.int32)}, nn.FormatError, "head.bias\" is of I32"),
            ({"head.bias": np.zeros(3, complex)}, TypeError, "head.bias is of complex128")):
        with pytest.raises(error) as raised:
            model.load_state_dict({**state, **change})
        assert message in str(raised.value)
    del state["head.bias"]
    with pytest.raises(nn.DataError):
        model.load_state_dict(state)
    for wrong in ({}, {"lstm.weight_ih_l0": np.zeros((2, 2), np.float32)}):
        with pytest.raises(nn.DataError):
            model.load_state_dict(wrong)
    with pytest.raises(nn.FileError):
        model.load_state_dict("nothing")


class Fake:
    """What has the name of a module of PyTorch."""


def fake(name, module="torch.nn.modules.any"):
    return type(name, (Fake,), {"__module__": module})()


def test_what_is_not_here_is_refused_by_name():
    for given, message in ((fake("LSTM"), "module LSTM cannot be mapped"), (fake("Linear", "mine"), "module Linear cannot"),
                           (None, "NoneType"), (network(), "Model")):
        with pytest.raises(TypeError) as raised:
            nn.from_torch(given, (4,))
        assert message in str(raised.value)


def test_networks_of_pytorch():
    torch = pytest.importorskip("torch")
    theirs = torch.nn
    module = theirs.Sequential(theirs.Conv2d(2, 3, 3, padding=1), theirs.ReLU(), theirs.Flatten(), theirs.Linear(60, 4))
    module[0].weight.requires_grad_(False)
    module[0].bias.requires_grad_(False)
    model = nn.from_torch(module, (4, 5, 2), name="theirs")
    x = np.random.default_rng(1).random((6, 4, 5, 2), np.float32)
    wanted = module(torch.from_numpy(x.transpose(0, 3, 1, 2).copy())).detach().numpy()
    assert np.allclose(model.predict(x), wanted, atol=1e-6)
    assert model.name == "theirs" and [layer.name for layer in model.layers if layer.kind in ("conv2d", "dense")] == ["0", "3"]
    assert not model.layer("0").trainable and model.layer("3").trainable
    state = {name: torch.from_numpy(array) for name, array in model.state_dict().items()}
    module.load_state_dict(state)
    half = {name: value.bfloat16() for name, value in module.state_dict().items()}
    assert model.load_state_dict(half) == 4
    for wrong, shape, error, message in (
            (theirs.Sequential(theirs.Conv2d(2, 3, 3)), (2, 4, 5), ValueError, "module '0' (Conv2d): takes 2 channels"),
            (theirs.Sequential(theirs.Linear(3, 2)), (4, 3), ValueError, "takes 3 numbers, not 4x3"),
            (theirs.Conv2d(2, 3, 3, padding=1, padding_mode="reflect"), (4, 5, 2), ValueError, "padding_mode is 'reflect'"),
            (theirs.Sequential(theirs.Sequential(theirs.GroupNorm(1, 2))), (4, 5, 2), TypeError, "module '0.0' (GroupNorm)"),
            (theirs.MaxPool2d(3, ceil_mode=True), (4, 5, 2), ValueError, "ceil_mode"),
            (theirs.AvgPool2d(2, padding=1), (4, 5, 2), ValueError, "does not count zeros"),
            (theirs.LayerNorm([2, 4, 5]), (4, 5, 2), ValueError, "layer normalisation"),
            (theirs.Softmax(2), (4, 5, 2), ValueError, "dim is 2"),
            (theirs.ConvTranspose2d(2, 3, 2, stride=3), (4, 5, 2), ValueError, "transposed convolution"),
            (theirs.AdaptiveAvgPool2d(3), (4, 5, 2), ValueError, "4x5 cannot be cut into 3x3"),
            (theirs.Conv2d(2, 3, 9), (4, 5, 2), nn.ShapeError, "module Conv2d: ")):
        with pytest.raises(error) as raised:
            nn.from_torch(wrong, shape)
        assert message in str(raised.value), (message, raised.value)
