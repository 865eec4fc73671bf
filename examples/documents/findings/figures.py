"""Figures of a document and of the records, each with its variance: what an operand of a finding stands for.

A table of findings has the document's figures: "figures" by operand, "rows" of several metrics, "class_f1" and
"class_recall" by class, and of searches what was "tried". Records are those of its "programs".
"""
import json
import math
import os
import re
import statistics
import sys

# Of which images a metric is a fraction.
PARTS = {"test_accuracy": "test", "macro_f1": "test", "stated": "test", "train_accuracy": "train",
         "last_accuracy": "train", "first_accuracy": "train", "validation_accuracy": "validation",
         "last_validation_accuracy": "validation", "best_validation_accuracy": "validation"}  # fmt: skip
DIFFERENCES = {"gap": ("last_accuracy", "last_validation_accuracy"), "overfit": ("train_accuracy", "validation_accuracy"),
               "loss_gap": ("last_validation_loss", "last_loss"),
               "rise": ("last_validation_loss", "lowest_validation_loss")}  # fmt: skip
EXACT = ("parameters", "late_gain")
NAMES = {"test_accuracy": "test accuracy", "macro_f1": "macro F1", "stated": "accuracy", "train_accuracy": "training accuracy",
         "last_accuracy": "accuracy while training", "first_accuracy": "accuracy in the first epoch",
         "validation_accuracy": "validation accuracy", "last_validation_accuracy": "validation accuracy of the last epoch",
         "best_validation_accuracy": "best validation accuracy", "test_loss": "test loss", "last_loss": "training loss",
         "last_validation_loss": "validation loss of the last epoch", "lowest_validation_loss": "lowest validation loss",
         "lowest_validation_epoch": "epoch of the lowest validation loss",
         "crossing_epoch": "epoch with training loss below validation loss", "rate_epoch": "last epoch at the first rate",
         "gap": "gap of training and validation accuracy", "overfit": "gap of training and validation accuracy",
         "late_gain": "gain of validation accuracy after epoch 20", "loss_gap": "gap of validation and training loss", "rise": "rise of the validation loss above its lowest"}  # fmt: skip
SEEDS = 3  # from which on runs are compared seed by seed
FREEDOM = 3  # degrees of freedom, below which a spread says nothing
ASSUMED = 0.1  # relative spread of losses and epochs where nothing is repeated


class Missing(Exception):
    """A figure that is not there, and why."""


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


# ---- Operands ----


def parse(text, default):
    """Run, levels of a search or None, metric."""
    match = re.fullmatch(r"([A-Z]\d+[\w-]*)(\[[^\]]*\])?(?::([\w.]+))?", text)
    if not match:
        sys.exit(f"findings: there is no operand {text!r}")
    run, levels, metric = match.groups()
    if levels is None:
        return run, None, metric or default
    pairs = [pair.split("=") for pair in levels[1:-1].split(";") if pair]
    return run, {name.strip(): [float(level) for level in some.split(",")] for name, some in pairs}, metric or "best"


def told(levels):
    return ", ".join(f"{name} {' or '.join(f'{level:g}' for level in some)}" for name, some in levels.items())


def is_fraction(metric):
    inner = DIFFERENCES.get(metric, (metric,))
    return all(name in PARTS or "." in name for name in inner)


def is_relative(metric):
    """Whether what training anew changes is in proportion to the figure: losses and epochs."""
    return not is_fraction(metric) and metric not in DIFFERENCES


class Figure:
    def __init__(self, value, variance=0.0):
        self.value, self.variance = value, variance


def of_trials(trials, levels, metric, examples):
    """The figure of those of [levels, score...] that have one of these levels of each factor."""
    some = [scores for own, *scores in trials if all(own.get(name) in wanted for name, wanted in levels.items())]
    scores = [score for scores in some for score in scores if score is not None]
    if not scores:
        raise Missing("no such trial")
    if metric == "range":
        return Figure(max(scores) - min(scores))
    if metric == "mean":
        if len(scores) < 2:
            raise Missing("one fold only")
        return Figure(statistics.mean(scores), statistics.variance(scores) / len(scores))
    best = max(statistics.mean([score for score in scores if score is not None] or [0]) for scores in some)
    return Figure(best, best * (1 - best) / examples)


# ---- What has figures: a document, or the records ----


