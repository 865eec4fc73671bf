"""Text for terminals: pictures made of characters, and a bar while a model learns."""
import copy
import io
import os
import pickle
import re
import select

import numpy as np
import pytest

import libneuron as nn

try:
    nn.ProgressBar()
except ImportError as reason:
    pytest.skip(str(reason).split("\n", maxsplit=1)[0], allow_module_level=True)


@pytest.fixture(scope="module")
def model():
    x = nn.Input((12, 12, 1))
    return nn.Model(x, nn.Dense(10, activation="softmax")(nn.Flatten()(x)))


@pytest.fixture(scope="module")
def data():
    return nn.Dataset.glyphs(200, 12, 12, seed=1)


def test_bars(data):
    text = nn.terminal.bars({"one": 1, "größer": 4}, columns=40, color=False, unicode=True)
    one, more = text.splitlines()
    assert one.startswith("one ") and more.startswith("größer ") and more.endswith("4")
    assert max(map(len, (one, more))) <= 40 and more.count("█") == 4 * one.count("█") + 1
    plain = nn.terminal.bars({"one": 1, "größer": 4}, columns=40, unicode=False)
    assert plain.isascii() and "gr??er" in plain
    assert "\x1b[" in nn.terminal.bars({"one": 1}, color=True)
    counts = nn.terminal.class_counts(data, columns=60)
    assert len(counts.splitlines()) == 10 and all(re.search(r"\b20\b.*10\.0", line) for line in counts.splitlines())


def test_confusion(model, data):
    evaluation = model.evaluate(data)
    lines = nn.terminal.confusion(evaluation, columns=100).splitlines()
    assert len(lines) == 11
    for truth, line in enumerate(lines[1:]):
        found = [0 if cell == "." else int(cell) for cell in line.split()[1:]]
        assert found == list(evaluation.confusion[truth])
    assert nn.terminal.confusion(evaluation, columns=20) != nn.terminal.confusion(evaluation, columns=100)


def test_sparkline():
    assert nn.terminal.sparkline([1, 2, 3], unicode=False) == "_~#\n"
    assert nn.terminal.sparkline(np.array([0, np.nan, 7]), unicode=True) == "▁ █\n"
    assert len(nn.terminal.sparkline(range(1000), columns=30).rstrip("\n")) == 30


def test_what_is_not_given_is_as_the_output_is(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "33")
    assert max(len(line) for line in nn.terminal.bars({"a": 1, "b": 200}).splitlines()) <= 33
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert nn.terminal.sparkline([1, 2, 3]) == "_~#\n"


def test_wrong_arguments(data):
    with pytest.raises(TypeError, match="dataset is int 3"):
        nn.terminal.class_counts(3)
    with pytest.raises(TypeError, match="evaluation is Dataset"):
        nn.terminal.confusion(data)
    with pytest.raises(nn.ArgumentError, match="count is 0"):
        nn.terminal.sparkline([])
    with pytest.raises(nn.ArgumentError, match="columns"):
        nn.terminal.bars({"a": 1}, columns=5)
    with pytest.raises(nn.ArgumentError):
        nn.terminal.bars({"a": -1})
    with pytest.raises(TypeError):
        nn.ProgressBar(what=1)


def fit(model, data, **options):
    return model.fit(data, epochs=2, optimizer=nn.Adam(1e-2), validation_split=0.2, **options)


def test_a_line_for_each_epoch(model, data):
    file = io.StringIO()
    fit(model, data, callbacks=[nn.ProgressBar(file, label='fold "2", of 3')])
    lines = file.getvalue().splitlines()
    assert len(lines) == 2 and all(line.startswith('fold "2", of 3') for line in lines)
    assert "1/2" in lines[0] and "2/2" in lines[1] and "validation" in lines[1] and "\r" not in file.getvalue()


def test_it_is_drawn_anew(model, data):
    file = io.StringIO()
    history = fit(model, data, callbacks=[nn.ProgressBar(file, redraw=True, seconds=0, columns=60, unicode=False)])
    drawn = re.split(r"[\r\n]+", file.getvalue().strip("\r\n"))
    assert len(drawn) > 4 and all(len(line) < 60 and line.isascii() for line in drawn)
    assert f"loss {history['loss'][-1]:.4f}" in drawn[-1]


def test_the_bar_of_fit_gives_way(model, data, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    fit(model, data, callbacks=[nn.ProgressBar(redraw=False)])
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_what_the_file_raises_comes_out(model, data):
    class Full(io.StringIO):
        def write(self, text):
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        fit(model, data, callbacks=[nn.ProgressBar(Full())])


def test_copies():
    bar = nn.ProgressBar(label="a", columns=50)
    for again in copy.copy(bar), pickle.loads(pickle.dumps(bar)):
        assert again.file is None and "label='a'" in repr(again) and "columns=50" in repr(again)


def test_in_a_terminal(model, data):
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w", encoding="utf-8") as file:
        fit(model, data, callbacks=[nn.ProgressBar(file)])
        shown = b""
        # A terminal hands out what it has in pieces.
        while b"2/2" not in shown and select.select([leader], [], [], 10)[0]:
            shown += os.read(leader, 1 << 16)
        shown = shown.decode()
    os.close(leader)
    assert "\r" in shown and "2/2" in shown
