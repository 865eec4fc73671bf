"""Estimators for scikit-learn: networks and committees that work in its pipelines, searches and cross-validation.

    from libneuron.sklearn import CommitteeClassifier, NeuronClassifier

    clf = make_pipeline(StandardScaler(), NeuronClassifier(hidden_layer_sizes=(64,), early_stopping=True))
    clf.fit(X, y).predict_proba(X_new)
    CommitteeClassifier(members=5).fit(X, y).predict_proba(X_new)

Parameters are named as those of scikit-learn's MLPClassifier wherever they mean the same. `build` makes any other network:

    def build(shape, outputs):  # the shape of one example, and how many numbers the network is to put out
        x = nn.Input(shape)
        return nn.Model(x, nn.Dense(outputs, activation="softmax")(nn.BatchNorm()(nn.Dense(30, activation="relu")(x))))

    NeuronClassifier(build=build)

The fitted network is `model_`, a Model: `clf.model_.save("model.safetensors")`.
"""
from __future__ import annotations

import contextlib
import copy
import functools
import math
import multiprocessing
import numbers
import os
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from .callbacks import EarlyStopping, LibraryCallback, list_of
from .committee import BOOSTED, COMBINATIONS, HOLDING_OUT, LEARNT, METHODS, Committee, _built
from .committee_training import CommitteeTraining
from .context import Context, context as current_context
from .data import Dataset
from .kinds import Settings, loss_of, optimizers, optimizer_of
from .layers import L2, Dense, Dropout, Input, layer_of
from .model import Model
from .targets import dataset_for
from .training import Trainer

try:
    from sklearn.base import (  # type: ignore[import-untyped,import-not-found,unused-ignore]
        BaseEstimator, ClassifierMixin, RegressorMixin)
    from sklearn.model_selection import (  # type: ignore[import-untyped,import-not-found,unused-ignore]
        KFold, train_test_split)
    from sklearn.utils import (  # type: ignore[import-untyped,import-not-found,unused-ignore]
        check_random_state, column_or_1d)
    from sklearn.utils.class_weight import (  # type: ignore[import-untyped,import-not-found,unused-ignore]
        compute_sample_weight)
    from sklearn.utils.multiclass import (  # type: ignore[import-untyped,import-not-found,unused-ignore]
        check_classification_targets, type_of_target, unique_labels)
    from sklearn.utils.validation import (  # type: ignore[import-untyped,import-not-found,unused-ignore]
        _check_sample_weight, check_is_fitted)
except ImportError as error:
    raise ImportError(f"libneuron.sklearn needs scikit-learn 1.2 or later ({error}): pip install scikit-learn") from error

try:
    from sklearn.utils.validation import validate_data  # type: ignore[import-untyped,import-not-found,unused-ignore]
except ImportError:  # before 1.6 it was a method
    def validate_data(estimator: Any, X: Any, y: Any = "no_validation", **options: Any) -> Any:
        return estimator._validate_data(X, y, **options)

_BATCH = 200  # the most that batch_size="auto" takes, as in MLPClassifier
_ACTIVATIONS = {"logistic": "sigmoid", "identity": None}  # called otherwise in scikit-learn


class _Data(NamedTuple):
    """Examples as a training takes them: float32; class numbers, or targets as float32; weights, or None."""

    x: np.ndarray
    y: np.ndarray
    weights: Optional[np.ndarray] = None

    def at(self, places: np.ndarray) -> "_Data":
        return _Data(self.x[places], self.y[places], None if self.weights is None else self.weights[places])

    @property
    def given(self) -> Tuple[np.ndarray, ...]:
        return (self.x, self.y) if self.weights is None else (self.x, self.y, self.weights)


@functools.lru_cache(maxsize=None)
def _share_processors(process: int) -> None:
    """In a worker process of joblib, keeps to the threads that joblib has for it, and tells its libraries by this
    variable: else each of the workers would start as many as there are processors."""
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if multiprocessing.parent_process() is not None and threads.isdigit() and \
            0 < int(threads) < current_context().threads:
        current_context().set(threads=int(threads))


