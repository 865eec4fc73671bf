"""Checks what an example wrote: check-results.py [--epochs N] [--history DIR] OUT SOURCE ID...

The schema of results.json, its runs, the record and the page of each run, and the history of each run that was
trained. Pages are there if PAGES is "yes", as where libneuron-report is built. The number of parameters is the one that the document prints, if it does."""
import argparse
import csv
import html
import json
import math
import os
import re

FIGURES = ("seconds train_accuracy train_loss validation_accuracy validation_loss test_accuracy "
           "test_loss macro_f1").split()
FIELDS = {"id", "description", "seed", "command", "note", "data", "parameters",
          "trainable_parameters", "epochs", "last_epoch", "reported", "library", "commit", "settings",
          *FIGURES}
PARTS = ("train", "validation", "test")
HISTORY = ("loss accuracy validation_loss validation_accuracy learning_rate seconds").split()
REPORTED = {"parameters", "epochs", "train_accuracy", "validation_accuracy", "validation_loss",
            "test_accuracy", "test_loss", "macro_f1", "test_examples", "stated_accuracy"}
TRAINED = {"optimizer", "loss", "length", "keeps"}
DATA = {"name", "source", "data_note", "train_examples", "validation_examples", "test_examples"}
SEARCHED = {"K2": 1, "K2-sound": 1, "K3-search": 1, "K8": 5, "K9": 5, "K9-tenths": 5, "K9-sound": 5}  # folds
UNTRAINED = {"F4", "F4-vote", "F4-best", "F4-sound", "F6", "F6-vote", "F6-sound"}


def check_run(options, run):
    assert run.keys() == FIELDS, run.keys() ^ FIELDS
    assert run["reported"].keys() == REPORTED, run["reported"].keys() ^ REPORTED
    assert run["data"].keys() == DATA, run["data"].keys() ^ DATA
    assert run["data"]["source"] == options.source, run["data"]
    assert all(run["data"][part + "_examples"] > 0 for part in PARTS)
    assert re.fullmatch(r"\d+\.\d+\.\d+", run["library"]), run["library"]
    assert run["commit"] is None or re.fullmatch(r"[0-9a-f]{40}(-dirty)?", run["commit"]), run["commit"]
    assert run["parameters"] >= run["trainable_parameters"] > 0, run
    assert run["reported"]["parameters"] in (None, run["parameters"]), run
    if run["id"] in UNTRAINED:
        assert run["epochs"] is None and run["last_epoch"] is None, run
        assert run["settings"].keys() == {"split", "committee"}, run["settings"]
    else:
        assert run["epochs"] == options.epochs, run
        assert run["settings"].keys() >= TRAINED, run["settings"]
        assert run["settings"]["length"].startswith(f"{options.epochs} epochs at most, batches of"), run
        assert math.isfinite(run["last_epoch"]["last_epoch_test_accuracy"]), run
        check_history(os.path.join(options.history, run["id"] + "-history.csv"), run["epochs"])
    for figure in FIGURES:
        assert math.isfinite(run[figure]) and run[figure] >= 0, (figure, run)
        assert "loss" in figure or "seconds" in figure or run[figure] <= 1, (figure, run)
    with open(os.path.join(options.out, run["id"] + ".json"), encoding="utf-8") as file:
        record = json.load(file)
    assert {name: record.pop(name) for name in FIELDS} == run, run["id"]
    check_details(options, run, record)
    check_page(options, run)


def check_page(options, run):
    """Figures of the run stand in its page, which needs nothing from elsewhere."""
    path = os.path.join(options.out, run["id"] + ".html")
    assert os.path.exists(path) == (os.environ.get("PAGES") == "yes"), path
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8") as file:
        page = file.read()
    assert html.escape(f"{run['id']}: {run['description']}", quote=False) in html.unescape(page), run["id"]
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
    wanted = ["Settings", "Training images", "Network", "Test images", "Validation images", "Training images, evaluated"]
    wanted += ["Search"] * (run["id"] in SEARCHED)
    wanted += ["Learning curves"] if run["epochs"] else ["Committee"]
    wanted += ["Beside the document"] * any(run["reported"][part + "_accuracy"] for part in PARTS)
    wanted += ["Most confident mistakes"] * (run["test_accuracy"] < 1)
    assert set(wanted) <= set(headings), headings
    for part in PARTS:
        assert f"{run[part + '_accuracy']:.4f}" in page, (run["id"], part)
    for value in run["settings"].values():
        assert html.escape(str(value), quote=False).split("\n")[0] in html.unescape(page), (run["id"], value)
    assert "http" not in re.sub(r"http://www\.w3\.org/\S+", "", page), run["id"]