class Side:
    """Figures of one metric, with the variance that comes of its images and of training anew."""

    other = None  # the side that it stands beside

    def by_seed(self, run):
        """Whether a seed divides the images, too, so that what it changes has their error in it."""
        return self.table.get("splits_by_seed", False) and run not in self.table.get("own_examples", {})

    def values(self, run, metric):
        """Of each training of a run."""
        inner = DIFFERENCES.get(metric)
        if inner is None:
            return self.basic(run, metric)
        return [a - b for a, b in zip(self.basic(run, inner[0]), self.basic(run, inner[1]))]

    def groups(self, metric):
        """Values of trainings that differ in nothing but what is drawn."""
        for runs in self.repeated():
            values = []
            for run in runs:
                try:
                    values += self.values(run, metric)
                except Missing:
                    pass
            if len(values) > 1:
                yield values

    def own_spread(self, metric):
        """Standard deviation of a training, and from how many groups; None from too few."""
        squares = freedom = count = 0
        for values in self.groups(metric):
            mean = statistics.mean(values)
            scale = abs(mean) if is_relative(metric) else 1
            if scale > 0:
                squares += sum((value - mean) ** 2 for value in values) / scale**2
                freedom += len(values) - 1
                count += 1
        return (math.sqrt(squares / freedom), count) if freedom >= FREEDOM else None

    def spread(self, metric):
        """What there is of it; else what the other side has, if that is of training alone."""
        own = self.own_spread(metric)
        if own is None and not self.table.get("splits_by_seed", False):
            own = self.other.own_spread(metric)
        return own and own[0]

    def of_images(self, run, metric, value):
        if metric in DIFFERENCES:
            return sum(self.of_images(run, name, statistics.mean(self.basic(run, name))) for name in DIFFERENCES[metric])
        return value * (1 - value) / self.examples(run, "class" if "." in metric else PARTS[metric])

    def of_difference(self, first, second):
        """The variance of a difference of two runs that were repeated with the same seeds, each of which divided the images:
        what a seed's images change is in both. None where there is no such thing."""
        metric = self.table["metric"]
        (run, levels, metric), (other, other_levels, other_metric) = parse(first, metric), parse(second, metric)
        if levels is not None or other_levels is not None or metric != other_metric or not is_fraction(metric):
            return None
        count = len(self.seeds(run))
        if count < SEEDS or self.seeds(run) != self.seeds(other) or not (self.by_seed(run) and self.by_seed(other)):
            return None
        rows = [self.values(some, metric) for some in self.alike(run)]
        return residual_variance(rows) * 2 / count if (len(rows) - 1) * (count - 1) >= FREEDOM else None

    def figure(self, operand):
        run, levels, metric = parse(operand, self.table["metric"])
        if levels is not None:
            return of_trials(self.trials(run), levels, metric, self.examples(run, "search"))
        values = self.values(run, metric)
        value = statistics.mean(values)
        if metric in EXACT:
            return Figure(value)
        spread = self.spread(metric)
        if is_relative(metric):
            return Figure(value, ((ASSUMED if spread is None else spread) * value) ** 2 / len(values))
        if not is_fraction(metric):
            inner = [self.figure(f"{run}:{name}").variance for name in DIFFERENCES[metric]]
            return Figure(value, sum(inner) if spread is None else spread**2 / len(values))
        images = self.of_images(run, metric, value)
        if self.by_seed(run):
            return Figure(value, max((spread or 0) ** 2, images) / len(values))
        return Figure(value, (spread or 0) ** 2 / len(values) + images)


def residual_variance(rows):
    """What rows and columns do not explain, each a row of a run and a column of a seed."""
    means, columns = [statistics.mean(row) for row in rows], [statistics.mean(column) for column in zip(*rows)]
    mean = statistics.mean(means)
    squares = sum((value - own - column + mean) ** 2
                  for row, own in zip(rows, means) for value, column in zip(row, columns))  # fmt: skip
    return squares / ((len(rows) - 1) * (len(columns) - 1))


class Document(Side):
    def __init__(self, table):
        self.table = table

    def repeated(self):
        return self.table.get("repeats", [])

    def seeds(self, run):
        return []

    def examples(self, run, part):
        own = self.table.get("own_examples", {}).get(run, self.table["examples"])
        return own["test" if part == "search" else part]

    def trials(self, run):
        if run not in self.table.get("tried", {}):
            raise Missing("no figure")
        return self.table["tried"][run]

    def basic(self, run, metric):
        figures = self.table.get("figures", {})
        if f"{run}:{metric}" in figures:
            return [figures[f"{run}:{metric}"]]
        if metric == self.table["metric"] and run in figures:
            return [figures[run]]
        if run in self.table.get("rows", {}) and metric in self.table["columns"]:
            value = self.table["rows"][run][self.table["columns"].index(metric)]
            if value is not None:
                return [value]
        if "." in metric:
            name, index = metric.split(".")
            if run in self.table.get("class_" + name, {}):
                return [self.table["class_" + name][run][int(index)]]
        raise Missing("no figure")

    def classes(self, run, metric):
        if run not in self.table.get("class_" + metric, {}):
            raise Missing("no figure")
        return self.table["class_" + metric][run]


