"""Checks what an example wrote: check-results.py OUT SOURCE ID...

The schema of results.json, its runs, and the history of each run that was trained. The number of
parameters is the one that the document prints, if it does."""
import csv
import json
import math
import os
import sys

FIGURES = ("seconds train_accuracy train_loss validation_accuracy validation_loss test_accuracy "
           "test_loss macro_f1").split()
FIELDS = {"id", "description", "seed", "command", "note", "data", "parameters",
          "trainable_parameters", "epochs", "last_epoch", "reported", "settings", *FIGURES}
REPORTED = {"parameters", "epochs", "train_accuracy", "validation_accuracy", "validation_loss",
            "test_accuracy", "test_loss", "macro_f1", "test_examples", "stated_accuracy"}
TRAINED = {"optimizer", "loss", "length", "keeps"}
DATA = {"name", "source", "data_note", "train_examples", "validation_examples", "test_examples"}
UNTRAINED = {"F4", "F4-vote", "F6", "F6-vote"}


def check_run(out, run, source):
    assert run.keys() == FIELDS, run.keys() ^ FIELDS
    assert run["reported"].keys() == REPORTED, run["reported"].keys() ^ REPORTED
    assert run["data"].keys() == DATA, run["data"].keys() ^ DATA
    assert run["data"]["source"] == source, run["data"]
    assert all(run["data"][part + "_examples"] > 0 for part in ("train", "validation", "test"))
    assert run["parameters"] >= run["trainable_parameters"] > 0, run
    assert run["reported"]["parameters"] in (None, run["parameters"]), run
    if run["id"] in UNTRAINED:
        assert run["epochs"] is None and run["last_epoch"] is None, run
        assert run["settings"].keys() == {"split", "committee"}, run["settings"]
    else:
        assert run["epochs"] == 1, run
        assert run["settings"].keys() >= TRAINED, run["settings"]
        assert run["settings"]["length"].startswith("1 epochs at most, batches of"), run
        assert math.isfinite(run["last_epoch"]["last_epoch_test_accuracy"]), run
        check_history(os.path.join(out, run["id"] + "-history.csv"), run["epochs"])
    for figure in FIGURES:
        assert math.isfinite(run[figure]) and run[figure] >= 0, (figure, run)
        assert "loss" in figure or "seconds" in figure or run[figure] <= 1, (figure, run)
    with open(os.path.join(out, run["id"] + ".json"), encoding="utf-8") as file:
        assert json.load(file) == run, run["id"]


def check_history(path, epochs):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == list(range(1, epochs + 1)), rows
    for row in rows:
        assert all(math.isfinite(float(value)) for value in row.values()), row


def main():
    out, source, *ids = sys.argv[1:]
    with open(os.path.join(out, "results.json"), encoding="utf-8") as file:
        results = json.load(file)
    assert results.keys() == {"document", "runs"}, results.keys()
    assert [run["id"] for run in results["runs"]] == ids, [run["id"] for run in results["runs"]]
    for run in results["runs"]:
        check_run(out, run, source)


main()
