"""Checks docs/results against its own records, against what the programs say they run, and against what is made of it.

usage: test-results.py [--whole] [--programs DIR] [TREE]

A row of results.json is the start of its record, ID.json, and each record has a row. A record has settings, the figures
of each epoch, confusion matrices that fit its figures, version and commit, and the settings that the run has now
(tests/examples/described); one with others is of another experiment and has to go. Records that are older than that
format, or have to go, are in older-results.txt beside this file until they are recorded anew. It tells which of the
documents' own experiments have no record. With the programs in DIR, what they list is looked at, and whether the tables,
the findings and the gallery are those of the records: `sh examples/record --tables` writes them. With --whole
each of the documents' own experiments must have a record of the format.
"""
import argparse
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = ("cifar_cnn", "digits_fashion_cnn", "fashion_committee", "fashion_skip_concat", "kmnist_mlp_cnn", "mnist_mlp")
OWN = {"K": 10, "M": 6, "C": 51, "D": 4, "F": 7}  # experiments of each document
KEPT = ("settings", "library", "commit")
PARTS = ("train", "validation", "test")
SEARCHED = ("K2", "K2-sound", "K3-search", "K8", "K9", "K9-tenths", "K9-sound")
HISTORY = ("loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate", "seconds")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def described(program):
    """The settings of each run, as the program tells them."""
    runs = {}
    for block in read(os.path.join(HERE, "described", program + ".txt")).split("\n\n"):
        lines = block.split("\n")
        start = re.match(r"([A-Z]\d+\S*)  ", lines[0])
        if start:
            runs[start.group(1)] = dict(re.match(r"  (\S+) +(.*)", line).groups()
                                        for line in lines[1:] if re.match(r"  \S", line))  # fmt: skip
    return runs


def lacks(record):
    """What a record of the format has and this one does not."""
    missing = [name for name in KEPT if not record.get(name)]
    missing += [part for part in PARTS if not record.get(part, {}).get("confusion")]
    if record["epochs"] is not None and not record.get("history"):
        missing.append("history")
    if record["id"] in SEARCHED and not record.get("tried"):
        missing.append("tried")
    return missing


def wrong(record):
    """What does not fit in a record of the format."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", record["library"]):
        yield f"the library {record['library']}"
    if not re.fullmatch(r"[0-9a-f]{40}", record["commit"]):
        yield f"the commit {record['commit']}"
    if record["data"]["source"] != "real":
        yield "drawn images"
    for part in PARTS:
        rows = record[part]["confusion"]
        total = sum(map(sum, rows))
        if total != record["data"][part + "_examples"] or len({len(rows), *map(len, rows)}) != 1:
            yield f"the confusion matrix of {total} images to {part}"
        elif not math.isclose(sum(row[i] for i, row in enumerate(rows)) / total, record[part + "_accuracy"]):
            yield f"the accuracy of {part}"
        elif [sum(row) for row in rows] != record[part]["support"]:
            yield f"the support of {part}"
    for name in HISTORY if record["epochs"] else ():
        if len(record["history"].get(name, [])) != record["epochs"]:
            yield f"the history's {name}"


class Results:
    """All that is found."""

    def __init__(self, folder):
        self.folder = folder
        self.problems = []
        self.older = {}
        self.stale = {}
        self.runs = set()
        self.known = read(os.path.join(HERE, "older-results.txt")).split()

    def check_record(self, name, record, now):
        missing = lacks(record)
        if missing:
            self.older[name] = missing
            return
        self.problems += [f"{name}: {what} is wrong" for what in wrong(record)]
        if record["id"] not in now:
            self.problems.append(f"{name}: there is no such run")
            return
        for setting, text in record["settings"].items():
            own = now[record["id"]].get(setting)
            if own != text:
                self.stale[name] = f'was recorded with {setting} "{text}", and has "{own}"'

    def check_rows(self, program, rows, records):
        for run in sorted(records.keys() ^ rows.keys()):
            self.problems.append(f"{program}: {run} has no {'row' if run in records else 'record'}")
        for run in sorted(records.keys() & rows.keys()):
            for name in rows[run].keys() - {"description", "reported"}:
                if records[run].get(name) != rows[run][name]:
                    self.problems.append(f"{program}: the row of {run} has another {name} than its record")

    def check(self, program):
        folder = os.path.join(self.folder, program)
        now = described(program)
        table = json.loads(read(os.path.join(folder, "results.json")))
        seeds = {int(name[5:]) for name in os.listdir(folder) if re.fullmatch(r"seed-\d+", name)}
        for seed in (None, *sorted(seeds)):
            place = folder if seed is None else os.path.join(folder, f"seed-{seed}")
            records = {name[:-5]: json.loads(read(os.path.join(place, name))) for name in os.listdir(place)
                       if name.endswith(".json") and name != "results.json"}  # fmt: skip
            rows = table["runs"] if seed is None else [row for row in table.get("other_seeds", []) if row["seed"] == seed]
            self.check_rows(program, {row["id"]: row for row in rows}, records)
            for run, record in sorted(records.items()):
                name = run if seed is None else f"{run} of seed {seed}"
                if record["id"] != run or record["seed"] != (seed or 1):
                    self.problems.append(f"{name}: is {record['id']} of seed {record['seed']}")
                self.check_record(name, record, now)
            if seed is None:
                self.runs |= records.keys()


def check_lists(results, programs):
    """What the programs list are the documents' experiments."""
    listed = [line.split()[0] for program in PROGRAMS
              for line in subprocess.run([os.path.join(programs, program), "--list"], capture_output=True, text=True,
                                         check=True).stdout.splitlines()]  # fmt: skip
    own = sorted(run for run in listed if "-" not in run)
    if own != sorted(experiments()):
        results.problems.append(f"--list has {len(own)} of the documents' own: {set(own) ^ set(experiments())}")