class Records(Side):
    def __init__(self, table, results):
        self.table = table
        self.runs = {}
        self.problems = {}
        for program in table["programs"]:
            self.read(os.path.join(results, program))

    def read(self, folder):
        if not os.path.isdir(folder):
            return
        seeds = sorted((name for name in os.listdir(folder) if re.fullmatch(r"seed-\d+", name)), key=lambda name: int(name[5:]))
        for place in ["", *seeds]:
            for name in sorted(os.listdir(os.path.join(folder, place))):
                if name.endswith(".json") and name != "results.json":
                    self.add(read_json(os.path.join(folder, place, name)), place)

    def add(self, record, seed):
        run = record["id"]
        if re.search(r" --(epochs|limit|quick)\b", record["command"]) or record["data"]["source"] != "real":
            self.problems.setdefault(run, "cut short" if record["data"]["source"] == "real" else "drawn images")
        elif not seed:
            self.runs[run] = [record]
        elif run in self.runs and self.is_alike(self.runs[run][0], record):
            self.runs[run].append(record)

    @staticmethod
    def is_alike(first, other):
        counts = [part + "_examples" for part in ("train", "validation", "test")]
        return first["settings"] == other["settings"] and all(first["data"][name] == other["data"][name] for name in counts)

    def repeated(self):
        return [[run] for run in self.runs] + self.table.get("repeats", [])

    def seeds(self, run):
        return [record["seed"] for record in self.records(run)]

    def alike(self, run):
        """The runs that were repeated with the same seeds, which divided the images."""
        return [other for other in self.runs if self.by_seed(other) and self.seeds(other) == self.seeds(run)]

    def records(self, run):
        if run not in self.runs:
            raise Missing(f"{run} ({self.problems[run]})" if run in self.problems else run)
        return self.runs[run]

    def examples(self, run, part):
        record = self.records(run)[0]
        if part == "class":
            return record["data"]["test_examples"] / len(record["test"]["support"])
        return record["data"][("validation" if part == "search" else part) + "_examples"]

    def trials(self, run):
        record = self.records(run)[0]
        if "tried" not in record:
            raise Missing(f"{run} (older record)")
        tried = {}
        for fold in record["tried"]:
            tried.setdefault(fold["trial"], [fold["levels"]]).append(fold["score"])
        return list(tried.values())

    def basic(self, run, metric):
        return [self.of_record(run, record, metric) for record in self.records(run)]

    def of_record(self, run, record, metric):
        if metric == "stated":
            metric = "test_accuracy"
        if metric in record:
            return record[metric]
        if "." in metric:
            name, index = metric.split(".")
            return self.details(run, record, "test")[name][int(index)]
        history = self.details(run, record, "history")
        losses, others = history["loss"], history["validation_loss"]
        if metric == "crossing_epoch":
            return next((i + 1 for i in range(len(losses)) if losses[i] < others[i]), len(losses) + 1)
        if metric == "lowest_validation_epoch":
            return others.index(min(others)) + 1
        if metric == "late_gain":
            return history["validation_accuracy"][-1] - history["validation_accuracy"][19]
        if metric == "rate_epoch":
            return history["learning_rate"].count(history["learning_rate"][0])
        return {"lowest_validation_loss": lambda: min(others),
                "best_validation_accuracy": lambda: max(history["validation_accuracy"]),
                "first_accuracy": lambda: history["accuracy"][0],
                "last_accuracy": lambda: history["accuracy"][-1], "last_loss": lambda: losses[-1],
                "last_validation_accuracy": lambda: history["validation_accuracy"][-1],
                "last_validation_loss": lambda: others[-1]}[metric]()  # fmt: skip

    @staticmethod
    def details(run, record, name):
        if name not in record:
            raise Missing(f"{run} (older record)")
        return record[name]

    def classes(self, run, metric):
        return self.details(run, self.records(run)[0], "test")[metric]

    def confusion(self, run):
        return self.details(run, self.records(run)[0], "test")["confusion"]


def both_sides(table, results):
    document, records = Document(table), Records(table, results)
    document.other, records.other = records, document
    return document, records
