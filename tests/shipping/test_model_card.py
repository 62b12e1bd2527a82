"""The card of a model says what it costs, with intervals, how it was made and whose data and encoder it rests on."""

import pytest
import yaml

from slim.shipping.model_card import model_card

STEPS = [
    {"stage": "finetune", "recipe": "teacher", "method": "finetune", "options": {"epochs": 1}},
    {"stage": "prune", "recipe": "half", "method": "drop_layers", "options": {"order": "greedy"}, "kept": [0, 5]},
]
MANIFEST = {"format": "onnx", "bytes": 4_400_000, "steps": STEPS, "files": {}}
DATA = {"labels": ["bad", "good"], "splits": {"train": {"rows": 90}, "validation": {"rows": 10}}, "origin": "a store"}
BASE = {"weights": "some/encoder", "licence": "Apache-2.0"}


@pytest.fixture
def card(tables):
    wanted = {name: tables[name] for name in ("recipes", "comparisons", "results")}
    return model_card("half_float16", "reuters_r8", 1, wanted, MANIFEST, DATA, BASE)


def test_its_front_matter_is_what_the_hub_reads(card):
    matter = yaml.safe_load(card.split("---\n")[1])
    assert matter["license"] == "apache-2.0" and matter["base_model"] == "some/encoder"
    assert matter["library_name"] == "onnx" and matter["datasets"] == ["reuters_r8"]


def test_numbers_stand_beside_the_teachers_with_intervals(card, tables):
    of = tables["recipes"].set_index(["dataset", "recipe"]).loc[("reuters_r8", "half_float16")]
    assert f"{100 * of['accuracy']:.1f} [{100 * of['low']:.1f}, {100 * of['high']:.1f}]" in card
    assert "| | half_float16 | teacher |" in card and "4.4 MB" in card
    assert "means over 3 seeds" in card and "the model of seed\n  1," in card
    assert "against the teacher" in card or "the teacher:" in card


def test_steps_data_and_licences_are_named(card):
    assert "1. `half`: drop_layers (order greedy, layers [0, 5])" in card
    assert "90 rows of train" in card and "a store" in card and "Licence: not stated" in card
    assert "neither PyTorch nor transformers" in card
