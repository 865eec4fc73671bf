"""Layers and losses of one's own, in Python."""
import copy
import pickle

import numpy as np
import pytest

import libneuron as nn


class Swish(nn.CustomLayer):
    """x * sigmoid(slope * x), with a slope that is learned."""

    def arrays(self, shape):
        return {"slope": ((1,), ("constant", 1.0))}

    def forward(self, run):
        x = run.inputs[0]
        run.output[...] = x / (1 + np.exp(-run.arrays["slope"] * x))

    def backward(self, run):
        x, slope = run.inputs[0], run.arrays["slope"]
        s = 1 / (1 + np.exp(-slope * x))
        if run.input_gradients[0] is not None:
            run.input_gradients[0][...] = run.output_gradient * (s + slope * x * s * (1 - s))
        if run.array_gradients["slope"] is not None:
            run.array_gradients["slope"][0] = (run.output_gradient * x * x * s * (1 - s)).sum()


class Pairs(nn.CustomLayer):
    """The products of two inputs, one behind the other: another shape, several inputs, no gradient."""

    def output_shape(self, one, two):
        if one != two:
            raise ValueError(f"pairs of {one} and {two}")
        return (2 * one[0],)

    def forward(self, run):
        run.output[:, ::2], run.output[:, 1::2] = run.inputs


def network(layer):
    x = nn.Input(64)
    return nn.Model(x, nn.Dense(10, activation="softmax")(layer(nn.Dense(12)(x))), seed=1)


def test_a_layer_trains_predicts_and_is_saved(glyphs, tmp_path):
    with nn.Context(threads=2):
        model = network(Swish())
        history = model.fit(*glyphs, epochs=4, optimizer=nn.Adam(0.01))
        assert history["loss"][-1] < history["loss"][0] and model.arrays["swish.slope"][0] != 1
        arrays, x = dict(model.arrays), glyphs[0]
        h = x @ arrays["dense.kernel"] + arrays["dense.bias"]
        logits = h / (1 + np.exp(-arrays["swish.slope"] * h)) @ arrays["dense_1.kernel"] + arrays["dense_1.bias"]
        assert np.array_equal(model.predict(x).argmax(1), logits.argmax(1))
        assert model.layer("swish").kind == "swish" and "swish" in model.summary()
        model.save(tmp_path / "custom.safetensors")
        expected = model.predict(x)
    with nn.Context():
        with pytest.raises(nn.UnsupportedError, match="swish"):
            nn.load(tmp_path / "custom.safetensors")
        nn.register(Swish())
        again = nn.load(tmp_path / "custom.safetensors")
        assert np.array_equal(again.predict(x), expected)
        again.fit(*glyphs, epochs=1)
    with nn.Context():
        assert np.array_equal(pickle.loads(pickle.dumps(model)).predict(x), expected)
    assert np.array_equal(copy.copy(model).predict(x), expected)


def test_gradients_agree_with_differences():
    with nn.Context():
        x = nn.Input(3)
        model = nn.Model(x, Swish()(x))
    given = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    found = model.gradient(given)
    for axis in range(3):
        step = np.zeros(3, np.float32)
        step[axis] = 1e-2
        slope = (model.predict(given + step) - model.predict(given - step)) / 2e-2
        assert np.allclose(found[:, axis], slope[:, axis], atol=1e-3)


def test_another_shape_and_several_inputs():
    with nn.Context():
        a, b = nn.Input(2), nn.Input(2)
        model = nn.Model([a, b], Pairs()(a, b))
        assert model.predict([np.ones((3, 2)), np.zeros((3, 2))]).tolist() == [[1, 0, 1, 0]] * 3
        with pytest.raises(ValueError, match=r"pairs of \(2,\) and \(3,\)"):
            Pairs()(a, nn.Input(3))
        with pytest.raises(nn.NeuronError):
            model.fit([np.ones((3, 2)), np.ones((3, 2))], np.ones((3, 4)))


class Wrong(nn.CustomLayer):
    def __init__(self, what, **options):
        super().__init__(**options)
        self.what = what
        self.custom_name = "wrong_" + what

    def forward(self, run):
        if self.what == "raises":
            raise KeyError("odd")
        if self.what == "keeps":
            kept.append((run, run.inputs[0], run.output))
        if self.what == "writes_inputs":
            run.inputs[0][...] = 0
        if self.what == "another_shape":
            run.output[...] = np.ones(7)
        run.output[...] = run.inputs[0]


kept = []


@pytest.mark.parametrize("what, error", [("raises", KeyError), ("another_shape", ValueError)])
def test_what_a_layer_does_wrong_is_raised(what, error):
    with nn.Context():
        x = nn.Input(3)
        model = nn.Model(x, Wrong(what)(x))
    with pytest.raises(error) as caught:
        model.predict(np.ones((2, 3), np.float32))
    assert any(entry.name == "forward" for entry in caught.traceback)


