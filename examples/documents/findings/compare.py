"""Compares what a finding compares, in the document and here, and judges whether they agree."""
import math

from figures import NAMES, Figure, Missing, parse, told


VERDICTS = ("agrees", "differs", "cannot be told", "not yet recorded")


class Change:
    """By how much one figure exceeds another, and its sign if it is larger than two errors."""

    def __init__(self, larger, smaller, variance=None):
        self.by = larger.value - smaller.value
        self.error = math.sqrt(larger.variance + smaller.variance if variance is None else variance)
        self.sign = 0 if abs(self.by) <= 2 * self.error else 1 if self.by > 0 else -1


class Comparison:
    """What is compared in a finding: what it is called, and the change in the document and here, or why there is none.
    `values` are told in place of changes, if there are any."""

    def __init__(self, label, metric, document, here, values=None):
        self.label, self.metric = label, metric
        self.document, _ = attempt(document)
        self.here, self.missing = attempt(here)
        self.values = values

    def number(self, value, error, sign=""):
        digits = 0 if self.metric in ("parameters", "count") or "epoch" in self.metric else 4
        text = f"{value:{sign},.{digits}f}"
        return text if error == 0 else f"{text} ± {2 * error:.{digits}f}"

    def change(self, change):
        return "-" if change is None else self.number(change.by, change.error, "+")


def attempt(make):
    try:
        return make(), None
    except Missing as why:
        return None, str(why)


def change_of(side, first, second):
    """Both figures, or all that is missing of them."""
    found, why = zip(*[attempt(lambda operand=operand: side.figure(operand)) for operand in (first, second)])
    if None in found:
        raise Missing(", ".join(dict.fromkeys(text for text in why if text)))
    return Change(*found, side.of_difference(first, second))


def operand_label(run, levels, metric, with_metric):
    if levels is None:
        return f"{run} ({name_of(metric)})" if with_metric else run
    if levels == {}:
        return run + {"best": ", best trial", "mean": ", mean of folds", "range": ", range of folds"}[metric]
    return f"{run}, {told(levels)}"


def label_of(first, second, default):
    """What a pair of operands is called; what both have alike stands before them."""
    (run, levels, metric), (other, other_levels, other_metric) = parse(first, default), parse(second, default)
    if levels is not None and other_levels is not None and run == other:
        return f"{run}: {told(levels)} − {told(other_levels)}"
    searched = levels is not None or other_levels is not None
    apart = metric != other_metric and not searched
    text = f"{operand_label(run, levels, metric, apart)} − {operand_label(other, other_levels, other_metric, apart)}"
    return text if apart or searched or metric == default else f"{name_of(metric)}: {text}"


def shortened(labels):
    """Of labels one after the other, without what the one before begins with, too."""
    before = ""
    for label in labels:
        start = "".join(label.rpartition(": ")[:2])
        minuend = label.split(" − ")[0] + " " if " − " in label else ""
        if minuend and before.startswith(minuend):
            yield label[len(minuend):]
        else:
            yield label[len(start):] if start and before.startswith(start) else label
        before = label


def name_of(metric):
    if "." in metric:
        name, index = metric.split(".")
        return f"{name.replace('f1', 'F-score')} of class {index}"
    return NAMES.get(metric, metric)


def metric_of(operand, default):
    _, levels, metric = parse(operand, default)
    return metric if levels is None else "test_accuracy"


def pair_of(sides, first, second):
    default = sides[0].table["metric"]
    return Comparison(label_of(first, second, default), metric_of(first, default),
                      *[lambda side=side: change_of(side, first, second) for side in sides])  # fmt: skip


def bound_of(sides, operand, bound, at_most):
    default = sides[0].table["metric"]
    run, levels, metric = parse(operand, default)

    def change(side):
        figure = side.figure(operand)
        return Change(Figure(bound), figure) if at_most else Change(figure, Figure(bound))

    label = operand_label(run, levels, metric, False)
    if levels is None and metric != default:
        label = f"{name_of(metric)}: {label}"
    label = f"at {'most' if at_most else 'least'} {bound:g}: {label}"
    values = [attempt(lambda side=side: side.figure(operand))[0] for side in sides]
    return Comparison(label, metric if levels is None else "test_accuracy", *[lambda side=side: change(side) for side in sides],
                      values=values)  # fmt: skip


