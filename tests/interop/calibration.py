"""Calibration against scikit-learn and SciPy: calibration.py LIBRARY

The same held-out probabilities go through neuron_graph_calibrate() and through scikit-learn's CalibratedClassifierCV
(temperature, Platt, isotonic), its IsotonicRegression for labels of their own, and SciPy's minimisers of the losses that
the papers have (temperature and vector scaling); prediction sets through the papers' formulas in NumPy. Ends with status 1
if a probability of fresh examples differs by more than 1e-6, and with 77, which Meson takes as skipped, where scikit-learn
or SciPy is missing.
"""
import sys

try:
    import numpy
    import sklearn.base
    import sklearn.calibration
    import sklearn.isotonic
    from scipy import optimize, special
    from sklearn.frozen import FrozenEstimator
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)
from neuron import Neuron

COUNT = 3000
neuron = Neuron(sys.argv[1])
random = numpy.random.default_rng(17)
failed, count = [], 0


class Given(sklearn.base.ClassifierMixin, sklearn.base.BaseEstimator):
    """A classifier whose scores are its inputs."""

    def __init__(self, classes=2):
        self.classes = classes

    def fit(self, x, y=None):
        self.classes_ = numpy.arange(self.classes)
        return self

    def decision_function(self, x):
        return x if self.classes > 2 else x[:, 1]

    def predict(self, x):
        return x.argmax(1)


def draw(classes, labels=False):
    """Probabilities that are too sure of themselves, as float32, and what is true; the second half to look at."""
    scores = random.normal(0, 1, (2 * COUNT, classes))
    if labels or classes == 1:
        p = special.expit(2.5 * scores + 0.3)
        truth = (random.uniform(size=scores.shape) < special.expit(scores)).astype(numpy.float32)
        return p.astype(numpy.float32), truth
    p = special.softmax(2.5 * scores + 0.2 * numpy.arange(classes), axis=1)
    chosen = (special.softmax(scores, axis=1).cumsum(1) < random.uniform(size=(2 * COUNT, 1))).sum(1)
    return p.astype(numpy.float32), numpy.minimum(chosen, classes - 1).astype(numpy.int32)


def ours(p, truth, options):
    classes = p.shape[1]
    graph = neuron.make("neuron_graph_create", neuron.context)
    neuron.must(neuron.neuron_graph_finish(graph, neuron.neuron_input(graph, neuron.shape([classes]), 1)))
    held_out = neuron.dataset(p[:COUNT], truth[:COUNT], 0 if truth.ndim == 2 else classes)
    calibrated = neuron.make("neuron_graph_calibrate", graph, held_out, options.encode())
    return neuron.predict(calibrated, p[COUNT:], classes), neuron.arrays(calibrated)


def compare(name, found, expected, tolerance):
    global count
    count += 1
    error = numpy.abs(found - expected).max()
    print(f"{error:9.1e}  {name}")
    if not error <= tolerance:
        failed.append(name)


def odds(p):
    return special.logit(numpy.clip(p.astype(numpy.float64), numpy.finfo(numpy.float32).tiny, 1 - 2.0**-24))


def logs(p):
    return numpy.log(numpy.maximum(p.astype(numpy.float64), numpy.finfo(numpy.float32).tiny))


def by_sklearn(p, truth, method, score):
    classes = p.shape[1]
    x = score(p)
    model = sklearn.calibration.CalibratedClassifierCV(FrozenEstimator(Given(classes).fit(x)), method=method)
    return model.fit(x[:COUNT], truth[:COUNT]).predict_proba(x[COUNT:])


def temperature(p, truth):
    """Guo and others: the one number with the least log loss."""
    x, y = logs(p[:COUNT]), truth[:COUNT]

    def loss(t):
        return -special.log_softmax(x / t, axis=1)[numpy.arange(COUNT), y].mean()

    best = optimize.minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-10})
    return best.x, special.softmax(logs(p[COUNT:]) / best.x, axis=1)


def vector(p, truth):
    classes = p.shape[1]
    x, y = logs(p[:COUNT]), truth[:COUNT]

    def loss(parameters):
        z = x * parameters[:classes] + parameters[classes:]
        off = special.softmax(z, axis=1)
        value = -special.log_softmax(z, axis=1)[numpy.arange(COUNT), y].mean()
        off[numpy.arange(COUNT), y] -= 1
        return value, numpy.concatenate([(off * x).mean(0), off.mean(0)])

    start = numpy.concatenate([numpy.ones(classes), numpy.zeros(classes)])
    best = optimize.minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-10, "maxiter": 2000}).x
    return special.softmax(logs(p[COUNT:]) * best[:classes] + best[classes:], axis=1)


