"""Committees and searches."""
import math
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

import libneuron as nn


def build(seed=None):
    x = nn.Input(64)
    return nn.Model(x, nn.Dense(10, activation="softmax")(nn.Dense(16, activation="relu")(x)), seed=seed)


@pytest.fixture(scope="module")
def members(glyphs):
    models = [build(seed) for seed in range(3)]
    for model in models:
        model.fit(*glyphs, epochs=3)
    return models


def test_rules(members, glyphs):
    x, y = glyphs
    each = [model.predict(x) for model in members]
    assert np.allclose(nn.Committee(members).predict(x), np.mean(each, 0), atol=1e-6)
    weighted = nn.Committee(members, "weighted_mean", weights=[2, 1, 1])
    assert np.allclose(weighted.predict(x), (2 * each[0] + each[1] + each[2]) / 4, atol=1e-6)
    judged = nn.Committee(members, "weighted_mean", validation_data=(x, y))
    right = np.array([(values.argmax(1) == y).mean() for values in each])
    assert np.allclose(judged.weights, right / right.sum())
    votes = nn.Committee(members, "majority_vote").predict(x)
    counts = np.sum([np.eye(10)[values.argmax(1)] for values in each], 0)
    assert ((votes.argmax(1) == counts.argmax(1)) | (counts.max(1) < 2)).all()
    assert nn.Committee(members).evaluate(x, y).accuracy >= min(right)
    again = pickle.loads(pickle.dumps(judged))
    assert np.array_equal(again.predict(x), judged.predict(x)) and nn.Committee([judged, members[0]]).parameters > 0


def test_how_sure_it_is(members, glyphs):
    x, y = glyphs
    committee = nn.Committee(members, uncertainty=["mutual_information", "entropy"], abstain_below=0.9)
    assert committee.output_names == ["average", "entropy", "mutual_information", "answers"]
    mean, entropy, information, answers = committee.predict(x)
    each = np.stack([model.predict(x) for model in members]).astype(np.float64)
    expected = -(each * np.log(each)).sum(-1).mean(0)
    whole = -(mean * np.log(mean)).sum(-1)
    assert np.allclose(entropy[:, 0], whole, atol=1e-5) and np.allclose(information[:, 0], whole - expected, atol=1e-5)
    assert np.array_equal(answers[:, 0], mean.max(1) >= np.float32(0.9))
    assert committee.evaluate(x, y).accuracy == nn.Committee(members).evaluate(x, y).accuracy
    calibrated = committee.calibrate(x, y, method="temperature")
    assert calibrated.output_names == committee.output_names
    assert calibrated.evaluate(x, y).loss <= committee.evaluate(x, y).loss
    assert nn.Committee(members, uncertainty="margin").output_names == ["average", "margin"]
    with pytest.raises(nn.ArgumentError, match="uncertainty is entropies; it must be"):
        nn.Committee(members, uncertainty="entropies")


def test_sets_of_classes(members, glyphs):
    x, y = glyphs
    model = nn.Committee(members, uncertainty="margin").add_prediction_sets(x, y, method="raps", coverage=0.95)
    assert model.output_names == ["average", "margin", "average_prediction_set"]
    shares, _, sets = model.predict(x)
    assert set(np.unique(sets)) <= {0, 1} and sets[np.arange(len(y)), y].mean() >= 0.95
    assert np.array_equal(sets[np.arange(len(y)), shares.argmax(1)], np.ones(len(y)))
    assert model.evaluate(x, y).accuracy == nn.Committee(members).evaluate(x, y).accuracy


@pytest.mark.parametrize("wrong, error", [
    (lambda m: nn.Committee([]), ValueError), (lambda m: nn.Committee([3]), TypeError),
    (lambda m: nn.Committee(m, "weighted_mean"), TypeError), (lambda m: nn.Committee(m, weights=[1, 2, 3]), nn.ArgumentError),
    (lambda m: nn.Committee(m, "weighted_mean", weights=[1]), ValueError), (lambda m: nn.Committee(m, "mode"), nn.ArgumentError),
    (lambda m: nn.Committee(m, "weighted_mean", weights=[-1, 1, 1]), nn.ArgumentError),
    (lambda m: nn.Committee([m[0], nn.Sequential([nn.Input(3), nn.Dense(10)])]), nn.ShapeError),
])
def test_what_a_committee_refuses(members, wrong, error):
    with pytest.raises(error):
        wrong(members)