class _Estimator(BaseEstimator):  # type: ignore[misc]
    """What all four have: parameters, a network and its training."""

    hidden_layer_sizes: Any
    activation: Any
    dropout: float
    build: Optional[Callable[..., Model]]
    solver: Any
    loss: Any
    alpha: float
    batch_size: Any
    learning_rate_init: float
    max_iter: int
    shuffle: bool
    random_state: Any
    tol: float
    verbose: Any
    warm_start: bool
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: Any
    callbacks: Any

    model_: Model
    history_: Any
    n_features_in_: int
    n_iter_: int

    def _keep(self, given: Dict[str, Any]) -> None:
        """Keeps the parameters of __init__() as they were given, which scikit-learn asks for."""
        for name in self._get_param_names():
            setattr(self, name, given[name])

    # ---- What the task says: see _Classifier and _Regressor ----

    def _learn_targets(self, y: Any) -> np.ndarray:
        """Learns what targets there are, and gives them as a training takes them."""
        raise NotImplementedError

    def _targets(self, y: Any) -> np.ndarray:
        """The same for more of them."""
        raise NotImplementedError

    def _output(self) -> Tuple[int, Optional[str]]:
        """How many numbers the network puts out, and by which activation."""
        raise NotImplementedError

    def _finish(self, end: Optional[str]) -> Optional[str]:
        """The activation that one network ends in."""
        return end

    def _strata(self, data: _Data) -> Optional[np.ndarray]:
        return None

    def _class_weights(self, y: Any) -> Optional[np.ndarray]:
        return None

    def _class_names(self) -> Optional[List[str]]:
        return None

    # ---- Data ----

    def _examples(self, X: Any, **options: Any) -> Any:
        # Images and the like have more axes, which only a network of one's own knows what to do with.
        return validate_data(self, X, dtype=np.float32, order="C", allow_nd=self.build is not None, **options)

    def _weights(self, X: np.ndarray, y: Any, sample_weight: Any) -> Optional[np.ndarray]:
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=np.float64)
        if weights is not None and (weights < 0).any():
            raise ValueError(f"Negative values in data passed to `sample_weight`: {weights.min()}")
        of_classes = self._class_weights(y)
        if of_classes is not None:
            weights = of_classes if weights is None else weights * of_classes
        return weights

    def _held_out(self, data: _Data, seed: int) -> Tuple[_Data, _Data]:
        """What to learn from, and the part of the examples that judges."""
        strata = self._strata(data)
        if strata is not None:
            counts = np.bincount(strata)
            counts = counts[counts > 0]
            judging = math.ceil(self.validation_fraction * len(strata))
            if counts.min() < 2 or min(judging, len(strata) - judging) < len(counts):
                strata = None  # a class would be on one side only
        learnt, judged = train_test_split(np.arange(len(data.x)), test_size=self.validation_fraction,
                                          random_state=seed % 2**32, stratify=strata)
        return data.at(learnt), data.at(judged)

    # ---- The network and its training ----

    def _new_model(self, data: _Data, seed: int) -> Model:
        shape = tuple(data.x.shape[1:])
        outputs, end = self._output()
        end = self._finish(end)
        if self.build is not None:
            model = _built(functools.partial(self.build, shape, outputs), seed)
            if model.input_shapes != [shape] or model.output_shapes != [(outputs,)]:
                raise ValueError(f"build() gave a model with inputs {model.input_shapes} and outputs "
                                 f"{model.output_shapes}; for these data it must have the input {shape} and the output "
                                 f"{(outputs,)}")
            if end is not None and model._end(0) not in (end, "average", "weighted_average"):
                raise ValueError(f"build() gave a model that ends in a {model._end(0)} layer; a classifier of these "
                                 f"data ends in a {end}, which makes probabilities")
        else:
            model = self._dense_model(shape[0], outputs, end, self._penalty(data), seed)
        names = self._class_names()
        if names is not None:
            with contextlib.suppress(ValueError):  # a file cannot have such names; classes_ has them all the same
                model.class_names = names
        return model

    def _penalty(self, data: _Data) -> float:
        """alpha as the library has it, which does not halve the squares, nor divide them by the weight of a batch."""
        return float(self.alpha) / (2 * self._batch(data) * self._mean_weight)

    _mean_weight = 1.0

    def _dense_model(self, inputs: int, outputs: int, end: Optional[str], penalty: float, seed: int) -> Model:
        sizes = self.hidden_layer_sizes
        sizes = [sizes] if isinstance(sizes, numbers.Integral) else list(sizes)
        x = h = Input(inputs)
        for size in sizes:
            if not isinstance(size, numbers.Integral) or size < 1:
                raise ValueError(f"hidden_layer_sizes must be > 0, got {self.hidden_layer_sizes!r}.")
            h = Dense(int(size), kernel_regularizer=L2(penalty))(h)
            activation = self.activation
            if isinstance(activation, str):
                activation = _ACTIVATIONS.get(activation, activation)
            if activation is not None:
                h = copy.copy(layer_of(activation))(h)  # a layer that is called again shares its parameters
            if self.dropout:
                h = Dropout(self.dropout)(h)
        return Model(x, Dense(outputs, activation=end, kernel_regularizer=L2(penalty))(h), seed=seed)

    # Copies, since a training changes what it is given, and parameters are the caller's.

    def _solver(self) -> Any:
        if isinstance(self.solver, str) and self.solver in optimizers:
            return optimizers[self.solver](learning_rate=float(self.learning_rate_init))
        return copy.copy(optimizer_of(self.solver))

    def _loss(self) -> Any:
        return copy.copy(self.loss) if isinstance(self.loss, Settings) else loss_of(self.loss)

    def _trainer(self, model: Model, seed: int, callbacks: Any) -> Trainer:
        return Trainer(model, self._solver(), self._loss(), callbacks=callbacks, seed=seed)

    def _fit_callbacks(self) -> List[Any]:
        callbacks = [copy.copy(each) if isinstance(each, LibraryCallback) else each for each in list_of(self.callbacks)]
        rounds = self.n_iter_no_change
        ends = rounds is not None and math.isfinite(rounds)
        patience = int(rounds) if rounds is not None and ends else self.max_iter
        if self.early_stopping:
            callbacks.append(EarlyStopping(monitor="validation_loss", patience=patience, min_delta=float(self.tol),
                                           restore_best=True))
        elif ends:
            callbacks.append(EarlyStopping(monitor="loss", patience=patience, min_delta=float(self.tol)))
        return callbacks

    def _batch(self, data: _Data) -> int:
        return min(_BATCH, len(data.x)) if self.batch_size == "auto" else int(self.batch_size)

    def _train(self, model: Model, train: _Data, validation: Optional[_Data], seed: int) -> Tuple[Dict[str, Any], bool]:
        """Trains a model; gives the figures of each epoch, and whether Ctrl-C ended it."""
        trainer = self._trainer(model, seed, self._fit_callbacks())
        history = trainer.fit(train.x, train.y, sample_weight=train.weights, progress=bool(self.verbose),
                              validation_data=None if validation is None else validation.given,
                              epochs=self.max_iter, batch_size=self._batch(train), shuffle=bool(self.shuffle))
        return dict(history), history.interrupted

    def _check_numbers(self) -> None:
        def must(right: bool, name: str, what: str) -> None:
            if not right:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be {what}")

        def number(value: Any, low: float, high: float = math.inf) -> bool:
            return isinstance(value, numbers.Real) and low <= float(value) <= high

        def integer(value: Any) -> bool:
            return isinstance(value, numbers.Integral) and int(value) >= 1

        must(integer(self.max_iter), "max_iter", "an integer, 1 or more")
        must(self.batch_size == "auto" or integer(self.batch_size), "batch_size", "an integer, 1 or more, or 'auto'")
        must(number(self.alpha, 0), "alpha", "a number, 0 or more")
        must(number(self.tol, 0), "tol", "a number, 0 or more")
        must(self.n_iter_no_change is None or number(self.n_iter_no_change, 1), "n_iter_no_change",
             "1 or more, or None to go on to max_iter")
        must(number(self.validation_fraction, 1e-9, 1 - 1e-9), "validation_fraction", "more than 0 and less than 1")

    # ---- fit and partial_fit ----

    def _fit(self, X: Any, y: Any, sample_weight: Any) -> Any:
        _share_processors(os.getpid())
        self._check_numbers()
        fresh = not (self.warm_start and hasattr(self, "model_"))
        X, y = self._examples(X, y=y, multi_output=True, reset=fresh, **self._number_targets)
        targets = self._learn_targets(y) if fresh else self._targets(y)
        weights = self._weights(X, y, sample_weight)
        data = _Data(X, targets)
        self._mean_weight = 1.0
        if weights is not None:
            # An example of weight 0 is not there. The others weigh 1 in the mean, so that the length of a step does not
            # go by their scale; alpha does, as it should: an example of weight 2 is as two of weight 1.
            there = np.flatnonzero(weights)
            if not len(there):
                raise ValueError("Sample weights must contain at least one non-zero number.")
            if len(there) < len(weights):
                data, weights = data.at(there), weights[there]
            self._mean_weight = float(weights.mean())
            if (weights != weights[0]).any():
                data = data._replace(weights=(weights / self._mean_weight).astype(np.float32))
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        self._going_on: Any = None
        if self._learn(data, seed, fresh):
            raise KeyboardInterrupt("the training was ended by Ctrl-C; what was learnt until then is kept")
        return self

    _number_targets: Dict[str, Any] = {}

    def _learn(self, data: _Data, seed: int, fresh: bool) -> bool:
        train, validation = self._held_out(data, seed) if self.early_stopping else (data, None)
        model = self._new_model(train, seed) if fresh else self.model_
        self.history_, interrupted = self._train(model, train, validation, seed)
        self.model_ = model
        self.loss_curve_ = [float(loss) for loss in self.history_["loss"]]
        self.loss_ = self.loss_curve_[-1] if self.loss_curve_ else math.nan
        self.n_iter_ = len(self.loss_curve_)
        return interrupted

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, learn: Callable[[Any], np.ndarray]) -> Any:
        _share_processors(os.getpid())
        self._check_numbers()
        fresh = not hasattr(self, "model_")
        X, y = self._examples(X, y=y, multi_output=True, reset=fresh, **self._number_targets)
        targets = learn(y) if fresh else self._targets(y)
        weights = self._weights(X, y, sample_weight)
        data = _Data(X, targets, None if weights is None else weights.astype(np.float32))
        if fresh:
            self._seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
            self._begin(data)
            self._going_on, self.n_iter_ = None, 0
        elif getattr(self, "_seed", None) is None:
            self._seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        self._go_on(data)
        self.n_iter_ += 1
        return self

    def _begin(self, data: _Data) -> None:
        self.model_ = self._new_model(data, self._seed)

    def _go_on(self, data: _Data) -> None:
        if getattr(self, "_going_on", None) is None:
            self._going_on = self._trainer(self.model_, self._seed, ())
        self.loss_ = self._pass(self._going_on, data, 0)
        self.loss_curve_ = [*getattr(self, "loss_curve_", ()), self.loss_]

    def _pass(self, trainer: Trainer, data: _Data, member: int) -> float:
        """One pass over a batch of the caller's, in batches of ours; the mean loss."""
        count = len(data.x)
        order = np.arange(count)
        if self.shuffle:
            np.random.default_rng((self._seed, self.n_iter_, member)).shuffle(order)
        size = _BATCH if self.batch_size == "auto" else self.batch_size
        total = 0.0
        for first in range(0, count, size):
            part = data.at(order[first:first + size])
            total += trainer.step(part.x, part.y, part.weights) * len(part.x)
        return total / count

    # ---- Predicting ----

    def _outputs(self, X: Any) -> np.ndarray:
        check_is_fitted(self, "model_")
        _share_processors(os.getpid())
        return np.asarray(self.model_.predict(self._examples(X, reset=False)))

    def __getstate__(self) -> Dict[str, Any]:
        state = dict(super().__getstate__())
        state["_going_on"] = None  # what an optimizer remembers stays behind: partial_fit() goes on with a new one
        return state


