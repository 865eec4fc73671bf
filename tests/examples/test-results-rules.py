"""Checks that test-results.py finds what it says it finds: test-results-rules.py EXAMPLES, the folder with the programs

Records are made up: one for each of the documents' experiments, of which one after the other is spoilt.
"""
import copy
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.abspath(sys.argv[1])
SCRIPT = os.path.join(HERE, "test-results.py")


def load():
    """What test-results.py has, without running it."""
    found = {"__name__": "test_results", "__file__": SCRIPT}
    with open(SCRIPT, encoding="utf-8") as file:
        exec(compile(file.read(), SCRIPT, "exec"), found)  # noqa: S102
    return found


RULES = load()


def made_up(run, settings):
    part = {"confusion": [[8, 2], [1, 9]], "support": [10, 10]}
    committee = "committee" in settings
    record = {"id": run, "description": "made up", "seed": 1, "command": f"program --run {run}", "note": None,
              "data": {"name": "images", "source": "real", "data_note": None, "train_examples": 20, "validation_examples": 20,
                       "test_examples": 20},
              "parameters": 7, "trainable_parameters": 7, "epochs": None if committee else 2, "seconds": 1.5,
              **{f"{name}_{what}": 0.85 for name in ("train", "validation", "test") for what in ("accuracy", "loss")},
              "macro_f1": 0.85, "last_epoch": None if committee else {"last_epoch_test_accuracy": 0.85, "last_epoch_test_loss": 0.5},
              "reported": {}, "library": "0.1.0", "commit": "0123456789abcdef0123456789abcdef01234567", "settings": settings,
              **{name: copy.deepcopy(part) for name in ("train", "validation", "test")}}  # fmt: skip
    if not committee:
        record["history"] = {name: [0.5, 0.25] for name in RULES["HISTORY"]}
    if run in RULES["SEARCHED"]:
        record["tried"] = [{"trial": 0, "fold": 0, "levels": {"learning rate": 0.001}, "score": 0.5, "epochs": 2}]
    return record


def put(tree, program, record, name=None):
    path = os.path.join(tree, "docs", "results", program, (name or record["id"]) + ".json")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(record, file)


def write_tables(tree, program):
    subprocess.run([os.path.join(PROGRAMS, program), "--tables", "--out", os.path.join(tree, "docs", "results", program)],
                   check=True, stdout=subprocess.DEVNULL)  # fmt: skip


def look(tree, *options):
    result = subprocess.run([sys.executable, SCRIPT, *options, tree], capture_output=True, text=True, check=False)
    return result.returncode, result.stdout


def spoil(tree, program, record, edit, said):
    """With that edit it fails, and says so."""
    spoilt = copy.deepcopy(record)
    edit(spoilt)
    put(tree, program, spoilt)
    write_tables(tree, program)
    status, output = look(tree)
    assert status == 1 and said in output, (said, status, output)


def main():
    with tempfile.TemporaryDirectory() as tree:
        settings = {run: (program, settings) for program in RULES["PROGRAMS"]
                    for run, settings in RULES["described"](program).items()}  # fmt: skip
        for run in RULES["experiments"]():
            program, own = settings[run]
            put(tree, program, made_up(run, own))
        for program in RULES["PROGRAMS"]:
            write_tables(tree, program)
        status, output = look(tree, "--whole")
        assert status == 0 and "0 of 78 experiments have no record" in output, output

        program, own = settings["M1"]
        record = made_up("M1", own)
        for name in ("settings", "library", "commit"):
            spoil(tree, program, record, lambda spoilt, name=name: spoilt.update({name: None}), f"M1 has no {name}")
        spoil(tree, program, record, lambda spoilt: spoilt.pop("history"), "M1 has no history")
        for part in ("train", "validation", "test"):
            spoil(tree, program, record, lambda spoilt, part=part: spoilt[part].pop("confusion"), f"M1 has no {part}")
            spoil(tree, program, record, lambda spoilt, part=part: spoilt[part]["confusion"][0].reverse(), f"the accuracy of {part} is")
            spoil(tree, program, record, lambda spoilt, part=part: spoilt[part]["confusion"][0].__setitem__(0, 9),
                  f"the confusion matrix of 21 images to {part}")  # fmt: skip
            spoil(tree, program, record, lambda spoilt, part=part: spoilt[part]["support"].reverse() or spoilt[part]["support"]
                  .__setitem__(0, 9), f"the support of {part}")  # fmt: skip
        spoil(tree, program, record, lambda spoilt: spoilt["history"]["loss"].pop(), "the history's loss is wrong")
        spoil(tree, program, record, lambda spoilt: spoilt.update(commit=spoilt["commit"] + "-dirty"), "the commit")
        spoil(tree, program, record, lambda spoilt: spoilt.update(seed=2), "M1: is M1 of seed 2")
        spoil(tree, program, record, lambda spoilt: spoilt["data"].update(source="generated"), "drawn images")
        spoil(tree, program, record, lambda spoilt: spoilt["settings"].update(loss="hinge"), "M1 was recorded with loss")

        # A row that is not its record's, and records without rows; of other seeds likewise.
        put(tree, program, record)
        write_tables(tree, program)
        assert look(tree)[0] == 0
        put(tree, program, {**record, "seconds": 2.5})
        assert "the row of M1 has another seconds" in look(tree)[1]
        put(tree, program, record)
        other = {**record, "seed": 2}
        put(tree, program, other, "seed-2/M1")
        assert "M1 has no row" in look(tree)[1]
        write_tables(tree, program)
        assert look(tree)[0] == 0
        put(tree, program, {**other, "history": None}, "seed-2/M1")
        assert "M1 of seed 2 has no history" in look(tree)[1]
        os.remove(os.path.join(tree, "docs", "results", program, "seed-2", "M1.json"))
        write_tables(tree, program)

        # What is missing, or older, fails where all is asked for.
        known = [run for run in RULES["read"](os.path.join(HERE, "older-results.txt")).split() if "-" not in run]
        run = known[0] if known else "M1"
        program, own = settings[run]
        put(tree, program, {**made_up(run, own), "history": None})
        write_tables(tree, program)
        assert look(tree)[0] == (0 if known else 1)
        status, output = look(tree, "--whole")
        assert status == 1 and f"{run} has no history: record it anew" in output, output
        os.remove(os.path.join(tree, "docs", "results", program, run + ".json"))
        write_tables(tree, program)
        status, output = look(tree)
        assert status == 0 and f"1 of 78 experiments have no record: {run}\n" in output, output
        status, output = look(tree, "--whole")
        assert status == 1 and f"{run} has no record" in output, output


main()
