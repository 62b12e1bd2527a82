"""Runs with planted truths: what layers are worth before and after training."""

from itertools import combinations

import numpy as np

from slim.ranking.removal_order import walk
from slim.report.study._choices import choices
from slim.report.study._read import Run
from slim.report.study.distillation import distillation
from slim.report.study.noise import noise
from slim.report.study.recovered import recovered
from slim.report.study.recovered_regret import recovered_regret
from slim.report.study.recovery_correlations import recovery_correlations
from slim.report.study.schedules import schedules
from slim.subsets.lattice import mask_of
from tests.builders import lattice, subsets

BUDGETS = {"short": {"steps": 50, "epochs": None}, "long": {"steps": None, "epochs": 1.0}}


STRATEGIES = {
    "gradient_fisher": {"prune_first": "low"},
    "weight_entropy": {"prune_first": "low"},
    "random": {"prune_first": "low", "draws": 3, "seed": 0},
    "every_other": {"prune_first": "low"},
    "top_first": {"prune_first": "low"},
}


FUSIONS = {"linear_regression": {"rows": "trajectories"}, "mean_rank": {}, "greedy": {}, "oracle": {}}
QUICK = {"resamples": 200}


def additive(worth, base=0.2):
    """mask -> accuracy: a base and what each retained layer adds."""
    return lambda mask: base + sum(worth[layer] for layer in range(len(worth)) if mask >> layer & 1)


def masks(layers, sizes=(1, 2, 3)):
    """What is trained: all sets of these sizes, and the intact model."""
    sets = [mask_of(kept) for size in sizes for kept in combinations(range(layers), size)]
    return sorted({*sets, 2**layers - 1})


def ranking(scores, table=None):
    """A signal's ranking; measured again it says the same, unless a table mask -> scores tells otherwise."""
    layers = len(scores)
    same = {mask: [scores[layer] for layer in range(layers) if mask >> layer & 1] for mask in subsets(layers)}
    table = {str(mask): [float(x) for x in of] for mask, of in (table or same).items()}
    found = walk(layers, lambda mask: np.array(table[str(mask)]))
    return {"scores": [list(map(float, scores))], "paths": [found], "remeasured": table}


def a_run(raw, trained, signals, dataset="a", seed=0, layers=None, **options):
    """A Run from accuracies by mask: raw, and after each of the budgets in `trained`."""
    layers = layers or len(next(iter(signals.values())))
    return Run(
        dataset=dataset,
        seed=seed,
        raw=lattice(layers, raw, masks=[0, *subsets(layers)], **options),
        recovered={
            budget: lattice(layers, accuracy, masks=masks(layers), **options) for budget, accuracy in trained.items()
        },
        rankings={name: scores if isinstance(scores, dict) else ranking(scores) for name, scores in signals.items()},
    )


UP, DOWN = [0.01, 0.03, 0.06, 0.10, 0.15, 0.21], [0.21, 0.15, 0.10, 0.06, 0.03, 0.01]


def at(table, **cells):
    """The rows with these cells."""
    for name, value in cells.items():
        table = table[table[name] == value]
    return table


def only(table, **cells):
    """The single row with these cells."""
    found = at(table, **cells)
    assert len(found) == 1, cells
    return found.iloc[0]


def chosen(runs, fusions=FUSIONS, strategies=STRATEGIES):
    return choices(runs, list(strategies), fusions)


def lessons(helps=0.06):
    """1000 items; a way to teach that helps by so much, and one that does nothing."""
    labels = np.zeros(1000, np.int64)
    right = lambda share: np.where(np.arange(1000) < 1000 * share, 0, 1)  # noqa: E731
    arrays = {"labels": labels, "soft_predictions": right(0.7 + helps), "soft_control": right(0.7)}
    return arrays | {"hidden_predictions": right(0.7), "hidden_control": right(0.7)} | {
        "soft_steps": np.array(125), "hidden_steps": np.array(60)}  # fmt: skip


VARIANTS = {"soft": {"alpha": 1.0, "transfer": 4000}, "hidden": {}}


def every_table(runs):
    """All tables of the study, with lessons that helped on one dataset and not on another."""
    every = chosen(runs)
    return {
        "recovered": recovered(runs, BUDGETS), "noise": noise(runs, **QUICK),
        "recovery_correlations": recovery_correlations(runs, every, **QUICK),
        "recovered_regret": recovered_regret(runs, every, **QUICK), "schedules": schedules(runs, every, **QUICK),
        "distillation": distillation({"a/0": lessons(), "b/0": lessons(0)}, VARIANTS, **QUICK),
    }  # fmt: skip
