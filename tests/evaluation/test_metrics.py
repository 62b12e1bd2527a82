"""Quality, intervals and size against hand counts and independent witnesses."""

import json
from math import log

import numpy as np
import pytest
from safetensors.numpy import save_file
from sklearn.metrics import accuracy_score, f1_score, log_loss

from slim.evaluation.metrics import calibration_error, quality
from slim.evaluation.size import ratio_ceiling, ratios, size
from slim.modeling.manifest import write_manifest


@pytest.fixture
def guesses() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(200, 4)).astype(np.float32) * 2, rng.integers(0, 4, 200)


def test_quality_agrees_with_scikit_learn(guesses):
    logits, labels = guesses
    chances = np.exp(logits.astype(float)) / np.exp(logits.astype(float)).sum(axis=1, keepdims=True)
    result = quality(logits, labels)
    assert result["accuracy"] == accuracy_score(labels, logits.argmax(1))
    assert result["macro_f1"] == pytest.approx(f1_score(labels, logits.argmax(1), average="macro"))
    assert result["nll"] == pytest.approx(log_loss(labels, chances, labels=range(4)))


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
    result = quality(np.eye(3) * 1e4, np.arange(3))
    assert result == {"accuracy": 1.0, "macro_f1": 1.0, "nll": 0.0, "calibration_error": 0.0}


def test_a_model_that_knows_nothing_loses_log_of_the_classes():
    assert quality(np.zeros((8, 5)), np.zeros(8, dtype=int))["nll"] == pytest.approx(log(5))


@pytest.mark.parametrize(
    ("logits", "labels"),
    [(np.zeros((0, 2)), np.zeros(0, int)), (np.zeros((3, 2)), np.zeros(2, int)), (np.zeros((1, 2)), np.array([2]))],
)
def test_what_does_not_fit_is_refused(logits, labels):
    with pytest.raises(ValueError, match="must be"):
        quality(logits, labels)


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
    (tmp_path / "vocab.txt").write_text("abc")
    write_manifest(tmp_path, "transformers")
    (tmp_path / "reference_logits.npy").write_text("not needed to run the model")
    return tmp_path


def test_size_is_counted_in_files_and_elements(folder):
    result = size(folder)
    needed = ("model.safetensors", "config.json", "vocab.txt")
    assert result["bytes"] == sum((folder / name).stat().st_size for name in needed)
    assert (result["parameters"], result["encoder_parameters"]) == (42, 22)
    assert (result["layers"], result["encoder_bytes"]) == (2, 10 * 4 + 12 * 2)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"holds no manifest\.json"):
        size(tmp_path)


BIG = {"accuracy": 0.8, "parameters": 100, "encoder_parameters": 60, "bytes": 400, "encoder_bytes": 240, "layers": 6}


def test_half_the_size_at_equal_accuracy_is_twice_the_ratio():
    result = ratios(BIG | {"parameters": 50, "encoder_parameters": 10, "bytes": 200}, BIG)
    assert result == pytest.approx({"ratio_parameters": 2, "ratio_encoder": 6, "ratio": 2, "ratio_ceiling": 2})
    assert ratios(BIG | {"accuracy": 0.4}, BIG)["ratio"] == pytest.approx(0.5)


def test_a_student_without_blocks_has_no_encoder_ratio():
    assert "ratio_encoder" not in ratios(BIG | {"encoder_parameters": 0}, BIG)


def test_over_a_teacher_that_is_never_right_there_is_no_ratio():
    """As on a single test item."""
    assert set(ratios(BIG, BIG | {"accuracy": 0.0})) == {"ratio_ceiling"}


def test_the_ceiling_of_bert_base_is_the_known_one():
    """109,482,240 parameters, 12 blocks of 7,087,872 (float32, no header): down to one block is 3.47."""
    bert = {"bytes": 4 * 109_482_240, "encoder_bytes": 4 * 12 * 7_087_872, "layers": 12}
    assert ratio_ceiling(bert) == pytest.approx(3.47, abs=0.005)
