"""How members of a committee are joined, beside the rules' references on the same predictions: committees.py LIBRARY

Greedy selection beside 20 lines of NumPy, convex weights beside SciPy's SLSQP, stacking beside scikit-learn's logistic
and ridge regression. Ends with status 1 if something differs, and with 77, which Meson takes as skipped, where one of
them is missing."""
import os
import sys

try:
    import numpy as np
    import scipy.optimize
    import sklearn.linear_model
    import sklearn.metrics
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

from neuron import beside  # noqa: E402 # pylint: disable=wrong-import-position

os.environ["LIBNEURON_LIBRARY"] = os.path.abspath(sys.argv[1])
os.environ["LIBNEURON_COMMITTEE_LIBRARY"] = beside(os.environ["LIBNEURON_LIBRARY"], "committee")
sys.path.insert(0, os.path.join(os.path.dirname(os.environ["LIBNEURON_LIBRARY"]), "python"))
import libneuron as nn  # noqa: E402 # pylint: disable=wrong-import-position

worst = {}


def compare(what, ours, theirs, tolerance):
    difference = float(np.max(np.abs(np.asarray(ours) - np.asarray(theirs))))
    worst[what] = max(worst.get(what, 0.0), difference)
    if not difference <= tolerance:
        print(f"{what}: {difference:.3g} is more than {tolerance:g}")
        compare.failed = True


compare.failed = False


def predictions(random, members, examples, classes):
    labels = random.integers(classes, size=examples)
    outputs = []
    for m in range(members):
        logits = 2 * random.normal(size=(examples, classes))
        logits[np.arange(examples), labels] += 3 - 2 * m / members
        shares = np.exp(logits)
        outputs.append((shares / shares.sum(axis=1, keepdims=True)).astype(np.float32))
    return outputs, labels.astype(np.int32)


def loss_of(goal, labels, classes):
    def log_loss(mean):
        return sklearn.metrics.log_loss(labels, mean / mean.sum(axis=1, keepdims=True), labels=np.arange(classes))

    def squared_error(mean):
        return sklearn.metrics.mean_squared_error(np.eye(classes)[labels], mean)

    def accuracy(mean):
        return -sklearn.metrics.accuracy_score(labels, mean.argmax(axis=1))

    return {"log_loss": log_loss, "mean_squared_error": squared_error, "accuracy": accuracy}[goal]


def select(outputs, loss, rounds):
    """Ensemble selection with replacement, the best round kept."""
    chosen, total, best = [], 0.0, (np.inf, None)
    for count in range(1, rounds + 1):
        losses = [loss((total + output) / count) for output in outputs]
        member = int(np.argmin(losses))
        chosen.append(member)
        total = total + outputs[member]
        if losses[member] < best[0]:
            best = losses[member], np.bincount(chosen, minlength=len(outputs)) / count
    return best[1]


def check_weights(random, members, examples, classes):
    outputs, labels = predictions(random, members, examples, classes)
    wide = np.array(outputs, dtype=np.float64)
    for goal in ("log_loss", "mean_squared_error", "accuracy"):
        loss = loss_of(goal, labels, classes)
        ours = nn.Committee.learn_weights(outputs, labels, method="greedy", goal=goal, rounds=30)
        compare(f"greedy, {goal}", ours, select(wide, loss, 30), 1e-12)
        if goal == "accuracy":
            continue
        ours = nn.Committee.learn_weights(outputs, labels, method="convex", goal=goal)
        answer = scipy.optimize.minimize(
            lambda weights: loss(np.tensordot(weights, wide, axes=1)), np.full(members, 1 / members), method="SLSQP",
            bounds=[(0, 1)] * members, constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1},
            options={"ftol": 1e-13, "maxiter": 2000})
        compare(f"convex, {goal}: weights", ours, answer.x, 2e-4)
        # The least loss: ours may be lower.
        compare(f"convex, {goal}: loss", max(0.0, loss(np.tensordot(ours, wide, axes=1)) - answer.fun), 0, 1e-8)


