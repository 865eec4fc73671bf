"""Datasets: arrays without a copy, words, files, frames, streams, parts, weights."""
import gc
import sys

import numpy as np
import pytest

import libneuron as nn
from libneuron import tensor as tensors


def test_an_array_is_lent_and_given_back():
    gc.collect()
    x, y = np.ones((50, 3), np.float32), np.zeros(50, int)
    before = sys.getrefcount(x), len(tensors._lent)
    data = nn.Dataset(x, y)
    part = data[10:20]
    del data
    gc.collect()
    assert sys.getrefcount(x) > before[0]
    x[12] = 7  # seen through: the memory is shared
    assert part.x()[2].tolist() == [7, 7, 7]
    del part
    gc.collect()
    assert sys.getrefcount(x) == before[0]
    assert len(tensors._lent) <= before[1]  # what an exception left may be let go meanwhile, too


def test_an_array_outlives_its_name(points):
    x, y = points
    data = nn.Dataset(x.copy(), y.copy())
    gc.collect()
    junk = [np.full(x.shape, 9, np.float32) for _ in range(20)]
    assert np.array_equal(data.x(), x) and np.array_equal(data.labels(), y) and junk


def test_targets_are_lent(small):
    x = np.random.default_rng(0).random((50, 3), np.float32)
    data = nn.Dataset(x, x)
    x[7] = 5
    assert (data.x(7, 1) == 5).all() and (data.y(7, 1) == 5).all()


def test_labels_are_copied():
    labels = np.array([0, 1, 2, 1], np.int32)
    data = nn.Dataset(np.zeros((4, 2), np.float32), labels)
    labels[:] = 1000000
    assert data.labels().tolist() == [0, 1, 2, 1]


@pytest.mark.parametrize("labels, names, numbers", [
    (["no", "yes", "no"], ["no", "yes"], [0, 1, 0]), (np.array(["b", "a", "b"]), ["a", "b"], [1, 0, 1]),
    (np.array(["b", "a", "b"], object), ["a", "b"], [1, 0, 1]), ([True, False, True], None, [1, 0, 1]),
    ([3, 0, 1], None, [3, 0, 1]), (np.array([[1], [0], [1]], np.uint8), None, [1, 0, 1]),
    (np.array([2, 0, 1], np.uint64), None, [2, 0, 1]), (np.array([1, "a", "a"], object), ["1", "a"], [0, 1, 1]),
])
def test_labels(labels, names, numbers):
    data = nn.Dataset(np.zeros((3, 2), np.float32), labels)
    assert data.class_names == names and data.labels().tolist() == numbers


@pytest.mark.parametrize("x, y, error, words", [
    (np.zeros((3, 2)), [0, 1], nn.DataError, "3 examples but 2 labels"), (np.zeros((3, 2)), [0, -1, 1], nn.DataError, "-1"),
    (np.zeros(3), [0, 1, 1], nn.ShapeError, "examples are 3, not"), (np.zeros((3, 2), complex), [0, 1, 1], TypeError, "complex"),
    (np.zeros((3, 2)), ["a", None, "b"], nn.DataError, "example 1 is missing"),
    (np.zeros((3, 2)), [0.5, np.nan, 1], nn.DataError, "target 0 of example 1 is not finite"),
    (np.zeros((3, 2)), [["a", "b"]] * 3, nn.DataError, "one for each"),
    (np.zeros((3, 2)), [object()] * 3, nn.DataError, "neither words nor numbers, but object"),
    ([["a", "b"]], [1], TypeError, "numbers"), (np.zeros((3, 2)), [2**40, 0, 1], nn.DataError, "label 1099511627776 of example 0"),
    (np.zeros((3, 2)), np.array([2**64 - 1, 0, 1], np.uint64), nn.DataError, "18446744073709551615 is too large"),
])
def test_what_cannot_be_is_refused(x, y, error, words):
    with pytest.raises(error, match=words):
        nn.Dataset(x, y)


def test_unknown_words_are_named():
    with pytest.raises(nn.DataError, match="'maybe' is not among the classes: 'no', 'yes'"):
        nn.Dataset(np.zeros((2, 2)), ["no", "maybe"], class_names=["no", "yes"])


def test_bytes_are_scaled():
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    data = nn.Dataset(pixels, [0, 1, 0])
    assert data.dtype == np.uint8 and np.allclose(data.x(), pixels / 255)
    data.set_scale(2, 1)
    assert np.allclose(data.x(), pixels * 2.0 + 1)
    data.normalize(-1, 1)
    assert data.x().min() == -1
    data.standardize()
    assert abs(data.x().mean()) < 1e-5
    with pytest.raises(nn.ShapeError):
        data.set_scale([1, 2, 3])


