"""Models: predicting, evaluating, parameters, metadata, files, copies, pickling, gradients, quantising."""
import copy
import pickle

import numpy as np
import pytest

import libneuron as nn


def by_hand(model, x):
    arrays = dict(model.arrays)
    hidden = np.maximum(x @ arrays["dense.kernel"] + arrays["dense.bias"], 0)
    logits = hidden @ arrays["dense_1.kernel"] + arrays["dense_1.bias"]
    values = np.exp(logits - logits.max(1, keepdims=True))
    return values / values.sum(1, keepdims=True)


def test_predictions_are_those_of_the_formula_in_any_number(trained, glyphs):
    x = glyphs[0]
    expected = by_hand(trained, x)
    for count in (1, 2, 31, 32, 33, 128, 600):
        assert np.allclose(trained.predict(x[:count]), expected[:count], atol=1e-5), count
    assert trained.predict(x[:0]).shape == (0, 10)


def test_whatever_is_numbers_predicts(trained, glyphs):
    x = glyphs[0][:40]
    expected = trained.predict(x)
    fortran, strided = np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2]
    swapped, wide = x.astype(">f4"), x.astype(np.float64)
    readonly = x.copy()
    readonly.flags.writeable = False
    unaligned = np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(np.float32).reshape(x.shape)
    for given in (fortran, strided, swapped, wide, readonly, unaligned, x.tolist(), memoryview(x), [list(r) for r in x]):
        assert np.array_equal(trained.predict(given), expected)
        assert np.array_equal(trained.predict(given[:1] if not isinstance(given, memoryview) else given),
                              expected[:1] if not isinstance(given, memoryview) else expected) or \
            np.allclose(trained.predict(given[:1]), expected[:1], atol=1e-6)
    integers = np.ones((3, 64), np.int16)
    assert np.array_equal(trained.predict(integers), trained.predict(integers.astype(np.float32)))


def test_each_result_has_memory_of_its_own(trained, glyphs):
    one = trained.predict(glyphs[0][:1])
    kept = one.copy()
    trained.predict(glyphs[0][1:2])
    assert np.array_equal(one, kept)


@pytest.mark.parametrize("wrong, error", [
    (np.zeros((3, 65), np.float32), nn.ShapeError), (np.zeros(64, np.float32), nn.ShapeError),
    (np.float32(3), nn.NeuronError), (np.zeros((3, 64), np.complex64), TypeError), (np.array([["a"] * 64]), TypeError),
    (None, TypeError), ("text", TypeError), ([[1, 2], [3]], (ValueError, TypeError)), ([np.zeros((3, 64))] * 2, Exception),
    (np.zeros((3, 64), np.uint8), nn.NeuronError), (np.zeros((1,) * 9, np.float32), nn.NeuronError),
    ({"other": np.zeros((3, 64))}, ValueError),
])
def test_wrong_inputs_are_refused(trained, wrong, error):
    with pytest.raises(error):
        trained.predict(wrong)


def test_evaluating(trained, glyphs):
    x, y = glyphs
    found = trained.evaluate(x, y)
    right = trained.predict(x).argmax(1) == y
    assert found.accuracy == pytest.approx(right.mean()) and found.count == 600
    assert found.confusion.sum() == 600 and np.trace(found.confusion) == right.sum()
    assert (found.confusion.sum(1) == found.support).all()
    assert found.recall == pytest.approx(np.diag(found.confusion) / found.support)
    assert found.average("f1") == pytest.approx(found.f1.mean())
    assert "precision" in found.report() and "macro avg" in found.report(2)
    assert "zero" in found.report(names=["zero"] + list("123456789"))
    assert "<table>" in found._repr_html_() and "accuracy" in repr(found)
    with pytest.raises(ValueError):
        found.report(names=["one"])
    with pytest.raises(ValueError):
        found.average("f2")
    with pytest.raises(TypeError, match="no option|y is missing"):
        trained.evaluate(x)
    with pytest.raises(nn.ArgumentError, match="threshold"):
        trained.evaluate(x, y, thresold=0.3)


def test_evaluating_a_regression():
    x = nn.Input(2)
    model = nn.Model(x, nn.Dense(1)(x))
    given = np.random.default_rng(0).random((50, 2), np.float32)
    found = model.evaluate(given, given.sum(1))
    error = model.predict(given)[:, 0] - given.sum(1)
    assert found.kind == "regression" and np.isnan(found.accuracy)
    assert found.mean_absolute_error[0] == pytest.approx(abs(error).mean(), rel=1e-5)
    assert found.loss == pytest.approx((error ** 2).mean(), rel=1e-5)


def test_evaluation_of_outputs():
    found = nn.Evaluation.of_outputs(np.eye(3, dtype=np.float32)[[0, 1, 2, 2]], [0, 1, 2, 1])
    assert found.accuracy == 0.75


