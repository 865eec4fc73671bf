"""Frames: written as the table that a model was trained on, gaps, scales, and messages that tell row and column."""
import numpy as np
import pytest

import libneuron as nn

pandas = pytest.importorskip("pandas")

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "space": " "}


def table(separator=",", point=".", header=True, rows=40):
    """A table of two numbers, a word and the label behind them, as text; words begin as comments do and have blanks."""
    chance = np.random.default_rng(4)
    lines = [separator.join(["age", "income", "city", "buys"])] if header else []
    for i in range(rows):
        numbers = [f"{each:.2f}".replace(".", point) for each in chance.uniform(0, 80, 2)]
        lines.append(separator.join([*numbers, '"#1 Bern"' if i % 2 else '"Basel, or so"', "no" if i % 3 else "yes"]))
    return "\n".join(lines) + "\n"


def trained(data, outputs=2):
    model = nn.Sequential([nn.Input(data.shape), nn.Dense(outputs, activation="softmax")], seed=1)
    model.fit(data)
    return model


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("comment", ["none", "#"])
@pytest.mark.parametrize("decimal", ["point", "comma"])
@pytest.mark.parametrize("separator", list(SEPARATORS))
def test_a_frame_is_written_as_the_table_of_the_training(tmp_path, separator, decimal, comment, header):
    if (separator, decimal) == ("comma", "comma"):
        pytest.skip("no such table")
    point = {"point": ".", "comma": ","}[decimal]
    (tmp_path / "t.csv").write_text(table(SEPARATORS[separator], point, header))
    data = nn.Dataset.load_csv(tmp_path / "t.csv", separator=separator, decimal=decimal, comment=comment, label="last",
                               header="present" if header else "absent", categories="one_hot", type="f32").standardize()
    model = trained(data)
    frame = pandas.read_csv(tmp_path / "t.csv", sep=SEPARATORS[separator], decimal=point, header=0 if header else None)
    expected = model.predict(data)
    inputs, other = frame.iloc[:, :-1], frame[frame.columns[::-1]] if header else frame
    first_word = frame.iloc[:, [2, 0, 1]] if header else inputs  # which begins a line as a comment does
    for given in (inputs, other, first_word, inputs.astype(object), nn.Dataset.from_frame(frame, like=data)):
        assert np.allclose(model.predict(given), expected, atol=1e-6)
    again = nn.Model.from_bytes(model.to_bytes())
    assert (again.classify(inputs) == model.classify(data)).all()
    like = nn.Dataset.from_frame(frame, like=data)
    assert np.array_equal(like.labels(), data.labels()) and np.allclose(like.x(), data.x(), atol=1e-5)
    assert like.preparation._plan == data.preparation._plan


@pytest.mark.parametrize("separator", list(SEPARATORS))
def test_gaps_of_a_frame_are_gaps_in_any_table(tmp_path, separator):
    (tmp_path / "t.csv").write_text(table(SEPARATORS[separator]))
    data = nn.Dataset.load_csv(tmp_path / "t.csv", separator=separator, label="last", categories="one_hot", missing="mark")
    model = trained(data)
    rows = pandas.DataFrame([{"age": 3.5, "city": "#1 Bern", "income": None}, {"age": 3.5, "city": None, "income": 7}])
    filled = rows.assign(income=[np.nan, 7.0], city=["#1 Bern", np.nan])
    assert np.array_equal(model.predict(rows), model.predict(filled)) and np.isfinite(model.predict(rows)).all()
    assert np.allclose(model.predict(rows[:1]), model.predict(rows)[:1], atol=1e-6)


def test_words_that_are_numbers_stay_what_they_were(tmp_path):
    """A gap makes 8001 a 8001.0 in a frame."""
    (tmp_path / "t.csv").write_text("code,y\n8001,a\n3000,b\n8001,a\n3000,b\n")
    data = nn.Dataset.load_csv(tmp_path / "t.csv", label="y", categorical="code", missing="mark")
    model = trained(data)
    whole, gap = pandas.DataFrame({"code": [8001, 3000]}), pandas.DataFrame({"code": [8001, 3000, None]})
    assert np.array_equal(model.predict(gap)[[0, 1, 1]], model.predict(gap)) and (model.predict(gap)[0] != model.predict(gap)[1]).any()
    assert np.array_equal(model.predict(gap)[:2], model.predict(whole))


def test_gaps_are_refused_or_filled_by_one_rule(small):
    frame = pandas.DataFrame({"a": [1.0, 2, 3, 4], "b": [1.0, np.nan, 3, 4]}, index=[10, 11, 12, 13])
    place = r'^frame: row 1 \(index 11\), column "b": there is no number; '
    model = small(2, 2)
    for call in (lambda: model.fit(frame, [0, 1, 0, 1]), lambda: nn.Dataset(frame, [0, 1, 0, 1]), lambda: model.predict(frame),
                 lambda: model.evaluate(frame, [0, 1, 0, 1]), lambda: nn.Trainer(model).step(frame, [0, 1, 0, 1])):
        with pytest.raises(nn.FormatError, match=place + r'nn\.Dataset\.from_frame\(frame, label=\.\.\., missing="median"'):
            call()
    with pytest.raises(nn.FormatError, match=place + 'missing="mean", "median" or "mark" puts one there'):
        nn.Dataset.from_frame(frame.assign(y=[0, 1, 0, 1]), label="y")
    model.fit(frame.fillna(0), [0, 1, 0, 1])
    for call in (lambda: model.fit(frame, [0, 1, 0, 1]), lambda: model.predict(frame), lambda: model.gradient(frame)):
        with pytest.raises(nn.FormatError, match=place + 'a training set with missing="mean"'):
            call()
    filled = small(2, 2)
    filled.fit(nn.Dataset.from_frame(frame.assign(y=[0, 1, 0, 1]), label="y", missing="median"))
    assert np.array_equal(filled.predict(frame), filled.predict(frame.fillna(3.0)))
    large = pandas.DataFrame({"a": [1e300], "b": [1.0]})
    with pytest.raises(nn.FormatError, match='^frame: row 0, column "a": '):
        model.predict(large)


