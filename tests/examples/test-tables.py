"""Checks the tables that the examples make of records besides that of all runs: what other seeds change, what sections
of document 002 compare, and what searches of document 000 tried: test-tables.py CIFAR_CNN KMNIST_MLP_CNN

The records are of brief runs on drawn images, with other figures in them; what the tables should have is computed here.
"""
import itertools
import json
import math
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile

BRIEFLY = ["--data", "generated", "--quick", "--limit", "40"]


def run(program, *arguments):
    subprocess.run([program, *arguments], check=True, stdout=subprocess.DEVNULL)


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def section(folder, title):
    """The rows of a section by their first cells, and the lines that are no rows."""
    match = re.search(rf"^### {re.escape(title)}.*?\n(.*?)(?=^#|\Z)", read(folder, "results.md"), re.M | re.S)
    assert match, title
    lines = match.group(1).split("\n")
    return ({cells(line)[0]: cells(line) for line in lines if line.startswith("| ")},
            [line for line in lines if line and not line.startswith("|")])  # fmt: skip


# ---- Document 002 ----


def field(text, name, value):
    changed, count = re.subn(rf'"{name}": [^,}}\n]*', lambda _: f'"{name}": {json.dumps(value)}', text, count=1)
    assert count == 1, name
    return changed


def record(folder, template, run_id, macro_f1, command="cifar_cnn", source="real"):
    text = template
    for name, value in (("id", run_id), ("macro_f1", macro_f1), ("source", source), ("test_examples", 10000),
                        ("command", f"{command} --run {run_id}")):  # fmt: skip
        text = field(text, name, value)
    write(folder, run_id + ".json", text)


def error(first, second):
    return 2 * math.sqrt(sum(share * (1 - share) / 10000 for share in (first, second)))


def compare(program, folder, title, expected, verdict):
    """What the rows point at, and the verdict of the section."""
    run(program, "--out", folder, "--tables")
    rows, lines = section(folder, title)
    for run_id, points in expected.items():
        assert rows[run_id][5] == points, (run_id, rows[run_id], points)
    assert lines[-1].startswith("Against ") and lines[-1].count("**") == 2, lines
    assert re.search(r"\*\*(.*)\*\*", lines[-1]).group(1) == verdict, (lines, verdict)
    return rows, lines[-1]


def check_sections(program, folder):
    run(program, *BRIEFLY, "--run", "C1", "--out", folder)
    template = read(folder, "C1.json")

    def depth(points, verdict):
        return compare(program, folder, "Depth", {"C2": points}, verdict)

    def widths(expected, verdict):
        return compare(program, folder, "Widths", expected, verdict)

    # Drawn images, and runs that were cut short, say nothing of the document.
    record(folder, template, "C2", 0.7)
    depth("nothing to compare with yet", "cannot be told")
    record(folder, template, "C1", 0.6, source="generated")
    assert "C1 drawn images" in depth("nothing to compare with yet", "cannot be told")[1]
    for option in ("--epochs 5", "--limit 100", "--quick"):
        record(folder, template, "C1", 0.6)
        record(folder, template, "C2", 0.7, command="cifar_cnn " + option)
        depth("cut short", "cannot be told")

    record(folder, template, "C2", 0.7)
    rows, line = depth("the same way", "agrees")
    assert line == "Against C1: **agrees**; C2 the same way.", line
    assert rows["C1"][1:6] == ["0.6652", "-", "0.6000", "-", ""], rows["C1"]
    document = 0.7231424691248046, 0.6652326744791927
    assert rows["C2"][1:5] == [
        "0.7231", f"+{document[0] - document[1]:.4f} ± {error(*document):.4f}",
        "0.7000", f"+0.1000 ± {error(0.6, 0.7):.4f}"], rows["C2"]  # fmt: skip
    record(folder, template, "C2", 0.5)
    assert depth("the other way", "differs")[1] == "Against C1: **differs**; C2 the other way."

    # Two standard errors of 0.6 and 0.6138 are 0.01381.
    for macro_f1, points, verdict in ((0.6137, "too small here", "cannot be told"), (0.6140, "the same way", "agrees"),
                                      (0.5863, "too small here", "cannot be told"), (0.5859, "the other way", "differs")):  # fmt: skip
        record(folder, template, "C2", macro_f1)
        depth(points, verdict)
    os.remove(os.path.join(folder, "C2.json"))
    assert depth("no record yet", "cannot be told")[1] == "Against C1: **cannot be told**; C2 no record yet."

    # Of several runs one that differs decides, else one that is missing leaves it open. In the document C2, C5 and C6
    # change too little against C4, which does not keep the section from agreeing.
    record(folder, template, "C4", 0.7)
    record(folder, template, "C3", 0.6)
    small = "too small in the document"
    record(folder, template, "C2", 0.9)
    record(folder, template, "C5", 0.5)
    widths({"C2": small, "C3": "the same way", "C4": "", "C5": small, "C6": "no record yet"}, "cannot be told")
    record(folder, template, "C6", 0.9)
    _, line = widths({"C3": "the same way", "C6": small}, "agrees")
    assert line == f"Against C4: **agrees**; C3 the same way; C2, C5, C6 {small}.", line
    os.remove(os.path.join(folder, "C6.json"))
    record(folder, template, "C3", 0.8)
    widths({"C3": "the other way", "C6": "no record yet"}, "differs")

    # A variant is none of the document's and counts for nothing, there or missing.
    record(folder, template, "C48", 0.7)
    record(folder, template, "C48-aug", 0.1)
    rows, line = compare(program, folder, "Augmentation", {"C48-aug": "not in the document", "C49": "no record yet"},
                         "cannot be told")  # fmt: skip
    assert rows["C48-aug"][4].startswith("-0.6000 ±"), rows["C48-aug"]
    assert line == "Against C48: **cannot be told**; C49 no record yet.", line
    record(folder, template, "C42", 0.8)
    for run_id in ("C43", "C44", "C45", "C46", "C47"):
        record(folder, template, run_id, 0.07)
    compare(program, folder, "Loss", {"C43": "the same way", "C47": small, "C43-sound": "no record yet"}, "agrees")

    # Each of the document's runs stands in a section.
    text = read(folder, "results.md").split("## As the document compares them")[1]
    compared = set(re.findall(r"^\| (C\d+) ", text, re.M))
    assert compared == {f"C{number}" for number in range(1, 52)}, compared ^ {f"C{i}" for i in range(1, 52)}