def test_parameters_can_be_read_and_written(small):
    model = small()
    kernel = model.arrays["dense.kernel"]
    assert kernel.shape == (64, 16)
    model.arrays["dense.kernel"] = kernel * 2
    assert np.array_equal(model.arrays["dense.kernel"], kernel * 2)
    with pytest.raises(KeyError, match="dense.kernel"):
        model.arrays["dense.kernal"]
    with pytest.raises(ValueError, match="shape"):
        model.arrays["dense.kernel"] = kernel.T
    assert "dense.bias" in model.arrays and "x" not in model.arrays and len(model.arrays) == 4
    assert model.parameters == sum(values.size for values in model.arrays.values())


def test_summary_and_names(small):
    model = small(name="digits")
    assert model.name == "digits" and "dense_1" in model.summary() and "<pre>" in model.summary()._repr_html_()
    assert "64 to 10" in repr(model)
    assert [layer.kind for layer in model.layers] == ["input", "dense", "relu", "dense", "softmax"]
    assert model.layer("dense_1").inputs == ["relu"] and "units=10" in model.layer("dense_1").options
    with pytest.raises(KeyError):
        model.layer("nothing")


def test_metadata_and_class_names(small):
    model = small()
    model.metadata["version"] = "3"
    assert dict(model.metadata) == {"version": "3"} and len(model.metadata) == 1
    with pytest.raises(KeyError):
        model.metadata["other"]
    with pytest.raises(KeyError):
        del model.metadata["other"]
    model.class_names = [f"class {k}" for k in range(10)]
    again = nn.Model.from_bytes(model.to_bytes())
    assert again.metadata["version"] == "3" and again.class_names == model.class_names
    assert again.classify(np.zeros((2, 64), np.float32)).tolist()[0].startswith("class ")
    del again.metadata["version"]
    again.class_names = None
    assert not again.metadata and again.class_names is None
    with pytest.raises(nn.ShapeError):
        model.class_names = ["one"]


def test_files(trained, glyphs, tmp_path):
    path = tmp_path / "mödel.safetensors"
    trained.save(path)
    expected = trained.predict(glyphs[0])
    assert np.array_equal(nn.load(path).predict(glyphs[0]), expected)
    assert np.array_equal(nn.load(str(path)).predict(glyphs[0]), expected)
    assert path.read_bytes() == trained.to_bytes()
    trained.save(path, storage="f16")
    assert abs(nn.load(path).predict(glyphs[0]) - expected).max() < 0.01
    assert len(path.read_bytes()) < 0.7 * len(trained.to_bytes())
    fresh = nn.Sequential([nn.Input(64), nn.Dense(16), nn.ReLU(), nn.Dense(10)])
    assert fresh.load_arrays(path) == 4 and fresh.copy_arrays(trained) == 4
    assert np.array_equal(fresh.arrays["dense.bias"], trained.arrays["dense.bias"])
    for wrong, error in ((tmp_path / "none", nn.FileError), (tmp_path / "none", OSError), (7, TypeError), ("a\0b", ValueError)):
        with pytest.raises(error):
            nn.load(wrong)
    (tmp_path / "damaged").write_bytes(b"nothing of the kind")
    with pytest.raises(nn.FormatError):
        nn.load(tmp_path / "damaged")
    with pytest.raises(nn.ArgumentError):
        trained.save(path, storage="f8")


def test_copies_and_pickles(trained, glyphs):
    expected = trained.predict(glyphs[0])
    for again in (copy.copy(trained), copy.deepcopy(trained), pickle.loads(pickle.dumps(trained))):
        assert np.array_equal(again.predict(glyphs[0]), expected) and type(again) is type(trained)
        again.arrays["dense.bias"] = again.arrays["dense.bias"] + 1
    assert np.array_equal(trained.predict(glyphs[0]), expected)
    one = nn.Sequential([nn.Input(3), nn.Dense(2)])
    assert type(pickle.loads(pickle.dumps(one))) is nn.Sequential


def test_settings_can_be_pickled_and_copied(tmp_path):
    for thing in (nn.Adam(0.01, clip_norm=1), nn.Huber(delta=0.5), nn.EarlyStopping(patience=5, monitor="loss"),
                  nn.Augmentation(rotation=8), nn.Checkpoint(tmp_path / "x", monitor="loss")):
        for again in (pickle.loads(pickle.dumps(thing)), copy.copy(thing), copy.deepcopy(thing)):
            assert repr(again) == repr(thing) and type(again) is type(thing)