def test_parts():
    data = nn.Dataset(np.arange(40, dtype=np.float32).reshape(20, 2), np.arange(20) % 4)
    assert len(data) == 20 and data.shape == (2,) and data.classes == 4 and data.class_counts.tolist() == [5] * 4
    assert data[5:8].x()[:, 0].tolist() == [10, 12, 14] and data[::-1].labels()[0] == 3
    assert data[[1, -1]].labels().tolist() == [1, 3] and len(data[data.labels() == 2]) == 5
    assert data.filter(1, 2, renumber=True).classes == 2
    one, two = data.split(0.5, 0.5, order="stratified", seed=1)
    assert len(one) + len(two) == 20 and set(one.class_counts) <= {2, 3}
    train, validation = data.k_fold(4, 1)
    assert len(train) == 15 and len(validation) == 5
    assert len(data.sample(7, seed=1)) == 7 and sorted(data.shuffle(1).x()[:, 0]) == sorted(data.x()[:, 0])
    assert data.one_hot().y().shape == (20, 4) and data.y(2, 1).tolist() == [[0, 0, 1, 0]]
    assert len(nn.Dataset.join(one, two)) == 20
    for wrong in (lambda: data[[99]], lambda: data.subset(15, 10), lambda: data.split(0.9, 0.9), lambda: data.k_fold(1, 0),
                  lambda: data.filter(9), lambda: data.filter("x"), lambda: data.split(0.5, order="any"),
                  lambda: data[[True]], lambda: data["a"], lambda: data.x(0, -1), lambda: data.x(5, 99),
                  lambda: data.labels(-3), lambda: data.y(30, 1), lambda: data.select([2.5]) and data.k_fold(3, 7),
                  lambda: data.set_weights([1, 2]), lambda: data.split(), lambda: data.sample(0)):
        with pytest.raises(Exception):
            wrong()


def test_weights(small, glyphs):
    x, y = glyphs
    data = nn.Dataset(x, y, weights=np.zeros(600))
    model = small(seed=1)
    before = model.arrays["dense.kernel"]
    model.fit(data, epochs=1, optimizer="sgd")
    assert np.array_equal(model.arrays["dense.kernel"], before)
    with pytest.raises(nn.DataError):
        data.set_weights([-1] * 600)


def test_zip(small):
    left, right = np.zeros((6, 2), np.float32), np.ones((6, 3), np.float32)
    data = nn.Dataset([left, right], [np.array([0, 1] * 3), np.zeros((6, 2))])
    assert data.inputs == 2 and data.targets == 2
    assert data.input(1).shape == (3,) and data.target(0).classes == 2


def test_files(tmp_path):
    x, y = np.random.default_rng(0).random((6, 4), np.float32), np.array([0, 1, 2] * 2)
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    for data in (nn.Dataset.load_npz(tmp_path / "a.npz", classes=3),
                 nn.Dataset.load_npy(tmp_path / "x.npy", tmp_path / "y.npy", classes=3)):
        assert np.array_equal(data.x(), x) and data.labels().tolist() == y.tolist()
    (tmp_path / "t.csv").write_text("age,city,buys\n30,Bern,yes\n40,Basel,no\n,Bern,yes\n")
    table = nn.Dataset.load_csv(tmp_path / "t.csv", label="buys", categories="one_hot", missing="mean")
    assert table.class_names == ["no", "yes"] and table.preparation.fields == ["age", "city"]
    assert table.preparation.inputs == ["age", "city=Basel", "city=Bern"]
    (tmp_path / "new.csv").write_text("city,age\nBern,1\n")
    assert nn.Dataset.load_csv(tmp_path / "new.csv", like=table).x().tolist() == [[1, 0, 1]]
    with pytest.raises(nn.DataError):
        nn.Dataset.load_csv(tmp_path / "t.csv", label="bought")
    with pytest.raises(TypeError):
        nn.Dataset.load_csv(tmp_path / "new.csv", like=table, label="x")
    with pytest.raises(nn.FileError):
        nn.Dataset.load_folder(tmp_path / "nothing")
    (tmp_path / "i.pgm").write_bytes(b"P5 2 1 255 \x00\xff")
    image = nn.load_image(tmp_path / "i.pgm")
    assert image.shape == (1, 1, 2, 1) and image.ravel().tolist() == [0, 1]


