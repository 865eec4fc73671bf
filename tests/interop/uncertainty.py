"""How sure a model is, beside netcal and torch-uncertainty: uncertainty.py LIBRARY

The same probabilities go through evaluations here and the calibration errors of both, Brier's score, the log loss and the
area under the curve of risk and coverage of torch-uncertainty; through neuron_graph_calibrate() and netcal's temperature
scaling; through neuron_graph_add_prediction_sets() and its conformal predictors; and members of a committee through
neuron_uncertainty() and its measures of ensembles. Ends with status 1 if a figure is too far off, and with 77, which Meson
takes as skipped, where one of the two is missing.
"""
import os
import sys
import warnings

warnings.filterwarnings("ignore")
sys.modules.setdefault("tensorflow", None)  # where it is there, TensorBoard's part of PyTorch would load it
try:
    import netcal.metrics
    import netcal.scaling
    import numpy as np
    import torch
    from torch_uncertainty import metrics, post_processing
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

os.environ["LIBNEURON_LIBRARY"] = library = os.path.abspath(sys.argv[1])
sys.path.insert(0, os.path.join(os.path.dirname(library), "python"))
import libneuron as nn

COUNT = 2000
random = np.random.default_rng(11)
failed, count = [], 0


def compare(name, found, expected, tolerance):
    global count
    count += 1
    error = np.abs(np.asarray(found, float) - np.asarray(expected, float)).max()
    print(f"{error:9.1e}  {name}")
    if not error <= tolerance:
        failed.append(name)


def draw(classes, sureness=2.5):
    """Probabilities that are too sure of themselves, and the true classes."""
    scores = random.normal(0, 1, (COUNT, classes))
    p = np.exp(sureness * scores)
    p = (p / p.sum(1, keepdims=True)).astype(np.float32)
    true = np.exp(scores)
    chosen = ((true / true.sum(1, keepdims=True)).cumsum(1) < random.uniform(size=(COUNT, 1))).sum(1)
    return p, np.minimum(chosen, classes - 1).astype(np.int32)


def passing(classes):
    """A model that puts out its input."""
    x = nn.Input(classes)
    return nn.Model(x, x)


class Logarithm(torch.nn.Module):
    """A model of logits for those who want one, whose inputs are probabilities."""

    def forward(self, x):
        return x.log()


def tensors(p, truth):
    return torch.from_numpy(p), torch.from_numpy(truth.astype(np.int64))


def figures(classes):
    p, truth = draw(classes)
    given, targets = tensors(p, truth)
    found = passing(classes).evaluate(nn.Dataset(p, truth, classes=classes), scores=True)
    for bins in (10, 15):
        if classes > 2:  # of two classes netcal has other bins
            compare(f"ECE of {classes} classes, {bins} bins, netcal", found.metric("expected_calibration_error", bins=bins),
                    netcal.metrics.ECE(bins).measure(p, truth), 1e-6)
            compare(f"MCE of {classes} classes, {bins} bins, netcal", found.metric("maximum_calibration_error", bins=bins),
                    netcal.metrics.MCE(bins).measure(p, truth), 1e-6)
        for norm, metric in (("l1", "expected_calibration_error"), ("max", "maximum_calibration_error")):
            theirs = metrics.CalibrationError(task="multiclass", num_classes=classes, num_bins=bins, norm=norm)
            compare(f"{metric} of {classes} classes, {bins} bins, torch-uncertainty", found.metric(metric, bins=bins),
                    theirs(given, targets), 1e-6)
    # Theirs is the sum over the classes of two as well.
    compare(f"Brier's score of {classes} classes", found.metric("brier_score") * (2 if classes == 2 else 1),
            metrics.BrierScore(classes)(given, targets), 1e-6)
    compare(f"log loss of {classes} classes", found.metric("log_loss"), metrics.CategoricalNLL()(given, targets), 1e-6)
    # Theirs goes from the first example to the last by trapezia; ours is the mean of all rates.
    right = p.argmax(1) == truth
    first, last = 1 - right[p.max(1).argmax()], 1 - right.mean()
    compare(f"area of risk and coverage of {classes} classes", found.metric("risk_coverage_area") * COUNT,
            float(metrics.AURC()(given, targets)) * (COUNT - 1) + (first + last) / 2, 1e-3 * COUNT * last)


def loss(p, truth):
    return -np.log(p[np.arange(COUNT), truth]).mean(dtype=float)