def test_a_committee_is_trained_further(members, glyphs):
    x, y = glyphs
    committee = nn.Committee(members)
    with pytest.raises(TypeError, match=r"build is ndarray, .*nn\.Model\.fit\(committee, x, y\) trains one further"):
        committee.fit(x, y)
    before = committee.evaluate(x, y).loss
    nn.Model.fit(committee, x, y, epochs=3, optimizer=nn.Adam(0.01))
    assert committee.evaluate(x, y).loss < before


def test_a_builder_makes_new_models(members, glyphs):
    x, y = glyphs
    with pytest.raises(nn.ArgumentError, match="the builder's graph is member 0 already"):
        nn.Committee.fit(lambda: members[0], x, y, members=3, epochs=1)


@pytest.mark.parametrize("method", ["bagging", "folds", "initialization"])
@pytest.mark.parametrize("combine", ["mean", "weighted_vote", "stacking"])
def test_fit(glyphs, method, combine):
    x, y = glyphs
    words = np.array(list("abcdefghij"))[y]
    committee = nn.Committee.fit(build, x, words, members=3, method=method, combine=combine, epochs=8,
                                 optimizer=nn.Adam(0.02))
    assert len(committee.members) == 3 and committee.class_names == list("abcdefghij")
    kernels = [member.arrays["dense.kernel"] for member in committee.members]
    assert not np.array_equal(kernels[0], kernels[1])
    assert committee.evaluate(x, words).accuracy > 0.5
    if combine == "stacking":  # the members in it are as they were trained
        assert any(np.array_equal(array, kernels[0]) for array in committee.arrays.values())
    again = nn.Committee.fit(build, x, words, members=3, method=method, combine=combine, epochs=8,
                             optimizer=nn.Adam(0.02))
    assert again.to_bytes() == committee.to_bytes()


@pytest.mark.parametrize("combine", ["borda", "weighted_mean", "weighted_borda", "greedy", "convex", "class_weights", "ranks"])
def test_every_way_of_joining(glyphs, combine):
    x, y = glyphs
    part, judge = slice(0, None, 2), slice(1, None, 2)
    judged = (x[judge], y[judge])
    committee = nn.Committee.fit(build, x[part], y[part], members=3, method="initialization", combine=combine, epochs=4,
                                 optimizer=nn.Adam(0.02), validation_data=judged)
    if combine in ("class_weights", "ranks"):
        expected = nn.Committee.stack(committee.members, judged, method=combine)
    elif combine in ("greedy", "convex"):
        expected = nn.Committee(committee.members, "weighted_mean", validation_data=judged, method=combine)
    elif combine == "borda":
        expected = nn.Committee(committee.members, combine)
    else:
        expected = nn.Committee(committee.members, combine, validation_data=judged)
    assert committee.to_bytes() == expected.to_bytes()
    weights = getattr(expected, "weights", None)
    assert (committee.weights is None) == (weights is None)
    assert weights is None or np.array_equal(committee.weights, weights)


def test_joined_by_what_was_held_out(glyphs):
    x, y = glyphs
    committee = nn.Committee.fit(build, x, y, members=4, method="folds", folds=2, combine="convex", epochs=6,
                                 optimizer=nn.Adam(0.02))
    held_out = committee.held_out  # of all examples, none of which was kept from all members
    assert len(held_out) == len(x)
    sets = [np.nanmean(held_out[:, members], 1) for members in ([0, 1], [2, 3])]
    weights = nn.Committee.learn_weights(sets, y, method="convex")
    assert np.allclose(committee.weights, np.repeat(weights / 2, 2), atol=1e-6)
    kept = nn.Committee.fit(build, x, y, members=2, method="initialization", combine="stacking", hold_out=0.25, epochs=2)
    assert all("validation_loss" in history for history in kept.histories)
    with pytest.raises(nn.ArgumentError, match="convex weights"):
        nn.Committee.fit(build, x, y, members=2, combine="convex", goal="accuracy", epochs=1)