def test_an_image_is_scaled_as_the_training_set(tmp_path):
    chance = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for i in range(4):
            pixels = chance.integers(0, 90, 12, np.uint8)
            (tmp_path / "set" / name / f"{i}.ppm").write_bytes(b"P6 2 2 255 " + pixels.tobytes())
    data = nn.Dataset.load_folder(tmp_path / "set").standardize()
    model = nn.Sequential([nn.Input((2, 2, 3)), nn.Flatten(), nn.Dense(2, activation="softmax")])
    path = tmp_path / "set" / "a" / "0.ppm"
    assert nn.load_image(path, model).max() < 0.5  # knows of no scale yet: 0 to 1
    model.fit(data)
    assert np.allclose(nn.load_image(path, model), data.x()[:1]) and nn.load_image(path).min() >= 0
    assert np.allclose(model.predict(nn.load_image(path, model)), model.predict(data)[:1], atol=1e-6)
    with pytest.raises(TypeError, match="it must be the nn.Model"):
        nn.load_image(path, data)


def test_streams(small, glyphs):
    x, y = glyphs
    calls = []

    def read(positions):
        calls.append(len(positions))
        return x[positions], y[positions]

    stream = nn.Dataset.stream(read, 600, shape=64, classes=10)
    assert np.array_equal(stream.x(5, 3), x[5:8]) and stream.labels().tolist() == y.tolist()
    model, same = small(seed=1), small(seed=1)
    model.fit(stream, epochs=2, seed=1)
    same.fit(x, y, epochs=2, seed=1)
    assert np.array_equal(model.arrays["dense.kernel"], same.arrays["dense.kernel"])
    known = nn.Dataset.stream(lambda positions: x[positions], 600, shape=(64,), classes=10, labels=y)
    assert np.array_equal(known.x(0, 4), x[:4])
    targets = nn.Dataset.stream(lambda p: (x[p], x[p, :2]), 600, shape=64, targets=2)
    assert np.allclose(targets.y(0, 3), x[:3, :2])
    pixels = nn.Dataset.stream(lambda p: (np.full((len(p), 2), 255), p % 2), 8, shape=2, classes=2, dtype=np.uint8)
    assert pixels.x(0, 2).tolist() == [[1, 1], [1, 1]]


def test_what_a_stream_does_wrong_is_raised(small, glyphs):
    x, y = glyphs
    fails = [False]

    def read(positions):
        if fails[0]:
            raise KeyError("gone")
        return x[positions], y[positions]

    stream = nn.Dataset.stream(read, 600, shape=64, classes=10)
    fails[0] = True
    with pytest.raises(KeyError, match="gone"):
        stream.x(0, 2)
    with pytest.raises(KeyError, match="gone"):
        small().fit(stream, epochs=1)
    for wrong, error in ((lambda p: (x[p][:, :3], y[p]), ValueError), (lambda p: x[p], (ValueError, TypeError)),
                         (lambda p: (x[p], y[p] + 1000), nn.DataError), (None, TypeError)):
        with pytest.raises(error):
            nn.Dataset.stream(wrong, 600, shape=64, classes=10).x(0, 1)
    with pytest.raises(TypeError):
        nn.Dataset.stream(read, 600, shape=64)
    with pytest.raises(ValueError):
        nn.Dataset.stream(read, 600, shape=64, classes=10, dtype=np.int16)
    with pytest.raises(ValueError):
        nn.Dataset.stream(read, 600, shape=64, classes=10, labels=[1, 2])


