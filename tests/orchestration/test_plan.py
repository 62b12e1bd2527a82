"""The plan counts what the stages do: against hand-computed numbers, and against DVC's own list of stages."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from transformers import AutoModelForSequenceClassification, BertConfig

from slim.config import check, load
from slim.orchestration import estimate as estimates
from slim.orchestration import machine, workload
from slim.orchestration.dvc_graph import graph
from slim.orchestration.estimate import duration, estimate, mean_tokens, rows_of
from slim.orchestration.machine import Machine, Speed
from slim.orchestration.profiles import merged
from slim.orchestration.workload import ModelSize, Rows, Work
from tests import pico
from tests.imports import ROOT

ROWS = Rows(train=100, validation=20, test=30, unlabelled=7)
SIZE = ModelSize(layers=4, hidden=16, heads=2, parameters=10_000, layer_parameters=2_000)
SPEED = Speed(train_text=1, train_layer=10, read_text=0.5, read_layer=2, process=3, model_process=7)


@pytest.fixture
def params():
    """params.yaml with numbers small enough to count by hand."""
    content = load(ROOT / "params.yaml").model_dump()
    content["grid"] = {"datasets": ["a", "b"], "seeds": [0, 1, 2]}
    content["finetune"] |= {"epochs": 2, "min_steps": 0, "batch_size": 8}
    content["distillation"] |= {"epochs": 1, "min_steps": 0, "batch_size": 8}
    content["recover"] |= {"sizes": [1, 2], "sets": 5, "batch_size": 8}
    return content


def test_fine_tuning_counts_steps_epochs_and_logits(params):
    result = workload.finetune(params, ROWS, SIZE)
    steps = 26  # two epochs of 13 batches of at most 8
    assert result.trained == steps * 8 and result.trained_layers == steps * 8 * 4
    assert result.read == 2 * 20 + 100 + 7 and result.read_layers == result.read * 4
    assert result.bytes == 4 * 10_000
    params["finetune"]["min_steps"] = 40  # a fourth epoch begins
    assert workload.finetune(params, ROWS, SIZE).read == 4 * 20 + 107
    params["finetune"]["linear_probe"] = True  # train is read once more
    assert workload.finetune(params, ROWS, SIZE).read == 4 * 20 + 207
    params["model"]["fine_tuned"] = True
    assert workload.finetune(params, ROWS, SIZE) == Work(read=107, read_layers=107 * 4, bytes=4 * 10_000)


def test_the_lattice_costs_a_layer_a_subset(params):
    result = workload.ablate(params, ROWS, SIZE)
    assert result.read == 50 and result.read_layers == 50 * 15 and result.bytes == 50 * 16 * 2


def test_of_a_deep_model_the_plan_counts_what_greedy_a_sample_and_orders_need(params):
    params["ablate"] = {"max_subsets": 15, "sample": 0, "seed": 0}
    params["strategies"] = {"random": {"draws": 2}, "top_first": {}}
    params["fusions"] = {"ridge": {}, "greedy": {}, "oracle": {}}
    # Rounds of greedy over {0123}, {012}, {01}: the prefixes of what each tries, whichever layers go; then {0123}.
    rounds = ["0 1 01 02 12 012 013 023 123", "0 1 01 02 12", "0 1"]
    forwards = sum(len(one.split()) for one in rounds) + 4
    assert workload.ablate(params, ROWS, SIZE).read_layers == 50 * forwards
    (paths,) = workload.subsets(params, 4)["paths"]
    assert [mask.bit_count() for mask in paths] == [2, 1] * 4  # two draws, a baseline, a fusion
    work = workload.work_by_stage(params, dict.fromkeys("ab", ROWS), SIZE)
    assert work["choose"].read == 50 * 6 and work["choose"].bytes == 2 * 50 * 8 * 6
    assert workload.subsets_measured(params, 4) == (
        "at most 18 of 16, since all are more than ablate.max_subsets: 9 that greedy tries, 1 of a sample "
        "(ablate.sample), 8 on the paths of 4 orders"
    )
    params["ablate"]["max_subsets"] = 16
    assert workload.subsets_measured(params, 4) == "all 16 of 4 layers"
    assert workload.choose(params, ROWS, SIZE) == Work()


def test_recovery_trains_every_set_and_the_intact_model(params):
    result = workload.recover(params, ROWS, SIZE, {"epochs": None, "steps": 3, "sizes": None})
    sets = {1: 4, 2: 5, 4: 1}  # all of size 1, five of the six of size 2, the intact model
    assert result.trained == 3 * 8 * 10 and result.trained_layers == 3 * 8 * sum(k * n for k, n in sets.items())
    assert result.read == 50 * 10
    assert workload.recover(params, ROWS, SIZE, {"epochs": 0.5, "steps": None, "sizes": [3]}).trained == 7 * 8 * (
        4 + 1
    )


def test_a_recipe_has_the_layers_that_its_chain_left(params):
    params["prune"] = {
        "most": {"from": "teacher", "method": "drop_layers", "order": "greedy", "keep": 0.75},
        "any": {"from": "teacher", "method": "drop_layers", "order": "greedy", "keep": "best_accuracy"},
    }
    params["distill"] = {"again": {"from": "most", "method": "distill"}}
    params["compress"] = {"less": {"from": "again", "method": "float16"}}
    assert workload.layers_of_recipes(params, SIZE) == {"most": 3, "any": 4, "again": 3, "less": 3}


def test_distillation_trains_what_is_left_and_reads_a_teacher_beside_it(params):
    entry = {"from": "half", "method": "distill"}
    work = workload.recipe(entry, params, ROWS, SIZE, 2)
    assert work.trained == 13 * 8 and work.trained_layers == 13 * 8 * 2 and work.read == 0
    assert work.bytes == 4 * (10_000 - 2 * 2_000)
    assert workload.recipe(entry | {"min_steps": 20}, params, ROWS, SIZE, 2).trained == 20 * 8
    assert workload.recipe(entry | {"transfer": 5}, params, ROWS, SIZE, 2).trained == 14 * 8
    assert workload.recipe(entry | {"losses": {"hidden_states": 1.0}}, params, ROWS, SIZE, 2).read_layers == 13 * 8 * 4
    altered = workload.recipe(entry | {"augment": 2}, params, ROWS, SIZE, 2)
    assert altered.trained == 38 * 8 and altered.read_layers == 200 * 4
    assert workload.recipe(entry | {"augment": 2, "alpha": 0.0}, params, ROWS, SIZE, 2).read == 0


def test_a_recipe_that_does_not_train_is_a_saved_model(params):
    work = workload.recipe({"from": "half", "method": "float16"}, params, ROWS, SIZE, 2)
    assert work == Work(bytes=4 * (10_000 - 2 * 2_000))


def test_a_path_is_trained_a_supernet_three_times_as_long_and_a_search_reads_for_every_trial(params):
    steps = {"epochs": 1, "batch_size": 8, "min_steps": 0}
    path = workload.recipe({"from": "teacher", "method": "solution_path", **steps}, params, ROWS, SIZE, 4)
    assert path.trained == 13 * 8
    assert workload.recipe({"from": "a", "method": "supernet", **steps}, params, ROWS, SIZE, 4).trained == 3 * 13 * 8
    entry = {"from": "elastic", "method": "subnet", "keep": 0.5, "trials": 40}
    assert workload.recipe(entry | {"texts": 10}, params, ROWS, SIZE, 4).read == 40 * 10
    assert workload.recipe(entry, params, ROWS, SIZE, 4).read == 40 * 20  # all there are


@pytest.mark.parametrize("profile", sorted(path.stem for path in (ROOT / "profiles").glob("*.yaml")))
def test_every_profile_has_a_plan(profile, monkeypatch):
    monkeypatch.chdir(ROOT)
    content = check(merged(profile), profile).model_dump()
    work = workload.work_by_stage(content, dict.fromkeys(content["grid"]["datasets"], ROWS), SIZE)
    assert all(work[f"{stage}@{name}"].bytes for stage in workload.RECIPES for name in content[stage])


def test_evaluation_reads_the_teacher_and_every_recipe(params):
    layers = workload.layers_of_recipes(params, SIZE)
    work = workload.evaluate(params, ROWS, SIZE)
    assert work.read == 50 * (1 + len(layers)) and work.read_layers == 50 * (4 + sum(layers.values()))


def test_sets_measured_again_are_never_more_than_there_are(params):
    assert workload.remeasure(params, ROWS, SIZE).trained == 100 * 14
    large = replace(SIZE, layers=12)
    paths = 12 + len(params["fusions"])
    assert workload.remeasure(params, ROWS, large).trained == 100 * paths * 11


def test_a_plan_has_the_stages_that_dvc_has(monkeypatch):
    monkeypatch.chdir(ROOT)
    params = load().model_dump()
    rows = dict.fromkeys(params["grid"]["datasets"], ROWS)
    assert set(workload.work_by_stage(params, rows, SIZE)) == set(graph())


def test_a_recipe_is_built_for_every_dataset_and_seed(params):
    rows = {"a": ROWS, "b": replace(ROWS, train=50)}
    work = workload.work_by_stage(params, rows, SIZE)
    assert work["finetune@b-2"].trained == 8 * 14
    assert work["distill@half_distilled"].trained == 3 * 8 * (13 + 7)
    assert work["distill@half_distilled"] == work["distill@half_finetuned"]


def test_time_is_texts_and_layers_at_their_speeds():
    assert SPEED.seconds(Work(trained=2, trained_layers=6, read=4, read_layers=8)) == 2 + 60 + 2 + 16
    assert SPEED.starting("rank", 5, 0) == 5 * (3 + machine.STAGE_SECONDS)
    assert SPEED.starting("distill", 5, 100) == 5 * (7 + machine.STAGE_SECONDS + 50 * machine.LOCK_SECONDS)


def test_only_what_would_run_is_counted_and_a_small_disk_is_refused(params):
    laptop = Machine(SPEED, memory=10**9, disk=10**9)
    stages = [f"finetune@{d}-{s}" for d in "ab" for s in range(3)] + ["report"]
    rows = {"a": ROWS, "b": None}
    whole = estimate(params, rows, SIZE, laptop, stages, stages)
    half = estimate(params, rows, SIZE, laptop, stages, stages[:3])
    none = estimate(params, rows, SIZE, laptop, stages, [])
    assert half.lines[0].work.trained == 3 * 26 * 8 < whole.lines[0].work.trained and none.seconds == none.disk == 0
    assert whole.guessed == ["b"] and "dvc repro download@b" in whole.text()
    assert whole.disk == 6 * 4 * 10_000 + 3 * 12 * 10_000
    whole.refuse()
    with pytest.raises(ValueError, match=r"the run needs about 0\.0 GB of disk and 0\.0 GB are free") as refusal:
        estimate(params, rows, SIZE, replace(laptop, disk=10), stages, stages).refuse()
    assert "\n" not in str(refusal.value)


def test_rows_are_those_promised_where_nothing_is_there():
    described = {"source": "packaged", "path": str(ROOT / "catalogue/tweets.yaml"), "validation_fraction": 0.1}
    assert rows_of("x", described | {"test_rows": 500, "unlabelled_rows": 7}, 48) == Rows(3024, 336, 500, 7)
    assert rows_of("x", {"train_rows": 50, "test_rows": 5, "validation_rows": None}, 48) == Rows(50, 5, 5, 0)
    assert rows_of("x", {"train_rows": None, "test_rows": 5}, 48) is None


def test_files_that_are_there_are_counted(tmp_path):
    entry = {"source": "files", "path": str(tmp_path / "mine")}
    assert rows_of("x", entry, 48) is None
    (tmp_path / "mine").mkdir()
    for name, count in (("train", 100), ("test", 20), ("more", 30)):
        rows = "".join(f"{name} {i},{i % 2}\n" for i in range(count))
        (tmp_path / f"mine/{name}.csv").write_text("text,label\n" + rows + "no label,\n" + "test 0,0\n")
    assert rows_of("x", entry, 48) == Rows(90, 10, 21, 0)
    assert rows_of("x", entry | {"test_rows": 10, "unlabelled": "more.csv"}, 48) == Rows(90, 10, 10, 30 + 1)
    (tmp_path / "mine/train.csv").write_text("body,label\n")
    with pytest.raises(ValueError, match=r"train\.csv has no column 'text', only body, label"):
        rows_of("x", entry, 48)
    assert rows_of("x", {"source": "digits", "path": "requirements/lock.txt"}, 48).train > 1000


def test_texts_that_are_there_are_counted_at_their_own_mean_length(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(estimates, "MEASURED", 2)  # of the four: the first and the third
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
    assert mean_tokens(known, {"a": 48, "b": 48}) == 25
    assert (
        mean_tokens({"a": replace(ROWS, tokens=10), "b": replace(ROWS, train=300)}, {"a": 16, "b": 48})
        == (10 + 3 * 48) / 4
    )
    assert mean_tokens({"a": None}, {"a": 48}) == 48


def test_signals_are_read_from_batches_as_long_as_their_longest_text(params):
    params["finetune"]["max_tokens"] = 48
    short = replace(ROWS, tokens=12)
    assert workload.extract_signals(params, short, SIZE).trained == 100 * 4
    assert workload.remeasure(params, short, SIZE).trained == 100 * 4 * 14
    assert workload.extract_signals(params, short, SIZE).bytes == workload.extract_signals(params, ROWS, SIZE).bytes


def test_a_plan_whose_lengths_are_unknown_says_at_most(params):
    def text(rows):
        return estimate(params, rows, SIZE, Machine(SPEED, 10**9, 10**9), ["report"], ["report"]).text()

    known = replace(ROWS, tokens=12.0)
    assert "at most" not in text({"a": known, "b": known})
    partly = text({"a": known, "b": ROWS})
    assert "at most  since texts of b are" in partly and "texts of a are" not in partly and "\nat most  " in partly


def test_a_size_counts_the_parameters_of_the_model_itself():
    model = pico.model("bert", layers=3)
    result = machine.model_size(model.config)
    every = sum(p.numel() for p in model.parameters())
    a_layer = sum(p.numel() for p in model.bert.encoder.layer[0].parameters())
    assert (result.layers, result.parameters, result.layer_parameters) == (3, every, a_layer)
    assert result.with_layers(1) == every - 2 * a_layer
    shorter = AutoModelForSequenceClassification.from_config(model.config.__class__(**model.config.to_dict()))
    assert sum(p.numel() for p in shorter.parameters()) == every


def test_every_kind_of_pass_of_a_layer_is_measured(monkeypatch):
    seconds = iter([3.0, 2.0, 7.0, 4.0])  # of one layer, training and reading; of three

    def least(run):
        run()
        return next(seconds)

    monkeypatch.setattr(machine, "_least", least)
    monkeypatch.setattr(machine, "_process", lambda modules: 1.0)
    result = machine.measure_speed(
        BertConfig(hidden_size=64, num_attention_heads=2, intermediate_size=256, vocab_size=100),
        pico.EXACT, train_batch=4, read_batch=2, tokens=16,
    )  # fmt: skip
    assert result == machine.Speed(0.25, 0.5, 0.5, 0.5, 1.0, 1.0)


def test_durations_are_given_in_the_unit_that_fits():
    assert [duration(s) for s in (4, 720, 12600, 500000)] == ["4 s", "12 min", "3.5 h", "5.8 d"]