# ---- Other seeds ----


def seed_record(folder, template, seed, run_id, test_accuracy, **others):
    """In the folder of its seed, or beside the tables for the first one."""
    where = os.path.join(folder, f"seed-{seed}") if seed != 1 else folder
    os.makedirs(where, exist_ok=True)
    text = template
    for name, value in {"id": run_id, "seed": seed, "test_accuracy": test_accuracy, **others}.items():
        text = field(text, name, value)
    write(where, run_id + ".json", text)


def seeds_of(program, folder):
    """Rows of the table by run, and the rows of results.json."""
    run(program, "--out", folder, "--tables")
    text = read(folder, "results.md")
    if "## With other seeds" not in text:
        return {}, json.loads(read(folder, "results.json")).get("other_seeds")
    lines = text.split("## With other seeds")[1].split("\n\n## ")[0].split("\n")
    return ({cells(line)[0]: cells(line) for line in lines if line.startswith("| K")},
            json.loads(read(folder, "results.json"))["other_seeds"])  # fmt: skip


def check_seeds(program, folder):
    run(program, *BRIEFLY, "--run", "K1", "--out", folder)
    template = read(folder, "K1.json")
    os.mkdir(os.path.join(folder, "seed-"))
    os.mkdir(os.path.join(folder, "seed-one"))
    assert seeds_of(program, folder) == ({}, None)

    accuracies = {1: 0.9, 10: 0.93, 2: 0.91}
    losses = {1: 0.5, 10: 0.25, 2: 0.3}
    for seed, accuracy in accuracies.items():
        seed_record(folder, template, seed, "K1", accuracy, test_loss=losses[seed], macro_f1=accuracy - 0.5)
    seed_record(folder, template, 2, "K5", 0.8)  # without one of the first seed
    rows, records = seeds_of(program, folder)
    assert [(record["id"], record["seed"]) for record in records] == [("K1", 2), ("K1", 10), ("K5", 2)], records
    assert list(rows) == ["K1"], rows
    order = (1, 2, 10)

    def told(figures):
        return f"{statistics.mean(figures):.4f} ± {statistics.stdev(figures):.4f}"

    mean = statistics.mean(accuracies.values())
    assert rows["K1"] == [
        "K1", "1, 2, 10", "1, 1, 1", ", ".join(f"{accuracies[seed]:.4f}" for seed in order), told(accuracies.values()),
        "0.9291", f"{mean - 0.9291:+.4f}", told([accuracy - 0.5 for accuracy in accuracies.values()]),
        told(losses.values())], rows["K1"]  # fmt: skip

    # What was made otherwise is no repetition.
    settings = json.loads(template)["settings"]
    for name, value in (("keeps", settings["keeps"] + " but one"), ("source", "real"), ("train_examples", 41),
                        ("validation_examples", 41), ("test_examples", 41)):  # fmt: skip
        seed_record(folder, template, 2, "K1", 0.91, **{name: value})
        assert seeds_of(program, folder)[0]["K1"][1] == "1, 10", name
    os.remove(os.path.join(folder, "seed-10", "K1.json"))
    assert seeds_of(program, folder)[0] == {}


# ---- Document 000 ----