def test_frames(small):
    pandas = pytest.importorskip("pandas")
    chance = np.random.default_rng(1)
    frame = pandas.DataFrame({"age": chance.integers(18, 80, 300).astype(float), "city": chance.choice(["Bern", "Basel"], 300)})
    buys = np.where(frame.age > 40, "yes", "no")
    x = nn.Input(3)
    model = nn.Model(x, nn.Dense(2, activation="softmax")(nn.Dense(8, activation="relu")(nn.Rescale(0.02)(x))))
    model.fit(frame, pandas.Series(buys), epochs=60, optimizer=nn.Adam(0.01))
    assert model.class_names == ["no", "yes"] and model.preparation.inputs == ["age", "city=Basel", "city=Bern"]
    assert model.evaluate(frame, buys).accuracy > 0.9
    again = nn.Model.from_bytes(model.to_bytes())  # the file knows how words become inputs
    assert (again.classify(frame[["city", "age"]]) == model.classify(frame)).all()
    assert again.evaluate(frame, pandas.Categorical(buys)).accuracy == model.evaluate(frame, buys).accuracy
    numbers = pandas.DataFrame(chance.random((20, 64)))
    assert small().predict(numbers).shape == (20, 10)
    numbers.columns = [f"c{i}" for i in range(64)]
    by_name = small(seed=1)
    by_name.fit(numbers, np.arange(20) % 10)
    assert np.array_equal(by_name.predict(numbers[numbers.columns[::-1]]), by_name.predict(numbers.to_numpy(np.float32)))
    with pytest.raises(nn.DataError, match="c5"):
        by_name.predict(numbers.drop(columns="c5"))
    nullable = numbers.astype({"c3": "Float64"})
    assert np.allclose(by_name.predict(nullable), by_name.predict(numbers), atol=1e-6)
    table = nn.Dataset.from_frame(frame.assign(buys=buys), label="buys", categories="one_hot")
    assert table.class_names == ["no", "yes"] and nn.Dataset.from_frame(frame, like=table).x().shape == (300, 3)
    frame.loc[3, "age"] = np.nan
    with pytest.raises(nn.NeuronError):
        model.predict(frame)
    with pytest.raises(nn.DataError, match="missing"):
        nn.Dataset(np.zeros((2, 2)), pandas.Categorical(["a", None]))


@pytest.mark.parametrize("options", [{"missing": "median"}, {"missing": "mark"}, {"na_values": -999, "missing": "mean"},
                                     {"categories": "index", "categorical": ["b"]}, {"type": "u8"}, {}])
@pytest.mark.parametrize("standardized", [False, True])
def test_a_frame_is_prepared_as_the_training_set(options, standardized):
    """Also where inputs are called as the columns, and all of them are numbers."""
    pandas = pytest.importorskip("pandas")
    chance = np.random.default_rng(2)
    frame = pandas.DataFrame({"a": chance.integers(0, 9, 60), "b": chance.choice([10, 20, 30], 60)})
    train = nn.Dataset.from_frame(frame.assign(y=np.arange(60) % 2), label="y", **options)
    if standardized:
        train.standardize()
    inputs = len(train.preparation.inputs)
    model = nn.Sequential([nn.Input(inputs), nn.Dense(2, activation="softmax")], seed=1)
    model.fit(train)
    if "missing" in options:
        frame = frame.astype(float)
        frame.loc[3, "a"] = np.nan if "na_values" not in options else -999
    like = nn.Dataset.from_frame(frame, like=train)
    expected = model.predict(like)
    assert np.isfinite(expected).all() and np.allclose(model.predict(frame[["b", "a"]]), expected, atol=1e-6)
    assert (model.classify(frame) == expected.argmax(axis=1)).all()
    assert np.isclose(model.evaluate(frame, np.arange(60) % 2).loss,
                      nn.Evaluation.of_outputs(expected, np.arange(60) % 2).loss)
    frame = frame.astype(float)
    frame.loc[5, "a"] = np.nan
    if "missing" not in options:
        with pytest.raises(nn.FormatError, match="no number"):
            model.predict(frame)


def test_shards(glyphs):
    data = nn.Dataset(*glyphs)
    shards = [data.shard(rank, 7) for rank in range(7)]
    assert np.array_equal(np.concatenate([shard.x() for shard in shards]), data.x())
    with pytest.raises(nn.NeuronError, match="rank is 7"):
        data.shard(7, 7)


def test_arrays_that_cannot_be_written(small, glyphs):
    """What is only read may be read-only, as views of frames and of files are."""
    def fixed(values, dtype):
        array = np.array(values, dtype)
        array.flags.writeable = False
        return array

    data = nn.Dataset(*(fixed(each, each.dtype) for each in glyphs))
    assert np.array_equal(data.select(fixed([5, 2], np.int64)).labels(), glyphs[1][[5, 2]])
    weights = np.zeros(600)
    weights[7] = 1
    assert (data.sample(3, weights=fixed(weights, np.float64)).labels() == glyphs[1][7]).all()
    data.set_weights(fixed(np.ones(600), np.float32))
    small().fit(data, class_weight=fixed(np.ones(10), np.float64))
    with pytest.raises(nn.NeuronError, match="2"):  # it was read, and is of another length
        small().fit(data, class_weight=fixed([1, 1], np.float64))
