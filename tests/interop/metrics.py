"""Each metric, curve and test of evaluations against scikit-learn, SciPy and statsmodels: metrics.py LIBRARY

Random outputs and targets of all kinds, with scores that are equal and classes that no example has. Differences above
1e-12 end it with status 1; with 77, which Meson takes as skipped, where scikit-learn is missing.
"""
import math
import os
import sys
import warnings

try:
    import numpy as np
    from sklearn import metrics
    from sklearn.calibration import calibration_curve
    from sklearn.preprocessing import label_binarize
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

os.environ["LIBNEURON_LIBRARY"] = library = os.path.abspath(sys.argv[1])
sys.path.insert(0, os.path.join(os.path.dirname(library), "python"))
import libneuron as nn

warnings.filterwarnings("ignore")
TOLERANCE = 1e-12
ROUNDS = 60
state = {"count": 0, "worst": 0.0, "wrong": 0}


def compare(name, ours, theirs):
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    same = ours.shape == theirs.shape and (np.isnan(ours) == np.isnan(theirs)).all()
    difference = np.inf
    if same:
        equal = (ours == theirs) | np.isnan(ours)
        with np.errstate(invalid="ignore"):
            apart = np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))
        difference = np.where(equal, 0, apart).max(initial=0)
    state["count"] += 1
    state["worst"] = max(state["worst"], difference)
    if not difference <= TOLERANCE:
        state["wrong"] += 1
        print(f"{name}: {ours} is not {theirs}")


def coarse(values, rounds):
    """Every second time with few different values, so that many are equal."""
    return np.round(values, 1) if rounds % 2 else values


def agreement(name, found, truth, predicted, row=None):
    compare(f"{name} matthews", found.metric("matthews_correlation", row), metrics.matthews_corrcoef(truth, predicted))
    compare(f"{name} kappa", found.metric("cohen_kappa", row), metrics.cohen_kappa_score(truth, predicted))
    compare(f"{name} balanced", found.metric("balanced_accuracy", row), metrics.balanced_accuracy_score(truth, predicted))


def bins_of(score, bins):
    """Bins hold their upper bound, as a float."""
    bounds = (np.arange(1, bins) / bins).astype(np.float32)
    return np.searchsorted(bounds, score.astype(np.float32), side="left")


def calibration(name, found, score, yes, row):
    """Of one row, by NumPy."""
    for bins in (15, 10, 4, 0):
        place = bins_of(score, bins) if bins else np.unique(score, return_inverse=True)[1]
        base, total = yes.mean(), len(yes)
        sums = {"error": 0.0, "largest": 0.0, "reliability": 0.0, "resolution": 0.0}
        for k in np.unique(place):
            inside = place == k
            share, confidence, rate = inside.sum() / total, score[inside].mean(), yes[inside].mean()
            sums["error"] += share * abs(confidence - rate)
            sums["largest"] = max(sums["largest"], abs(confidence - rate))
            sums["reliability"] += share * (confidence - rate) ** 2
            sums["resolution"] += share * (rate - base) ** 2
        compare(f"{name} ECE", found.metric("expected_calibration_error", row, bins=bins), sums["error"])
        compare(f"{name} MCE", found.metric("maximum_calibration_error", row, bins=bins), sums["largest"])
        if row is None:
            continue
        parts = [found.metric(f"brier_{part}", row, bins=bins) for part in ("reliability", "resolution", "uncertainty")]
        compare(f"{name} Brier's parts", parts, [sums["reliability"], sums["resolution"], base * (1 - base)])
        if bins == 0:
            compare(f"{name} Brier's sum", parts[0] - parts[1] + parts[2], ((score - yes) ** 2).mean())
    curve = found.curve("reliability", row, bins=10)
    place = bins_of(score, 10)
    ours = [[values[place == k].mean() for k in np.unique(place)] for values in (score, yes)]
    compare(f"{name} reliability", [curve.x, curve.y], ours)
    if (place == np.searchsorted(np.linspace(0, 1, 11)[1:-1], score)).all():  # no float beside a bound in double
        theirs = calibration_curve(yes, score, n_bins=10)
        compare(f"{name} reliability of scikit-learn", [curve.x, curve.y], theirs[::-1])
    compare(f"{name} reliability's count", curve.at.sum(), len(yes))


def ranking(name, found, score, yes, row):
    compare(f"{name} AUC", found.metric("roc_auc", row), metrics.roc_auc_score(yes, score))
    compare(f"{name} AP", found.metric("average_precision", row), metrics.average_precision_score(yes, score))
    compare(f"{name} ROC", found.curve("roc", row), metrics.roc_curve(yes, score, drop_intermediate=False))
    precision, recall, thresholds = metrics.precision_recall_curve(yes, score)
    compare(f"{name} PR", found.curve("precision_recall", row),
            [recall[::-1], precision[::-1], np.append(thresholds, math.inf)[::-1]])


