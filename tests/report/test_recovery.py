"""The study on runs with planted truths: what layers are worth before a short training, and after it."""

from functools import partial
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest

import stages.study
from slim.ranking.removal_order import walk
from slim.report.tables.recovery import Run, read_runs, recovered, recovered_regret, recovery_correlations
from slim.report.text import study_sentences
from slim.subsets.lattice import mask_of
from slim.subsets.on_demand import lattice_with
from slim.utils.io import write_json
from tests.builders import lattice, subsets

UP, DOWN = [0.01, 0.03, 0.06, 0.10, 0.15, 0.21], [0.21, 0.15, 0.10, 0.06, 0.03, 0.01]
STRATEGIES = {name: {"prune_first": "low"} for name in ("gradient_fisher", "weight_entropy", "every_other")}
FUSIONS = {"linear_regression": {"rows": "trajectories"}, "greedy": {}, "oracle": {}}


def additive(worth):
    """mask -> accuracy: a base and what each retained layer adds."""
    return lambda mask: 0.2 + sum(worth[layer] for layer in range(len(worth)) if mask >> layer & 1)


def ranking(scores, table=None):
    """A signal's ranking; measured again it says the same, unless a table mask -> scores says otherwise."""
    layers = len(scores)
    same = {mask: [scores[layer] for layer in range(layers) if mask >> layer & 1] for mask in subsets(layers)}
    table = {str(mask): [float(x) for x in of] for mask, of in (table or same).items()}
    path = walk(layers, lambda mask: np.array(table[str(mask)]))
    return {"scores": [list(map(float, scores))], "paths": [path], "remeasured": table}


def run_of(dataset, worth_after):
    """Without training the low layers matter; after `long` those of `worth_after`. Every set of 1 to 3 was trained."""
    trained = [mask_of(kept) for size in (1, 2, 3) for kept in combinations(range(6), size)]
    raw = lattice(6, additive(DOWN), masks=[0, *subsets(6)])
    after = lattice(6, additive(worth_after), masks=[*trained, 63])
    short = lattice(6, additive(DOWN), masks=[mask for mask in trained if mask.bit_count() == 3])
    turned = {m: [UP[layer] if m == 63 else DOWN[layer] for layer in range(6) if m >> layer & 1] for m in subsets(6)}
    signals = {"gradient_fisher": ranking(UP), "weight_entropy": ranking(UP, turned)}
    nothing = {"scores": [[0.0] * 6], "paths": [[list(range(6))[: 6 - k] for k in range(6)]]}
    return Run(dataset, 0, raw, {"short": short, "long": after}, signals | {"every_other": nothing})


@pytest.fixture(scope="module")
def pair():
    return [run_of("a", UP), run_of("b", DOWN)]


def value(table, column, **cells):
    for name, cell in cells.items():
        table = table[table[name] == cell]
    assert len(table) == 1, cells
    return table[column].iloc[0]


def test_every_budget_has_the_sets_it_trained_and_none_has_all_of_them(pair):
    table = recovered(pair)
    counts = table[table["dataset"] == "a"].groupby("budget").size().to_dict()
    assert counts == {"none": 41, "short": 20, "long": 41}
    assert value(table, "test_accuracy", dataset="a", budget="long", kept="0-5") == pytest.approx(0.42)
    assert value(table, "teacher", dataset="a", budget="long", kept="0-5") == pytest.approx(0.76)


def test_a_planted_predictor_is_found(pair):
    table = recovery_correlations(pair)
    of = {"budget": "long", "layers": 3}
    assert value(table, "rho", dataset="a", predictor="gradient_fisher", **of) == pytest.approx(1, abs=0.01)
    assert value(table, "rho", dataset="a", predictor="raw_accuracy", **of) < -0.9
    assert value(table, "rho", dataset="b", predictor="raw_accuracy", **of) == pytest.approx(1)
    assert value(table, "rho", dataset="b", predictor="shapley", **of) == pytest.approx(1, abs=0.01)
    assert value(table, "rho", dataset="a", predictor="recovered_validation", **of) == pytest.approx(1)
    assert set(table["layers"]) == {1, 2, 3} and set(table.query("budget == 'short'")["layers"]) == {3}