def extreme_of(sides, run, index, name, metric="f1", weakest=True):
    def change(side):
        figures = [Figure(value, value * (1 - value) / side.examples(run, "class")) for value in side.classes(run, metric)]
        own = figures.pop(index)
        nearest = (min if weakest else max)(figures, key=lambda figure: figure.value)
        return Change(nearest, own) if weakest else Change(own, nearest)

    label = f"{run}: next {'lowest' if weakest else 'highest'} and {name}"
    return Comparison(label, metric + ".0", *[lambda side=side: change(side) for side in sides])


def confusion_of(sides, run, true, predicted, name, count):
    def here():
        row = sides[1].confusion(run)[true]
        others = [other for i, other in enumerate(row) if i not in (true, predicted)]
        return Change(Figure(row[predicted], row[predicted]), Figure(max(others), max(others)))

    def document():
        raise Missing("no other counts")

    found = attempt(lambda: sides[1].confusion(run)[true][predicted])[0]
    return Comparison(f"{run}: {name}", "count", document, here,
                      values=[Figure(count), found and Figure(found)])  # fmt: skip


def reached_of(sides, operand):
    default = sides[0].table["metric"]
    run, levels, metric = parse(operand, default)
    document = sides[0].figure(operand)
    label = operand_label(run, levels, metric, False)
    if levels is None and metric != default:
        label = f"{name_of(metric)}: {label}"
    return Comparison(label, metric if levels is None else "test_accuracy", lambda: None,
                      lambda: Change(sides[1].figure(operand), document),
                      values=[Figure(document.value), attempt(lambda: Figure(sides[1].figure(operand).value))[0]])  # fmt: skip


def comparisons_of(sides, finding):
    kinds = {
        "more": lambda row: pair_of(sides, *row), "same": lambda row: pair_of(sides, *row),
        "reached": lambda row: reached_of(sides, row), "at_most": lambda row: bound_of(sides, *row, True),
        "at_least": lambda row: bound_of(sides, *row, False), "weakest": lambda row: extreme_of(sides, *row),
        "strongest": lambda row: extreme_of(sides, *row, weakest=False), "confused": lambda row: confusion_of(sides, *row),
    }  # fmt: skip
    for kind, make in kinds.items():
        if kind in finding:
            return kind, [make(row) for row in finding[kind]]
    return "none", []


def some(comparisons, every):
    """Those that are meant, if they are not all."""
    return "" if len(comparisons) == len(every) else ": " + "; ".join(shortened([one.label for one in comparisons]))


def judge(kind, comparisons, why):
    """Agrees, differs, cannot be told or not yet recorded; and what of it."""
    if kind == "none":
        return "cannot be told", ": " + why
    equal = kind in ("same", "reached")
    contrary = [one for one in comparisons if one.here and (one.here.sign != 0 if equal else one.here.sign < 0)]
    missing = [one for one in comparisons if one.here is None]
    small = [one for one in comparisons if one.here and one.here.sign == 0]
    if contrary:
        return "differs", some(contrary, comparisons)
    if missing:
        runs = [run for one in missing for run in one.missing.split(", ")]
        return "not yet recorded", ": " + ", ".join(dict.fromkeys(runs))
    if equal or not small:
        return "agrees", ""
    # What the document's own figures do not tell need not be told here.
    if len(small) < len(comparisons) and all(one.document and one.document.sign == 0 for one in small):
        return "agrees", "; too small in both" + some(small, comparisons)
    return "cannot be told", "; too small" + some(small, comparisons)


def cells_of(kind, comparisons, finding):
    """What the document has, and what there is here."""
    cells = [[], []]
    labels = list(shortened([one.label for one in comparisons]))
    for label, one in zip(labels, comparisons):
        for side, change in enumerate((one.document, one.here)):
            text = one.change(change)
            if one.values:
                value = one.values[side]
                text = "-" if value is None else one.number(value.value, math.sqrt(value.variance))
                if kind == "reached" and change:
                    text += f" ({one.change(change)})"
                elif kind == "confused" and change:
                    text += f", next {one.number(value.value - change.by, 0)}"
            cells[side].append(f"{label} {text}")
    told = ["; ".join(cell) if any(not text.endswith(" -") for text in cell) else "-" for cell in cells]
    note = f" ({finding['note']})" if "note" in finding else ""
    return told[0], told[1] + note