def test_weights_that_are_learnt(members, glyphs):
    x, y = glyphs
    outputs = [member.predict(x) for member in members]
    for options in ({"method": "greedy", "goal": "accuracy", "rounds": 7}, {"method": "convex"}, {}):
        committee = nn.Committee(members, "weighted_mean", validation_data=(x, y), **options)
        assert np.array_equal(committee.weights, nn.Committee.learn_weights(outputs, y, **options))
        assert committee.weights.sum() == pytest.approx(1)
    convex = nn.Committee(members, "weighted_mean", validation_data=(x, y), method="convex")
    assert convex.evaluate(x, y).loss <= min(member.evaluate(x, y).loss for member in members) + 1e-6
    with pytest.raises(nn.ArgumentError, match="greedy"):
        nn.Committee(members, "weighted_mean", validation_data=(x, y), method="greed")
    with pytest.raises(TypeError, match="method"):
        nn.Committee(members, method="greedy")
    with pytest.raises(TypeError, match="validation_data.*'mean' has none"):
        nn.Committee(members, validation_data=(x, y))
    with pytest.raises(TypeError, match="validation_data.*has those that are given"):
        nn.Committee(members, "weighted_mean", weights=[1] * len(members), validation_data=(x, y))
    with pytest.raises(nn.UnsupportedError, match="accuracy"):
        nn.Committee.learn_weights([outputs[0][:, :1], outputs[1][:, :1]], outputs[0][:, 1:2], method="accuracy")


def test_members_joined_by_what_learns(members, glyphs):
    x, y = glyphs
    stacked = nn.Committee.stack(members, (x, y), l2=0.1)
    assert stacked.members == list(members) and stacked.predict(x).shape == (len(x), 10)
    assert stacked.evaluate(x, y).loss < nn.Committee(members).evaluate(x, y).loss
    side_by_side = nn.Committee.outputs(members, x, y)
    assert len(side_by_side) == len(x)
    combiner = nn.Sequential([nn.Input(10 * len(members)), nn.Dense(10, activation="softmax")])
    combiner.fit(side_by_side, epochs=2)
    joined = nn.Committee.join(members, combiner)
    wide = np.concatenate([member.predict(x) for member in members], axis=1)
    assert np.allclose(joined.predict(x), combiner.predict(wide), atol=1e-6)
    with pytest.raises(nn.ShapeError):
        nn.Committee.join(members[:2], combiner)


def test_what_members_are_worth(members, glyphs):
    x, y = glyphs
    count = len(members)
    right = np.array([member.predict(x).argmax(axis=1) == y for member in members])
    differ = np.array([[(a != b).mean() for b in right] for a in right])
    assert np.allclose(nn.Committee.diversity(members, x, y), differ)
    assert nn.Committee.diversity(members, nn.Dataset(x, y), measure="double_fault").shape == (count, count)
    added = nn.Committee.contributions(members, x, y)
    others = nn.Committee(members[1:]).evaluate(x, y).loss - nn.Committee(members).evaluate(x, y).loss
    assert added[0] == pytest.approx(others, abs=1e-5)
    assert nn.Committee.contributions(members, x, y, weights=[1, 0, 0][:count])[1] == 0
    costs = nn.Committee.costs(members, unit="parameters")
    assert list(costs) == [sum(array.size for array in member.arrays.values()) for member in members]
    assert (nn.Committee.costs(members, batch_size=4) > 0).all()
    kept = nn.Committee.prune(members, 2, x, y, fill=True)
    assert len(kept) == 2 and len(set(kept)) == 2
    assert nn.Committee.prune(members, costs[kept[0]], x, y, costs=costs)
    for wrong in (lambda: nn.Committee.prune(members, 0, x, y), lambda: nn.Committee.diversity(members, x, y, measure="q")):
        with pytest.raises(nn.ArgumentError):
            wrong()
    with pytest.raises(ValueError, match="costs"):
        nn.Committee.prune(members, 1, x, y, costs=[1])