def temperatures(classes):
    """Ours is the least loss; theirs stop where a step gains little."""
    p, truth = draw(classes)
    ours = passing(classes).calibrate(nn.Dataset(p, truth, classes=classes), method="temperature").predict(p)
    theirs = netcal.scaling.TemperatureScaling()
    theirs.fit(p.astype(float), truth)  # it goes wrong with floats
    expected = theirs.transform(p.astype(float))
    compare(f"temperature of {classes} classes, netcal", ours, expected, 3e-3)
    compare(f"loss that netcal's has less of, {classes} classes", max(loss(ours, truth) - loss(expected, truth), 0), 0, 1e-7)
    scaler = post_processing.TemperatureScaler(model=Logarithm(), lr=0.1, max_iter=1000)
    scaler.fit(torch.utils.data.DataLoader(list(zip(*tensors(p, truth))), batch_size=COUNT), progress=False)
    with torch.no_grad():
        expected = scaler(torch.from_numpy(p)).softmax(1).numpy()
    compare(f"temperature of {classes} classes, torch-uncertainty", ours, expected, 3e-3)
    compare(f"loss that torch-uncertainty's has less of, {classes} classes", max(loss(ours, truth) - loss(expected, truth), 0),
            0, 1e-7)


def sets(classes, method, coverage):
    p, truth = draw(classes)
    fresh, _ = draw(classes)
    made = passing(classes).add_prediction_sets(nn.Dataset(p, truth, classes=classes), method=method, coverage=coverage)
    ours = made.predict(fresh)[1] > 0
    # Their quantile is interpolated, ours is the score of number ceil((n + 1) coverage): a level at which both are that.
    place = int(np.ceil((COUNT + 1) * coverage)) - 1
    options = {"model": Logarithm(), "alpha": 1 - place / (COUNT - 1), "enable_ts": False}
    theirs = {
        "lac": lambda: post_processing.ConformalClsTHR(**options),
        "aps": lambda: post_processing.ConformalClsAPS(randomized=False, **options),
        "raps": lambda: post_processing.ConformalClsRAPS(randomized=False, penalty=0.01, regularization_rank=1, **options),
    }[method]()
    theirs.fit(torch.utils.data.DataLoader(list(zip(*tensors(p, truth))), batch_size=COUNT))
    expected = (theirs.conformal(torch.from_numpy(fresh)) > 0).numpy()
    # A score may be the threshold's neighbour: sums in another order differ in their last digits.
    compare(f"share of sets of {classes} classes that differ, {method} with {coverage}", (ours != expected).any(1).mean(), 0, 0.001)


def ensembles(members, classes):
    drawn = np.stack([draw(classes, sureness=1.5)[0] for _ in range(members)], 1)  # example, member, class
    given = torch.from_numpy(drawn)
    mean = given.mean(1)
    votes = metrics.VariationRatio(probabilistic=False, reduction="none")
    expected = {
        "entropy": metrics.Entropy(reduction="none")(mean),
        "expected_entropy": metrics.Entropy(reduction="none")(given),
        "mutual_information": metrics.MutualInformation(reduction="none")(given),
        "disagreement": metrics.Disagreement(reduction="none")(given),
        "confidence": mean.max(-1).values,
    }
    inputs = [nn.Input(classes) for _ in range(members)]
    model = nn.Model(inputs, [nn.uncertainty(inputs, measure=measure) for measure in (*expected, "variation_ratio")])
    found = model.predict([np.ascontiguousarray(drawn[:, k]) for k in range(members)])
    for values, (measure, theirs) in zip(found, expected.items()):
        # A list of values for each example, as the metrics keep them without a reduction.
        theirs = theirs[0] if isinstance(theirs, list) else theirs
        compare(f"{measure} of {members} members and {classes} classes", values[:, 0], theirs, 2e-6)
    # Theirs counts the votes for the class of the largest mean, ours those for the class with the most votes.
    votes.update(given.transpose(0, 1))
    chosen, most = drawn.argmax(2), drawn.mean(1).argmax(1)
    counts = (chosen[:, :, None] == np.arange(classes)).sum(1)
    agreed = counts[np.arange(COUNT), most] == counts.max(1)
    compare(f"variation ratio of {members} members and {classes} classes", found[-1][agreed, 0], votes.compute()[agreed], 1e-6)


for classes in (2, 3, 10):
    figures(classes)
for classes in (3, 10):
    temperatures(classes)
for method in ("lac", "aps", "raps"):
    for coverage in (0.8, 0.9, 0.95):
        sets(10, method, coverage)
for members in (2, 5):
    ensembles(members, 10)
print(f"{count} compared, {len(failed)} too far: {', '.join(failed)}")
sys.exit(1 if failed else 0)