def test_messages_tell_the_row_whatever_words_have_lines():
    frame = pandas.DataFrame({"city": ["a\nb", "c\r\nd", "e", "f"], "n": ["1", "2", "3", "x"]})
    with pytest.raises(nn.FormatError, match='^frame: row 3, column "n": "x" is not a number'):
        nn.Dataset.from_frame(frame, label="none", categorical="city")
    with pytest.raises(nn.DataError, match='^frame: .*"nothing"'):
        nn.Dataset.from_frame(frame, label="nothing")
    data = nn.Dataset.from_frame(pandas.DataFrame({"a": [1.0, 2], "y": [0, 1]}), label="y")
    with pytest.raises(nn.DataError, match='^frame: no column is called "a"'):
        nn.Dataset.from_frame(frame, like=data)
    with pytest.raises(nn.DataError, match="^frame: row 1, column \"y\""):
        nn.Dataset.from_frame(pandas.DataFrame({"a": [1.0, 2], "y": [0, 7]}), like=data)
    with pytest.raises(nn.DataError, match="no table"):
        nn.Dataset.from_frame(frame, like=nn.Dataset(np.zeros((2, 2)), [0, 1]))


def test_columns_are_scaled_each_by_itself():
    chance = np.random.default_rng(5)
    frame = pandas.DataFrame({"age": chance.normal(40, 10, 200), "income": chance.normal(5000, 900, 200),
                              "buys": ["yes", "no"] * 100})
    data = nn.Dataset.from_frame(frame, label="buys").standardize()
    assert abs(data.x().mean(axis=0)).max() < 1e-5 and abs(data.x().std(axis=0) - 1).max() < 1e-5
    together = nn.Dataset.from_frame(frame, label="buys").standardize(channels=False)
    assert abs(together.x().mean()) < 1e-5 < abs(together.x().mean(axis=0)).max()
    model = trained(data)
    assert np.allclose(model.predict(frame), model.predict(data), atol=1e-6)


def test_what_a_model_is_given_where_c_takes_floats_alone(small):
    """inputs_for() and floats_for(): gradients and single steps see frames and bytes as fit() and predict() do."""
    from libneuron.targets import floats_for, inputs_for
    frame = pandas.DataFrame({"age": [30.0, 41, 50, 25], "city": ["Bern", "Basel", "Bern", "Bern"]})
    data = nn.Dataset.from_frame(frame.assign(buys=["yes", "no"] * 2), label="buys", categories="one_hot").standardize()
    model = trained(data)
    for function in (inputs_for, floats_for):
        found = function(model, frame[["city", "age"]])
        assert np.array_equal((found if function is floats_for else found[0])[0], data.x())
    assert inputs_for(model, frame)[1] is None  # the model knows its columns
    assert np.array_equal(model.gradient(frame), model.gradient(data.x()))
    steps = [trained(data), trained(data)]
    losses = [nn.Trainer(each, nn.SGD(0.1), seed=1).step(given, [1, 0, 1, 0]) for each, given in zip(steps, (frame, data.x()))]
    assert losses[0] == losses[1] and steps[0].to_bytes() == steps[1].to_bytes()

    fresh = small(3, 2)  # the first frame that a trainer sees tells what its words become
    arrays, learnt = inputs_for(fresh, frame)
    assert arrays[0].shape == (4, 3) and learnt.inputs == ["age", "city=Basel", "city=Bern"] and fresh.preparation is None
    trainer = nn.Trainer(fresh)
    trainer.step(frame, [0, 1, 0, 1])
    trainer.step(frame[frame.city == "Bern"], [0, 0, 1])
    assert fresh.preparation.inputs == learnt.inputs


def test_bytes_are_scaled_wherever_a_model_is_given_them(small):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 8), np.uint8)
    classes, scaled = np.arange(20) % 3, (pixels / 255.0).astype(np.float32)
    by_bytes, by_numbers = small(8, 3, seed=1), small(8, 3, seed=1)
    with pytest.raises(nn.ElementTypeError, match="'input' is bytes, but the model was not trained on bytes"):
        by_bytes.gradient(pixels)
    losses = [nn.Trainer(model, nn.SGD(0.1)).step(x, classes) for model, x in ((by_bytes, pixels), (by_numbers, scaled))]
    assert losses[0] == losses[1] and np.allclose(by_bytes.arrays["dense.kernel"], by_numbers.arrays["dense.kernel"])
    assert np.allclose(by_bytes.predict(pixels), by_numbers.predict(scaled), atol=1e-6)
    assert np.allclose(by_bytes.gradient(pixels), by_numbers.gradient(scaled), atol=1e-6)
    shifted = small(8, 3, seed=1)
    shifted.fit(nn.Dataset(pixels, classes).normalize(-1, 1), seed=1)
    assert np.allclose(shifted.gradient(pixels), shifted.gradient(nn.Dataset(pixels).normalize(-1, 1).x()), atol=1e-6)


def test_a_frame_without_labels_tells_what_is_missing(small):
    frame = pandas.DataFrame({"a": [1.0, 2], "buys": [0, 1]})
    for call in (lambda: small(2, 2).fit(frame), lambda: small(2, 2).evaluate(frame)):
        with pytest.raises(TypeError, match=r"y is missing.*nn\.Dataset\.from_frame\(frame, label=\.\.\.\)"):
            call()