def test_distilling(members, glyphs):
    x, y = glyphs
    teacher = nn.Committee(members)
    dataset = nn.Dataset(x, y)
    taught = dataset.distil(teacher)
    assert np.array_equal(taught.labels(), dataset.labels())  # examples keep their classes
    assert np.allclose(taught.y(), teacher.predict(x), atol=1e-6)
    mixed = dataset.distil(teacher, soft_share=0.25)
    assert np.allclose(mixed.y(), 0.25 * teacher.predict(x) + 0.75 * np.eye(10)[y], atol=1e-6)
    student = nn.Sequential([nn.Input(64), nn.Dense(10, activation="softmax")])
    history = student.fit(taught, epochs=30, loss=nn.Distillation(temperature=3, soft_share=0.8),
                          optimizer=nn.Adam(0.02))
    assert history["loss"][-1] < history["loss"][0]
    assert student.evaluate(x, y).accuracy > teacher.evaluate(x, y).accuracy - 0.15
    with pytest.raises(nn.ArgumentError, match="soft_share"):
        dataset.distil(teacher, soft_share=2)


def test_cascades(members, glyphs):
    x, y = glyphs
    committee, cascade = nn.Committee(members), nn.Cascade(members, threshold=2)
    outputs, asked = cascade.predict(x, asked=True)
    assert (asked == 3).all() and np.array_equal(outputs, committee.predict(x))
    accuracy = (outputs.argmax(1) == y).mean()
    each = [member.predict(x) for member in members]
    for measure in ("confidence", "margin", "entropy"):
        cascade = nn.Cascade(members, measure=measure, weights=[2, 1, 1])
        thresholds, accuracies, paid = cascade.curve(x, y, costs=[1, 10, 10])
        assert thresholds[0] == 2 and paid[0] == 21 and paid[-1] == 1 and (np.diff(paid) <= 0).all()
        assert accuracies[-1] == pytest.approx((each[0].argmax(1) == y).mean())
        cascade.threshold = (thresholds[-1] + thresholds[-2]) / 2
        outputs, asked = cascade.predict(nn.Dataset(x, y), asked=True)
        assert cascade.measure == measure and asked.max() == 2 and (asked == 2).sum() < len(x)
        assert np.allclose(outputs[asked == 1], each[0][asked == 1], atol=1e-6)
    cascade = nn.Cascade(members)
    assert cascade.tune(x, y, tolerance=0.02) == cascade.threshold
    outputs, asked = cascade.predict(x, asked=True)
    assert (outputs.argmax(1) == y).mean() >= accuracy - 0.02 - 2 / len(x)
    with pytest.raises(ValueError, match="2 weights"):
        nn.Cascade(members, weights=[1, 2])
    with pytest.raises(nn.ArgumentError, match="threshold"):
        cascade.threshold = 3
    with pytest.raises(nn.ArgumentError, match="tolerance"):
        cascade.tune(x, y, tolerence=0)
    with pytest.raises(nn.DataError):
        cascade.curve(x[:0], y[:0])


def test_members_that_are_built_alike_start_differently(glyphs):
    def plain():
        return nn.Sequential([nn.Input(64), nn.Dense(10, activation="softmax")])

    committee = nn.Committee.fit(plain, *glyphs, members=2, method="initialization", validation_data=glyphs)
    assert not np.array_equal(*(member.arrays["dense.kernel"] for member in committee.members))
    with pytest.raises(ValueError, match="boosting"):
        nn.Committee.fit(plain, *glyphs, method="boosting")
    with pytest.raises(ValueError, match="sum"):
        nn.Committee.fit(plain, *glyphs, combine="sum")
    with pytest.raises(TypeError, match="build"):
        nn.Committee.fit(lambda: 3, *glyphs)
    with pytest.raises(ZeroDivisionError):
        nn.Committee.fit(lambda: 1 / 0, *glyphs)


def test_snapshots(glyphs):
    committee = nn.Committee.fit(build, *glyphs, members=3, method="snapshot", epochs=2, batch_size=32)
    history = committee.histories[0]
    assert len(committee.members) == 3 and len(committee.histories) == 3 and history.epochs == 6
    assert list(history["learning_rate"][1::2]) == pytest.approx([history["learning_rate"][1]] * 3)
    assert history["learning_rate"][1] < history["learning_rate"][0]
    kernels = [member.arrays["dense.kernel"] for member in committee.members]
    assert not np.array_equal(kernels[0], kernels[1]) and not np.array_equal(kernels[1], kernels[2])
    each = np.mean([member.predict(glyphs[0]) for member in committee.members], 0)
    assert np.allclose(committee.predict(glyphs[0]), each, atol=1e-6)