for classes in (2, 3, 7):
    p, truth = draw(classes)
    found, arrays = ours(p, truth, "method=temperature")
    t, expected = temperature(p, truth)
    compare(f"temperature of {classes} classes, SciPy", found, expected, 1e-6)
    if classes > 2:
        compare(f"temperature of {classes} classes, scikit-learn", found,
                by_sklearn(p, truth, "temperature", logs), 1e-6)
    found, _ = ours(p, truth, "method=vector")
    compare(f"vector scaling of {classes} classes, SciPy", found, vector(p, truth), 1e-6)
    # Of two classes scikit-learn looks at the second alone, whose floats near 1 have fewer digits than those of the first.
    few = 1e-4 if classes == 2 else 1e-6
    found, _ = ours(p, truth, "method=platt")
    compare(f"Platt scaling of {classes} classes, scikit-learn", found, by_sklearn(p, truth, "sigmoid", odds), few)
    found, _ = ours(p, truth, "method=isotonic")
    compare(f"isotonic regression of {classes} classes, scikit-learn", found,
            by_sklearn(p, truth, "isotonic", lambda p: p.astype(numpy.float64)), few)

for classes, more in ((1, ""), (4, ", multi_label=yes")):
    p, truth = draw(classes, labels=True)
    for method in ("isotonic", "platt"):
        found, _ = ours(p, truth, f"method={method}{more}")
        for k in range(classes):
            if method == "isotonic":
                fit = sklearn.isotonic.IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
                expected = fit.fit(p[:COUNT, k].astype(numpy.float64), truth[:COUNT, k]).predict(
                    p[COUNT:, k].astype(numpy.float64))
            else:
                fit = sklearn.calibration._SigmoidCalibration().fit(odds(p[:COUNT, k]), truth[:COUNT, k])
                expected = fit.predict(odds(p[COUNT:, k]))
            compare(f"{method} of label {k} of {classes}, scikit-learn", found[:, k], expected, 1e-6)

# ---- Prediction sets, by the papers in NumPy ----


def scores(p, method, penalty=0.01, k_reg=1):
    """Of all classes of each example."""
    if method == "lac":
        return 1 - p
    order = numpy.argsort(-p, axis=1, kind="stable")
    sums = numpy.take_along_axis(p, order, 1).cumsum(1, dtype=numpy.float32)
    if method == "raps":
        sums = sums + numpy.float32(penalty) * numpy.maximum(numpy.arange(1, p.shape[1] + 1) - k_reg, 0).astype(numpy.float32)
    placed = numpy.empty_like(sums)
    numpy.put_along_axis(placed, order, sums, 1)
    return placed


def our_sets(p, truth, options):
    classes = p.shape[1]
    graph = neuron.make("neuron_graph_create", neuron.context)
    neuron.must(neuron.neuron_graph_finish(graph, neuron.neuron_input(graph, neuron.shape([classes]), 1)))
    made = neuron.make("neuron_graph_add_prediction_sets", graph, neuron.dataset(p[:COUNT], truth[:COUNT], classes),
                       options.encode())
    results = [numpy.zeros((COUNT, classes), numpy.float32) for _ in range(2)]
    outputs = [neuron.make("neuron_tensor_wrap", neuron.context, neuron.NEURON_TYPE_F32, neuron.shape(result.shape), 2,
                           result.ctypes.data) for result in results]
    neuron.must(neuron.neuron_graph_predict_many(made, neuron.nodes(neuron.tensor(p[COUNT:])), 1, neuron.nodes(*outputs), 2))
    return results[1]


for classes in (2, 7):
    p, truth = draw(classes)
    for method, coverage in (("lac", 0.9), ("aps", 0.9), ("raps", 0.95), ("aps", 0.5)):
        found = our_sets(p, truth, f"method={method}, coverage={coverage}, allow_empty=yes")
        held_out = numpy.sort(scores(p[:COUNT], method)[numpy.arange(COUNT), truth[:COUNT]])
        threshold = held_out[int(numpy.ceil((COUNT + 1) * coverage)) - 1]
        compare(f"sets of {classes} classes by {method} with {coverage}, NumPy", found, scores(p[COUNT:], method) <= threshold, 0)
        share = found[numpy.arange(COUNT), truth[COUNT:]].mean()
        # The last of few classes always has the same sum, so that more are covered.
        compare(f"coverage that {classes} classes by {method} lack", max(coverage - share, 0), 0,
                4 * (coverage * (1 - coverage) * 2 / COUNT)**0.5)

print(f"{count} compared, {len(failed)} too far: {', '.join(failed)}")
sys.exit(1 if failed else 0)
