"""Checks examples/findings: the tables of what the documents find, and how it judges: test-findings.py [TREE]

The tables name runs that the programs have, and figures that the programs have of the document, too. How it judges is
tried with a table and records of its own.
"""
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "..", ".."))
FOLDER = os.path.join(TREE, "examples", "documents", "findings")
RESULTS = os.path.join(TREE, "docs", "results")
KINDS = {"more", "same", "reached", "at_most", "at_least", "weakest", "strongest", "confused", "none"}
sys.dont_write_bytecode = True
sys.path.insert(0, FOLDER)
from compare import comparisons_of, judge  # noqa: E402
from figures import both_sides, parse  # noqa: E402


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


# ---- The tables ----


def runs_of(program):
    with open(os.path.join(HERE, "described", program + ".txt"), encoding="utf-8") as file:
        return set(re.findall(r"^([A-Z]\d+\S*)  ", file.read(), re.M))


def operands_of(finding):
    for kind, rows in finding.items():
        if kind in ("more", "same"):
            yield from (operand for pair in rows for operand in pair)
        elif kind == "reached":
            yield from rows
        elif kind in KINDS - {"none"}:
            yield from (row[0] for row in rows)


def check_table(table):
    runs = set().union(*[runs_of(program) for program in table["programs"]])
    named = {run for some in table.get("repeats", []) for run in some} | table.get("rows", {}).keys()
    named |= table.get("tried", {}).keys() | {parse(name, "")[0] for name in table.get("figures", {})}
    for finding in table["findings"]:
        assert finding.keys() <= {"where", "says", "variant", "note"} | KINDS, finding
        assert finding["says"].endswith("."), finding
        for one in filter(None, (finding, finding.get("variant"))):
            assert len(KINDS & one.keys()) == 1, one
            named |= {parse(operand, "")[0] for operand in operands_of(one)}
        assert not KINDS & {"none"} & finding.get("variant", {}).keys(), finding
    assert named <= runs, named - runs
    for row in table.get("rows", {}).values():
        assert len(row) == len(table["columns"]), row
    own = {run for run in runs if "-" not in run}
    # Each experiment of a document is in what it finds.
    assert own - {"D4"} <= named, own - named


REPORTED = {"test_accuracy": "test_accuracy", "test_loss": "test_loss", "macro_f1": "macro_f1", "epochs": "epochs",
            "last_validation_accuracy": "validation_accuracy", "last_validation_loss": "validation_loss",
            "last_accuracy": "train_accuracy", "stated": "stated_accuracy"}  # fmt: skip


def check_figures(table):
    """What the programs have of the document, as far as there are records."""
    document, _ = both_sides(table, RESULTS)
    count = 0
    for program in table["programs"]:
        path = os.path.join(RESULTS, program, "results.json")
        for row in read(path)["runs"] if os.path.exists(path) else []:
            for metric, name in REPORTED.items():
                figure = row["reported"][name]
                try:
                    (own,) = document.basic(row["id"], metric)
                except Exception:  # noqa: BLE001, S112 - there is none
                    continue
                if figure is not None and not (name == "epochs" and "-" in row["id"]):
                    assert math.isclose(own, figure, abs_tol=1e-3 if metric == "macro_f1" else 1e-4), (row["id"], metric, own, figure)
                    count += 1
    return count


# ---- How it judges ----


def record(run, accuracy=0.8, **others):
    """As the programs write one, as far as findings read it."""
    return {"id": run, "seed": 1, "command": f"cifar_cnn --run {run}", "settings": {"keeps": "the last epoch"},
            "data": {"source": "real", "train_examples": 4000, "validation_examples": 500, "test_examples": 1000},
            "test_accuracy": accuracy, "test_loss": 0.5, "epochs": 10, "parameters": 7,
            "test": {"f1": [accuracy] * 10, "recall": [accuracy] * 10, "support": [100] * 10,
                     "confusion": [[90, 8, 2] + [0] * 7] * 10},
            "history": {"loss": [1.0, 0.4, 0.2], "validation_loss": [0.9, 0.5, 0.6], "accuracy": [0.5, 0.8, 0.9],
                        "validation_accuracy": [0.6, 0.8, 0.7], "learning_rate": [0.1, 0.1, 0.01]}, **others}  # fmt: skip