@pytest.mark.parametrize("algorithm", ["samme", "samme_r"])
def test_adaboost(glyphs, algorithm):
    x, y = glyphs
    words = np.array(list("abcdefghij"))[y]

    def weak(seed):
        pixels = nn.Input(64)
        return nn.Model(pixels, nn.Dense(10, activation="softmax")(nn.Dense(4, activation="tanh")(pixels)), seed=seed)

    committee = nn.Committee.fit(weak, x, words, members=4, method="adaboost", algorithm=algorithm, epochs=6)
    each = np.array([member.predict(x) for member in committee.members])
    weights = np.full(len(y), 1 / len(y))
    for k, values in enumerate(each):  # as scikit-learn has it
        wrong = values.argmax(1) != y
        if algorithm == "samme":
            error = weights[wrong].sum()
            alpha = np.log((1 - error) / error) + np.log(9)
            assert committee.weights[k] == pytest.approx(alpha, rel=1e-6)
            weights *= np.exp(alpha * wrong)
            weights /= weights.sum()
    if algorithm == "samme":
        votes = (committee.weights[:, None, None] * np.eye(10)[each.argmax(2)]).sum(0) / committee.weights.sum()
    else:
        votes = np.exp(np.log(each).mean(0))
        votes /= votes.sum(1, keepdims=True)
    assert np.allclose(committee.predict(x), votes, atol=1e-5) and committee.class_names == list("abcdefghij")
    with pytest.raises(ValueError, match="combine"):
        nn.Committee.fit(weak, x, y, method="adaboost", combine="stacking")


def test_gradient_boosting(glyphs):
    x, y = glyphs

    def numbers(seed):
        pixels = nn.Input(64)
        return nn.Model(pixels, nn.Dense(10)(nn.Dense(8, activation="tanh")(pixels)), seed=seed)

    few, many = (nn.Committee.fit(numbers, x, y, members=count, method="gradient_boosting", epochs=25, shrinkage=0.7,
                                  optimizer=nn.Adam(0.02))
                 for count in (2, 5))
    assert few.evaluate(x, y).loss > many.evaluate(x, y).loss and many.evaluate(x, y).accuracy > 0.7
    sums = sum(weight * member.predict(x) for weight, member in zip(many.weights, many.members))
    shares = np.exp(sums + np.log(np.bincount(y, minlength=10) / len(y)))
    assert np.allclose(many.predict(x), shares / shares.sum(1, keepdims=True), atol=1e-5)
    with pytest.raises(nn.ArgumentError, match="softmax"):
        nn.Committee.fit(build, x, y, method="gradient_boosting")
    with pytest.raises(ValueError, match="loss"):
        nn.Committee.fit(numbers, x, y, method="gradient_boosting", loss="huber")
    t = np.linspace(-3, 3, 60, dtype=np.float32)[:, None]
    line = nn.Committee.fit(lambda seed: nn.Sequential([nn.Input(1), nn.Dense(4, activation="tanh"), nn.Dense(1)], seed=seed),
                            t, 50 + np.sin(t), members=5, method="gradient_boosting", epochs=80, optimizer=nn.Adam(0.02))
    assert np.mean((line.predict(t) - 50 - np.sin(t)) ** 2) < 0.1


def test_what_was_held_out(glyphs):
    x, y = glyphs
    committee = nn.Committee.fit(build, x, y, members=4, method="folds", folds=2, epochs=2)
    each = committee.held_out
    assert each.shape == (len(x), 4, 10) and committee.out_of_fold.shape == (len(x), 10)
    known = np.isnan(each[..., 0])
    assert (known.sum(1) == 2).all() and (known[:, 0] != known[:, 1]).all()
    for k, member in enumerate(committee.members):
        assert np.allclose(each[~known[:, k], k], member.predict(x)[~known[:, k]], atol=1e-6)
    assert np.allclose(committee.out_of_fold, np.nanmean(each, 1), atol=1e-6)
    assert all(history.epochs == 2 and "validation_loss" in history for history in committee.histories)
    with pytest.raises(nn.StateError):
        nn.Committee.fit(build, x, y, members=2, method="initialization").out_of_fold
    with pytest.raises(nn.StateError):
        nn.Committee(committee.members).held_out


