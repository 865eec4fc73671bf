"""Checks what an example wrote: check-results.py OUT SOURCE ID...

The schema of results.json, its runs, and the history of each run that was trained."""
import csv
import json
import math
import os
import sys

FIGURES = ("seconds train_accuracy validation_accuracy test_accuracy test_loss macro_f1").split()
PARAMETERS = {"F1": 101770, "F2": 693962, "F3": 896522, "F7": 32870}
TRAINABLE = dict(PARAMETERS, F7=32750)
COMMITTEE = PARAMETERS["F1"] + PARAMETERS["F2"] + PARAMETERS["F3"]


def check_run(out, run):
    assert run.keys() == {"id", "parameters", "trainable_parameters", "epochs", "last_epoch",
                          "reported", *FIGURES}, run.keys()
    name = run["id"]
    assert run["parameters"] == PARAMETERS.get(name, COMMITTEE), run
    if name in TRAINABLE:
        assert run["trainable_parameters"] == TRAINABLE[name], run
        assert run["epochs"] == 1 and math.isfinite(run["last_epoch"]["test_accuracy"]), run
        check_history(os.path.join(out, name + "-history.csv"), run["epochs"])
    else:
        assert run["epochs"] is None and run["last_epoch"] is None, run
    for figure in FIGURES:
        assert math.isfinite(run[figure]) and run[figure] >= 0, (figure, run)
    for figure in FIGURES:
        assert "loss" in figure or "seconds" in figure or run[figure] <= 1, (figure, run)
    assert run["reported"].keys() == {"test_accuracy", "test_loss", "macro_f1", "test_examples"}


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
    assert results.keys() == {"document", "data", "seed", "command", "runs"}, results.keys()
    assert results["data"]["source"] == source, results["data"]
    assert results["data"].keys() == {"name", "source", "train", "validation", "test"}
    assert all(results["data"][part] > 0 for part in ("train", "validation", "test"))
    assert [run["id"] for run in results["runs"]] == ids, [run["id"] for run in results["runs"]]
    for run in results["runs"]:
        check_run(out, run)


main()
