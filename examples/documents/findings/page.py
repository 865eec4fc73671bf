"""The page of findings: a table for each document, and one of how many agree."""
import re

from compare import VERDICTS, cells_of, comparisons_of, judge
from figures import NAMES, both_sides


def rows_of(table, results):
    """Number, finding, where, both cells and verdict of each finding, and of each variant."""
    sides = both_sides(table, results)
    for number, finding in enumerate(table["findings"], 1):
        for own, name in ((finding, str(number)), (finding.get("variant"), f"{number}, variant")):
            if own is None:
                continue
            kind, comparisons = comparisons_of(sides, own)
            document, here = cells_of(kind, comparisons, own)
            verdict, what = judge(kind, comparisons, own.get("none"))
            if kind == "more" and any(one.document and one.document.by < 0 for one in comparisons):
                what += "; not so by the document's own figures"
            yield name, own["says"], finding["where"], document, here, verdict, what


def spread_of(side):
    metric = side.table["metric"]
    spread = side.own_spread(metric)
    if spread is None:
        return "not known"
    return f"{spread[0]:.4f} ({spread[1]} group{'s' if spread[1] > 1 else ''})"


def seeds_of(records):
    repeated = {}
    for run, some in records.runs.items():
        if len(some) > 1:
            repeated.setdefault(len(some), []).append(run)
    return "; ".join(f"{', '.join(sorted(runs, key=in_order))}: {count} seeds" for count, runs in sorted(repeated.items()))


def in_order(run):
    letter, number, rest = re.fullmatch(r"([A-Z])(\d+)(.*)", run).groups()
    return letter, int(number), rest


INTRODUCTION = """# What the documents find, and what was found here

Each finding of the documents, in other words than theirs, beside the [records](README.md) of the example programs. This
page is written by `examples/findings` from the records alone; what the documents say and their figures are in
`examples/documents/findings`. What is left out of it or read otherwise is told in
[examples.md](../examples.md#what-the-documents-leave-open-and-what-was-taken).

- A finding **agrees** if all that it compares is told and points the same way here; what the document's own figures do
  not tell need not be told here, if anything is. It **differs** if anything is told and points the other way. Where a
  document says that things are alike, or gives a figure, it agrees as long as no difference is told. Else it **cannot be
  told**, or is **not yet recorded**.
- A difference is told if it is larger than two standard errors, which stand behind each as ±. The error of an accuracy
  is that of a fraction of so many images (a macro F1 is taken for one), and of what training anew changes: the
  standard deviation of runs that were repeated with other seeds, or that are alike but for their name, of all such
  groups of a document together. What is repeated n times has its mean here, and the nth part of that variance. Where seeds
  divide the images anew (000, F1 to F4), their spread has the error of the images in it: the larger of the two counts, and
  its nth part. Runs with the same three seeds or more are compared seed by seed: the error is that of what neither run nor
  seed explains, of all such runs. Means of folds have the standard error of the folds. The best of several trials has the error of its
  images alone.
- Where a document, or what is recorded here, repeats too little to tell (less than three degrees of freedom), what training
  anew changes is taken from the other, but where seeds divide the images; if neither tells, it is not in the errors.
- Of losses and epochs that spread is relative; where nothing is repeated, it is taken for a tenth. Of class figures
  and counts of mistakes the error is that of so many images.
- Two networks that are tested on the same images differ by less chance than these errors, which are rather too large.
- Of a finding that rests on a slip the variant tells whether it holds without. Variants are not counted among the findings.
"""


def page_of(tables, results):
    lines = [INTRODUCTION]
    sections = []
    lines.append("| document | findings | " + " | ".join(VERDICTS) + " | variants that agree |")
    lines.append("|:---------|---------:|" + "".join("-" * (len(name) + 1) + ":|" for name in VERDICTS) + "--------------------:|")
    totals = [0] * (len(VERDICTS) + 1)
    variants = [0, 0]
    for table in tables:
        rows = list(rows_of(table, results))
        own = [row for row in rows if "variant" not in row[0]]
        others = [row for row in rows if "variant" in row[0]]
        counts = [sum(row[5] == verdict for row in own) for verdict in VERDICTS]
        good = sum(row[5] == "agrees" for row in others)
        totals = [total + count for total, count in zip(totals, [len(own), *counts])]
        variants = [variants[0] + good, variants[1] + len(others)]
        lines.append(f"| {table['document']} | {len(own)} | " + " | ".join(map(str, counts)) + f" | {good} of {len(others)} |")
        sections.append(section_of(table, rows, results))
    lines.append("| all | " + " | ".join(map(str, totals)) + f" | {variants[0]} of {variants[1]} |")
    return "\n".join(lines) + "\n" + "".join(sections)


def section_of(table, rows, results):
    document, records = both_sides(table, results)
    lines = ["", f"## {table['document']}: {table['title']}", "", table["note"], "",
             f"What training anew changes, as the standard deviation of {NAMES[table['metric']]}: here {spread_of(records)}, "
             f"in the document {spread_of(document)}."]  # fmt: skip
    if seeds_of(records):
        lines += ["", f"Means here are of {seeds_of(records)}."]
    lines += ["", "| | finding, and where it is | document | here | verdict |", "|:--|:--------|:---------|:-----|:--------|"]
    for number, says, where, document, here, verdict, what in rows:
        lines.append(f"| {number} | {says} *{where}* | {document or '-'} | {here or '-'} | **{verdict}**{what} |")
    return "\n".join(lines) + "\n"