class _Classifier(ClassifierMixin, _Estimator):  # type: ignore[misc]
    """Classes, or labels of which an example may have several."""

    class_weight: Any
    classes_: np.ndarray

    def _learn_targets(self, y: Any) -> np.ndarray:
        y = self._labels(y)
        return self._learn_classes(y, np.arange(y.shape[1]) if y.ndim == 2 else unique_labels(y))

    def _learn_classes(self, y: np.ndarray, classes: np.ndarray) -> np.ndarray:
        self._several, self.classes_, self.n_outputs_ = y.ndim == 2, classes, len(classes)
        if len(classes) < 2:
            raise ValueError(f"y has one class only, {classes.tolist()[0]!r}: there is nothing to tell apart")
        return self._targets(y)

    def _labels(self, y: Any) -> np.ndarray:
        if hasattr(y, "toarray"):
            y = y.toarray()
        y = np.asarray(y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = np.asarray(column_or_1d(y, warn=True))
        check_classification_targets(y)
        if y.ndim == 2 and type_of_target(y) != "multilabel-indicator":
            raise ValueError("y has several columns of classes; a network learns one, or labels that are 0 or 1 each")
        return y

    def _targets(self, y: Any) -> np.ndarray:
        y = self._labels(y)
        if self._several != (y.ndim == 2) or self._several and y.shape[1] != len(self.classes_):
            raise ValueError(f"y has the shape {y.shape}; the estimator was fitted with "
                             + (f"{len(self.classes_)} labels" if self._several else "one class for each example"))
        if self._several:
            return y.astype(np.float32)
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(f"y has the class {unknown.tolist()[0]!r}, which is not among the classes "
                             f"{self.classes_.tolist()}")
        return np.searchsorted(self.classes_, y).astype(np.int64)

    def _output(self) -> Tuple[int, Optional[str]]:
        return len(self.classes_), "sigmoid" if self._several else "softmax"

    def _class_names(self) -> Optional[List[str]]:
        numbered = self.classes_.dtype.kind in "iuf" and np.array_equal(self.classes_, np.arange(len(self.classes_)))
        if self._several or numbered:
            return None  # the model calls them by these numbers anyway
        return [str(each) for each in self.classes_]

    def _strata(self, data: _Data) -> Optional[np.ndarray]:
        return None if self._several else data.y

    def _class_weights(self, y: Any) -> Optional[np.ndarray]:
        if self.class_weight is None:
            return None
        return np.asarray(compute_sample_weight(self.class_weight, self._labels(y)), np.float64)

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Learns from X [n, features] and y [n], classes of any kind, or [n, labels] of 0 and 1.

        sample_weight: how much the loss of each example counts; one of weight 0 is left out.
        """
        return self._fit(X, y, sample_weight)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Any:
        """One pass over some examples, from where the last call or fit() ended. The first call is given all `classes`
        that there will be; sample weights count as they are."""
        if isinstance(self.class_weight, str):
            raise ValueError(f"class_weight {self.class_weight!r} is not supported for partial_fit, which does not see "
                             "all examples at once: give the weights as a dictionary, or as sample_weight")

        def learn(given: Any) -> np.ndarray:
            given = self._labels(given)
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            return self._learn_classes(given, unique_labels(classes))

        if classes is not None and hasattr(self, "classes_") and not np.array_equal(self.classes_,
                                                                                    unique_labels(classes)):
            raise ValueError(f"`classes={classes!r}` is not the same as on last call to partial_fit, was: "
                             f"{self.classes_.tolist()}")
        return self._partial_fit(X, y, sample_weight, learn)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities [n, classes], in the order of classes_; of several labels that of each."""
        return self._outputs(X)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Their logarithms."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X)))

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest class of each example; of several labels 1 for those that are likelier than not."""
        outputs = self._outputs(X)
        return np.asarray((outputs > 0.5).astype(int) if self._several else self.classes_[outputs.argmax(axis=1)])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.target_tags.multi_output = True
        return tags

    def _more_tags(self) -> Dict[str, Any]:  # of scikit-learn before 1.6
        return {"multilabel": True}


class _Regressor(RegressorMixin, _Estimator):  # type: ignore[misc]
    """One number for each example, or several."""

    _number_targets = {"y_numeric": True}

    def _learn_targets(self, y: Any) -> np.ndarray:
        y = self._columns(y)
        self._several = y.ndim == 2
        self.n_outputs_ = y.shape[1] if self._several else 1
        return self._targets(y)

    def _columns(self, y: Any) -> np.ndarray:
        y = np.asarray(y)
        return np.asarray(column_or_1d(y, warn=True)) if y.ndim == 2 and y.shape[1] == 1 else y

    def _targets(self, y: Any) -> np.ndarray:
        y = self._columns(y)
        if y.ndim > 2 or (y.shape[1] if y.ndim == 2 else 1) != self.n_outputs_:
            raise ValueError(f"y has the shape {y.shape}; the estimator was fitted with {self.n_outputs_} outputs")
        with np.errstate(over="ignore"):
            found = y.astype(np.float32)
        if not np.isfinite(found).all():
            raise ValueError("Input y contains NaN, infinity or a value too large for dtype('float32').")
        return found

    def _output(self) -> Tuple[int, Optional[str]]:
        return self.n_outputs_, None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Learns from X [n, features] and y, numbers [n] or [n, outputs].

        sample_weight: how much the loss of each example counts; one of weight 0 is left out.
        """
        return self._fit(X, y, sample_weight)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """One pass over some examples, from where the last call or fit() ended; sample weights count as they are."""
        return self._partial_fit(X, y, sample_weight, self._learn_targets)

    def predict(self, X: Any) -> np.ndarray:
        """The numbers [n], or [n, outputs]."""
        outputs = self._outputs(X).astype(np.float64)
        return outputs if self._several else outputs.ravel()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _more_tags(self) -> Dict[str, Any]:  # of scikit-learn before 1.6
        return {"multioutput": True}


class _Committee(_Estimator):
    """Several networks that decide together."""

    members: int
    method: str
    combine: str
    folds: int
    sample_fraction: float
    feature_fraction: float
    class_fraction: float = 1.0  # of a classifier
    algorithm: str
    shrinkage: float
    goal: str
    rounds: int
    l2: float
    iterations: int
    points: int
    folder: Any
    n_jobs: Any
    members_: List[Model]
    weights_: Optional[np.ndarray]

    _trainer_options = ("folds", "sample_fraction", "feature_fraction", "class_fraction", "algorithm", "shrinkage",
                        "goal", "rounds", "l2", "iterations", "points")

    def _check_numbers(self) -> None:
        super()._check_numbers()
        classifies = isinstance(self, _Classifier)
        if not isinstance(self.members, numbers.Integral) or self.members < 1:
            raise ValueError(f"members is {self.members!r}; it must be an integer, 1 or more")
        methods = [each for each in METHODS if classifies or each != "adaboost"]
        if self.method not in methods:
            raise ValueError(f"method is {self.method!r}; it must be one of {', '.join(methods)}")
        ways = [each for each in COMBINATIONS
                if classifies or each in ("mean", "weighted_mean", "greedy", "convex", "stacking")]
        if self.combine not in ways:
            raise ValueError(f"combine is {self.combine!r}; it must be one of {', '.join(ways)}")
        if self.method in BOOSTED and self.combine != "mean":
            raise ValueError(f"combine is {self.combine!r}; boosted members are joined by what was learnt of them")
        if self.early_stopping and self.method in ("snapshot", "gradient_boosting"):
            raise ValueError(f"early_stopping is not for members by {self.method!r}")
        if self.warm_start and not self._sees_all():
            raise ValueError("warm_start goes with feature_fraction=1 and class_fraction=1: members would see other parts")

    def _sees_all(self) -> bool:
        return bool(self.feature_fraction == 1 and self.class_fraction == 1)

    # ---- fit ----

    def _finish(self, end: Optional[str]) -> Optional[str]:
        return None if self.method == "gradient_boosting" else end  # the committee has it

    def _learn(self, data: _Data, seed: int, fresh: bool) -> bool:
        if self.method in BOOSTED and isinstance(self, _Classifier) and self._several:
            raise ValueError(f"method is {self.method!r}, which is for classes, not for several labels")
        learns = self.combine in LEARNT and self.method not in HOLDING_OUT
        train, held_out = self._held_out(data, seed) if self.early_stopping or learns else (data, None)
        known = [] if fresh else list(self.members_[-1:] if self.method == "snapshot" else self.members_)

        def build(number: int, member: int) -> Model:
            return known[member] if member < len(known) else self._new_model(train, number)

        first = build(seed, 0)
        training = self._training(build, first.context, self._dataset(first, train), self._batch(train))
        judged = None if held_out is None else self._dataset(first, held_out)
        try:
            made = Committee._trained_by(training, training.run(seed, judged, self.folder, bool(self.verbose)))
        except KeyboardInterrupt:
            if not self._keep_begun(training):
                raise
            return True
        self.model_, self.members_, self.weights_ = made, list(made.members), made.weights
        self._tell(training.histories)
        return False

    def _dataset(self, model: Model, data: _Data) -> Dataset:
        return dataset_for(model, data.x, data.y, [None], data.weights)

    def _training(self, build: Callable[[int, int], Model], context: Context, train: Dataset,
                  batch: int) -> CommitteeTraining:
        options = {"members": self.members, "method": self.method, "epochs": self.max_iter, "batch_size": batch,
                   "shuffle": bool(self.shuffle), "side_by_side": {None: "auto", 1: "no"}.get(self.n_jobs, "yes"),
                   **{name: getattr(self, name) for name in self._trainer_options}}
        if self.method not in BOOSTED:
            options["combine"] = self.combine
        loss = None if self.method == "gradient_boosting" and self.loss is None else self._loss()
        # What ends a training early would end the one of all snapshots.
        callbacks = list_of(self.callbacks) if self.method == "snapshot" else self._fit_callbacks()
        settings = {"optimizer": self._solver(), "loss": loss, "callbacks": callbacks, "loss_weights": None,
                    "class_weight": None, "augmentation": None}
        return CommitteeTraining(build, context, train, settings, options)

    def _keep_begun(self, training: CommitteeTraining) -> bool:
        """Joins the members of a training that was interrupted as far as they had begun; whether there are any."""
        begun = [(model, history) for model, history in zip(training.members, training.histories) if len(history["loss"])]
        if not begun or self.method in BOOSTED:
            return False
        self.members_, self.weights_ = [model for model, _ in begun], None
        self.model_ = Committee(self.members_, self.combine if self.combine not in LEARNT else "mean")
        self._tell([history for _, history in begun])
        return True

    def _tell(self, histories: List[Any]) -> None:
        self.history_ = [dict(history) for history in histories]
        self.n_iter_ = max(len(history["loss"]) for history in histories)

    # ---- partial_fit ----

    def _part(self, data: _Data, k: int, seed: int) -> _Data:
        """What a member learns from, of examples that come in parts."""
        count = len(data.x)
        if self.method == "bagging":
            return data.at(np.random.default_rng((seed, k)).integers(count, size=count))
        if self.method == "folds" and self.members > 1:
            folds = KFold(self.members, shuffle=True, random_state=seed % 2**32)
            return data.at(list(folds.split(data.x))[k][0])
        return data

    def _join(self) -> None:
        self.model_ = Committee(self.members_, self.combine)

    def _begin(self, data: _Data) -> None:
        if self.combine in LEARNT:
            raise ValueError(f"partial_fit() joins members by 'mean', 'majority_vote' or 'borda', not by "
                             f"{self.combine!r}, which learns from examples that are held out")
        if self.method not in ("initialization", *HOLDING_OUT) or not self._sees_all():
            raise ValueError("partial_fit() has members by 'initialization', 'bagging' or 'folds' that see all inputs and "
                             f"classes, not by {self.method!r} with feature_fraction={self.feature_fraction} and "
                             f"class_fraction={self.class_fraction}")
        self.members_ = [self._new_model(data, self._seed + k) for k in range(self.members)]

    def _go_on(self, data: _Data) -> None:
        if getattr(self, "_going_on", None) is None:
            self._going_on = [self._trainer(model, self._seed + k, ()) for k, model in enumerate(self.members_)]
        for k, trainer in enumerate(self._going_on):
            part = self._part(data, k, self._seed + self.n_iter_) if len(data.x) >= self.members else data
            self._pass(trainer, part, k)
        self._join()


_NETWORK = """
    hidden_layer_sizes: neurons of each hidden layer; () for none.
    activation: behind each of them, a name such as "relu", "tanh", "logistic", "identity", or a layer, nn.PReLU().
    dropout: the share of a hidden layer's outputs that is left out in each step.
    build: a function that makes the network in place of these three and alpha: build(shape, outputs), given the shape of
        one example and how many numbers to put out, returns a Model."""
_CLASSIFIER_ENDS = """ It ends in a softmax; for several labels in a sigmoid."""
_TRAINING = """
    solver: an optimizer by name, "adam", or with its options, nn.SGD(0.1, momentum=0.9).
    loss: a name, nn.Huber(delta=0.5), or a function; None for {loss}.
    alpha: keeps weights small: the loss has alpha / 2 times the sum of their squares over the examples of a batch.
    batch_size: examples in a step; "auto" is 200, or all if there are fewer.
    learning_rate_init: the learning rate, where solver is a name.
    max_iter: epochs at most. shuffle: whether each has an order of its own."""
_ENDING = """
    random_state: what all that is random follows from.
    tol, n_iter_no_change: the training ends once the loss has not become smaller by tol for as many epochs;
        n_iter_no_change=None goes on to max_iter.
    early_stopping: goes by the loss of held out examples instead, and ends with the best epoch's parameters.
    validation_fraction: how many examples are held out.
    warm_start: whether fit() begins with the network that there is. verbose: whether it shows its progress.
    callbacks: of libneuron, for each training: nn.ReduceOnPlateau(), functions."""
_WEIGHT = """
    class_weight: by how much the loss of each class counts: "balanced", or a dictionary by class."""
_MEMBERS = """
    members: how many networks.
    method: what makes members differ, as in nn.Committee.fit(): "bagging", "folds", "initialization", "snapshot",
        {boosted}.
    combine: how they are joined: {rules};
        learnt from what bagging and folds have held out, else from validation_fraction of the examples.
    folds, sample_fraction, feature_fraction,{class_fraction} algorithm, shrinkage, goal, rounds, l2, iterations, points: as
        nn.options("committee_trainer") has them.
    folder: keeps the state of the training, from which one that was killed goes on.
    n_jobs: 1 trains one member after the other, -1 or more than 1 as many at once as the context has threads, None as
        suits their size; the result is the same."""
_FITTED = """

    Fitted: model_ (an nn.Model, with save()), history_ (a dictionary of figures by epoch), loss_curve_, loss_, n_iter_,
    n_features_in_, feature_names_in_, n_outputs_"""
_FITTED_COMMITTEE = """

    Fitted: model_ (an nn.Committee, with save()), members_ (one each), weights_ (of each, where it has some),
    history_ (a dictionary of figures by epoch for each), n_iter_ (of the one that was trained longest), n_features_in_,
    feature_names_in_, n_outputs_"""


def _described(cls: Any) -> Any:
    """Writes the parameters, which most of the four share, into the help of a class."""
    classifies, several = issubclass(cls, _Classifier), issubclass(cls, _Committee)
    rules = ('"mean", "majority_vote", "borda", "weighted_mean", "weighted_vote", "weighted_borda",\n        "greedy", "convex", '
             '"stacking", "class_weights", "ranks"' if classifies else
             '"mean", "weighted_mean", "greedy", "convex", "stacking"')
    boosted = '"adaboost", "gradient_boosting"' if classifies else '"gradient_boosting"'
    cls.__doc__ += ("\n\n    Parameters, those of MLPClassifier as it has them:"
                    + (_MEMBERS.format(rules=rules, boosted=boosted,
                                       class_fraction=" class_fraction," if classifies else "") if several else "") + _NETWORK
                    + (_CLASSIFIER_ENDS if classifies else "")
                    + _TRAINING.format(loss="cross-entropy" if classifies else "the mean squared error")
                    + (_WEIGHT if classifies else "") + _ENDING + (_FITTED_COMMITTEE if several else _FITTED)
                    + (", classes_." if classifies else "."))
    return cls


@_described
class NeuronClassifier(_Classifier):
    """A network that tells classes apart."""

    def __init__(self, hidden_layer_sizes: Any = (100,), activation: Any = "relu", *, dropout: float = 0.0,
                 build: Optional[Callable[..., Model]] = None, solver: Any = "adam", loss: Any = None,
                 alpha: float = 0.0001, batch_size: Any = "auto", learning_rate_init: float = 0.001,
                 max_iter: int = 200, shuffle: bool = True, class_weight: Any = None, random_state: Any = None,
                 tol: float = 1e-4, verbose: Any = False, warm_start: bool = False, early_stopping: bool = False,
                 validation_fraction: float = 0.1, n_iter_no_change: Any = 10, callbacks: Any = None) -> None:
        self._keep(locals())


@_described
class NeuronRegressor(_Regressor):
    """A network that predicts numbers."""

    def __init__(self, hidden_layer_sizes: Any = (100,), activation: Any = "relu", *, dropout: float = 0.0,
                 build: Optional[Callable[..., Model]] = None, solver: Any = "adam", loss: Any = None,
                 alpha: float = 0.0001, batch_size: Any = "auto", learning_rate_init: float = 0.001,
                 max_iter: int = 200, shuffle: bool = True, random_state: Any = None, tol: float = 1e-4,
                 verbose: Any = False, warm_start: bool = False, early_stopping: bool = False,
                 validation_fraction: float = 0.1, n_iter_no_change: Any = 10, callbacks: Any = None) -> None:
        self._keep(locals())


@_described
class CommitteeClassifier(_Classifier, _Committee):
    """Networks that tell classes apart together."""

    def __init__(self, members: int = 5, *, method: str = "bagging", combine: str = "mean", folds: int = 0,
                 sample_fraction: float = 1.0, feature_fraction: float = 1.0, class_fraction: float = 1.0,
                 algorithm: str = "samme", shrinkage: float = 1.0, goal: str = "auto", rounds: int = 100,
                 l2: float = 1.0, iterations: int = 1000, points: int = 101, folder: Any = None,
                 hidden_layer_sizes: Any = (100,), activation: Any = "relu", dropout: float = 0.0,
                 build: Optional[Callable[..., Model]] = None, solver: Any = "adam", loss: Any = None,
                 alpha: float = 0.0001, batch_size: Any = "auto", learning_rate_init: float = 0.001,
                 max_iter: int = 200, shuffle: bool = True, class_weight: Any = None, random_state: Any = None,
                 tol: float = 1e-4, verbose: Any = False, warm_start: bool = False, early_stopping: bool = False,
                 validation_fraction: float = 0.1, n_iter_no_change: Any = 10, callbacks: Any = None,
                 n_jobs: Any = None) -> None:
        self._keep(locals())


@_described
class CommitteeRegressor(_Regressor, _Committee):
    """Networks that predict numbers together."""

    def __init__(self, members: int = 5, *, method: str = "bagging", combine: str = "mean", folds: int = 0,
                 sample_fraction: float = 1.0, feature_fraction: float = 1.0, algorithm: str = "samme",
                 shrinkage: float = 1.0, goal: str = "auto", rounds: int = 100, l2: float = 1.0, iterations: int = 1000,
                 points: int = 101, folder: Any = None,
                 hidden_layer_sizes: Any = (100,), activation: Any = "relu", dropout: float = 0.0,
                 build: Optional[Callable[..., Model]] = None, solver: Any = "adam", loss: Any = None,
                 alpha: float = 0.0001, batch_size: Any = "auto", learning_rate_init: float = 0.001,
                 max_iter: int = 200, shuffle: bool = True, random_state: Any = None, tol: float = 1e-4,
                 verbose: Any = False, warm_start: bool = False, early_stopping: bool = False,
                 validation_fraction: float = 0.1, n_iter_no_change: Any = 10, callbacks: Any = None,
                 n_jobs: Any = None) -> None:
        self._keep(locals())


__all__ = ["NeuronClassifier", "NeuronRegressor", "CommitteeClassifier", "CommitteeRegressor"]