class Case:
    """A table, and records in a folder."""

    def __init__(self, folder, **table):
        self.folder = folder
        self.table = {"programs": ["cifar_cnn"], "metric": "test_accuracy",
                      "examples": {"train": 4000, "validation": 500, "test": 1000}, "figures": {}, **table}  # fmt: skip

    def put(self, run, accuracy=0.8, seed=1, **others):
        folder = os.path.join(self.folder, "cifar_cnn", f"seed-{seed}" if seed > 1 else "")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, run + ".json"), "w", encoding="utf-8") as file:
            json.dump({**record(run, accuracy, **others), "seed": seed}, file)

    def judge(self, **finding):
        kind, comparisons = comparisons_of(both_sides(self.table, self.folder), finding)
        return judge(kind, comparisons, finding.get("none"))

    def error(self, operand, side=1):
        return math.sqrt(both_sides(self.table, self.folder)[side].figure(operand).variance)


def expect(found, verdict, what=""):
    assert found == (verdict, what), (found, verdict, what)


def check_pairs(folder):
    case = Case(folder, figures={"C1": 0.7, "C2": 0.8, "C3": 0.81})
    expect(case.judge(more=[["C2", "C1"]]), "not yet recorded", ": C2, C1")
    case.put("C1", 0.7)
    expect(case.judge(more=[["C2", "C1"]]), "not yet recorded", ": C2")
    # Two standard errors of 0.7 and of a little more, of 1,000 images each.
    edge = 2 * math.sqrt(2 * 0.7 * 0.3 / 1000)
    for accuracy, more, same in ((0.7 + 1.02 * edge, ("agrees", ""), ("differs", "")),
                                 (0.7 + 0.9 * edge, ("cannot be told", "; too small"), ("agrees", "")),
                                 (0.7 - 0.9 * edge, ("cannot be told", "; too small"), ("agrees", "")),
                                 (0.7 - 1.08 * edge, ("differs", ""), ("differs", ""))):  # fmt: skip
        case.put("C2", accuracy)
        expect(case.judge(more=[["C2", "C1"]]), *more)
        expect(case.judge(same=[["C2", "C1"]]), *same)
    # One that differs decides, then one that is missing.
    expect(case.judge(more=[["C2", "C1"], ["C3", "C1"]]), "differs", ": C2 − C1")
    case.put("C2", 0.8)
    expect(case.judge(more=[["C2", "C1"], ["C3", "C1"]]), "not yet recorded", ": C3")
    # What is small in the document, too, need not be told here; what is large there must be.
    case.put("C3", 0.81)
    expect(case.judge(more=[["C2", "C1"], ["C3", "C2"]]), "agrees", "; too small in both: C3 − C2")
    expect(case.judge(more=[["C3", "C2"]]), "cannot be told", "; too small")
    case.put("C3", 0.72)
    expect(case.judge(more=[["C2", "C1"], ["C3", "C1"]]), "cannot be told", "; too small: C3 − C1")
    expect(case.judge(none="nobody knows"), "cannot be told", ": nobody knows")
    # Cut short, drawn, or without what is asked for.
    case.put("C2", 0.8, command="cifar_cnn --run C2 --epochs 5")
    expect(case.judge(more=[["C2", "C1"]]), "not yet recorded", ": C2 (cut short)")
    case.put("C2", 0.8, data={**record("C2")["data"], "source": "generated"})
    expect(case.judge(more=[["C2", "C1"]]), "not yet recorded", ": C2 (drawn images)")


