"""Quality, intervals and size against hand counts and independent witnesses."""

import json
from dataclasses import asdict
from math import comb, log

import numpy as np
import pytest
from safetensors.numpy import save_file
from scipy.stats import binom
from sklearn.metrics import accuracy_score, f1_score, log_loss

from slim.evaluation.metrics._catalogue import CATALOGUE
from slim.evaluation.metrics.intervals import accuracy_interval, difference_interval, mcnemar
from slim.evaluation.metrics.quality import calibration_error, quality
from slim.evaluation.metrics.size import ratio_ceiling, ratios, size
from slim.report.tables.results import COLUMNS, KEYS


@pytest.fixture
def guesses() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(200, 4)).astype(np.float32) * 2, rng.integers(0, 4, 200)


def test_quality_agrees_with_scikit_learn(guesses):
    logits, labels = guesses
    chances = np.exp(logits.astype(float)) / np.exp(logits.astype(float)).sum(axis=1, keepdims=True)
    found = quality(logits, labels)
    assert found["accuracy"] == accuracy_score(labels, logits.argmax(1))
    assert found["macro_f1"] == pytest.approx(f1_score(labels, logits.argmax(1), average="macro"))
    assert found["nll"] == pytest.approx(log_loss(labels, chances, labels=range(4)))


def test_the_calibration_error_of_four_items_counted_by_hand():
    """Confidences .9, .9 (one right) and .6, .7 (both right): (|1.8 - 1| + |.6 - 1| + |.7 - 1|) / 4."""
    logits = np.log(np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.7, 0.3]]))
    assert calibration_error(logits, np.array([0, 1, 0, 0])) == pytest.approx((0.8 + 0.4 + 0.3) / 4)


def test_with_one_bin_the_calibration_error_is_mean_confidence_minus_accuracy(guesses):
    logits, labels = guesses
    chances = np.exp(logits.astype(float)) / np.exp(logits.astype(float)).sum(axis=1, keepdims=True)
    gap = abs(chances.max(axis=1).mean() - (logits.argmax(1) == labels).mean())
    assert calibration_error(logits, labels, bins=1) == pytest.approx(gap)


def test_a_sure_and_right_model_is_perfect_and_finite():
    found = quality(np.eye(3) * 1e4, np.arange(3))
    assert found == {"accuracy": 1.0, "macro_f1": 1.0, "nll": 0.0, "calibration_error": 0.0}


def test_a_model_that_knows_nothing_loses_log_of_the_classes():
    assert quality(np.zeros((8, 5)), np.zeros(8, dtype=int))["nll"] == pytest.approx(log(5))


@pytest.mark.parametrize(
    ("logits", "labels"),
    [(np.zeros((0, 2)), np.zeros(0, int)), (np.zeros((3, 2)), np.zeros(2, int)), (np.zeros((1, 2)), np.array([2]))],
)
def test_what_does_not_fit_is_refused(logits, labels):
    with pytest.raises(ValueError, match="must be"):
        quality(logits, labels)


def test_the_interval_is_that_of_the_binomial():
    low, high = accuracy_interval(np.arange(500) < 400, resamples=20_000)
    assert (low, high) == pytest.approx(tuple(binom.ppf([0.025, 0.975], 500, 0.8) / 500), abs=0.003)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    intervals = [accuracy_interval(rng.random(300) < 0.7, seed=trial) for trial in range(1000)]
    assert np.mean([low <= 0.7 <= high for low, high in intervals]) == pytest.approx(0.95, abs=0.025)


def test_the_same_seed_is_the_same_interval():
    correct = np.arange(100) < 83
    assert accuracy_interval(correct, seed=1) == accuracy_interval(correct, seed=1)
    assert accuracy_interval(np.ones(9, bool)) == (1.0, 1.0)


def test_pairing_narrows_the_interval_of_a_difference():
    """10 discordant items of 1,000, 8 to 2: the normal interval is 0.006 +- 1.96 sqrt(10 - 6^2/1000) / 1000."""
    first = np.arange(1000) < 900
    second = first.copy()
    second[:8], second[998:] = False, True
    low, high = difference_interval(first, second, resamples=20_000)
    half = 1.96 * np.sqrt(10 - 0.036) / 1000
    assert (low, high) == pytest.approx((0.006 - half, 0.006 + half), abs=0.0011)
    assert difference_interval(first, first) == (0.0, 0.0)