def test_members_that_see_a_part(glyphs):
    x, y = glyphs
    seen = []
    committee = nn.Committee.fit(build, x, y, members=3, method="bagging", feature_fraction=0.5, epochs=10,
                                 optimizer=nn.Adam(0.01), callbacks=lambda training: seen.append(training.model))
    assert committee.evaluate(x, y).accuracy > 0.6 and seen[0] is committee.members[0]
    for k, member in enumerate(committee.members):
        hidden = np.isinf(member.arrays["features.deviation"])
        assert hidden.sum() == 32
        assert np.array_equal(member.predict(x), member.predict(np.where(hidden, 9, x).astype(np.float32)))
        known = np.isnan(committee.held_out[:, k, 0])
        assert np.allclose(member.predict(x)[~known], committee.held_out[~known, k], atol=1e-6)


def test_members_that_learn_a_part_of_the_classes(glyphs):
    x, y = glyphs
    committee = nn.Committee.fit(build, x, y, members=6, method="bagging", class_fraction=0.5, epochs=15,
                                 optimizer=nn.Adam(0.02))
    outputs = np.array([member.predict(x) for member in committee.members])
    known = outputs.max(1) > 0
    assert (known.sum(1) == 5).all() and (known.sum(0) == 3).all()
    assert np.allclose(committee.predict(x), outputs.mean(0), atol=1e-6)  # each class is known by three
    assert committee.evaluate(x, y).accuracy > 0.6
    right = outputs.argmax(2) == y
    assert all(right[k, known[k, y]].mean() > 0.6 for k in range(6))
    with pytest.raises(nn.ArgumentError, match="leave some out"):
        nn.Committee.fit(build, x, y, members=2, class_fraction=0.2)


def test_a_folder_goes_on(glyphs, tmp_path):
    x, y = glyphs
    options = {"members": 3, "epochs": 3, "batch_size": 16}
    expected = nn.Committee.fit(build, x, y, **options).to_bytes()
    told = []

    def stop(training):
        told.append(training.epoch)
        if len(told) == 5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        nn.Committee.fit(build, x, y, **options, callbacks=stop, folder=tmp_path / "run")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "committee.json", "member-0.safetensors", "member-1.safetensors"]
    again = nn.Committee.fit(build, x, y, **options, folder=tmp_path / "run")
    assert again.to_bytes() == expected and told == [1, 2, 3, 1, 2]
    assert [history.epochs for history in again.histories] == [3, 3, 3]
    with pytest.raises(nn.DataError, match="another committee"):
        nn.Committee.fit(build, x, y, **{**options, "members": 2}, folder=tmp_path / "run")


def test_members_have_what_a_training_has(glyphs):
    x, y = glyphs
    rates = []

    def slower(training):
        training.learning_rate = training.learning_rate / 2
        rates.append(training.learning_rate)

    committee = nn.Committee.fit(build, x, y, members=2, method="initialization", epochs=2, loss="mean_squared_error",
                                 optimizer=nn.Adam(0.02), class_weight="balanced", sample_weight=np.ones(len(y)),
                                 callbacks=[slower, nn.EarlyStopping(monitor="loss", patience=3)], shuffle=False)
    assert rates == pytest.approx([0.01, 0.005, 0.01, 0.005])  # each by its own optimizer
    assert [list(history["learning_rate"]) for history in committee.histories] == [pytest.approx([0.02, 0.01])] * 2
    with pytest.raises(ValueError, match="CSVLog"):
        nn.Committee.fit(build, x, y, callbacks=nn.CSVLog("log.csv"))
    with pytest.raises(nn.ArgumentError, match="did you mean"):
        nn.Committee.fit(build, x, y, epoch=3)


def score(trial):
    return -abs(trial["rate"] - 0.1) + (trial["activation"] == "tanh") + trial["units"] / 100


FACTORS = {"rate": [0.01, 0.1, 1.0], "activation": ["relu", "tanh"], "units": [8, 16]}


def test_a_grid():
    search = nn.Search(score, FACTORS).grid()
    assert len(search.trials) == 12 and dict(search.best) == {"rate": 0.1, "activation": "tanh", "units": 16}
    assert isinstance(search.best["units"], int) and search.best.score == pytest.approx(1.16)
    assert "activation" in search.table() and "12 trials" in repr(search) and "score" in repr(search.best)
    assert [trial.index for trial in search.trials] == list(range(12)) and search.best.fold_scores == [search.best.score]
    search = nn.Search(score, FACTORS, goal="smallest").grid()
    assert search.best["activation"] == "relu"


