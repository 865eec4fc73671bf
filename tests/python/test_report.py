"""Reports: each method, what it says of wrong arguments, and what is said where libneuron-report is not installed."""
import math
import os
import re
import subprocess
import sys

import numpy as np
import pytest

import libneuron as nn

try:
    nn.Report("is it there?")
except ImportError as reason:
    pytest.skip(str(reason).split("\n", maxsplit=1)[0], allow_module_level=True)


@pytest.fixture(scope="module")
def trained():
    data, test = nn.Dataset.glyphs(200, 12, 12, seed=1), nn.Dataset.glyphs(100, 12, 12, seed=2)
    x = nn.Input((12, 12, 1))
    model = nn.Model(x, nn.Dense(10, activation="softmax")(nn.Flatten()(x)))
    return model, model.fit(data, epochs=2, optimizer=nn.Adam(1e-2)), data, test


def headings(report):
    return re.findall(r'<h2 dir="auto">(.*?)</h2>', report.html())


def test_rows_of_pixels_are_images():
    data = nn.Dataset(np.zeros((4, 15), np.uint8), np.array([0, 1, 0, 1]))
    assert nn.Report("a").add_dataset(data).html().count("<img ") == 0
    assert nn.Report("a").add_dataset(data, image=(3, 5)).html().count('<img width="5" height="3"') == 4
    with pytest.raises(nn.ShapeError, match="height=3, width=4"):
        nn.Report("a").add_dataset(data, image=(3, 4))


def test_sections(trained, tmp_path):
    model, history, data, test = trained
    evaluation = model.evaluate(test)
    search = nn.Search(lambda trial: -trial["rate"], {"rate": [0.1, 0.2], "kind": ["a", "b"]}).grid()
    report = nn.Report("Title <b>", digits=3)
    report.add_text("Words", "one\n\ntwo").add_settings({"seed": 1, "host": None})
    report.add_table("Table", ["name", "n"], [["a", 1], ["b", None]])
    report.add_dataset(data, samples=4).add_model(model, profile=True, batch=8)
    report.add_history(history).add_histories({"one": history, "two": history}).add_histories([history], heading="Again")
    report.add_evaluation(evaluation, heading="Test").add_mistakes(model, test, count=3)
    report.add_comparison("accuracy", ["a", "b"], [0.5, None], [0.25, math.nan], [0.01, 0.01])
    report.add_committee(model, {"same": model}, test).add_search(search)
    report.add_images(np.zeros((2, 4, 4), np.uint8), ["x", "y"]).add_images(np.random.rand(1, 4, 4, 3), heading="Colours")
    assert headings(report) == ["Words", "Settings", "Table", "Data", "Network", "Learning curves", "Runs", "Again", "Test",
                                "Most confident mistakes", "Comparison", "Committee", "Search", "Images", "Colours"]
    page = report.html()
    assert "Title &lt;b&gt;" in page and f"{evaluation.accuracy:.3f}" in page and f"{history['loss'][-1]:.3f}" in page
    report.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page
    report.save_pictures(tmp_path / "pictures", theme="dark")
    assert (tmp_path / "pictures" / "09-test-confusion.svg").exists()
    assert report._repr_html_().startswith("<iframe srcdoc=")


def test_trainer(trained):
    model, _, data, _ = trained
    trainer = nn.Trainer(model, optimizer=nn.Adam())
    report = nn.Report("Title")
    with pytest.raises(ValueError, match="has not trained yet"):
        report.add_trainer(trainer)
    trainer.fit(data, epochs=1)
    assert headings(report.add_trainer(trainer)) == ["Training"]
    assert "adam: learning_rate" in report.html()


def test_refused(trained):
    model, history, data, _ = trained
    report = nn.Report("Title")
    for call, error, words in (
            (lambda: nn.Report("Title", theme="blue"), nn.ArgumentError, "theme"),
            (lambda: report.add_model(history), TypeError, "it must be a Model"),
            (lambda: report.add_history(model), TypeError, "it must be a History"),
            (lambda: report.add_dataset(np.zeros(3)), TypeError, "it must be a Dataset"),
            (lambda: report.add_table("h", ["a", "b"], [["x"]]), ValueError, "row 0 has 1 cells for 2 columns"),
            (lambda: report.add_comparison("m", ["a"], [1, 2], [1]), ValueError, "2 values for 1 names"),
            (lambda: report.add_images(np.zeros((2, 4, 4)), ["x"]), ValueError, "1 captions for 2 images"),
            (lambda: report.add_images(np.zeros((2, 4, 4, 2))), nn.ShapeError, "channels"),
            (lambda: report.add_mistakes(model, data, count=0), nn.ArgumentError, "count"),
            (lambda: report.add_text(None, "text"), nn.ArgumentError, "heading")):
        with pytest.raises(error, match=words):
            call()
    assert headings(report) == []


def test_not_installed():
    """What is said where there is no libneuron-report."""
    code = "import libneuron as nn\ntry:\n    nn.Report('x')\nexcept ImportError as error:\n    print(error)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env={**os.environ, "LIBNEURON_REPORT_LIBRARY": "/nowhere/libneuron-report.so.1"}).stdout
    assert "libneuron-report is not installed" in said and "/nowhere/libneuron-report.so.1" in said
