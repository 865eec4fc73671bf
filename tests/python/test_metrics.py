"""Metrics by name, intervals, comparisons and curves of evaluations; metrics of a training."""
import math

import libneuron as nn
import numpy as np
import pytest


def outputs_and_truth(count=200, seed=0):
    random = np.random.default_rng(seed)
    truth = random.integers(0, 3, count).astype(np.int32)
    outputs = random.random((count, 3)).astype(np.float32)
    outputs[np.arange(count), truth] += 0.4
    return outputs / outputs.sum(1, keepdims=True), truth


def test_metrics_have_names():
    outputs, truth = outputs_and_truth()
    found = nn.Evaluation.of_outputs(outputs, truth, scores=True)
    names = nn.Evaluation.metric_names()
    assert names[0] == "accuracy" and "roc_auc" in names and names == nn.kinds("metric")
    assert found.metric("accuracy") == found.accuracy
    assert found.metric("f1", 2) == found.f1[2] and found.metric("f1", "macro") == found.average("f1")
    hits = np.argsort(outputs, 1)[:, ::-1][:, :2] == truth[:, None]
    assert found.metric("top_k_accuracy", k=2) == pytest.approx(hits.any(1).mean(), abs=1e-15)
    assert math.isfinite(found.metric("expected_calibration_error", bins=5))


def test_intervals_and_tests():
    outputs, truth = outputs_and_truth()
    found = nn.Evaluation.of_outputs(outputs, truth, scores=True)
    low, high = found.interval("accuracy", samples=300, confidence=0.9, seed=4)
    assert low < found.accuracy < high and (low, high) == found.interval("accuracy", samples=300, confidence=0.9, seed=4)
    other = nn.Evaluation.of_outputs(np.roll(outputs, 1, axis=0), truth, scores=True)
    statistic, p_value = found.mcnemar(other)
    assert statistic > 0 and p_value < 0.01 and found.mcnemar(found).p_value == 1
    assert found.mcnemar(other, method="exact").p_value < 0.01


def test_curves_are_arrays():
    outputs, truth = outputs_and_truth()
    found = nn.Evaluation.of_outputs(outputs, truth, scores=True)
    x, y, at = found.curve("roc", 1)
    area = ((x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2).sum()
    assert area == pytest.approx(found.metric("roc_auc", 1), abs=1e-12) and at[0] == math.inf
    bins = found.curve("reliability", bins=4)
    assert bins.at.sum() == 200 and (bins.x[1:] > bins.x[:-1]).all()
    assert found.curve("risk_coverage").y[-1] == pytest.approx(1 - found.accuracy, abs=1e-15)


def test_what_is_wrong_is_told():
    outputs, truth = outputs_and_truth()
    found = nn.Evaluation.of_outputs(outputs, truth)
    with pytest.raises(nn.NeuronError, match="scores=yes"):
        found.metric("roc_auc")
    with pytest.raises(ValueError, match='did you mean "roc_auc"'):
        found.metric("rocauc")
    with pytest.raises(ValueError, match="the average is 'mean'"):
        found.metric("f1", "mean")
    with pytest.raises(ValueError, match="the row is -10"):
        found.metric("f1", -10)


def test_training_computes_them():
    random = np.random.default_rng(1)
    x = random.random((300, 4), np.float32)
    y = (x[:, 0] > x[:, 1]).astype(np.int32)

    def model():
        given = nn.Input(4)
        return nn.Model(given, nn.Dense(2, activation="softmax")(given), seed=3)

    trained = model()
    stop = nn.EarlyStopping(monitor="validation_roc_auc", patience=3, restore_best=True)
    history = trained.fit(x[:200], y[:200], validation_data=(x[200:], y[200:]), epochs=15, optimizer=nn.Adam(0.05),
                          metrics=["accuracy", "roc_auc", "cohen_kappa"], callbacks=[stop])
    best = history.best("validation_roc_auc")
    found = trained.evaluate(x[200:], y[200:], scores=True)
    assert history["validation_roc_auc"][best] == found.metric("roc_auc") == history["validation_roc_auc"].max()
    assert len(history["validation_cohen_kappa"]) == history.epochs and "validation_log_loss" not in history
    assert model().fit(x, y, validation_split=0.2, metrics="log_loss")["validation_log_loss"].shape == (1,)
    assert "validation_roc_auc" not in model().fit(x, y, metrics=["accuracy"])
    with pytest.raises(ValueError, match='did you mean "roc_auc"'):
        model().fit(x, y, validation_split=0.2, metrics=["rocauc"])
    with pytest.raises(TypeError, match="a metric is function"):
        model().fit(x, y, validation_split=0.2, metrics=[outputs_and_truth])