def check_details(options, run, details):
    """What a record has beside the figures."""
    trained = run["epochs"] is not None
    assert details.keys() == {"class_names", "class_counts", *PARTS, *(["history"] if trained else []),
                              *(["tried"] if run["id"] in SEARCHED else [])}, details.keys()  # fmt: skip
    assert details["class_counts"] == {part: details[part]["support"] for part in PARTS}, details["class_counts"]
    if run["id"] in SEARCHED:
        check_tried(options, run, details["tried"])
    for part in PARTS:
        check_part(run, part, details[part])
    if trained:
        assert list(details["history"]) == HISTORY, details["history"]
        with open(os.path.join(options.history, run["id"] + "-history.csv"), newline="") as file:
            for i, row in enumerate(csv.DictReader(file)):
                for name in HISTORY:
                    assert math.isclose(float(row[name]), details["history"][name][i], rel_tol=1e-5), (name, row)
        assert all(len(column) == run["epochs"] for column in details["history"].values()), run["id"]


def check_tried(options, run, lines):
    """Each trial has all its folds, and a fold's confusion matrices have its accuracies."""
    folds = SEARCHED[run["id"]]
    assert [(line["trial"], line["fold"]) for line in lines] == [
        (i // folds, i % folds) for i in range(len(lines))] and len(lines) % folds == 0 < len(lines), run["id"]  # fmt: skip
    for line in lines:
        assert line["epochs"] == options.epochs and 0 <= line["score"] <= 1 and line["levels"], line
        if folds == 1:
            assert 0 <= line["best_train_accuracy"] <= 1 and "confusion" not in line, line
            continue
        assert line["score"] == line["validation_accuracy" if run["id"] == "K9-sound" else "test_accuracy"], line
        assert tuple(line["confusion"]) == PARTS, line
        for part, rows in line["confusion"].items():
            total = sum(map(sum, rows))
            assert total > 0 and len(rows) == 10, (part, rows)
            assert math.isclose(sum(row[i] for i, row in enumerate(rows)) / total, line[part + "_accuracy"]), (part, line)
        assert sum(map(sum, line["confusion"]["test"])) == run["data"]["test_examples"], line
    if folds > 1:
        # Each image validates in one fold and trains in the others.
        sizes = {part: [sum(map(sum, line["confusion"][part])) for line in lines[:folds]] for part in PARTS}
        assert all(sum(sizes["validation"]) == train + validation
                   for train, validation in zip(sizes["train"], sizes["validation"])), sizes  # fmt: skip


def check_part(run, part, figures):
    """The confusion matrix has all examples and the accuracy, and the report follows from it."""
    assert figures.keys() == {"confusion", "precision", "recall", "f1", "support"}, figures.keys()
    rows = figures["confusion"]
    total = sum(map(sum, rows))
    assert total == run["data"][part + "_examples"], (part, total)
    assert math.isclose(sum(row[i] for i, row in enumerate(rows)) / total, run[part + "_accuracy"]), part
    for i, row in enumerate(rows):
        taken = sum(other[i] for other in rows)
        precision = row[i] / taken if taken else 0
        recall = row[i] / sum(row) if sum(row) else 0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0
        assert figures["support"][i] == sum(row), (part, i)
        for name, right in (("precision", precision), ("recall", recall), ("f1", f1)):
            assert math.isclose(figures[name][i], right, abs_tol=1e-12), (part, i, name)
    if part == "test":
        assert math.isclose(sum(figures["f1"]) / len(rows), run["macro_f1"], abs_tol=1e-12), part


def check_history(path, epochs):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == list(range(1, epochs + 1)), rows
    for row in rows:
        assert all(math.isfinite(float(value)) for value in row.values()), row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--history", help="where the runs left theirs, if not in OUT")
    parser.add_argument("out")
    parser.add_argument("source")
    parser.add_argument("ids", nargs="+")
    options = parser.parse_args()
    options.history = options.history or options.out
    with open(os.path.join(options.out, "results.json"), encoding="utf-8") as file:
        results = json.load(file)
    assert results.keys() == {"document", "runs"}, results.keys()
    assert [run["id"] for run in results["runs"]] == options.ids, [run["id"] for run in results["runs"]]
    for run in results["runs"]:
        check_run(options, run)


main()