def test_several_inputs_and_outputs():
    a, b = nn.Input(3, name="left"), nn.Input((2, 2), name="right")
    h = nn.concat(a, nn.Flatten()(b))
    model = nn.Model([a, b], [nn.Dense(2, activation="softmax", name="kind")(h), nn.Dense(1, name="size")(h)])
    assert model.input_names == ["left", "right"]
    left, right = np.random.default_rng(0).random((20, 3), np.float32), np.ones((20, 2, 2), np.float32)
    kind, size = model.predict([left, right])
    assert kind.shape == (20, 2) and size.shape == (20, 1)
    again = model.predict({"right": right, "left": left})
    assert np.array_equal(again[0], kind)
    with pytest.raises(ValueError, match="2"):
        model.predict(left)
    with pytest.raises(nn.NeuronError):
        model.predict([left, right[:5]])
    with pytest.raises(nn.StateError):
        model.classify([left, right])


def test_gradients():
    x = nn.Input(3)
    model = nn.Model(x, nn.Dense(2)(x))
    given = np.random.default_rng(0).random((5, 3), np.float32)
    kernel = model.arrays["dense.kernel"]
    assert np.allclose(model.gradient(given), kernel.sum(1), atol=1e-6)
    chosen = np.zeros((5, 2), np.float32)
    chosen[:, 1] = 1
    assert np.allclose(model.gradient(given, chosen), kernel[:, 1], atol=1e-6)
    by_kernel, by_input = model.gradient(given, chosen, by=["dense.kernel", "input"])
    assert np.allclose(by_kernel[:, 1], given.sum(0), atol=1e-5) and np.allclose(by_input, kernel[:, 1], atol=1e-6)
    with pytest.raises((KeyError, nn.NeuronError)):
        model.gradient(given, by=["nothing"])
    with pytest.raises(nn.ShapeError):
        model.gradient(given, chosen[:2])


def test_quantising(trained, glyphs):
    less = trained.quantize(glyphs[0], range="min_max")
    assert len(less.to_bytes()) < len(trained.to_bytes())
    assert (less.predict(glyphs[0]).argmax(1) == trained.predict(glyphs[0]).argmax(1)).mean() > 0.9
    with pytest.raises(nn.ArgumentError, match="range"):
        trained.quantize(glyphs[0], range="all")


def test_seeds_and_contexts(small):
    with nn.Context(threads=1, seed=2**63 + 1) as context:
        assert nn.context() is context and context.seed == 2**63 + 1 and context.threads == 1
        one, two = small(), small()
    assert nn.context() is not context and one.context is context
    assert np.array_equal(one.arrays["dense.kernel"], two.arrays["dense.kernel"])
    assert "threads=1" in repr(context)
    context.set(threads=2, seed=7)
    assert context.threads == 2 and context.seed == 7
    for wrong in ({"thread": 1}, {"threads": 0.5}, {"seed": -1}, {"kernels": "mmx"}):
        with pytest.raises((ValueError, TypeError)):
            nn.Context(**wrong)
    with pytest.raises(TypeError):
        pickle.dumps(context)


def test_the_log(small, glyphs):
    lines = []
    with nn.Context(threads=1) as context:
        context.log(lambda level, category, line: lines.append((level, category, line)), "debug")
        model = small()
        model.fit(*glyphs, epochs=1)
    assert any(level == "debug" for level, _, _ in lines)
    context.log(None)
    with pytest.raises(ValueError):
        context.log(print, "loud")


def test_errors_have_codes_and_classes():
    with pytest.raises(nn.NeuronError) as caught:
        nn.Adam(beta_1=1)
    assert caught.value.name == "NEURON_E_ARGUMENT" and caught.value.code == -10
    assert isinstance(caught.value, ValueError) and "beta_1 is 1" in str(caught.value)
    with pytest.raises(nn.ArgumentError, match="did you mean \"learning_rate\""):
        nn.Adam(lr=1)
    from libneuron import _c
    codes = [value for name, value in vars(_c).items() if name.startswith("NEURON_E_") and isinstance(value, int)]
    assert set(codes) == set(nn.errors.BY_CODE)


def test_settings_are_attributes():
    adam = nn.Adam(0.01)
    assert adam.learning_rate == 0.01 and adam.beta_1 == 0.9
    adam.learning_rate = 0.5
    assert adam.get("learning_rate") == 0.5 and nn.SGD(0.1, momentum=0.9, nesterov=True).nesterov is True
    assert nn.EarlyStopping(monitor="loss", patience=3).monitor == "loss" and nn.EarlyStopping().patience == 0
    with pytest.raises(nn.ArgumentError):
        adam.learning_rate = -1
    assert "learning_rate" in nn.Adam.__doc__ and "label_smoothing" in nn.CrossEntropy.__doc__
    with pytest.raises(TypeError):
        nn.Adam(1, 2)
