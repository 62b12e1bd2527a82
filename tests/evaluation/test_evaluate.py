"""What is measured of a model, and the baselines beside it."""

import numpy as np
import pytest

from slim.evaluation.baselines.tfidf_linear import tfidf_linear
from slim.evaluation.evaluate import Evaluator, with_ratios
from slim.modeling.manifest import read_manifest, write_manifest
from slim.modeling.splits import Split
from tests import pico

TEST, VALIDATION = Split(pico.texts(40, 1), pico.labels(40)), Split(pico.texts(30, 2), pico.labels(30, seed=2))
EVALUATOR = Evaluator(TEST, VALIDATION, resamples=300, level=0.95, calibration_bins=10)
RUNTIME = {"seed": 0, "threads": 1, "precision": "fp32", "batch_size": 8}
STEPS = [
    {"stage": "finetune", "recipe": "teacher", "method": "finetune", "options": {}},
    {
        "stage": "prune",
        "recipe": "half",
        "method": "drop_layers",
        "options": {"order": "greedy", "keep": 0.5},
        "kept": [0, 2],
    },
]


def test_a_saved_model_is_measured_as_it_was_saved(tmp_path):
    model = pico.classifier(layers=2)
    model.save(tmp_path / "model", VALIDATION.inputs, steps=STEPS)
    measured = EVALUATOR.measure_folder(tmp_path / "model", RUNTIME)
    record, right = measured.record, model.logits(TEST.inputs).argmax(-1) == TEST.labels
    assert record["accuracy"] == right.mean() == (measured.predictions == TEST.labels).mean()
    assert record["accuracy_low"] <= record["accuracy"] <= record["accuracy_high"]
    assert record["reload_difference"] == 0 and record["n"] == 40 and record["layers"] == 2
    assert record["order"] == "greedy" and record["kept"] == "0-2"
    assert record["precision"] == "fp32" and record["max_tokens"] == 16 and record["truncated"] == 0
    beside = ("manifest.json", "reference_logits.npy")
    files = [file for file in (tmp_path / "model").iterdir() if file.name not in beside]
    assert record["bytes"] == sum(file.stat().st_size for file in files)


def test_a_model_that_is_not_what_was_saved_is_refused(tmp_path):
    pico.classifier(seed=0).save(tmp_path / "model", VALIDATION.inputs)
    pico.classifier(seed=1).save(tmp_path / "other", VALIDATION.inputs)
    (tmp_path / "other/model.safetensors").replace(tmp_path / "model/model.safetensors")
    with pytest.raises(ValueError, match="reloads with logits off by"):
        EVALUATOR.measure_folder(tmp_path / "model", RUNTIME)


def test_ratios_stand_beside_models_that_have_a_size():
    size = {"parameters": 10, "encoder_parameters": 8, "encoder_bytes": 32, "layers": 2}
    records = {
        "teacher": {"accuracy": 0.8, "bytes": 40, **size},
        "half": {"accuracy": 0.6, "bytes": 20, **size},
        "tfidf": {"accuracy": 0.7, "bytes": 1},
        "unmeasured": {"accuracy": 0.7},
    }
    result = with_ratios(records)
    assert result["teacher"]["ratio"] == 1 and result["half"]["ratio"] == pytest.approx(1.5)
    assert result["tfidf"]["ratio"] == pytest.approx(35)
    assert not {"ratio_parameters", "ratio_encoder"} & set(result["tfidf"])
    assert "ratio" not in result["unmeasured"]


def test_a_baseline_is_measured_as_it_was_saved(tmp_path):
    train = Split(pico.texts(90, 3), pico.labels(90, seed=3))
    model = tfidf_linear(pico.training_data(train))
    measured = EVALUATOR.measure_baseline(model, tmp_path / "model")
    record = measured.record
    assert record["accuracy"] == (model.logits(TEST.inputs).argmax(-1) == TEST.labels).mean()
    assert record["bytes"] == read_manifest(tmp_path / "model")["bytes"] and record["parameters"] == model.parameters
    assert record["reload_difference"] == 0 and "layers" not in record and "nll" in record


def test_margins_have_no_likelihood_and_what_is_not_counted_is_absent(tmp_path):
    class Margins(NoParameters):
        def logits(self, inputs):
            return np.stack([-np.arange(len(inputs)), np.zeros(len(inputs)), np.arange(len(inputs))], axis=1)

    record = EVALUATOR.measure_baseline(Margins(), tmp_path / "model").record
    assert not {"nll", "calibration_error", "parameters"} & set(record) and record["bytes"] == 0


def test_a_baseline_that_reloads_to_something_else_is_refused(tmp_path):
    class Forgetful(NoParameters):
        weight = 0.0

        def logits(self, inputs):
            return np.full((len(inputs), 3), self.weight)

    model = Forgetful()
    model.weight = 1.0
    with pytest.raises(ValueError, match="reloads with logits off by 1"):
        EVALUATOR.measure_baseline(model, tmp_path / "model")


class NoParameters:
    """Saves nothing."""

    def save(self, folder):
        folder.mkdir()
        write_manifest(folder, "nothing")

    @classmethod
    def load(cls, folder):
        return cls()


def test_a_saved_model_of_images_is_measured_like_one_of_texts_and_truncates_none(tmp_path):
    test = Split(pico.images(20), pico.labels(20))
    pico.classifier("vit").save(tmp_path / "model", test.inputs)
    record = Evaluator(test, test, 200, 0.95, 10).measure_folder(tmp_path / "model", RUNTIME).record
    assert record["truncated"] == 0 and record["reload_difference"] < 1e-6 and record["layers"] == 3
