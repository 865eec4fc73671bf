"""Estimators for scikit-learn: its own checks, and what its users do with them."""
import os

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # scikit-learn's check of array interfaces is skipped without

import gc
import io
import pickle
import re
import time
import warnings
import weakref

import numpy as np
import pytest

pytest.importorskip("sklearn")

import joblib
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, make_classification, make_multilabel_classification
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.metrics import log_loss, recall_score
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score, train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import libneuron as nn
from libneuron.sklearn import CommitteeClassifier, CommitteeRegressor, NeuronClassifier, NeuronRegressor

VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
CLASSIFIERS = [NeuronClassifier, CommitteeClassifier]
ALL = [NeuronClassifier, NeuronRegressor, CommitteeClassifier, CommitteeRegressor]

# ---- scikit-learn's own checks ----

_ROUNDING = ("weights and repeated examples are summed in another order, and float32 rounds that otherwise: test_weights_"
             "as_repetitions holds it within what float32 can")
_DRAWN = ("bagging draws as many examples as there are, so from other sets other ones; without it, test_weights_as_"
          "repetitions holds it")
EXPECTED = {
    "NeuronClassifier": {"check_sample_weight_equivalence_on_dense_data": _ROUNDING},
    "NeuronRegressor": {"check_sample_weight_equivalence_on_dense_data": _ROUNDING},
    "CommitteeClassifier": {"check_sample_weight_equivalence_on_dense_data": _DRAWN},
    "CommitteeRegressor": {"check_sample_weight_equivalence_on_dense_data": _DRAWN},
}
CHECKED = [NeuronClassifier(), NeuronRegressor(), CommitteeClassifier(members=3), CommitteeRegressor(members=3)]
_options = {} if VERSION < (1, 6) else {"expected_failed_checks": lambda each: EXPECTED[type(each).__name__]}


@parametrize_with_checks(CHECKED, **_options)
def test_checks(estimator, check):
    try:
        check(estimator)
    except AssertionError:
        # The same check before 1.6, which compares sets in different orders.
        if VERSION >= (1, 6) or "check_sample_weights_invariance" not in str(check):
            raise
        pytest.xfail(EXPECTED[type(estimator).__name__]["check_sample_weight_equivalence_on_dense_data"])


# ---- What their users do ----

@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    return train_test_split(x / 16, y, random_state=0, stratify=y)


def fast(cls, **options):
    """An estimator that learns little, but soon."""
    given = {"hidden_layer_sizes": (16,), "max_iter": 10, "random_state": 0, **options}
    return cls(**({"members": 2, **given} if "Committee" in cls.__name__ else given))