def experiments():
    return [f"{letter}{number}" for letter, count in OWN.items() for number in range(1, count + 1)]


def check_made(results, tree, programs):
    """The tables, and what else is made of the records."""
    with tempfile.TemporaryDirectory() as folder:
        made = os.path.join(folder, "docs", "results")
        shutil.copytree(results.folder, made)
        for program in PROGRAMS:
            subprocess.run([os.path.join(programs, program), "--tables", "--out", os.path.join(made, program)],
                           check=True, stdout=subprocess.DEVNULL)  # fmt: skip
            for name in ("results.md", "results.json"):
                compare(results, made, os.path.join(program, name))
        subprocess.run([sys.executable, os.path.join(tree, "examples", "findings"), "--results", made], check=True)
        compare(results, made, "findings.md")
        subprocess.run([sys.executable, os.path.join(tree, "examples", "gallery"), "--results", made, "--out", folder], check=True)
        check_gallery(results, os.path.join(tree, "docs"), folder)


def check_gallery(results, docs, made):
    """The gallery is that of the pages, and small."""
    ours, theirs = ({"gallery.md": read(os.path.join(place, "gallery.md")),
                     **{name: read(os.path.join(place, "gallery", name)) for name in os.listdir(os.path.join(place, "gallery"))}}
                    for place in (docs, made))  # fmt: skip
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) != theirs.get(name):
            results.problems.append(f"the gallery's {name} is not that of the pages: sh examples/record --tables")
    sizes = {name: len(text.encode()) for name, text in ours.items()}
    results.problems += [f"{name} has {size:,} bytes" for name, size in sizes.items() if size > 60000]
    if sum(sizes.values()) > 1000000:
        results.problems.append(f"the gallery has {sum(sizes.values()):,} bytes")


def compare(results, made, name):
    path = os.path.join(results.folder, name)
    if not os.path.exists(path) or read(path) != read(os.path.join(made, name)):
        results.problems.append(f"docs/results/{name} is not that of the records: sh examples/record --tables")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--programs")
    parser.add_argument("tree", nargs="?", default=os.path.join(HERE, "..", ".."))
    options = parser.parse_args()
    results = Results(os.path.join(options.tree, "docs", "results"))
    for program in PROGRAMS:
        results.check(program)
    missing = [run for run in experiments() if run not in results.runs]
    for run, what in results.older.items():
        if options.whole and run in experiments() or run not in results.known:
            results.problems.append(f"{run} has no {', '.join(what)}: record it anew")
    for run, what in results.stale.items():
        print(f"{run} {what}")
        if options.whole and run in experiments() or run not in results.known:
            results.problems.append(f"{run} {what}: record it anew")
    if options.whole:
        results.problems += [f"{run} has no record" for run in missing]
    if options.programs:
        check_lists(results, options.programs)
        check_made(results, os.path.abspath(options.tree), options.programs)
    print(f"{len(results.older)} records are older than the format: {' '.join(results.older)}")
    print(f"{len(missing)} of {len(experiments())} experiments have no record: {' '.join(missing)}")
    print("\n".join(results.problems))
    return 1 if results.problems else 0


if __name__ == "__main__":
    sys.exit(main())
