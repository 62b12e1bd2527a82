"""The plan counts what the stages do: against hand-computed numbers, and against DVC's own list of stages."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from transformers import AutoModelForSequenceClassification, BertConfig

from slim.config import load
from slim.orchestration import calibration, plan
from slim.orchestration import estimate as estimated
from slim.orchestration.dvc_graph import graph, verb
from slim.orchestration.estimate import Machine, duration, estimate, mean_tokens, rows_of
from slim.orchestration.plan import Rows, Shape, Speed, Work
from slim.utils.code_hash import ROOT
from tests import pico

ROWS = Rows(train=100, validation=20, test=30, unlabelled=7)
SHAPE = Shape(layers=4, hidden=16, heads=2, parameters=10_000, layer_parameters=2_000)
SPEED = Speed(train_text=1, train_layer=10, read_text=0.5, read_layer=2, process=3, model_process=7)


@pytest.fixture
def params():
    """params.yaml with numbers small enough to count by hand."""
    content = load(ROOT / "params.yaml").model_dump()
    content["grid"] = {"datasets": ["a", "b"], "seeds": [0, 1, 2]}
    content["finetune"] |= {"epochs": 2, "min_steps": 0, "batch_size": 8}
    content["distill"] |= {"epochs": 1, "min_steps": 0, "batch_size": 8}
    content["recover"] |= {"sizes": [1, 2], "sets": 5, "batch_size": 8}
    return content


def test_fine_tuning_counts_steps_epochs_and_logits(params):
    found = plan.finetune(params, ROWS, SHAPE)
    steps = 26  # two epochs of 13 batches of at most 8
    assert found.trained == steps * 8 and found.trained_layers == steps * 8 * 4
    assert found.read == 2 * 20 + 100 + 7 and found.read_layers == found.read * 4
    assert found.bytes == 4 * 10_000
    params["finetune"]["min_steps"] = 40  # a fourth epoch begins
    assert plan.finetune(params, ROWS, SHAPE).read == 4 * 20 + 107


def test_the_lattice_costs_a_layer_a_subset(params):
    found = plan.ablate(params, ROWS, SHAPE)
    assert found.read == 50 and found.read_layers == 50 * 15 and found.bytes == 50 * 16 * 2
    params["ablate"] = {"max_subsets": 15, "subsets": [[0, 2]]}
    # Prefixes of 1111, its four neighbours and {0, 2}: {0} {1} {01} {02} {12} {012} {013} {023} {123} {0123}.
    assert plan.ablate(params, ROWS, SHAPE).read_layers == 50 * 10


def test_recovery_trains_every_set_and_the_intact_model(params):
    found = plan.recover(params, ROWS, SHAPE, {"epochs": None, "steps": 3, "sizes": None})
    sets = {1: 4, 2: 5, 4: 1}  # all of size 1, five of the six of size 2, the intact model
    assert found.trained == 3 * 8 * 10 and found.trained_layers == 3 * 8 * sum(k * n for k, n in sets.items())
    assert found.read == 50 * 10
    assert plan.recover(params, ROWS, SHAPE, {"epochs": 0.5, "steps": None, "sizes": [3]}).trained == 7 * 8 * (4 + 1)


def test_a_student_has_the_kept_layers_and_a_teacher_beside_it_is_read(params):
    assert plan.student_layers(params, SHAPE) == 2
    found = plan.distill(params, ROWS, SHAPE)
    assert found.trained == 13 * 8 and found.trained_layers == 13 * 8 * 2 and found.read == 0
    assert found.bytes == 4 * (10_000 - 2 * 2_000)
    params["distill"]["hidden_states"] = 1.0
    assert plan.distill(params, ROWS, SHAPE).read_layers == 13 * 8 * 4


def test_lessons_share_the_controls_that_take_as_many_steps(params):
    params["distillations"] = {"one": {}, "two": {"alpha": 1.0}, "longer": {"epochs": 2}}
    found = plan.vary_distillation(params, ROWS, SHAPE)
    assert found.trained == 8 * (13 + 13 + 26 + 13 + 26) and found.read == 30 * 5


def test_evaluation_reads_the_teacher_and_three_models_a_student(params):
    assert len(params["students"]) == 2
    found = plan.evaluate(params, ROWS, SHAPE)
    assert found.read == 50 * 7 and found.read_layers == 50 * (4 + 6 * 2)


def test_sets_measured_again_are_never_more_than_there_are(params):
    assert plan.remeasure(params, ROWS, SHAPE).trained == 100 * 14
    large = replace(SHAPE, layers=12)
    paths = 12 + len(params["fusions"])
    assert plan.remeasure(params, ROWS, large).trained == 100 * paths * 11


def test_a_plan_has_the_stages_that_dvc_has(monkeypatch):
    monkeypatch.chdir(ROOT)
    params = load()
    rows = {name: rows_of("not there", params.datasets[name].model_dump(), 48) for name in params.grid.datasets}
    planned = plan.planned(params.model_dump(), rows, SHAPE)
    stages = [verb(name) for name in graph()]
    assert {name: count for name, (count, _) in planned.items()} == {name: stages.count(name) for name in set(stages)}


def test_the_whole_is_the_sum_over_datasets_and_seeds(params):
    rows = {"a": ROWS, "b": replace(ROWS, train=50)}
    count, work = plan.planned(params, rows, SHAPE)["finetune"]
    assert count == 6 and work.trained == 3 * 8 * (26 + 14)
    assert plan.planned(params, rows, SHAPE)["distill"][0] == 24


def test_time_is_texts_and_layers_at_their_speeds():
    assert plan.seconds(Work(trained=2, trained_layers=6, read=4, read_layers=8), SPEED) == 2 + 60 + 2 + 16
    assert plan.starting("rank", 5, 0, SPEED) == 5 * (3 + plan.STAGE_SECONDS)
    assert plan.starting("distill", 5, 100, SPEED) == 5 * (7 + plan.STAGE_SECONDS + 50 * plan.LOCK_SECONDS)


def test_only_what_would_run_is_counted_and_a_small_disk_is_refused(params):
    machine = Machine(SPEED, memory=10**9, disk=10**9)
    stages = [f"finetune@{d}-{s}" for d in "ab" for s in range(3)] + ["report"]
    rows = {"a": ROWS, "b": None}
    whole = estimate(params, rows, SHAPE, machine, stages, stages)
    half = estimate(params, rows, SHAPE, machine, stages, stages[:3])
    none = estimate(params, rows, SHAPE, machine, stages, [])
    assert whole.lines[0].work.trained == 2 * half.lines[0].work.trained and none.seconds == none.disk == 0
    assert whole.guessed == ["b"] and "dvc repro download@b" in whole.text()
    assert whole.disk == 6 * 4 * 10_000 + 3 * 12 * 10_000
    whole.refuse()
    with pytest.raises(ValueError, match=r"the run needs about 0\.0 GB of disk and 0\.0 GB are free") as refusal:
        estimate(params, rows, SHAPE, replace(machine, disk=10), stages, stages).refuse()
    assert "\n" not in str(refusal.value)


def test_rows_are_those_promised_where_nothing_is_there():
    described = {"source": "packaged", "path": str(ROOT / "catalogue/tweets.yaml"), "validation_fraction": 0.1}
    assert rows_of("x", described | {"test_rows": 500, "unlabelled_rows": 7}, 48) == Rows(3024, 336, 500, 7)
    assert rows_of("x", {"train_rows": 50, "test_rows": 5, "validation_rows": None}, 48) == Rows(50, 5, 5, 0)
    assert rows_of("x", {"train_rows": None, "test_rows": 5}, 48) is None


def test_texts_that_are_there_are_counted_at_their_own_mean_length(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(estimated, "MEASURED", 2)  # of the four: the first and the third
    (tmp_path / "data/datasets/x").mkdir(parents=True)
    texts = {"train": ["a b", "c", "a b c d e f g h i", "d"], "validation": ["a"], "test": ["b"], "unlabelled": []}
    for split, each in texts.items():
        pq.write_table(pa.table({"text": pa.array(each, pa.string())}), f"data/datasets/x/{split}.parquet")
    assert rows_of("x", {}, 6) == Rows(4, 1, 1, 0)  # without a tokenizer nobody knows
    pico.tokenizer().save_pretrained("models/base")
    # Each has two of the tokenizer's own, and the longer one is cut.
    assert rows_of("x", {}, 6) == Rows(4, 1, 1, 0, tokens=(4 + 6) / 2)


def test_lengths_count_as_often_as_there_are_texts_and_the_unknown_at_their_most():
    known = {"a": replace(ROWS, tokens=10), "b": replace(ROWS, train=300, tokens=30)}
    assert mean_tokens(known, 48) == 25
    assert mean_tokens({"a": replace(ROWS, tokens=10), "b": replace(ROWS, train=300)}, 48) == (10 + 3 * 48) / 4
    assert mean_tokens({"a": None}, 48) == 48


def test_signals_are_read_from_batches_as_long_as_their_longest_text(params):
    params["runtime"]["max_tokens"] = 48
    short = replace(ROWS, tokens=12)
    assert plan.extract_signals(params, short, SHAPE).trained == 100 * 4
    assert plan.remeasure(params, short, SHAPE).trained == 100 * 4 * 14
    assert plan.extract_signals(params, short, SHAPE).bytes == plan.extract_signals(params, ROWS, SHAPE).bytes


def test_a_plan_whose_lengths_are_unknown_says_at_most(params):
    def said(rows):
        return estimate(params, rows, SHAPE, Machine(SPEED, 10**9, 10**9), ["report"], ["report"]).text()

    known = replace(ROWS, tokens=12.0)
    assert "at most" not in said({"a": known, "b": known})
    partly = said({"a": known, "b": ROWS})
    assert "at most  since texts of b are" in partly and "texts of a are" not in partly and "\nat most  " in partly


def test_a_shape_counts_the_parameters_of_the_model_itself():
    model = pico.model("bert", layers=3)
    found = calibration.shape(model.config)
    every = sum(p.numel() for p in model.parameters())
    a_layer = sum(p.numel() for p in model.bert.encoder.layer[0].parameters())
    assert (found.layers, found.parameters, found.layer_parameters) == (3, every, a_layer)
    assert found.kept(1) == every - 2 * a_layer
    shorter = AutoModelForSequenceClassification.from_config(model.config.__class__(**model.config.to_dict()))
    assert sum(p.numel() for p in shorter.parameters()) == every


def test_every_kind_of_pass_of_a_layer_is_measured(monkeypatch):
    monkeypatch.setattr(calibration, "SECONDS", 0.05)
    monkeypatch.setattr(calibration, "_process", lambda modules: 1.0)
    found = calibration.speed(
        BertConfig(hidden_size=64, num_attention_heads=2, intermediate_size=256, vocab_size=100),
        pico.EXACT, train_batch=8, read_batch=8, tokens=16,
    )  # fmt: skip
    assert min(found.train_layer, found.read_layer) > 0 and min(found.train_text, found.read_text) >= 0


def test_a_speed_is_scaled_by_operations_in_layers_and_by_parameters_elsewhere():
    assert plan.flops(SHAPE, 3) == 2 * 3 * 2_000 + 4 * 9 * 16
    twice = Shape(layers=9, hidden=32, heads=2, parameters=9 * 4_000 + 6_000, layer_parameters=4_000)
    found = plan.scaled(SPEED, SHAPE, twice, tokens=3)
    assert found == Speed(train_text=3, train_layer=20, read_text=1.5, read_layer=4, process=3, model_process=7)


def test_durations_are_said_in_the_unit_that_fits():
    assert [duration(s) for s in (4, 720, 12600, 500000)] == ["4 s", "12 min", "3.5 h", "5.8 d"]
