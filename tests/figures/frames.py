"""Made-up tables for figures, and what a drawn figure says."""

from functools import partial
from itertools import combinations, product

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh

from slim.report.figures import _drawn
from slim.report.tables import models as models_table
from slim.report.tables.curves import family_of
from slim.report.tables.maxima import maxima as maxima_table
from slim.report.tables.ranks import ranks as ranks_table
from tests._synthetic import SIGNALS

CONTROLS = ("random", "every_other", "top_first", "greedy", "oracle")
FUSIONS = ("linear_regression", "ridge", "random_forest", "gradient_boosting", "mean_rank")
STRATEGIES = (*SIGNALS, *FUSIONS, *CONTROLS)
NAMES_OF_DATA = ("library", "section", "sst2", "financial_phrasebank", "ag_news", "emotion", "dbpedia", "trec", "imdb")
KEPT_RULES = ("best_accuracy", "one_standard_error", "fixed")
BUDGETS = ("none", "tenth_of_epoch", "fifty_steps", "half_epoch", "full_epoch")
LARGEST = 3
"""The only size of sets that a tenth of an epoch and a full one train."""


def trained(budget, layers):
    return layers == LARGEST or budget not in ("tenth_of_epoch", "full_epoch")


class Frames:
    """Tables as the report has them, for so many datasets, seeds and layers; every number is made up."""

    def __init__(self, datasets=2, seeds=2, layers=6):
        self.rng = np.random.default_rng(3)
        self.datasets, self.seeds, self.layers = NAMES_OF_DATA[:datasets], range(seeds), layers
        self.runs = list(product(self.datasets, self.seeds))

    def frame(self, rows):
        """One row a run and row; a row is a dict, or what makes one from the run."""
        every = [
            {"dataset": d, "seed": s} | (row(d, s) if callable(row) else row) for d, s in self.runs for row in rows
        ]
        return pd.DataFrame(every)

    def each(self, strategies=STRATEGIES):
        """(strategy, family, draw): ten draws of random, one of all others."""
        return [
            (name, family_of(name, FUSIONS), draw) for name in strategies for draw in range(9 * (name == "random") + 1)
        ]

    def order(self):
        return self.rng.permutation(self.layers).tolist()

    def curves(self):
        rows = []
        for (dataset, seed), (name, family, draw) in product(self.runs, self.each()):
            order, top = self.order(), 0.8 - 0.05 * self.datasets.index(dataset) + 0.004 * seed
            worth = {"oracle": 0.02, "greedy": 0.025}.get(name, 0.03 + 0.09 * self.rng.uniform())
            for removed in range(self.layers):
                here = max(top - worth * removed - 0.01 * self.rng.uniform() * (removed > 0), 0.1)
                rows.append({
                    "dataset": dataset, "family": family, "strategy": name, "seed": seed, "draw": draw,
                    "removed": removed, "layers": self.layers - removed,
                    "kept": "-".join(map(str, sorted(order[removed:]))), "validation_accuracy": here - 0.01,
                    "validation_loss": 1.0, "test_accuracy": here, "test_loss": 1.0, "validation_regret": 0.01,
                    "test_regret": 0.0 if removed == 0 else max(top - 0.02 * removed - here, 0.0),
                })  # fmt: skip
        return pd.DataFrame(rows)

    def maxima(self):
        return maxima_table(self.curves())

    def ranks(self):
        return ranks_table(self.curves())

    def orders(self):
        rows = []
        for (dataset, seed), (name, family, draw) in product(self.runs, self.each()):
            places = enumerate(self.order() if name != "oracle" else [])
            run = {"dataset": dataset, "seed": seed, "family": family, "strategy": name, "draw": draw}
            rows += [run | {"layer": layer, "removed_at": 1 + place} for layer, place in places]
        return pd.DataFrame(rows)

    def depths(self):
        rows = []
        for (dataset, seed), (name, family, draw), rule in product(self.runs, self.each(), KEPT_RULES):
            count = (self.layers + 1) // 2 if rule == "fixed" else int(self.rng.integers(1, max(self.layers, 2)))
            kept = sorted(self.order()[:count])
            rows.append({"dataset": dataset, "seed": seed, "family": family, "strategy": name, "draw": draw,
                         "rule": rule, "layers": count, "kept": "-".join(map(str, kept)), "validation_accuracy": 0.7,
                         "test_accuracy": 0.7})  # fmt: skip
        return pd.DataFrame(rows)

    def results(self):
        rows = [("tfidf_linear", "", 0.60), ("teacher", "", 0.70)]
        rows += [(model, student, level) for student in ("random_forest", "best_control")
                 for model, level in {"pruned": 0.55, "hard_labels": 0.67, "distilled": 0.675}.items()]  # fmt: skip

        def row(model, student, level, dataset, seed):
            here = level - 0.04 * self.datasets.index(dataset) + 0.01 * self.rng.uniform()
            known = {} if model == "tfidf_linear" else {"layers": 3 if student else 6, "bytes": 69.5e6}
            ends = {"accuracy_low": here - 0.02, "accuracy_high": here + 0.02}
            return {"model": model, "student": student, "strategy": student, "accuracy": here, **known, **ends}

        return self.frame([partial(row, *of) for of in rows]).reindex(columns=_RESULTS)

    def signals(self):
        def row(name, layer, dataset, seed):
            return {"family": family_of(name, ()), "strategy": name, "layer": layer, "score": 1.0,
                    "z": float(self.rng.normal())}  # fmt: skip

        return self.frame([partial(row, *of) for of in product(SIGNALS, range(self.layers))])

    def signal_correlations(self):
        rows = []
        for dataset in self.datasets:
            rho = np.corrcoef(self.rng.normal(size=(len(SIGNALS), 6)))
            rows += [{"dataset": dataset, "first": a, "second": b, "rho": rho[i, j]}
                     for (i, a), (j, b) in product(enumerate(SIGNALS), repeat=2)]  # fmt: skip
        return pd.DataFrame(rows)

    def weights(self):
        kinds = {"linear_regression": "coefficients", "ridge": "coefficients", "random_forest": "importances",
                 "gradient_boosting": "importances"}  # fmt: skip

        def row(fusion, signal, dataset, seed):
            size = 0.03 if kinds[fusion] == "coefficients" else 0.4
            weight = size * float(self.rng.normal())
            weight = weight if kinds[fusion] == "coefficients" else abs(weight)
            return {"fusion": fusion, "kind": kinds[fusion], "signal": signal, "weight": weight}

        return self.frame([partial(row, *of) for of in product(kinds, SIGNALS)])

    def shapley(self):
        def row(layer, dataset, seed):
            worth = 0.1 + 0.05 * float(self.rng.normal())
            return {"layer": layer, "shapley": worth, "shapley_test": worth + 0.01, "leave_one_out": worth / 3,
                    "alone": worth * 1.5}  # fmt: skip

        return self.frame([partial(row, layer) for layer in range(self.layers)])

    def interactions(self):
        def row(first, second, dataset, seed):
            return {"first": first, "second": second, "interaction": 0.06 * float(self.rng.normal())}

        return self.frame([partial(row, *pair) for pair in combinations(range(self.layers), 2)])

    def search(self):
        every, rows = 2**self.layers - 1, []
        rounds = [
            0,
            self.layers,
            self.layers + 5,
            self.layers + 9,
            min(every, self.layers * (self.layers + 1) // 2 - 1),
        ]
        kinds = {
            "leave_one_out": self.layers + 1,
            "trajectories": rounds[-1] + 2,
            "lattice": every,
            "other_datasets": 0,
        }
        for dataset, seed in self.runs:
            luck = 0.02 * self.rng.uniform()
            found = [("greedy", None, None, n, 0.15 / (1 + i) + luck) for i, n in enumerate(rounds)]
            found += [("beam", None, 2**i, min(rounds[-1] + seed + 6 * i * i, every), 0.03 / (1 + i) + luck / 2)
                      for i in range(5)]  # fmt: skip
            found += [("random", None, None, n, 0.16 / (1 + i) + luck)
                      for i, n in enumerate(sorted({*rounds, *kinds.values()}))]  # fmt: skip
            found += [(fusion, rows_, None, n, 0.15 * self.rng.uniform() / (1 + n / 10))
                      for fusion in FUSIONS[:-1] for rows_, n in kinds.items()]  # fmt: skip
            found += [("mean_rank", None, None, 0, 0.13), ("oracle", None, None, None, 0.01)]
            rows += [
                {"dataset": dataset, "seed": seed, "method": method, "rows": of, "width": width, "evaluations": n,
                 "test_regret": regret, "test_regret_half": regret} for method, of, width, n, regret in found
            ]  # fmt: skip
        return pd.DataFrame(rows).astype({"evaluations": "Int64", "width": "Int64"})

    def sensitivity(self):
        changes = [(name, "prune_first", "high", "low") for name in SIGNALS]
        changes += [(name, "site", "update", "output") for name in SIGNALS[:3]]
        changes += [(name, "estimator", e, "probe") for name in SIGNALS[3:5] for e in ("nearest_neighbors", "binned")]
        changes += [(f, "rows", r, "trajectories") for f in FUSIONS[:-1] for r in ("leave_one_out", "lattice")]

        def row(name, option, value, default, dataset, seed):
            return {"family": family_of(name, FUSIONS), "strategy": name, "option": option, "value": value,
                    "default": default, "tau": self.rng.uniform(-1, 1), "test_regret": 0.3 * self.rng.uniform(),
                    "default_regret": 0.3 * self.rng.uniform(), "evaluations": 0}  # fmt: skip

        return self.frame([partial(row, *change) for change in changes])

    def recovered(self):
        rows, sets = [], [kept for size in (1, 2, 3) for kept in combinations(range(self.layers), size)]
        for (dataset, seed), kept in product(self.runs, [*sets, tuple(range(self.layers))]):
            share = len(kept) / self.layers
            raw = 0.7 if share == 1 else 0.1 + 0.4 * share * self.rng.uniform()
            for place, budget in enumerate(BUDGETS):
                if not trained(budget, LARGEST if share == 1 else len(kept)):
                    continue
                after = (
                    raw if not place else 0.7 if share == 1 else 0.35 + 0.08 * place + 0.2 * share * self.rng.uniform()
                )
                rows.append({"dataset": dataset, "seed": seed, "kept": "-".join(map(str, kept)), "layers": len(kept),
                             "budget": budget, "steps": 0, "validation_accuracy": after,
                             "test_accuracy": after})  # fmt: skip
        return pd.DataFrame(rows)

    def recovery_correlations(self):
        kinds = {"raw_accuracy": "raw", "raw_loss": "raw", **dict.fromkeys(SIGNALS, "signal"), "shapley": "shapley",
                 **dict.fromkeys(FUSIONS, "fusion"), "mean_depth": "other", "spread": "other", "first_layer": "other",
                 "last_layer": "other", "recovered_validation": "ceiling"}  # fmt: skip
        runs, rows = [*self.runs, ("all", None)], []
        for (dataset, seed), layers, budget, (name, kind) in product(runs, (2, 3), BUDGETS, kinds.items()):
            if not trained(budget, layers):
                continue
            rho = float(np.clip(0.5 * self.rng.normal(), -0.9, 0.95))
            rows.append({"dataset": dataset, "seed": seed, "layers": layers, "budget": budget, "predictor": name,
                         "kind": kind, "rho": rho, "low": max(rho - 0.3, -1), "high": min(rho + 0.3, 1),
                         "sets": {2: 15, 3: 20}[layers]})  # fmt: skip
        return pd.DataFrame(rows).astype({"seed": "Int64"})

    def recovered_regret(self):
        rows = []
        each = {(name, family) for name, family, _ in self.each() if name != "oracle"}
        for (dataset, seed), (name, family), budget, removed in product(self.runs, sorted(each), BUDGETS, (3, 4, 5)):
            if not trained(budget, 6 - removed):
                continue
            fall = 1 if budget == "none" else 0.3 / BUDGETS.index(budget)
            target = "raw" if family == "fusion" else ""
            rows.append({"dataset": dataset, "seed": seed, "strategy": name, "family": family, "schedule": "one_shot",
                         "target": target, "rows": "", "budget": budget, "removed": removed,
                         "test_regret": fall * 0.4 * self.rng.uniform()})  # fmt: skip
            if name == "greedy" and budget != "none":
                rows.append({**rows[-1], "strategy": "recovered_greedy", "target": budget, "test_regret": 0.005})
            if family != "control":
                rows.append({**rows[-1], "schedule": "iterative", "test_regret": 0.9})
        return pd.DataFrame(rows)

    def noise(self):
        def row(layers, budget, dataset, seed):
            mean, spread = 0.1 + 0.1 * BUDGETS.index(budget), 0.2 * self.rng.uniform()
            return {"layers": layers, "budget": budget, "sets": 20, "mean": mean, "spread": spread,
                    "paired_noise": 0.006 + 0.004 * self.rng.uniform(), "best": mean + 2 * spread,
                    "worst": max(mean - 2 * spread, 0.1), "p": self.rng.uniform()}  # fmt: skip

        return self.frame([partial(row, *of) for of in product((1, 2, 3), BUDGETS) if trained(of[1], of[0])])

    def schedules(self):
        names = [("signals", "all"), ("fusions", "all"), *((name, family_of(name, FUSIONS))
                                                           for name in (*SIGNALS, *FUSIONS))]  # fmt: skip

        def row(name, family, dataset, seed):
            once, gap = 0.1 + 0.3 * self.rng.uniform(), 0.1 * float(self.rng.normal())
            return {"family": family, "strategy": name, "tau": self.rng.uniform(-1, 1), "one_shot_regret": once,
                    "iterative_regret": once + gap, "difference": gap, "difference_low": gap - 0.012,
                    "difference_high": gap + 0.013}  # fmt: skip

        return self.frame([partial(row, *of) for of in names])

    def distillation(self):
        names = ["as_it_is", "soft_labels", "hidden_states", "attention_relations", "transfer_texts", "everything"]

        def row(name, dataset, seed):
            gain = 0.01 * float(self.rng.normal())
            return {"variant": name, "steps": 125 * (1 + (name == "transfer_texts")), "accuracy": 0.6 + gain,
                    "over_control": gain, "over_control_low": gain - 0.012,
                    "over_control_high": gain + 0.013}  # fmt: skip

        return self.frame([partial(row, name) for name in names])


_RESULTS = ["dataset", "seed", "model", "student", "strategy", *models_table.COLUMNS[5:]]
FIGURES = _drawn.FIGURES | _drawn.STUDY
"""Name -> the function and the table it draws: the report's, and the study's."""


def drawn(name, frames=None, **changes):
    """A figure of made-up tables; `changes`: columns to overwrite."""
    draw, table = FIGURES[name]
    return draw(getattr(frames or Frames(), table)().assign(**changes))


def texts(axes):
    return [text.get_text() for text in axes.texts]


def printed(axes):
    """{(row, column): what its cell says} of a coloured table."""
    return {(round(y), round(x)): t.get_text() for t in axes.texts for x, y in [t.get_position()]}


def mesh(axes):
    return next(each for each in axes.collections if isinstance(each, QuadMesh)).get_array()


def row_names(axes):
    return [tick.label1.get_text() for tick in axes.yaxis.get_major_ticks()]


def shown_texts(figure):
    """Every visible text of a figure and its box in pixels."""
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    found = list(figure.texts) + [text for key in figure.legends for text in key.get_texts()]
    for axes in figure.axes:
        found += [*axes.texts, axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]
        low, high = sorted(axes.get_xlim())
        found += [label for tick, label in zip(axes.get_xticks(), axes.get_xticklabels(), strict=False)
                  if low - 1e-9 <= tick <= high + 1e-9]  # fmt: skip
        low, high = sorted(axes.get_ylim())
        found += [label for tick, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=False)
                  if low - 1e-9 <= tick <= high + 1e-9]  # fmt: skip
    visible = [text for text in found if text.get_visible() and text.get_text().strip()]
    return [(text.get_text(), text.get_window_extent()) for text in visible]


def overlaps(figure):
    """Pairs of texts that cover one another by more than a pixel and a half in both directions."""
    boxes = shown_texts(figure)
    ends = np.array([box.extents for _, box in boxes])
    low = np.maximum(ends[:, None, :2], ends[None, :, :2])
    high = np.minimum(ends[:, None, 2:], ends[None, :, 2:])
    pairs = np.argwhere(np.triu(((high - low) > 1.5).all(axis=2), 1))
    return [(boxes[i][0], boxes[j][0]) for i, j in pairs]


def marks(axes, marker="o"):
    return [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines if line.get_marker() == marker]