def test_an_item_by_item_bootstrap_gives_the_same_interval():
    rng = np.random.default_rng(5)
    first, second = rng.random(150) < 0.8, rng.random(150) < 0.7
    drawn = rng.integers(0, 150, (20_000, 150))
    slow = np.quantile((first.astype(int) - second)[drawn].mean(axis=1), [0.025, 0.975])
    assert difference_interval(first, second, resamples=20_000) == pytest.approx(tuple(slow), abs=0.008)


def test_mcnemar_by_hand():
    """8 against 2: twice the chance of 2 or fewer heads in 10 tosses."""
    first = np.array([True] * 8 + [False] * 2 + [True] * 5)
    second = np.array([False] * 8 + [True] * 2 + [True] * 5)
    found = mcnemar(first, second)
    assert found[:2] == (8, 2)
    assert found.p == pytest.approx(2 * sum(comb(10, k) for k in range(3)) / 2**10)
    assert mcnemar(first, first) == (0, 0, 1.0)


def test_different_items_are_refused():
    with pytest.raises(ValueError, match="same n > 0 items"):
        mcnemar(np.ones(3, bool), np.ones(4, bool))
    with pytest.raises(ValueError, match="same n > 0 items"):
        accuracy_interval(np.zeros(0, bool))


@pytest.fixture
def folder(tmp_path):
    """Two blocks of 10 and 12 float32 and float16 elements, and 20 others."""
    save_file(
        {
            "bert.embeddings.word.weight": np.zeros((4, 5), np.float32),
            "bert.encoder.layer.0.weight": np.zeros((2, 5), np.float32),
            "bert.encoder.layer.10.weight": np.zeros((3, 4), np.float16),
        },
        tmp_path / "model.safetensors",
    )
    (tmp_path / "config.json").write_text(json.dumps({"a": 1}))
    return tmp_path


def test_size_is_counted_in_files_and_elements(folder):
    found = size(folder)
    assert found["bytes"] == sum(path.stat().st_size for path in folder.iterdir())
    assert (found["parameters"], found["encoder_parameters"]) == (42, 22)
    assert (found["layers"], found["encoder_bytes"]) == (2, 10 * 4 + 12 * 2)
    assert "tokenizer_bytes" not in found
    (folder / "vocab.txt").write_text("abc")
    assert size(folder) == found | {"tokenizer_bytes": 3}


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        size(tmp_path)


BIG = {"accuracy": 0.8, "parameters": 100, "encoder_parameters": 60, "bytes": 400, "encoder_bytes": 240, "layers": 6}


def test_half_the_size_at_equal_accuracy_is_twice_the_ratio():
    found = ratios(BIG | {"parameters": 50, "encoder_parameters": 10, "bytes": 200}, BIG)
    assert found == pytest.approx({"ratio_parameters": 2, "ratio_encoder": 6, "ratio": 2, "ratio_ceiling": 2})
    assert ratios(BIG | {"accuracy": 0.4}, BIG)["ratio"] == pytest.approx(0.5)


def test_a_student_without_blocks_has_no_encoder_ratio():
    assert "ratio_encoder" not in ratios(BIG | {"encoder_parameters": 0}, BIG)


def test_the_ceiling_of_bert_base_is_the_known_one():
    """109,482,240 parameters, 12 blocks of 7,087,872 (float32, no header): down to one block is 3.47."""
    bert = {"bytes": 4 * 109_482_240, "encoder_bytes": 4 * 12 * 7_087_872, "layers": 12}
    assert ratio_ceiling(bert) == pytest.approx(3.47, abs=0.005)


def test_every_metric_of_the_results_is_defined():
    assert [name for name in COLUMNS if name not in KEYS] == list(CATALOGUE)
    assert all(all(asdict(metric).values()) and metric.definition.endswith(".") for metric in CATALOGUE.values())
    assert all(name == metric.name for name, metric in CATALOGUE.items())