def one_row(name, found, score, yes, row):
    ranking(name, found, score, yes, row)
    compare(f"{name} log loss", found.metric("log_loss", row), metrics.log_loss(yes, score, labels=[0, 1]))
    compare(f"{name} Brier", found.metric("brier_score", row), metrics.brier_score_loss(yes, score, labels=[0, 1]))
    calibration(name, found, score, yes, row)


def selective(name, found, confidence, right):
    order = np.argsort(-confidence, kind="stable")
    wrong, sure = 1.0 - right[order], confidence[order]
    last = np.searchsorted(-sure, -sure, side="right")  # of those that are as confident
    risks = np.cumsum(wrong)[last - 1] / last
    compare(f"{name} AURC", found.metric("risk_coverage_area"), risks.mean())
    curve = found.curve("risk_coverage")
    ends = np.unique(last)
    compare(f"{name} risks", curve, [ends / len(right), risks[ends - 1], sure[ends - 1]])
    for coverage in (0.9, 0.5, 0.01):
        count = last[max(math.ceil(coverage * len(right) * (1 - 1e-12)), 1) - 1]
        compare(f"{name} at {coverage}", found.metric("accuracy_at_coverage", coverage=coverage), 1 - wrong[:count].mean())
    for threshold in (0.3, 0.5, 0.8):
        taken = confidence.astype(np.float32) >= np.float32(threshold)
        compare(f"{name} covers", found.metric("coverage_at_confidence", threshold=threshold), taken.mean())
        compare(f"{name} accuracy there", found.metric("accuracy_at_confidence", threshold=threshold),
                right[taken].mean() if taken.any() else math.nan)


def classes(random, rounds):
    count, width = int(random.integers(2, 400)), int(random.integers(2, 12))
    outputs = coarse(random.dirichlet(np.full(width, 0.4), count), rounds).astype(np.float32)
    truth = random.integers(0, width if rounds % 3 else max(width - 1, 1), count).astype(np.int32)
    found = nn.Evaluation.of_outputs(outputs, truth, scores=True)
    exact, labels = outputs.astype(float), np.arange(width)
    predicted = outputs.argmax(1)
    hot = label_binarize(truth, classes=np.append(labels, width))[:, :width]
    agreement("classes", found, truth, predicted)
    for k in range(width):
        agreement(f"class {k}", found, truth == k, predicted == k, k)
        one_row(f"class {k}", found, exact[:, k], hot[:, k], k)
    for over in ("macro", "weighted", "micro"):
        compare(f"AUC {over}", found.metric("roc_auc", over), metrics.roc_auc_score(hot, exact, average=over))
        compare(f"AP {over}", found.metric("average_precision", over),
                metrics.average_precision_score(hot, exact, average=over))
        compare(f"F1 {over}", found.metric("f1", over),
                metrics.f1_score(truth, predicted, average=over, labels=labels, zero_division=0))
    compare("accuracy", found.metric("accuracy"), metrics.accuracy_score(truth, predicted))
    compare("log loss", found.metric("log_loss"), metrics.log_loss(truth, exact, labels=labels))
    scale = 0.5 if width == 2 else 1
    compare("Brier", found.metric("brier_score"), scale * ((exact - hot) ** 2).sum(1).mean())
    if rounds % 2 == 0:
        compare("Brier of scikit-learn", found.metric("brier_score"), metrics.brier_score_loss(truth, exact, labels=labels))
    for k in range(1, width + (width == 2)):
        theirs = metrics.top_k_accuracy_score(truth, exact, k=k, labels=labels) if width > 2 else \
            (predicted == truth).mean() if k == 1 else 1
        compare(f"top {k}", found.metric("top_k_accuracy", k=k), theirs)
    confidence = exact.max(1)
    calibration("classes", found, confidence, predicted == truth, None)
    selective("classes", found, confidence, predicted == truth)
    if width == 2:
        compare("AUC of two", found.metric("roc_auc"), metrics.roc_auc_score(hot[:, 1], exact[:, 1]))
        compare("F1 of two", found.metric("f1"), metrics.f1_score(truth, predicted, zero_division=0))


def binary(random, rounds):
    count = int(random.integers(2, 400))
    outputs = coarse(random.random((count, 1)), rounds).astype(np.float32)
    truth = (random.random(count) < (outputs[:, 0] if rounds % 4 else 0)).astype(np.float32)[:, None]
    found = nn.Evaluation.of_outputs(outputs, truth, scores=True)
    score, yes, predicted = outputs[:, 0].astype(float), truth[:, 0].astype(int), outputs[:, 0] > 0.5
    agreement("binary", found, yes, predicted)
    one_row("binary", found, score, yes, 1)
    one_row("binary's other", found, 1 - score, 1 - yes, 0)
    compare("binary F1", found.metric("f1"), metrics.f1_score(yes, predicted, zero_division=0))
    compare("binary AP", found.metric("average_precision"), metrics.average_precision_score(yes, score))
    compare("binary log loss", found.metric("log_loss"), metrics.log_loss(yes, score, labels=[0, 1]))
    compare("binary Brier", found.metric("brier_score"), metrics.brier_score_loss(yes, score, labels=[0, 1]))
    confidence = np.where(predicted, score, 1 - score)
    calibration("binary", found, confidence, predicted == yes, None)
    selective("binary", found, confidence, predicted == yes)