def test_what_a_layer_gets_is_its_own():
    given = np.ones((2, 3), np.float32)
    with nn.Context():
        x = nn.Input(3)
        writes = nn.Model(x, nn.concat(Wrong("writes_inputs")(x), x))
        assert writes.predict(given).tolist() == [[0, 0, 0, 1, 1, 1]] * 2 and (given == 1).all()
        keeps = nn.Model(x, Wrong("keeps")(x))
        keeps.predict(given)
        keeps.predict(given * 2)
    assert (kept[0][1] == 1).all() and (kept[0][2] == 1).all() and (kept[1][2] == 2).all()
    kept.clear()


def test_a_run_is_over_when_its_method_returns():
    with nn.Context():
        x = nn.Input(3)
        nn.Model(x, Wrong("keeps")(x)).predict(np.ones((2, 3), np.float32))
    for use in (lambda run: run.inputs, lambda run: run.output_gradient, lambda run: run.name, lambda run: run.random(3)):
        with pytest.raises(RuntimeError, match="is over"):
            use(kept[0][0])
    kept.clear()


def test_layers_of_one_name_are_of_one_class():
    with nn.Context():
        x = nn.Input(3)
        Wrong("nothing")(x)

        class Other(nn.CustomLayer):
            custom_name = "wrong_nothing"

            def forward(self, run):
                pass

        with pytest.raises(ValueError, match="custom_name"):
            Other()(x)
        with pytest.raises(TypeError):
            nn.register(3)
        with pytest.raises(NotImplementedError):
            nn.Model(x, nn.CustomLayer()(x)).predict(np.ones((1, 3), np.float32))


def test_random_numbers_of_a_layer_follow_from_the_seed(glyphs):
    class Noise(nn.CustomLayer):
        def forward(self, run):
            numbers = run.random(run.output.shape)
            assert numbers.min() >= 0 and numbers.max() < 1
            run.output[...] = run.inputs[0] + (numbers if run.training else 0)

        def backward(self, run):
            if run.input_gradients[0] is not None:
                run.input_gradients[0][...] = run.output_gradient

    with nn.Context():
        one, two = network(Noise()), network(Noise())
        one.fit(*glyphs, seed=3)
        two.fit(*glyphs, seed=3)
        assert one.to_bytes() == two.to_bytes()


def squared(outputs, targets):
    error = outputs - targets
    return (error ** 2).mean(axis=1), 2 * error / error.shape[1]


def test_a_loss_is_a_function(glyphs, small):
    one, two = small(64, 3, end=None, seed=1), small(64, 3, end=None, seed=1)
    given = glyphs[0], glyphs[0][:, :3].copy()
    mine = one.fit(*given, loss=squared, epochs=3, seed=1)
    theirs = two.fit(*given, loss="mean_squared_error", epochs=3, seed=1)
    assert np.allclose(mine["loss"], theirs["loss"], rtol=1e-4)
    assert one.evaluate(*given, loss=squared).loss == pytest.approx(two.evaluate(*given).loss, rel=1e-3)
    assert pickle.loads(pickle.dumps(nn.CustomLoss(squared))).function is squared


def test_a_loss_with_class_numbers(glyphs, small):
    def nothing(outputs, targets, labels):
        assert (targets.argmax(1) == labels).all()
        return np.zeros(len(outputs)), np.zeros_like(outputs)

    assert small().fit(*glyphs, loss=nothing)["loss"][0] == 0


@pytest.mark.parametrize("loss, error", [
    (lambda o, t: 1 / 0, ZeroDivisionError), (lambda o, t: o, TypeError), (lambda o, t: (o, o), ValueError),
    (lambda o, t: (o[:, 0], o[:, 0]), ValueError), (lambda o: 3, TypeError), (lambda o, t: (None, None), (TypeError, ValueError)),
    (lambda o, t: (np.full(len(o), np.nan), o), nn.NotFiniteError),
])
def test_what_a_loss_does_wrong_is_raised(glyphs, small, loss, error):
    model = small(64, 3, end=None)
    before = model.arrays["dense.kernel"]
    with pytest.raises(error):
        model.fit(glyphs[0], glyphs[0][:, :3].copy(), loss=loss)
    assert np.array_equal(model.arrays["dense.kernel"], before)


def test_what_a_loss_gets_may_be_kept(glyphs, small):
    seen = []

    def keep(outputs, targets):
        seen.append((outputs, targets))
        return squared(outputs, targets)

    small(64, 3, end=None).fit(glyphs[0], glyphs[0][:, :3].copy(), loss=keep)
    assert all(np.isfinite(outputs).all() for outputs, _ in seen) and len(seen) == 19


def test_settings_may_be_arrays():
    class Table(nn.CustomLayer):
        def __init__(self, table):
            super().__init__()
            self.table = {"of": [np.asarray(table)]}

        def forward(self, run):
            run.output[...] = run.inputs[0] * self.table["of"][0]

    with nn.Context():
        x = nn.Input(3)
        model = nn.Model(x, Table([1, 2, 3])(Table([1, 2, 3])(x)))
        assert np.array_equal(model.predict(np.ones((1, 3), np.float32)), [[1, 4, 9]])
        for other in ([1, 2, 4], [1, 2], [[1, 2, 3]]):
            with pytest.raises(ValueError, match="other settings"):
                nn.register(Table(other))