def check_class_weights(random, members, examples, classes):
    """Weights of each member and class: SciPy's L-BFGS finds no smaller loss."""
    inputs = random.normal(size=(examples, 6)).astype(np.float32)
    labels = (inputs[:, :classes] + random.normal(size=(examples, classes))).argmax(axis=1).astype(np.int32)
    models = [member(classes, "softmax") for _ in range(members)]
    for model in models:
        model.fit(inputs, labels, epochs=2)
    outputs = np.array([model.predict(inputs) for model in models], np.float64)
    joined = nn.Committee.stack(models, (inputs, labels), method="class_weights", iterations=100000)

    def loss(logarithms):
        sums = (np.exp(logarithms).reshape(members, 1, classes) * outputs).sum(axis=0)
        return -np.log((sums / sums.sum(axis=1, keepdims=True))[np.arange(examples), labels]).mean()

    answer = scipy.optimize.minimize(loss, np.zeros(members * classes), method="L-BFGS-B", bounds=[(-30, 10)] * members * classes,
                                     options={"maxiter": 2000, "maxfun": 200000})
    compare("weights for each class: loss", max(0.0, joined.evaluate(inputs, labels).loss - answer.fun), 0, 1e-5)


def member(outputs, activation):
    return nn.Sequential([nn.Input(6), nn.Dense(outputs, activation=activation)])


def check_stacking(random, members, examples, classes):
    inputs = random.normal(size=(examples, 6)).astype(np.float32)
    labels = (inputs[:, :classes] + random.normal(size=(examples, classes))).argmax(axis=1).astype(np.int32)
    numbers = (inputs @ random.normal(size=(6, 2)) + random.normal(size=(examples, 2))).astype(np.float32)
    of_classes = [member(classes, "softmax") for _ in range(members)]
    of_numbers = [member(2, "tanh") for _ in range(members)]
    of_one = [member(1, "sigmoid") for _ in range(members)]
    for l2 in (0.1, 1.0, 20.0):
        wide = np.concatenate([model.predict(inputs) for model in of_classes], axis=1).astype(np.float64)
        reference = sklearn.linear_model.LogisticRegression(C=1 / l2, tol=1e-10, max_iter=10000).fit(wide, labels)
        stacked = nn.Committee.stack(of_classes, (inputs, labels), l2=l2)
        compare("stacking, classes", stacked.predict(inputs), reference.predict_proba(wide), 1e-5)

        wide = np.concatenate([model.predict(inputs) for model in of_one], axis=1).astype(np.float64)
        yes = (labels > 0).astype(np.int32)
        reference = sklearn.linear_model.LogisticRegression(C=1 / l2, tol=1e-10, max_iter=10000).fit(wide, yes)
        stacked = nn.Committee.stack(of_one, (inputs, yes), l2=l2)
        compare("stacking, one output", stacked.predict(inputs)[:, 0], reference.predict_proba(wide)[:, 1], 1e-5)

        wide = np.concatenate([model.predict(inputs) for model in of_numbers], axis=1).astype(np.float64)
        reference = sklearn.linear_model.Ridge(alpha=l2, tol=1e-12).fit(wide, numbers)
        stacked = nn.Committee.stack(of_numbers, (inputs, numbers), l2=l2)
        compare("stacking, numbers", stacked.predict(inputs), reference.predict(wide), 2e-5)


def main():
    random = np.random.default_rng(7)
    for members, examples, classes in ((2, 50, 2), (3, 200, 3), (5, 400, 10), (12, 300, 4), (20, 1000, 10)):
        check_weights(random, members, examples, classes)
    for members, examples, classes in ((1, 80, 3), (3, 200, 4), (5, 1000, 6)):
        check_stacking(random, members, examples, classes)
        check_class_weights(random, members, examples, classes)
    for what, difference in sorted(worst.items()):
        print(f"{what:40} {difference:.2g}")
    return 1 if compare.failed else 0


if __name__ == "__main__":
    sys.exit(main())