def check_kinds(folder):
    case = Case(folder, figures={"C1": 0.8, "C1:epochs": 20, "C1:parameters": 7, "C2": 0.9, "C2:parameters": 8})
    case.put("C1", 0.79)
    case.put("C2", 0.8)
    expect(case.judge(reached=["C1"]), "agrees")
    expect(case.judge(reached=["C1", "C2"]), "differs", ": C2")
    expect(case.judge(reached=["C1:epochs"]), "differs")  # 10 for 20, each a tenth
    case.put("C1", 0.79, epochs=17)
    expect(case.judge(reached=["C1:epochs"]), "agrees")
    expect(case.judge(more=[["C2:parameters", "C1:parameters"]]), "cannot be told", "; too small")
    case.put("C2", 0.8, parameters=8)
    expect(case.judge(more=[["C2:parameters", "C1:parameters"]]), "agrees")
    for bound, at_most, at_least in ((0.85, "agrees", "differs"), (0.79, *["cannot be told"] * 2), (0.7, "differs", "agrees")):
        small = "; too small" if bound == 0.79 else ""
        expect(case.judge(at_most=[["C1", bound]]), at_most, small)
        expect(case.judge(at_least=[["C1", bound]]), at_least, small)
    # Of the epochs: losses, accuracies and rates are those of record().
    records = both_sides(case.table, folder)[1]
    for metric, value in (("lowest_validation_epoch", 2), ("crossing_epoch", 2), ("rate_epoch", 2), ("first_accuracy", 0.5),
                          ("last_accuracy", 0.9), ("gap", 0.2), ("loss_gap", 0.4), ("rise", 0.1),
                          ("best_validation_accuracy", 0.8), ("last_loss", 0.2), ("lowest_validation_loss", 0.5)):  # fmt: skip
        assert math.isclose(records.figure(f"C1:{metric}").value, value), (metric, value)
    assert math.isclose(case.error("C1:gap"), math.sqrt(0.9 * 0.1 / 4000 + 0.7 * 0.3 / 500))
    # Classes.
    figures = [0.5, 0.9, *[0.7] * 8]
    case.put("C1", test={**record("C1")["test"], "f1": figures, "recall": figures[::-1]})
    expect(case.judge(weakest=[["C1", 0, "first"]]), "agrees")
    expect(case.judge(weakest=[["C1", 2, "third"]]), "differs")
    expect(case.judge(strongest=[["C1", 1, "second"]]), "agrees")
    expect(case.judge(weakest=[["C1", 9, "last", "recall"]]), "agrees")
    expect(case.judge(confused=[["C1", 0, 1, "first for second", 5]]), "cannot be told", "; too small")
    rows = [[90, 30, 2] + [0] * 7] * 10
    case.put("C1", test={**record("C1")["test"], "confusion": rows})
    expect(case.judge(confused=[["C1", 0, 1, "first for second", 5]]), "agrees")
    expect(case.judge(confused=[["C1", 0, 2, "first for third", 5]]), "differs")
    older = record("C1")
    case.put("C1")
    path = os.path.join(folder, "cifar_cnn", "C1.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({name: value for name, value in older.items() if name not in ("history", "test")}, file)
    for finding in ({"at_most": [["C1:gap", 0.1]]}, {"weakest": [["C1", 0, "first"]]}, {"confused": [["C1", 0, 1, "it", 5]]}):
        expect(case.judge(**finding), "not yet recorded", ": C1 (older record)")


def check_spread(folder):
    of_images = math.sqrt(0.8 * 0.2 / 1000)
    case = Case(folder, figures={"C1": 0.8, "C2": 0.78, "C3": 0.82, "C4": 0.7, "C9": 0.8}, repeats=[["C1", "C2", "C3"]])
    # Three alike have two degrees of freedom, which is too few.
    for run, accuracy in (("C1", 0.8), ("C2", 0.76), ("C3", 0.84), ("C9", 0.8)):
        case.put(run, accuracy)
    assert math.isclose(case.error("C9"), of_images)
    # Seeds give more; the mean of n has the nth part of the variance.
    case.put("C4", 0.7)
    case.put("C4", 0.72, seed=2)
    case.put("C4", 0.71, seed=3)
    case.put("C4", 0.1, seed=4, settings={"keeps": "the best epoch"})
    case.put("C4", 0.1, seed=5, command="cifar_cnn --run C4 --quick")
    values = [0.8, 0.76, 0.84], [0.7, 0.72, 0.71]
    spread = math.sqrt(sum(2 * statistics.variance(some) for some in values) / 4)
    assert math.isclose(case.error("C9"), math.sqrt(of_images**2 + spread**2)), case.error("C9")
    records = both_sides(case.table, folder)[1]
    assert math.isclose(records.figure("C4").value, 0.71), records.figure("C4").value
    assert math.isclose(case.error("C4"), math.sqrt(0.71 * 0.29 / 1000 + spread**2 / 3))
    # The document, which repeats too little, has the same; unless seeds divide the images: then the larger of both counts.
    assert math.isclose(case.error("C9", side=0), math.sqrt(of_images**2 + spread**2))
    case.table["splits_by_seed"] = True
    assert spread > of_images and math.isclose(case.error("C9"), spread)
    assert math.isclose(case.error("C4"), spread / math.sqrt(3))
    assert math.isclose(case.error("C9", side=0), of_images)
    case.put("C9", data={**record("C9")["data"], "test_examples": 100})
    assert math.isclose(case.error("C9"), of_images * math.sqrt(10))
    case.put("C9")
    case.table["own_examples"] = {"C9": case.table["examples"]}
    assert math.isclose(case.error("C9"), math.sqrt(of_images**2 + spread**2))
    del case.table["own_examples"]
    check_seed_by_seed(case)
    # Of losses it is relative.
    for seed, loss in ((1, 0.4), (2, 0.5), (3, 0.6)):
        case.put("C4", 0.7, seed=seed, test_loss=loss)
    relative = math.sqrt(2 * 0.01 / 0.25 / 4)  # C1 to C3 have the same loss
    assert math.isclose(case.error("C4:test_loss"), 0.5 * relative / math.sqrt(3)), case.error("C4:test_loss")


def check_seed_by_seed(case):
    """Runs that share the images of each seed: a difference is told that is not without."""
    rows = {"C5": (0.7, 0.75, 0.8), "C6": (0.764, 0.804, 0.862), "C7": (0.6, 0.65, 0.7)}
    for run, accuracies in rows.items():
        for seed, accuracy in enumerate(accuracies, 1):
            case.put(run, accuracy, seed=seed)
    expect(case.judge(more=[["C6", "C5"]]), "agrees")
    found = both_sides(case.table, case.folder)[1].of_difference("C6", "C5")
    # C4 has these seeds, too, of which only three are as its first one.
    table = [*rows.values(), (0.7, 0.72, 0.71)]
    mean = statistics.mean(value for row in table for value in row)
    columns = [statistics.mean(column) for column in zip(*table)]
    left = sum((value - statistics.mean(row) - column + mean) ** 2 for row in table for value, column in zip(row, columns))
    assert math.isclose(found, left / 6 * 2 / 3), (found, left)
    # Not of other seeds, of losses, or of figures of the same run.
    case.put("C6", 0.754, seed=4)
    records = both_sides(case.table, case.folder)[1]
    assert records.of_difference("C6", "C5") is None and records.of_difference("C5", "C5:epochs") is None
    assert records.of_difference("C7:test_loss", "C5:test_loss") is None and records.of_difference("C7", "C5") is not None
    shutil.rmtree(os.path.join(case.folder, "cifar_cnn", "seed-4"))
    case.table["splits_by_seed"] = False
    expect(case.judge(more=[["C6", "C5"]]), "cannot be told", "; too small")
    for run in rows:
        for seed in (1, 2, 3):
            os.remove(os.path.join(case.folder, "cifar_cnn", *([f"seed-{seed}"] if seed > 1 else []), run + ".json"))


def check_searches(folder):
    tried = [{"trial": trial, "fold": fold, "levels": {"rate": rate, "dropout": 0.5}, "score": score}
             for trial, (rate, scores) in enumerate(((0.1, (0.8, 0.9)), (0.2, (0.6, 0.7)), (0.3, (None, 0.95))))
             for fold, score in enumerate(scores)]  # fmt: skip
    case = Case(folder, tried={"C1": [[{"rate": 0.1}, 0.8, 0.84], [{"rate": 0.2}, 0.7, 0.7]]})
    case.put("C1")
    expect(case.judge(more=[["C1[rate=0.1]", "C1[rate=0.2]"]]), "not yet recorded", ": C1 (older record)")
    case.put("C1", tried=tried)
    document, records = both_sides(case.table, folder)
    for operand, value in (("C1[]", 0.95), ("C1[rate=0.1]", 0.85), ("C1[rate=0.1,0.2]", 0.85), ("C1[rate=0.2; dropout=0.5]", 0.65),
                           ("C1[rate=0.1]:range", 0.1), ("C1[rate=0.1]:mean", 0.85)):  # fmt: skip
        assert math.isclose(records.figure(operand).value, value), (operand, records.figure(operand).value)
    assert math.isclose(document.figure("C1[rate=0.1]").value, 0.82)
    assert math.isclose(case.error("C1[rate=0.1]:mean"), 0.05)
    assert math.isclose(case.error("C1[rate=0.1]"), math.sqrt(0.85 * 0.15 / 500))
    expect(case.judge(more=[["C1[rate=0.1]", "C1[rate=0.2]"]]), "agrees")
    expect(case.judge(more=[["C1[rate=0.1]:mean", "C1[rate=0.2]:mean"]]), "agrees")
    expect(case.judge(more=[["C1[rate=0.4]", "C1[rate=0.2]"]]), "not yet recorded", ": no such trial")


def check_page(folder):
    """Of no records at all, and of those that are there, the sums are right and each finding has a row."""
    path = os.path.join(folder, "findings.md")
    for results in (folder, RESULTS):
        subprocess.run([sys.executable, os.path.join(TREE, "examples", "findings"), "--results", results, "--out", path],
                       check=True)  # fmt: skip
        with open(path, encoding="utf-8") as file:
            text = file.read()
        sums = {cells[0]: cells[1:] for cells in ([cell.strip() for cell in line.strip("|").split("|")]
                                                  for line in text.split("\n") if re.match(r"\| (\d{3}|all) \|", line))}  # fmt: skip
        total = 0
        for name, row in sums.items():
            counts = list(map(int, row[:5]))
            assert counts[0] == sum(counts[1:]), row
            section = text if name == "all" else text.split(f"\n## {name}: ")[1].split("\n## ")[0]
            verdicts = re.findall(r"^\| \d+ \|.*\| \*\*([a-z ]+)\*\*[^|]*\|$", section, re.M)
            assert [verdicts.count(one) for one in ("agrees", "differs", "cannot be told", "not yet recorded")] == counts[1:], row
            if results is folder:
                assert counts[1] == counts[2] == 0 < counts[4], row
            total += counts[0]
        assert total == 2 * int(sums["all"][0]) > 200, sums


def main():
    names = sorted(name for name in os.listdir(FOLDER) if name.endswith(".json"))
    assert len(names) == 5, names
    count = 0
    for name in names:
        table = read(os.path.join(FOLDER, name))
        check_table(table)
        count += check_figures(table)
    assert count > 50, count
    for check in (check_pairs, check_kinds, check_spread, check_searches, check_page):
        with tempfile.TemporaryDirectory() as folder:
            check(folder)
    print(f"{count} figures are those of the programs")


main()