def test_a_random_search_goes_on_from_its_log(tmp_path):
    tried = []

    def count(trial):
        tried.append((trial.index, trial.fold, trial.seed))
        return score(trial)

    def make():
        return nn.Search(count, {**FACTORS, "bias": [True, None]}, folds=2, log=tmp_path / "log.jsonl")

    first = make().random(3, seed=4)
    assert len(tried) == 6 and len(set(seed for _, _, seed in tried)) == 6
    second = make().random(5, seed=4)
    assert len(tried) == 10 and len(second.trials) == 5
    assert [dict(trial) for trial in second.trials[:3]] == [dict(trial) for trial in first.trials]
    assert second.trials[0]["bias"] in (True, None)
    with pytest.raises(nn.DataError):
        nn.Search(count, {"rate": [1, 2]}, log=tmp_path / "log.jsonl").random(1)


def test_figures_are_kept_beside_scores(tmp_path):
    def keep(trial):
        trial.add_figure("Güte", trial["rate"] + trial.fold)
        with pytest.raises((nn.NeuronError, ValueError)):
            trial.add_figure("", 1)
        if trial.index == 1:
            trial.add_figure("late", 3)
        return 1

    def make():
        return nn.Search(keep, {"rate": [1, 2]}, folds=2, log=tmp_path / "log.jsonl").grid()

    for search in make(), make():  # tried, and read from the log
        assert search.figures == ["Güte", "late"]
        assert search.trials[0].figures["Güte"] == 1.5 and math.isnan(search.trials[0].figures["late"])
        assert search.trials[1].figures == {"Güte": 2.5, "late": 3}
    with pytest.raises(nn.NeuronError):
        search.trials[0].add_figure("Güte", 1)


def test_what_a_search_refuses():
    def fail(trial):
        raise KeyError("odd")

    with pytest.raises(KeyError, match="odd"):
        nn.Search(fail, FACTORS).grid()
    with pytest.raises(TypeError):
        nn.Search(lambda trial: "good", {"a": [1]}).grid() if False else nn.Search(3, FACTORS)
    with pytest.raises(ValueError):
        nn.Search(lambda trial: "good", {"a": [1]}).grid()
    with pytest.raises(ValueError):
        nn.Search(score, FACTORS, goal="best")
    for factors in ({}, {"a": []}, {"a": [1, 1]}, {"a\0": [1]}, {"a": [float("nan")]}):
        with pytest.raises((nn.NeuronError, ValueError)):
            nn.Search(score, factors).grid()
    assert nn.Search(lambda trial: None, {"a": [1, 2]}).grid().best is None


def test_a_search_in_a_frame():
    pytest.importorskip("pandas")
    frame = nn.Search(score, FACTORS).grid().frame()
    assert list(frame.columns)[:3] == ["rate", "activation", "units"] and len(frame) == 12


NOT_INSTALLED = """
import numpy as np
import libneuron as nn
row, label = np.ones((1, 3), np.float32), np.zeros(1, np.int32)
x = nn.Input(3)
model = nn.Model(x, nn.Dense(2, activation="softmax")(x))
assert model.predict(row).shape == (1, 2)
assert nn.Committee([model, model]).predict(row).shape == (1, 2)
assert nn.options("committee")["rule"].default == "mean" and nn.options("search") == {}
for call in (lambda: nn.Cascade([model]), lambda: nn.Search(lambda trial: 0, {"rate": [1, 2]}),
             lambda: model.calibrate(row, label), lambda: nn.Committee.costs([model])):
    try:
        call()
    except ImportError as error:
        print(error)
"""


def test_not_installed():
    """All else works without libneuron-committee, and what does not says so."""
    said = subprocess.run([sys.executable, "-c", NOT_INSTALLED], capture_output=True, text=True, check=True,
                          env={**os.environ, "LIBNEURON_COMMITTEE_LIBRARY": "/nowhere/libneuron-committee.so.1"}).stdout
    assert said.count("libneuron-committee is not installed") == 4
    assert said.count("/nowhere/libneuron-committee.so.1") >= 4