def labels_of_examples(random, rounds):
    count, width = int(random.integers(2, 300)), int(random.integers(2, 8))
    outputs = coarse(random.random((count, width)), rounds).astype(np.float32)
    truth = (random.random((count, width)) < outputs * (random.random(width) < 0.9)).astype(np.float32)
    found = nn.Evaluation.of_outputs(outputs, truth, kind="multi_label", scores=True)
    exact, yes, predicted = outputs.astype(float), truth.astype(int), (outputs > 0.5).astype(int)
    for k in range(width):
        agreement(f"label {k}", found, yes[:, k], predicted[:, k], k)
        one_row(f"label {k}", found, exact[:, k], yes[:, k], k)
    for over in ("macro", "weighted", "micro"):
        compare(f"labels' AUC {over}", found.metric("roc_auc", over), metrics.roc_auc_score(yes, exact, average=over))
        compare(f"labels' AP {over}", found.metric("average_precision", over),
                metrics.average_precision_score(yes, exact, average=over))
    for over in ("macro", "weighted", "micro", "samples"):
        compare(f"labels' F1 {over}", found.metric("f1", over),
                metrics.f1_score(yes, predicted, average=over, zero_division=0))
    compare("subset accuracy", found.metric("subset_accuracy"), metrics.accuracy_score(yes, predicted))
    compare("labels' log loss", found.metric("log_loss"),
            np.mean([metrics.log_loss(yes[:, k], exact[:, k], labels=[0, 1]) for k in range(width)]))
    compare("labels' kappa", found.metric("cohen_kappa"),
            np.mean([metrics.cohen_kappa_score(yes[:, k], predicted[:, k]) for k in range(width)]))


def numbers(random, rounds):
    count, width = int(random.integers(2, 300)), int(random.integers(1, 5))
    targets = (random.normal(size=(count, width)) * 10 ** (rounds % 5)).astype(np.float32)
    outputs = (targets + random.normal(size=(count, width))).astype(np.float32)
    found = nn.Evaluation.of_outputs(outputs, targets, kind="regression")
    truth, exact = targets.astype(float), outputs.astype(float)
    for name, theirs in (("mean_squared_error", metrics.mean_squared_error),
                         ("root_mean_squared_error", metrics.root_mean_squared_error),
                         ("mean_absolute_error", metrics.mean_absolute_error), ("r2", metrics.r2_score)):
        compare(name, found.metric(name), theirs(truth, exact))
        compare(f"{name} of each", [found.metric(name, k) for k in range(width)],
                theirs(truth, exact, multioutput="raw_values"))


def pairs(random, rounds):
    """McNemar's test; SciPy's binomial where statsmodels is not there."""
    from scipy import stats
    count = int(random.integers(1, 2000 if rounds % 2 else 60))
    truth = random.integers(0, 3, count).astype(np.int32)

    def model():
        outputs = random.random((count, 3)).astype(np.float32)
        outputs[np.arange(count), truth] += np.float32(random.random())
        return outputs

    first, second = model(), model()
    a = nn.Evaluation.of_outputs(first, truth, scores=True)
    b = nn.Evaluation.of_outputs(second, truth, scores=True)
    right, other = first.argmax(1) == truth, second.argmax(1) == truth
    only_a, only_b = int((right & ~other).sum()), int((other & ~right).sum())
    discordant = only_a + only_b
    exact = min(1, 2 * stats.binom.cdf(min(only_a, only_b), discordant, 0.5)) if discordant else 1
    compare("exact", a.mcnemar(b, method="exact"), [min(only_a, only_b), exact])
    if abs(only_a - only_b) > 0:
        square = (abs(only_a - only_b) - 1) ** 2 / discordant
        compare("chi-squared", a.mcnemar(b, method="chi_squared"), [square, stats.chi2.sf(square, 1)])
    compare("auto", a.mcnemar(b), a.mcnemar(b, method="exact" if discordant < 25 else "chi_squared"))
    try:
        from statsmodels.stats.contingency_tables import mcnemar
    except ImportError:
        return
    table = [[int((right & other).sum()), only_a], [only_b, int((~right & ~other).sum())]]
    if discordant:
        theirs = mcnemar(table, exact=True)
        compare("exact of statsmodels", a.mcnemar(b, method="exact"), [theirs.statistic, theirs.pvalue])
    if abs(only_a - only_b) > 0:
        theirs = mcnemar(table, exact=False, correction=True)
        compare("chi-squared of statsmodels", a.mcnemar(b, method="chi_squared"), [theirs.statistic, theirs.pvalue])


random = np.random.default_rng(7)
for rounds in range(ROUNDS):
    for part in (classes, binary, labels_of_examples, numbers, pairs):
        part(random, rounds)
print(f"{state['count']} figures, {state['wrong']} of them differ; the largest difference is {state['worst']:.1e}")
sys.exit(state["wrong"] > 0)