FACTORS = {
    "learning rate": [0.001, 0.002, 0.003, 0.005, 0.006, 0.007, 0.008, 0.009, 0.01],
    "last hidden layer": [128, 256, 512, 1024],
    "hidden layers": [1, 2, 3, 4],
    "batch normalisation": [0, 1],
    "rotation": [0, 0.5, 1, 5],
    "noise": [0, 0.015, 0.03, 0.06],
}


def tried(text, lines):
    """A record with these trials in place of its own."""
    start = text.index('     "tried": [\n')
    return text[:start] + '     "tried": [\n' + ",\n".join("       " + json.dumps(line) for line in lines) + "]}\n"


def maxima(lines, **levels):
    """Of the trials with these levels, as a cell has them."""
    some = [line for line in lines if all(line["levels"][name] == level for name, level in levels.items())]
    scores = [line["score"] for line in some if line["score"] is not None]
    return f"{max(scores):.4f} ({max(line['best_train_accuracy'] for line in some):.4f})" if scores else "-"


def table(folder, title, head):
    """The rows below a head of a table, likewise."""
    text = read(folder, "results.md").split("### " + title)[1]
    lines = text[text.index("| " + head):].split("\n\n")[0].split("\n")
    return [cells(line) for line in lines[0:1] + lines[2:] if line]


def check_random(program, folder):
    generator = random.Random(1)
    lines = [{"trial": i, "fold": 0, "levels": {name: generator.choice(levels) for name, levels in FACTORS.items()},
              "score": round(generator.random(), 4), "epochs": 20, "best_train_accuracy": round(generator.random(), 4)}
             for i in range(60)]  # fmt: skip
    lines[7]["score"] = None
    write(folder, "K2.json", tried(read(folder, "K2.json"), lines))
    run(program, "--out", folder, "--tables")
    found = empty = 0
    for first, second in itertools.combinations(FACTORS, 2):
        rows = table(folder, "K2: maxima", f"{first}, {second} |")
        assert [float(cell) for cell in rows[0][1:]] == FACTORS[second], rows[0]
        assert [float(row[0]) for row in rows[1:]] == FACTORS[first], rows
        for row in rows[1:]:
            for level, cell in zip(FACTORS[second], row[1:]):
                assert cell == maxima(lines, **{first: float(row[0]), second: level}), (first, row, second, level)
                found += cell != "-"
                empty += cell == "-"
    assert found > 100 and empty > 10, (found, empty)
    rows = table(folder, "K2: the maxima that the document shows", "batch normalisation |")
    names = ("batch normalisation", "rotation", "noise", "hidden layers")
    for row in rows[1:]:
        levels = {name: float(cell) for name, cell in zip(names, row) if cell != "any"}
        assert row[6] == maxima(lines, **levels), row
    assert [float(row[5]) for row in rows[1:]] == [0.9428, 0.9415, 0.9390, 0.9369, 0.9428, 0.9415, 0.9369, 0.9270]


def check_folds(program, folder):
    lines = json.loads(read(folder, "K9.json"))["tried"]
    assert sorted({line["trial"] for line in lines}) == [0, 1], lines
    # A fold that came to nothing takes the score of its trial.
    del lines[0]["train_accuracy"]
    lines[0]["score"] = None
    write(folder, "K9.json", tried(read(folder, "K9.json"), lines))
    run(program, "--out", folder, "--tables")
    rows = table(folder, "K9: folds", "learning rate |")[1:]
    assert len(rows) == len(lines) == 10, rows
    for row, line in zip(rows, lines):
        assert [float(cell) for cell in row[:4]] == [*line["levels"].values(), line["fold"] + 1, line["epochs"]], row
        for cell, part in zip(row[4:], ("train", "validation", "test")):
            figure = line.get(part + "_accuracy")
            assert cell == ("-" if figure is None else f"{figure:.4f}"), row
    whole = [line for line in lines if line["trial"] == 1]
    score, train = (sum(line[name] for line in whole) / 5 for name in ("score", "train_accuracy"))
    expected = {tuple(whole[0]["levels"].values()): f"{score:.4f} ({train:.4f})"}
    rows = table(folder, "K9: maxima", "learning rate, dropout |")
    for row in rows[1:]:
        for level, cell in zip(rows[0][1:], row[1:]):
            assert cell == expected.get((float(row[0]), float(level)), "-"), (row, level)


def main():
    cifar, kmnist = map(os.path.realpath, sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        check_sections(cifar, folder)
    with tempfile.TemporaryDirectory() as folder:
        check_seeds(kmnist, folder)
    with tempfile.TemporaryDirectory() as folder:
        run(kmnist, *BRIEFLY, "--run", "K1", "--out", folder)
        assert "searches tried" not in read(folder, "results.md")
        run(kmnist, *BRIEFLY, "--run", "K2,K9", "--out", folder)
        check_random(kmnist, folder)
        check_folds(kmnist, folder)


main()