def test_regret_is_known_where_every_set_was_measured(pair):
    table = recovered_regret(pair, FUSIONS)
    of = {"dataset": "a", "budget": "long", "layers": 2}
    greedy = value(table, "test_regret", strategy="greedy", **of)  # keeps the two low layers, the two deep are best
    assert greedy == pytest.approx((0.15 + 0.21) - (0.01 + 0.03))
    once = {"strategy": "gradient_fisher", "schedule": "one_shot"}
    assert value(table, "test_regret", **once, **of) == pytest.approx(0)
    mean = 2 * np.mean(UP)
    assert value(table, "over_random", **once, **of) == pytest.approx(0.36 - mean, abs=1e-3)
    assert set(table.query("budget == 'long'")["layers"]) == {1, 2, 3}
    assert set(table.query("budget == 'none'")["layers"]) == {1, 2, 3, 4, 5}
    assert set(table.query("strategy == 'linear_regression'")["schedule"]) == {"one_shot", "iterative"}
    assert set(table.query("kind == 'baseline'")["schedule"]) == {"one_shot"}


def test_measuring_again_helps_the_signal_that_turns(pair):
    """weight_entropy says of the intact model the wrong end, and the right one after the first removal."""
    table = recovered_regret(pair, {}).query("budget == 'none' and strategy == 'weight_entropy'")
    means = table.groupby("schedule")["test_regret"].mean()
    assert means.to_dict() == pytest.approx({"one_shot": 0.28, "iterative": 0.14}, abs=1e-6)
    tables = {"recovery_correlations": recovery_correlations(pair), "recovered_regret": recovered_regret(pair, {})}
    sentences = study_sentences(tables)
    assert "it falls for 1 of 2." in sentences[-1] and sum("rank correlation" in s for s in sentences) == 4
    assert all(len(sentence.split()) <= 25 for sentence in sentences)


def test_the_stage_reads_and_writes(pair, tmp_path, monkeypatch):
    for run in pair:
        name = f"{run.dataset}/{run.seed}"
        run.raw.save(tmp_path / f"data/lattice/raw/{name}.npz")
        for budget, of in run.recovered.items():
            of.save(tmp_path / f"data/lattice/{budget}/{name}.npz")
        signals = {name: of["remeasured"] for name, of in run.rankings.items() if "remeasured" in of}
        write_json(signals, tmp_path / f"data/signals/iterative/{name}.json")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stages.study, "load", lambda: SimpleNamespace(
        grid=SimpleNamespace(datasets=["a", "b"], seeds=[0]), budgets={"short": {}, "long": {}},
        strategies=STRATEGIES, fusions=FUSIONS, runtime=SimpleNamespace(model_dump=dict),
    ))  # fmt: skip
    stages.study.study()
    files = {str(path.relative_to(tmp_path / "reports")) for path in (tmp_path / "reports").rglob("*.*")}
    tables = {f"study/{name}.csv" for name in ("recovered", "recovery_correlations", "recovered_regret")}
    assert files == tables | {"study/figures/recovery.png", "study.html"}
    page = (tmp_path / "reports/study.html").read_text()
    assert "study/figures/recovery.png" in page and "raw accuracy" in page and "nan" not in page
    raw = partial(lattice_with, target="raw", runtime={})
    with pytest.raises(ValueError, match=r"weight_magnitude was not measured .*in a/0"):
        read_runs(["a/0"], [], {"weight_magnitude": {"prune_first": "low"}}, raw)
    with pytest.raises(FileNotFoundError, match=r"a/9"):
        read_runs(["a/9"], [], STRATEGIES, raw)