def test_digits_as_well_as_mlp(digits):
    x, x_test, y, y_test = digits
    ours = [NeuronClassifier(random_state=seed).fit(x, y).score(x_test, y_test) for seed in range(3)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = [MLPClassifier(random_state=seed).fit(x, y).score(x_test, y_test) for seed in range(3)]
    assert np.mean(ours) > np.mean(theirs) - 0.01


def test_diabetes_as_well_as_mlp():
    x, y = load_diabetes(return_X_y=True)
    x, y = StandardScaler().fit_transform(x), (y - y.mean()) / y.std()
    ours = cross_val_score(NeuronRegressor(random_state=0, early_stopping=True), x, y).mean()
    theirs = cross_val_score(MLPRegressor(random_state=0, early_stopping=True, max_iter=500), x, y).mean()
    assert ours > theirs - 0.05 and ours > 0.35


def test_pipeline_search_in_processes(digits):
    x, x_test, y, y_test = digits
    pipe = make_pipeline(StandardScaler(), fast(NeuronClassifier))
    grid = {"neuronclassifier__hidden_layer_sizes": [(4,), (32,)], "neuronclassifier__solver": ["adam", nn.SGD(0.2)]}
    search = GridSearchCV(pipe, grid, n_jobs=2, cv=3).fit(x, y)
    alone = GridSearchCV(pipe, grid, cv=3).fit(x, y)
    assert search.best_params_["neuronclassifier__hidden_layer_sizes"] == (32,)
    assert search.score(x_test, y_test) > 0.9
    assert np.array_equal(search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"])


@pytest.mark.parametrize("cls", ALL)
def test_cross_validation_and_clone(digits, cls):
    x, _, y, _ = digits
    estimator = fast(cls, max_iter=30, activation="tanh", learning_rate_init=0.01, callbacks=[nn.StopOnNaN()])
    assert cross_val_score(estimator, x, y, cv=2).mean() > (0.8 if cls in CLASSIFIERS else 0.3)
    copied = clone(estimator)
    assert copied.get_params().keys() == estimator.get_params().keys()
    assert copied.activation == "tanh" and not hasattr(copied, "model_")


@pytest.mark.parametrize("cls", ALL)
def test_pickle_and_joblib(digits, cls):
    x, x_test, y, _ = digits
    fitted = fast(cls).fit(x, y)
    file = io.BytesIO()
    joblib.dump(fitted, file)
    file.seek(0)
    for again in (pickle.loads(pickle.dumps(fitted)), joblib.load(file)):
        assert np.array_equal(again.predict(x_test), fitted.predict(x_test))
        assert again.n_iter_ == fitted.n_iter_ and again.n_features_in_ == 64
    there = joblib.Parallel(n_jobs=2)(joblib.delayed(fitted.predict)(part) for part in np.array_split(x_test, 4))
    assert np.array_equal(np.concatenate(there), fitted.predict(x_test))


@pytest.mark.parametrize("cls", ALL)
def test_deterministic(digits, cls):
    x, x_test, y, _ = digits
    one, two, other = (fast(cls, random_state=seed, dropout=0.1).fit(x, y) for seed in (1, 1, 2))
    outputs = [each.model_.predict(x_test.astype(np.float32)) for each in (one, two, other)]
    assert np.array_equal(outputs[0], outputs[1]) and not np.array_equal(outputs[0], outputs[2])


@pytest.mark.parametrize("method", ["bagging", "folds", "initialization"])
def test_committee_in_threads_is_the_same(digits, method):
    x, x_test, y, _ = digits
    alone, beside = (CommitteeClassifier(3, method=method, max_iter=5, random_state=0, n_jobs=jobs).fit(x, y)
                     for jobs in (None, 3))
    assert np.array_equal(alone.predict_proba(x_test), beside.predict_proba(x_test))
    with joblib.parallel_backend("loky"):  # which wants processes
        assert np.array_equal(alone.predict_proba(x_test), clone(beside).fit(x, y).predict_proba(x_test))
    again = clone(beside).set_params(warm_start=True).fit(x, y)
    before = again.score(x, y)
    assert again.fit(x, y).score(x, y) > before
    assert len(again.set_params(members=4).fit(x, y).members_) == 4


# ---- Classes, labels, targets ----

def test_classes_of_any_kind(digits):
    x, x_test, y, y_test = digits
    for names in (np.array(list("abcdefghij")), np.array([f"number {i}" for i in range(10)], object),
                  np.arange(10) * 2.0, np.arange(100, 110)):
        fitted = fast(NeuronClassifier, max_iter=30).fit(x, names[y])
        assert np.array_equal(fitted.classes_, names) and fitted.score(x_test, names[y_test]) > 0.8
        assert fitted.model_.class_names == [str(name) for name in names]
    assert fast(NeuronClassifier).fit(x, y).model_.class_names is None
    odd = np.array(["", "two\nlines"])[(y > 4).astype(int)]  # which a file of the library cannot have
    assert fast(NeuronClassifier, max_iter=30).fit(x, odd).score(x, odd) > 0.8


def test_probabilities(digits):
    x, x_test, y, y_test = digits
    for estimator in (fast(cls, max_iter=30, learning_rate_init=0.01) for cls in CLASSIFIERS):
        probabilities = estimator.fit(x, y).predict_proba(x_test)
        assert probabilities.shape == (len(x_test), 10) and np.allclose(probabilities.sum(axis=1), 1)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert log_loss(y_test, probabilities) < 1
        assert np.array_equal(estimator.predict(x_test), probabilities.argmax(axis=1))
        assert np.allclose(np.exp(estimator.predict_log_proba(x_test)), probabilities)
    whole = cross_val_predict(fast(NeuronClassifier), x, y, cv=3, method="predict_proba")
    assert whole.shape == (len(x), 10)


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_labels(cls):
    x, y = make_multilabel_classification(300, n_classes=4, random_state=0)
    fitted = fast(cls, hidden_layer_sizes=(32,), max_iter=200).fit(x, y)
    assert fitted.predict(x).shape == y.shape and (fitted.predict(x) == y).mean() > 0.85
    assert fitted.predict_proba(x).shape == y.shape
    assert fitted.partial_fit(x, y).predict(x).shape == y.shape
    first = fast(cls).partial_fit(x, y, classes=[0, 1, 2, 3])
    assert first.predict(x).shape == y.shape
    with pytest.raises(ValueError, match="300, 3.*4 labels"):
        fitted.partial_fit(x, y[:, :3])
    with pytest.raises(ValueError, match="several columns"):
        fast(cls).fit(x, y * 3 + np.arange(4))


@pytest.mark.parametrize("cls", [NeuronRegressor, CommitteeRegressor])
def test_several_targets(cls):
    x = np.random.default_rng(0).normal(size=(300, 3))
    y = np.column_stack([x[:, 0] + x[:, 1], x[:, 2] - x[:, 0]])
    fitted = fast(cls, max_iter=300, learning_rate_init=0.01).fit(x, y)
    assert fitted.predict(x).shape == y.shape and fitted.score(x, y) > 0.95 and fitted.n_outputs_ == 2
    assert fast(cls, max_iter=300, learning_rate_init=0.01).fit(x, y[:, 0]).predict(x).shape == (300,)
    assert fast(cls, loss="huber").fit(x, y).predict(x).dtype == np.float64
    with pytest.raises(ValueError, match="300, 3.*2 outputs"):
        fitted.partial_fit(x, x)
    with pytest.raises(ValueError, match="too large"):
        fast(cls).fit(x, y * 1e300)


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_one_class_is_refused(cls):
    with pytest.raises(ValueError, match="one class only, 3"):
        fast(cls).fit(np.eye(4), np.full(4, 3))


def test_frames(digits):
    pandas = pytest.importorskip("pandas")
    x, x_test, y, _ = digits
    frame, test = (pandas.DataFrame(each, columns=[f"pixel {i}" for i in range(64)]) for each in (x, x_test))
    fitted = fast(NeuronClassifier).fit(frame, pandas.Series(y))
    assert list(fitted.feature_names_in_) == list(frame.columns)
    assert np.array_equal(fitted.predict(test), fast(NeuronClassifier).fit(x, y).predict(x_test))
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(test[test.columns[::-1]])
    words = pandas.Series(np.array(["few", "many"])[(y > 4).astype(int)], dtype="category")
    assert set(fast(NeuronClassifier).fit(frame, words).predict(test)) == {"few", "many"}


@pytest.mark.filterwarnings("ignore:overflow")  # that scikit-learn converts with
def test_what_is_refused(digits):
    sparse = pytest.importorskip("scipy.sparse")
    x, _, y, _ = digits
    fitted = fast(NeuronClassifier).fit(x, y)
    with pytest.raises(TypeError, match="dense data is required"):
        fast(NeuronClassifier).fit(sparse.csr_matrix(x), y)
    with pytest.raises(TypeError, match="dense data is required"):
        fitted.predict(sparse.csr_matrix(x))
    with pytest.raises(ValueError, match="64 features"):
        fitted.predict(x[:, :3])
    with pytest.raises(ValueError, match="NaN"):
        fitted.predict(x * np.nan)
    with pytest.raises(ValueError, match="too large for dtype"):
        fitted.predict(x * 1e300)
    with pytest.raises(NotFittedError):
        NeuronClassifier().predict(x)


@pytest.mark.parametrize("options, message", [
    ({"max_iter": 0}, "max_iter is 0"), ({"batch_size": "all"}, "batch_size is 'all'"), ({"alpha": -1}, "alpha is -1"),
    ({"tol": -1}, "tol is -1"), ({"n_iter_no_change": 0}, "n_iter_no_change is 0"),
    ({"validation_fraction": 1.0}, "validation_fraction is 1.0"), ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes"),
    ({"activation": "relo"}, "did you mean 'relu'"), ({"solver": "lbfgs"}, 'no rule "lbfgs"'),
    ({"loss": "squared"}, 'no kind "squared"'), ({"learning_rate_init": -1}, "learning_rate is -1"),
    ({"dropout": 1}, "rate is 1"), ({"members": 0}, "members is 0"), ({"method": "boosting"}, "method is 'boosting'"),
    ({"combine": "median"}, "combine is 'median'")])
def test_wrong_parameters(digits, options, message):
    x, _, y, _ = digits
    cls = CommitteeClassifier if set(options) & {"members", "method", "combine"} else NeuronClassifier
    with pytest.raises(ValueError, match=message):
        fast(cls, **options).fit(x, y)


# ---- Weights ----

@pytest.mark.parametrize("cls", ALL)
def test_weight_of_zero_is_left_out(digits, cls):
    x, x_test, y, _ = digits
    weights = np.random.default_rng(0).integers(0, 2, len(x))
    there = weights > 0
    outputs = [fast(cls, alpha=0).fit(*given).model_.predict(x_test.astype(np.float32)) for given in (
        (x[there], y[there]), (x, y, weights), (x, y, weights * 1000.0))]  # but for alpha their scale means nothing
    assert np.array_equal(outputs[0], outputs[1]) and np.array_equal(outputs[0], outputs[2])
    uneven = weights * np.linspace(1, 2, len(x))
    outputs = [fast(cls).fit(*given).model_.predict(x_test.astype(np.float32)) for given in (
        (x[there], y[there], uneven[there]), (x, y, uneven))]
    assert np.array_equal(*outputs)


@pytest.mark.parametrize("cls", ALL)
def test_weights_as_repetitions(cls):
    x, y = make_classification(60, random_state=0)
    weights = np.random.default_rng(1).integers(0, 4, 60)
    options = {"method": "initialization"} if "Committee" in cls.__name__ else {}
    weighted = fast(cls, max_iter=50, **options).fit(x, y, sample_weight=weights)
    repeated = fast(cls, max_iter=50, **options).fit(np.repeat(x, weights, axis=0), np.repeat(y, weights))
    outputs = [each.model_.predict(x.astype(np.float32)) for each in (weighted, repeated)]
    assert np.allclose(*outputs, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("cls", ALL)
def test_wrong_weights(digits, cls):
    x, _, y, _ = digits
    with pytest.raises(ValueError, match="at least one non-zero"):
        fast(cls).fit(x, y, sample_weight=np.zeros(len(x)))
    with pytest.raises(ValueError, match="[Nn]egative"):
        fast(cls).fit(x, y, sample_weight=np.full(len(x), -1))
    with pytest.raises(ValueError, match="shape"):
        fast(cls).fit(x, y, sample_weight=np.ones(3))


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_class_weight(cls):
    x, y = make_classification(2000, weights=[0.95], class_sep=0.7, flip_y=0.02, random_state=0)
    x, x_test, y, y_test = train_test_split(x, y, stratify=y, random_state=0)

    def recall(class_weight):
        return recall_score(y_test, fast(cls, max_iter=40, class_weight=class_weight).fit(x, y).predict(x_test))

    plain, balanced, given = recall(None), recall("balanced"), recall({0: 1, 1: 19})
    assert balanced > plain + 0.1 and given > plain + 0.1
    with pytest.raises(ValueError, match="not supported for partial_fit"):
        fast(cls, class_weight="balanced").partial_fit(x, y, classes=[0, 1])


# ---- How a training goes ----

def test_early_stopping(digits):
    x, x_test, y, y_test = digits
    fitted = NeuronClassifier(early_stopping=True, n_iter_no_change=3, max_iter=500, random_state=0,
                              learning_rate_init=0.01).fit(x, y)
    losses = fitted.history_["validation_loss"]
    assert fitted.n_iter_ == len(losses) < 500 and fitted.score(x_test, y_test) > 0.95
    assert np.argmin(losses) <= len(losses) - 3
    rare = np.where(np.arange(len(y)) == 0, 99, y)  # too rare to be on both sides
    assert 99 in fast(NeuronClassifier, early_stopping=True).fit(x, rare).classes_


def test_stops_once_the_loss_stays(digits):
    x, _, y, _ = digits
    fitted = fast(NeuronClassifier, max_iter=1000, tol=0.05, n_iter_no_change=2).fit(x, y)
    assert fitted.n_iter_ < 200 and len(fitted.loss_curve_) == fitted.n_iter_
    assert fitted.loss_ == fitted.loss_curve_[-1] == fitted.history_["loss"][-1]
    for never in (None, np.inf):
        assert fast(NeuronClassifier, max_iter=40, tol=10, n_iter_no_change=never).fit(x, y).n_iter_ == 40


def test_warm_start(digits):
    x, _, y, _ = digits
    warm, cold = (fast(NeuronClassifier, max_iter=3, warm_start=each) for each in (True, False))
    for estimator in (warm, cold):
        for _ in range(10):
            estimator.fit(x, y)
    assert warm.score(x, y) > cold.score(x, y) + 0.05
    with pytest.raises(ValueError, match="not among the classes"):
        warm.fit(x, y + 1)


@pytest.mark.parametrize("cls", ALL)
def test_partial_fit_as_good_as_fit(digits, cls):
    x, x_test, y, y_test = digits
    options = {"batch_size": 32, "hidden_layer_sizes": (32,)}
    whole = fast(cls, max_iter=20, n_iter_no_change=None, **options).fit(x, y)
    part = fast(cls, **options)
    first = {"classes": np.arange(10)} if cls in CLASSIFIERS else {}
    for epoch in range(20):
        for batch in np.array_split(np.random.default_rng(epoch).permutation(len(x)), 4):
            part.partial_fit(x[batch], y[batch], **first)
            first = {}
    assert part.score(x_test, y_test) > whole.score(x_test, y_test) - (0.02 if cls in CLASSIFIERS else 0.05)
    assert part.n_iter_ == 80
    before = part.score(x, y)
    again = pickle.loads(pickle.dumps(part)).partial_fit(x, y)
    assert again.n_iter_ == 81 and again.score(x, y) > before - 0.03


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_partial_fit_and_classes(digits, cls):
    x, _, y, _ = digits
    with pytest.raises(ValueError, match="classes must be passed"):
        fast(cls).partial_fit(x, y)
    begun = fast(cls).partial_fit(x[y < 5], y[y < 5], classes=np.arange(10))
    with pytest.raises(ValueError, match="not the same"):
        begun.partial_fit(x, y, classes=np.arange(11))
    with pytest.raises(ValueError, match="class 10, which"):
        begun.partial_fit(x, y + 2)
    assert begun.partial_fit(x, y, sample_weight=np.ones(len(x))).predict_proba(x).shape == (len(x), 10)


def test_parameters_stay_as_they_were(digits):
    x, _, y, _ = digits
    sgd, stop = nn.SGD(0.1, momentum=0.9), nn.ReduceOnPlateau(monitor="loss", patience=1, factor=0.5)
    losses = []
    fitted = fast(NeuronClassifier, solver=sgd, callbacks=[stop, lambda training: losses.append(training.loss)],
                  max_iter=30).fit(x, y)
    assert fitted.solver is sgd and sgd.learning_rate == pytest.approx(0.1)
    assert len(losses) == fitted.n_iter_ and fitted.score(x, y) > 0.9


def test_ctrl_c_keeps_what_was_learnt(digits):
    import signal
    x, _, y, _ = digits

    def press(training):
        if training.epoch == 3:
            os.kill(os.getpid(), signal.SIGINT)  # as a terminal does: for the process, of which the main thread waits

    for estimator in (fast(cls, callbacks=press, max_iter=1000, n_iter_no_change=None) for cls in CLASSIFIERS):
        with pytest.raises(KeyboardInterrupt):
            estimator.fit(x, y)
        assert 3 <= estimator.n_iter_ < 10 and estimator.predict(x).shape == y.shape
        assert len(getattr(estimator, "members_", [1])) == 1  # one press is for all members
    begun = time.monotonic()
    boosted = fast(CommitteeClassifier, method="adaboost", callbacks=press, max_iter=10**6, n_iter_no_change=None)
    with pytest.raises(KeyboardInterrupt):
        boosted.fit(x, y)
    assert time.monotonic() - begun < 60 and not hasattr(boosted, "model_")


# ---- Networks of one's own, and committees ----

def convolutional(shape, outputs):
    x = nn.Input(shape)
    h = nn.Reshape((8, 8, 1))(x) if len(shape) == 1 else x
    h = nn.MaxPool2D(2)(nn.Conv2D(8, 3, activation="relu", padding="same")(h))
    return nn.Model(x, nn.Dense(outputs, activation="softmax")(nn.Flatten()(h)))


def test_build(digits):
    x, x_test, y, y_test = digits
    fitted = NeuronClassifier(build=convolutional, max_iter=30, learning_rate_init=0.01, random_state=0).fit(x, y)
    assert fitted.score(x_test, y_test) > 0.95
    images = [each.reshape(-1, 8, 8, 1) for each in (x, x_test)]
    other = clone(fitted).fit(images[0], y)
    assert other.model_.input_shapes == [(8, 8, 1)]
    assert np.array_equal(other.predict(images[1]), fitted.predict(x_test))
    together = CommitteeClassifier(2, build=convolutional, max_iter=5, random_state=0, n_jobs=2).fit(x, y)
    assert not np.array_equal(*(member.predict(x.astype(np.float32)) for member in together.members_))
    with pytest.raises(ValueError, match="dim"):
        NeuronClassifier().fit(images[0], y)


@pytest.mark.parametrize("build, message", [
    (lambda shape, outputs: nn.Model(x := nn.Input(shape), nn.Dense(outputs)(x)), "ends in a dense layer.*softmax"),
    (lambda shape, outputs: nn.Model(x := nn.Input(shape), nn.Dense(3, activation="softmax")(x)), "output \\(10,\\)"),
    (lambda shape, outputs: nn.Model(x := nn.Input(3), nn.Dense(outputs, activation="softmax")(x)), "input \\(64,\\)"),
])
def test_wrong_build(digits, build, message):
    x, _, y, _ = digits
    with pytest.raises(ValueError, match=message):
        NeuronClassifier(build=build).fit(x, y)


@pytest.mark.parametrize("method", ["bagging", "folds", "initialization"])
def test_committee_better_than_its_mean_member(digits, method):
    x, x_test, y, y_test = digits
    x = x[:300]
    y = y[:300]
    fitted = CommitteeClassifier(5, method=method, hidden_layer_sizes=(8,), max_iter=100, learning_rate_init=0.01,
                                 random_state=0).fit(x, y)
    members = [(member.predict(x_test.astype(np.float32)).argmax(axis=1) == y_test).mean() for member in fitted.members_]
    assert len(members) == 5 and fitted.score(x_test, y_test) > np.mean(members) + 0.005


@pytest.mark.parametrize("method", ["snapshot", "adaboost", "gradient_boosting"])
def test_other_methods(digits, method):
    x, x_test, y, y_test = digits
    names = np.array(list("abcdefghij"))
    fitted = CommitteeClassifier(4, method=method, hidden_layer_sizes=(12,), max_iter=30, learning_rate_init=0.01,
                                 shrinkage=0.8, random_state=0).fit(x, names[y])
    assert fitted.score(x_test, names[y_test]) > 0.9 and 1 <= len(fitted.members_) <= 4
    assert np.allclose(fitted.predict_proba(x_test).sum(axis=1), 1, atol=1e-5)
    assert (fitted.weights_ is None) == (method == "snapshot")
    if method == "snapshot":
        assert fitted.n_iter_ == 4 * 30
    with pytest.raises(ValueError, match="partial_fit"):
        fast(CommitteeClassifier, method=method).partial_fit(x, y, classes=range(10))
    if method != "snapshot":
        with pytest.raises(ValueError, match="not for several labels"):
            fast(CommitteeClassifier, method=method).fit(x, np.eye(10, dtype=int)[y])
        with pytest.raises(ValueError, match="combine is 'stacking'"):
            fast(CommitteeClassifier, method=method, combine="stacking").fit(x, y)
    line = np.linspace(-3, 3, 200)[:, None]
    if method == "adaboost":
        with pytest.raises(ValueError, match="method is 'adaboost'"):
            CommitteeRegressor(method=method).fit(line, np.sin(line).ravel())
        return
    sine = np.sin(line).ravel() + (20 if method == "gradient_boosting" else 0)
    numbers = CommitteeRegressor(4, method=method, hidden_layer_sizes=(12,), activation="tanh", max_iter=100,
                                 learning_rate_init=0.02, random_state=0).fit(line, sine)
    assert numbers.score(line, sine) > 0.8


def test_options_of_the_trainer(digits):
    x, x_test, y, y_test = digits
    fitted = fast(CommitteeClassifier, members=4, method="folds", folds=2, combine="greedy", rounds=5, goal="accuracy",
                  feature_fraction=0.5, max_iter=30).fit(x, y)
    assert all(np.isinf(member.arrays["features.deviation"]).sum() == 32 for member in fitted.members_)
    # A set of folds has one weight; of five rounds each has a whole number.
    assert fitted.weights_.sum() == pytest.approx(1) and fitted.weights_[0] == fitted.weights_[1]
    assert fitted.model_.held_out.shape == (len(x), 4, 10)
    times = [2 * fitted.weights_[::2] * rounds for rounds in range(1, 6)]
    assert any(np.allclose(each, np.round(each)) for each in times)
    halves = fast(CommitteeClassifier, members=4, class_fraction=0.5, combine="weighted_vote", max_iter=30).fit(x, y)
    assert all(((member.predict(x.astype(np.float32)) > 0).any(0)).sum() == 5 for member in halves.members_)
    assert halves.score(x_test, y_test) > 0.5
    for fraction in ("feature_fraction", "class_fraction"):
        with pytest.raises(ValueError, match="feature_fraction=1"):
            fast(CommitteeClassifier, **{fraction: 0.5}, warm_start=True).fit(x, y)
        with pytest.raises(ValueError, match="partial_fit"):
            fast(CommitteeClassifier, **{fraction: 0.5}).partial_fit(x, y, classes=range(10))
    with pytest.raises(ValueError, match="early_stopping"):
        fast(CommitteeClassifier, method="snapshot", early_stopping=True).fit(x, y)
    with pytest.raises(ValueError, match="5 members for 2 folds"):
        fast(CommitteeClassifier, members=5, method="folds", folds=2).fit(x, y)


def test_a_folder_goes_on(digits, tmp_path):
    x, x_test, y, _ = digits
    given = {"members": 3, "max_iter": 4, "combine": "stacking"}
    expected = fast(CommitteeClassifier, **given).fit(x, y).predict_proba(x_test)
    told = []

    def stop(training):
        told.append(training.epoch)
        if len(told) == 6:
            raise InterruptedError

    for callbacks in (stop, None):
        begun = fast(CommitteeClassifier, callbacks=callbacks, folder=tmp_path / "run", **given)
        if callbacks:
            with pytest.raises(InterruptedError):
                begun.fit(x, y)
    assert np.array_equal(begun.fit(x, y).predict_proba(x_test), expected)
    assert [len(history["loss"]) for history in begun.history_] == [4, 4, 4]


@pytest.mark.parametrize("combine", ["mean", "weighted_mean", "majority_vote", "weighted_vote", "borda", "weighted_borda",
                                     "greedy", "convex", "stacking", "class_weights", "ranks"])
def test_combining(digits, combine):
    x, x_test, y, y_test = digits
    fitted = CommitteeClassifier(3, combine=combine, max_iter=60, random_state=0, validation_fraction=0.2).fit(x, y)
    assert fitted.score(x_test, y_test) > 0.9
    if combine in ("mean", "majority_vote", "borda"):
        assert fast(CommitteeClassifier, combine=combine).partial_fit(x, y, classes=range(10)).n_iter_ == 1
    else:
        with pytest.raises(ValueError, match="partial_fit"):
            fast(CommitteeClassifier, combine=combine).partial_fit(x, y, classes=range(10))


@pytest.mark.parametrize("combine", ["mean", "weighted_mean", "greedy", "convex", "stacking"])
def test_combining_numbers(combine):
    x = np.random.default_rng(0).normal(size=(400, 3))
    y = x[:, 0] * x[:, 1] + x[:, 2]
    fitted = CommitteeRegressor(3, combine=combine, max_iter=300, learning_rate_init=0.01, random_state=0,
                                early_stopping=True, validation_fraction=0.2).fit(x[:300], y[:300])
    assert fitted.score(x[300:], y[300:]) > LinearRegression().fit(x[:300], y[:300]).score(x[300:], y[300:]) + 0.2
    with pytest.raises(ValueError, match="combine is 'majority_vote'"):
        CommitteeRegressor(combine="majority_vote").fit(x, y)


@pytest.mark.parametrize("cls", ALL)
def test_the_model_is_whole(digits, cls, tmp_path):
    x, x_test, y, _ = digits
    fitted = fast(cls).fit(x, y)
    fitted.model_.save(tmp_path / "model.safetensors")
    outputs = nn.load(tmp_path / "model.safetensors").predict(x_test.astype(np.float32))
    expected = fitted.predict_proba(x_test) if cls in CLASSIFIERS else fitted.predict(x_test)
    assert np.array_equal(outputs.reshape(expected.shape), expected)


def test_converts_once(digits):
    x, _, y, _ = digits
    rows = np.ascontiguousarray(x, np.float32)
    seen = []

    def build(shape, outputs):
        seen.append(shape)
        return convolutional(shape, outputs)

    one = NeuronClassifier(build=build, max_iter=2, random_state=0).fit(rows, y)
    for same in (x, np.asfortranarray(x), rows[::-1][::-1], x.tolist()):
        assert np.array_equal(NeuronClassifier(build=build, max_iter=2, random_state=0).fit(same, y).predict_proba(same),
                              one.predict_proba(rows))
    assert one._examples(rows, reset=False) is rows or np.shares_memory(one._examples(rows, reset=False), rows)


@pytest.mark.parametrize("cls", ALL)
def test_keeps_no_examples(cls):
    x = np.random.default_rng(0).random((100, 3), np.float32)
    alive = weakref.ref(x)
    fitted = fast(cls).fit(x, np.arange(100) % 2).partial_fit(x, np.arange(100) % 2)
    del x
    gc.collect()
    assert alive() is None and fitted.n_features_in_ == 3


@pytest.mark.parametrize("cls", ALL)
def test_help_tells_all_parameters(cls):
    parameters = cls.__doc__.partition("Fitted:")[0]
    for name in cls().get_params():
        assert re.search(rf"\b{name}\b[^\n]*:", parameters), name


def test_failed_fit_is_no_fit(digits):
    x, _, y, _ = digits
    estimator = fast(NeuronClassifier, solver="lbfgs")
    with pytest.raises(ValueError):
        estimator.fit(x, y)
    with pytest.raises(NotFittedError):
        estimator.predict(x)


@pytest.mark.skipif(VERSION < (1, 3), reason="scikit-learn hands on no weights before 1.3")
def test_weights_through_a_search(digits):
    x, _, y, _ = digits
    weights = np.where(y < 5, 1.0, 0.0)
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = fast(NeuronClassifier, max_iter=30).set_fit_request(sample_weight=True)
        estimator.set_score_request(sample_weight=False)
        search = GridSearchCV(estimator, {"alpha": [0, 1e-4]}, cv=2).fit(x, y, sample_weight=weights)
    assert set(search.predict(x)) <= set(range(5))


def test_the_guide_is_a_program(tmp_path, monkeypatch):
    with open(os.path.join(os.path.dirname(__file__), "..", "..", "docs", "python.md"), encoding="utf-8") as file:
        blocks = re.findall(r"^```py\n(.*?)^```$", file.read(), re.M | re.S)
    block, = [block for block in blocks if "sklearn" in block]
    monkeypatch.chdir(tmp_path)
    data = nn.Dataset.glyphs(300, 16, 16)
    names = {"nn": nn, "x_train": data.x()[:200], "y_train": data.labels()[:200], "x_test": data.x()[200:]}
    exec(compile(block, "python.md", "exec"), names)
    assert names["probabilities"].shape == (100, 10) and (tmp_path / "model.safetensors").exists()
