"""Checks docs/results against its own records and against what the programs say they run; names the rows of programs
that did not yet keep a run's settings, version and commit: test-results.py [TREE]

A row of results.json is the start of its record, ID.json, and each record has a row. The settings of a record are
those that the run has now (tests/examples/described); one with others is of another experiment and has to go. Rows that
are older than the format, or have to go, are in tests/examples/older-results.txt until they are recorded anew.
"""
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "..", "..")
RESULTS = os.path.join(TREE, "docs", "results")
KEPT = ("settings", "library", "commit")


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


def check(program, problems, older, stale):
    folder = os.path.join(RESULTS, program)
    rows = {row["id"]: row for row in json.loads(read(os.path.join(folder, "results.json")))["runs"]}
    records = {name[:-5] for name in os.listdir(folder) if name.endswith(".json") and name != "results.json"}
    now = described(program)
    for run in sorted(records ^ rows.keys()):
        problems.append(f"{program}: {run} has no {'row' if run in records else 'record'}")
    for run in sorted(records & rows.keys()):
        record = json.loads(read(os.path.join(folder, run + ".json")))
        row = rows[run]
        for name in row.keys() - {"description", "reported"}:
            if record.get(name) != row[name]:
                problems.append(f"{program}: the row of {run} has another {name} than its record")
        if any(row[name] is None for name in KEPT):
            older.append(run)
            continue
        if run not in now:
            problems.append(f"{program}: there is no run {run}")
            continue
        for name, text in record["settings"].items():
            if now[run].get(name) != text:
                stale[run] = f"was recorded with {name} \"{text}\", and has \"{now[run].get(name)}\""


def main():
    problems, older, stale = [], [], {}
    programs = sorted(name for name in os.listdir(RESULTS) if os.path.isdir(os.path.join(RESULTS, name)))
    for program in programs:
        check(program, problems, older, stale)
    known = read(os.path.join(HERE, "older-results.txt")).split()
    for run in older:
        if run not in known:
            problems.append(f"{run} has no settings, version or commit: record it anew")
    for run, what in stale.items():
        if run not in known:
            problems.append(f"{run} {what}: record it anew")
        print(f"{run} {what}")
    print(f"{len(older)} rows are older than the format of records: {' '.join(older)}")
    for problem in problems:
        print(problem)
    return 1 if problems or not programs else 0


sys.exit(main())
