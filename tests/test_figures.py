"""The figures from made-up tables: what they show is what the tables say, legibly, and the same bytes twice."""

import json
from functools import partial
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import vl_convert
import yaml
from dvc_render.vega import VegaRenderer
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_hex, to_rgb

from slim.family import names as names_of
from slim.figures import _drawn
from slim.figures._budgets import in_order, two_lines
from slim.figures._matrix import NAMES, readable
from slim.figures._sheet import WIDTH, Room, fold, sheet
from slim.figures._style import COLOURS, spread, write_png
from slim.figures.accuracy_by_depth import accuracy_by_depth, short
from slim.figures.distillation import distillation
from slim.figures.fusion_weights import fusion_weights
from slim.figures.interactions import interactions
from slim.figures.kept_layers import kept_layers
from slim.figures.maxima import maxima
from slim.figures.noise import noise
from slim.figures.ranks import ranks
from slim.figures.recovered_regret import recovered_regret
from slim.figures.recovery import recovery
from slim.figures.recovery_correlations import recovery_correlations
from slim.figures.regret_by_depth import regret_by_depth
from slim.figures.removal_order import removal_order
from slim.figures.schedules import schedules
from slim.figures.search import search
from slim.figures.sensitivity import sensitivity
from slim.figures.shapley import shapley
from slim.figures.signal_correlations import _two, signal_correlations
from slim.figures.signals import signals
from slim.offline_plots import VEGA_LITE
from slim.tables import models as models_table
from slim.tables._write import write_table
from slim.tables.curves import family_of
from slim.tables.maxima import maxima as maxima_table
from slim.tables.ranks import ranks as ranks_table
from tests._synthetic import SIGNALS

TEMPLATES = Path(__file__).parents[1] / ".dvc" / "plots"
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
        rows = [("linear_floor", "", 0.60), ("teacher", "", 0.70)]
        rows += [(model, student, level) for student in ("random_forest", "best_control")
                 for model, level in {"pruned": 0.55, "hard_labels": 0.67, "distilled": 0.675}.items()]  # fmt: skip

        def row(model, student, level, dataset, seed):
            here = level - 0.04 * self.datasets.index(dataset) + 0.01 * self.rng.uniform()
            known = {} if model == "linear_floor" else {"layers": 3 if student else 6, "bytes": 69.5e6}
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
        changes += [(name, "estimator", e, "probe") for name in SIGNALS[3:5] for e in ("neighbours", "binned")]
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
draw_models = FIGURES["models"][0]
PLOTS = {
    "accuracy_by_depth": ("curves", "removed", "test_accuracy"),
    "bars": ("shapley", "layer", "shapley"),
    "differences": ("distillation", "over_control", "variant"),
    "dots": ("ranks", "mean_rank", "strategy"),
    "heat_map": ("orders", "layer", "removed_at"),
    "heat_map_signed": ("signals", "layer", "z"),
    "intervals": ("results", "accuracy", "model"),
    "kept_layers": ("depths", "layers", "kept"),
    "maxima": ("maxima", "dataset", "accuracy"),
    "noise": ("noise", "budget", "spread"),
    "pairs": ("interactions", "first", "interaction"),
    "recovered_regret": ("recovered_regret", "budget", "test_regret"),
    "recovery": ("recovered", "kept", "test_accuracy"),
    "recovery_correlations": ("recovery_correlations", "rho", "predictor"),
    "schedules": ("schedules", "iterative_regret", "strategy"),
    "search": ("search", "evaluations", "test_regret"),
    "sensitivity": ("sensitivity", "test_regret", "strategy"),
    "weights": ("weights", "weight", "signal"),
}
"""Template of DVC -> a table it is for, and the columns that dvc.yaml would give as x and y."""


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


def outside(figure):
    """Texts that leave the page."""
    width, height = figure.bbox.size
    return [text for text, box in shown_texts(figure)
            if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1]  # fmt: skip


CROWDED = {"search"}
"""Points stand where they stand, and so do their names."""
SIZES = {"one": (1, 1, 6), "usual": (2, 2, 6), "deep": (1, 2, 12), "many": (9, 1, 3)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", FIGURES)
def test_no_text_covers_another_or_leaves_the_page(name, size):
    figure = drawn(name, Frames(*SIZES[size]))
    assert figure.get_figwidth() <= WIDTH + 1e-6
    assert outside(figure) == []
    if name not in CROWDED:
        assert overlaps(figure) == []


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_table_is_the_same_bytes(name, tmp_path):
    for file in ("one", "two"):
        write_png(drawn(name, Frames(1, 2, 3)), tmp_path / file)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_can_be_drawn_again_from_its_csv(name, tmp_path):
    draw, table = FIGURES[name]
    frame = getattr(Frames(1, 2, 3), table)()
    write_table(frame, tmp_path / "table.csv")
    again = draw(pd.read_csv(tmp_path / "table.csv"))
    assert [text for text, _ in shown_texts(again)] == [text for text, _ in shown_texts(draw(frame))]


@pytest.mark.parametrize("name", FIGURES)
def test_a_table_without_rows_says_that_nothing_was_measured(name):
    draw, table = FIGURES[name]
    figure = draw(getattr(Frames(1, 1, 3), table)().iloc[:0])
    assert not figure.axes and "not measured" in figure.texts[0].get_text()


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("name", FIGURES)
def test_the_shallowest_models_have_figures(name, layers, tmp_path):
    write_png(drawn(name, Frames(1, 2, layers)), tmp_path / "figure.png")


def test_every_file_of_the_folder_is_drawn_here():
    assert set(names_of("figures")) == set(FIGURES)


# Plots of DVC


def filled(template, frame, folder, revisions=("workspace",)):
    """What DVC would draw of a CSV with a template, as Vega-Lite; values are texts, as DVC reads them."""
    table, x, y = PLOTS[template]
    write_table(frame, folder / f"{table}.csv")
    rows = pd.read_csv(folder / f"{table}.csv", dtype=str, keep_default_na=False).to_dict("records")
    points = [{"rev": revision, **row} for revision in revisions for row in rows]
    return json.loads(
        VegaRenderer(points, "plot", template=template, template_dir=str(TEMPLATES), x=x, y=y).partial_html()
    )


def test_every_template_is_tried():
    assert {path.stem for path in TEMPLATES.glob("*.json")} == set(PLOTS)


@pytest.mark.parametrize("template", PLOTS)
def test_a_template_draws_its_table_of_one_revision_and_of_two(template, tmp_path):
    frame = getattr(Frames(2, 1, 3), PLOTS[template][0])()
    for revisions in (("workspace",), ("HEAD", "workspace")):
        spec = filled(template, frame, tmp_path, revisions)
        assert "DVC_METRIC" not in json.dumps(spec)
        drawing = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)
        assert "NaN" not in drawing and "undefined" not in drawing
        assert all(name in drawing for name in revisions)
        assert template == "dots" or all(dataset in drawing for dataset in ("library", "section"))


def test_a_heat_map_prints_means_over_seeds(tmp_path):
    frame = Frames(1, 2, 2).orders()
    frame = frame[frame["strategy"] == "ridge"].assign(removed_at=[1, 2, 2, 2])
    drawing = vl_convert.vegalite_to_svg(filled("heat_map", frame, tmp_path), vl_version=VEGA_LITE)
    assert ">1.5</text>" in drawing and ">2</text>" in drawing


def test_the_plots_of_the_pipeline_have_templates_and_columns():
    for plot in yaml.safe_load((TEMPLATES.parents[1] / "dvc.yaml").read_text(encoding="utf-8"))["plots"]:
        ((name, how),) = plot.items()
        path, y = next(iter(how["y"].items())) if isinstance(how["y"], dict) else (name, how["y"])
        assert how["template"] in PLOTS, name
        columns = getattr(Frames(1, 1, 3), Path(path).stem)().columns
        assert {how["x"], y} <= set(columns), name


# The page


def test_panels_wrap_at_the_width_of_the_page_and_stay_together():
    figure, axes = sheet(list("abcdefg"), (2.0, 1.0), Room(0.3, 0.2), together=2)
    tops = [round(each.get_position().y1, 6) for each in axes]
    assert [tops.count(top) for top in dict.fromkeys(tops)] == [4, 3]
    sizes = {tuple(np.round(each.get_position().size * figure.get_size_inches(), 6)) for each in axes}
    assert sizes == {(2.0, 1.0)}


def test_panels_of_several_widths_fill_rows_and_a_row_that_cannot_hold_a_group_parts_it():
    def rows(widths, together):
        figure, axes = sheet(["x"] * len(widths), (widths, 1.0), Room(0.3, 0.2), together=together)
        wide = [float(each.get_position().width * figure.get_figwidth()) for each in axes]
        assert wide == pytest.approx(widths) and figure.get_figwidth() <= WIDTH
        tops = [round(each.get_position().y1, 6) for each in axes]
        return [tops.count(top) for top in dict.fromkeys(tops)]

    assert rows([3, 1, 1] * 2, 3) == [3, 3]
    assert rows([3, 1, 1] * 2, 1) == [4, 2]
    assert rows([5, 5, 5] * 2, 3) == [2, 2, 2]


def test_budgets_keep_their_order_where_small_sets_lack_some():
    table = Frames(2, 1).noise()
    assert list(dict.fromkeys(table["budget"])) != list(BUDGETS)
    assert in_order(table, ["dataset", "layers"]) == list(BUDGETS)
    assert two_lines("none") == "no\ntraining" and two_lines("tenth_of_epoch") == "tenth\nof epoch"


def test_only_the_first_panel_of_a_row_shows_the_names_all_share():
    _, axes = sheet(list("abcdef"), (2.0, 1.0), Room(0.1, 0.1), names=NAMES)
    for each in axes:
        each.set_yticks([0], ["name"])
    assert [len(each.get_yticklabels()) for each in axes] == [1, 0, 0, 0, 1, 0]


def test_folded_text_keeps_its_words_and_its_own_lines():
    assert fold("one two\nthree", 100) == ["one two", "three"]
    assert " ".join(fold("a few words that need several lines", 1)) == "a few words that need several lines"


def test_what_is_printed_on_a_colour_can_be_read():
    assert [readable(colour) for colour in ("white", "black", "#08306b", "#deebf7")] == ["#222222", "white", "white",
                                                                                        "#222222"]  # fmt: skip


def test_labels_keep_apart_stay_inside_and_move_no_more_than_needed():
    moved = spread(np.array([0.5, 0.51, 0.1, 0.99]), 0.1, 0.0, 1.0)
    assert moved == pytest.approx([0.455, 0.555, 0.1, 0.99])
    crowd = np.sort(spread(np.zeros(30), 0.1, 0.0, 1.0))
    assert crowd[0] >= 0 and crowd[-1] <= 1 + 1e-9 and np.diff(crowd) == pytest.approx(1 / 29)
    assert short("mi_task_relevance", "mutual information") == "task relevance"


# Curves


def bands(axes):
    return [each.get_paths()[0].vertices for each in axes.collections]


def family_panel(figure, family):
    return next(axes for axes in figure.axes if axes.get_title(loc="left") == family)


def test_bands_reach_from_the_lowest_seed_to_the_highest():
    frames = Frames(1, 3, 4)
    curves = frames.curves()
    figure = accuracy_by_depth(curves[curves["strategy"].isin(["ridge", "oracle", "random"])])
    (band,) = bands(family_panel(figure, "fusion"))
    own = curves[curves["strategy"] == "ridge"].groupby("removed")["test_accuracy"].agg(["min", "max"])
    for removed, ends in own.iterrows():
        at = band[band[:, 0] == removed, 1]
        assert (at.min(), at.max()) == pytest.approx((ends["min"], ends["max"]))
    (band,) = bands(family_panel(figure, "control"))
    draws = curves[curves["strategy"] == "random"].groupby(["draw", "removed"])["test_accuracy"].mean()
    at = band[band[:, 0] == 3, 1]
    assert (at.min(), at.max()) == pytest.approx((draws.unstack()[3].min(), draws.unstack()[3].max()))


def test_one_seed_has_no_band_but_that_of_random_draws():
    figure = drawn("accuracy_by_depth", Frames(1, 1, 4))
    counts = {axes.get_title(loc="left"): len(axes.collections) for axes in figure.axes}
    assert {family for family, count in counts.items() if count} == {"control"} and "one seed" in figure.texts[
        0
    ].get_text()


def test_a_curve_goes_through_the_means_over_seeds():
    curves = Frames(1, 3, 4).curves()
    axes = family_panel(accuracy_by_depth(curves), "attention")
    want = curves[curves["strategy"] == "attention_entropy"].groupby("removed")["test_accuracy"].mean().to_numpy()
    coloured = [line for line in axes.lines if to_hex(line.get_color()) == COLOURS["attention"].lower()]
    assert any(len(line.get_ydata()) == 4 and np.allclose(line.get_ydata(), want) for line in coloured)


# Tables whose colours say where to look


def test_regret_that_was_not_measured_is_not_drawn():
    assert not drawn("regret_by_depth", Frames(1, 1, 4), test_regret=np.nan).axes


def test_regret_prints_the_mean_of_every_cell_and_of_every_row():
    curves = Frames(2, 2, 4).curves()
    figure = regret_by_depth(curves)
    axes = figure.axes[1]
    row = row_names(axes).index("ridge")
    of = curves[(curves["dataset"] == "section") & (curves["strategy"] == "ridge")]
    means = 100 * of.groupby("removed")["test_regret"].mean().loc[1:]
    assert [printed(axes)[row, column] for column in range(4)] == [f"{v:.1f}" for v in [*means, means.mean()]]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "3", "mean"]


def test_maxima_say_accuracy_and_spread_frame_the_best_and_shade_by_its_distance():
    table = pd.DataFrame({
        "family": ["weight", "fusion", "control"], "strategy": ["weight_entropy", "ridge", "oracle"], "dataset": "d",
        "values": 2, "removed": 1, "accuracy": [0.5, 0.8, 0.9], "spread": [np.nan, 0.012, 0.0], "optimistic": 0.95,
        "optimistic_spread": 0.0, "mean": 0.7, "mean_optimistic": 0.7,
    })  # fmt: skip
    (axes,) = maxima(table).axes
    assert texts(axes) == ["50.0", "80.0", "90.0", " ±1.2", " ±0.0"]
    assert mesh(axes).ravel().tolist() == pytest.approx([30, 0, 0])
    (frame,) = axes.patches
    assert round(frame.get_y() + frame.get_height() / 2, 6) == row_names(axes).index("ridge")


def test_equal_maxima_are_framed_alike_and_a_gap_stays_a_gap():
    table = Frames(2, 1, 4).maxima()
    table.loc[table["dataset"] == "library", "accuracy"] = 0.7
    table = table[(table["strategy"] != "ridge") | (table["dataset"] == "library")]
    table.loc[table["strategy"] == "ridge", "mean"] = np.nan
    (axes,) = maxima(table).axes
    framed = [round(patch.get_x() + patch.get_width() / 2, 6) for patch in axes.patches]
    assert framed.count(0) == len(row_names(axes)) - 1  # all but the oracle
    row = row_names(axes).index("ridge")
    assert mesh(axes).mask[row].tolist() == [False, True, True]
    assert {column for at, column in printed(axes) if at == row} == {0}
    assert [label.get_text() for label in axes.get_xticklabels()] == ["library", "section", "mean"]


def test_one_dataset_has_no_column_of_means():
    (axes,) = drawn("maxima", Frames(1, 1, 4)).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["library"]


def test_orders_print_when_a_layer_goes_and_leave_out_what_has_no_order():
    orders = Frames(2, 3, 6).orders()
    axes = removal_order(orders).axes[0]
    assert "oracle" not in row_names(axes)
    random = orders[(orders["dataset"] == "library") & (orders["strategy"] == "random")]
    want = random.groupby("layer")["removed_at"].mean()
    assert mesh(axes)[row_names(axes).index("random")].tolist() == pytest.approx(want.tolist())
    less = orders[(orders["dataset"] == "library") | (orders["strategy"] != "greedy")]
    axes = removal_order(less).axes[1]
    assert mesh(axes).mask[row_names(axes).index("greedy")].all()


def test_kept_layers_shade_by_the_share_of_seeds():
    depths = pd.DataFrame({
        "dataset": "d", "seed": [0, 1], "family": "fusion", "strategy": "ridge", "draw": 0, "rule": "fixed",
        "layers": [2, 1], "kept": ["0-2", "2"], "validation_accuracy": 0.5, "test_accuracy": 0.5,
    })  # fmt: skip
    (axes,) = kept_layers(depths).axes
    (dots,) = axes.collections
    blue = np.array(to_rgb(COLOURS["fusion"]))
    assert dots.get_facecolors()[:, :3] == pytest.approx(np.array([(1 + blue) / 2, np.ones(3), blue]))
    assert dots.get_offsets().tolist() == [[0, 0], [1, 0], [2, 0]] and texts(axes) == ["1.5"]


def test_kept_layers_has_a_panel_a_rule_and_dataset():
    figure = drawn("kept_layers", Frames(3, 1, 4))
    titles = [axes.get_title(loc="left").strip() for axes in figure.axes]
    assert titles == ["library", "", "", "section", "", "", "sst2", "", ""]
    assert [text.get_text() for text in figure.texts[1:4]] == ["best accuracy", "one standard error", "fixed"]


def test_signals_print_their_mean_over_seeds_and_keep_is_purple():
    table = Frames(1, 2, 3).signals().assign(z=1.0)
    table.loc[table["layer"] == 0, "z"] = -2.0
    (axes,) = signals(table).axes
    assert printed(axes)[0, 0] == "−2.0" and printed(axes)[0, 1] == "1.0"
    FigureCanvasAgg(axes.get_figure()).draw()
    remove, keep = next(c for c in axes.collections if isinstance(c, QuadMesh)).get_facecolors()[:2]
    assert remove[0] > remove[2] and keep[2] > keep[1]


def test_a_constant_signal_leaves_its_correlations_empty():
    table = Frames(1).signal_correlations()
    table.loc[(table["first"] == "mi_task_relevance") | (table["second"] == "mi_task_relevance"), "rho"] = np.nan
    (axes,) = signal_correlations(table).axes
    place = row_names(axes).index("mi task relevance")
    assert mesh(axes).mask[place].all() and mesh(axes).mask[:, place].all() and mesh(axes).mask.sum() == 23
    assert printed(axes)[0, 0] == "1"


@pytest.mark.parametrize(("rho", "said"), [(0.854, ".85"), (-0.07, "−.07"), (1.0, "1"), (-1.0, "−1"), (0.001, "0"),
                                           (-0.001, "0"), (0.999, "1"), (0.5, ".50")])  # fmt: skip
def test_correlations_are_said_shortly(rho, said):
    assert _two(rho) == said


def test_interactions_fill_the_cells_of_their_pairs():
    table = pd.DataFrame({"dataset": "d", "seed": [0, 1, 0], "first": [0, 0, 1], "second": [2, 2, 2],
                          "interaction": [0.01, 0.03, -0.1]})  # fmt: skip
    (axes,) = interactions(table).axes
    assert printed(axes) == {(0, 1): "+2.0", (1, 1): "−10.0"}
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2"] and row_names(axes) == ["0", "1"]


def test_recovered_regret_shows_the_default_of_each_strategy_and_what_recovered_greedy_was_told():
    table = Frames(1, 2, 6).recovered_regret()
    figure = recovered_regret(table)
    axes = figure.axes[0]
    assert [text.get_text() for text in figure.texts[1:]] == [f"{n} layers removed" for n in (3, 4, 5)]
    assert axes.get_xticklabels()[0].get_text() == "no\ntraining"
    of = table[(table["strategy"] == "ridge") & (table["removed"] == 3) & (table["schedule"] == "one_shot")]
    want = 100 * of.groupby("budget", sort=False)["test_regret"].mean()
    assert mesh(axes)[row_names(axes).index("ridge")].tolist() == pytest.approx(want.tolist())
    greedy = mesh(axes)[row_names(axes).index("recovered greedy")]
    assert greedy.mask.tolist() == [True, *[False] * 4] and greedy[1:].tolist() == pytest.approx([0.5] * 4)
    assert [mesh(each).shape[1] for each in figure.axes] == [5, 3, 3]
    assert not mesh(figure.axes[1])[:-1].mask.any()


# Dots, lines and bars


def test_models_have_a_line_for_the_teacher_and_a_dotted_one_for_the_floor():
    results = Frames(1, 2).results()
    (axes,) = draw_models(results).axes
    lines = [line for line in axes.lines if line.get_xdata()[0] == line.get_xdata()[-1] and len(line.get_xdata()) == 2]
    levels = results.groupby("model")["accuracy"].mean()
    assert [line.get_xdata()[0] for line in lines] == pytest.approx([levels["teacher"], levels["linear_floor"]])
    assert len([line for line in axes.lines if line.get_marker() == "|"]) == 8
    assert f"{100 * levels['linear_floor']:.1f} %" in texts(axes)


def test_one_seed_has_no_ticks_for_seeds():
    for name in ("models", "distillation", "recovery_correlations"):
        for axes in drawn(name, Frames(1, 1)).axes:
            assert not [line for line in axes.lines if line.get_marker() == "|"], name


def test_ranks_join_what_the_critical_difference_cannot_tell_apart():
    table = pd.DataFrame({
        "strategy": ["a", "b", "c", "d"], "family": "fusion", "mean_rank": [1.0, 1.8, 2.9, 4.0], "blocks": 9,
        "strategies": 4, "friedman_p": 0.01, "critical_difference": 1.5,
    })  # fmt: skip
    (axes,) = ranks(table).axes
    dots = [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines if line.get_marker() == "o"]
    assert dots == list(zip(table["mean_rank"], range(4), strict=True))
    joined = [tuple(np.round(line.get_ydata()).astype(int)) for line in axes.lines if line.get_linewidth() > 2.5]
    assert joined == [(0, 1), (1, 2), (2, 3)] and "CD 1.5" in texts(axes)


@pytest.mark.parametrize(("difference", "marks"), [(1.5, ["|", "|"]), (9.0, ["|", ">"])])
def test_a_ruler_is_as_long_as_the_critical_difference_or_goes_beyond_the_axis(difference, marks):
    table = Frames(2, 1).ranks().iloc[:6].assign(critical_difference=difference, strategies=6)
    (axes,) = ranks(table.assign(mean_rank=range(1, 7))).axes
    ruler = [line for line in axes.lines if line.get_marker() in "|>"]
    assert [line.get_marker() for line in ruler] == marks
    length = ruler[1].get_xdata()[0] - ruler[0].get_xdata()[0]
    assert length == pytest.approx(difference) if marks[1] == "|" else length < difference


def test_one_block_has_no_critical_difference_and_says_so():
    figure = drawn("ranks", Frames(1, 1))
    assert "no critical difference" in " ".join(figure.texts[0].get_text().split())
    assert not [line for line in figure.axes[0].lines if line.get_linewidth() > 2.5]


def test_weights_are_marks_by_signal_in_points_or_as_they_are():
    table = Frames(2, 1).weights()
    figure = fusion_weights(table)
    panels = {axes.get_title(loc="left"): axes for axes in figure.axes}
    for fusion, scale in {"ridge": 100, "random forest": 1}.items():
        axes = panels[fusion]
        of = table[(table["fusion"] == fusion.replace(" ", "_")) & (table["signal"] == "weight_sparsity")]
        row = row_names(axes).index("weight sparsity")
        dots = [line for line in axes.lines if len(line.get_xdata()) == 1 and abs(line.get_ydata()[0] - row) < 0.5]
        assert [dot.get_xdata()[0] for dot in dots] == pytest.approx((scale * of["weight"]).tolist())
        assert len({dot.get_marker() for dot in dots}) == 2
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["library", "section"]


def test_shapley_bars_are_means_in_points():
    table = Frames(1, 2, 4).shapley()
    (axes,) = shapley(table).axes
    want = 100 * table.groupby("layer")["shapley"].mean()
    assert [bar.get_height() for bar in axes.patches] == pytest.approx(want.tolist())
    alone = next(line for line in axes.lines if line.get_marker() == "o")
    assert alone.get_ydata().tolist() == pytest.approx((150 * table.groupby("layer")["shapley"].mean()).tolist())


def test_search_has_a_line_a_method_and_a_named_point_a_fusion_and_kind_of_rows():
    table = Frames(1, 1, 6).search()
    (axes,) = search(table).axes
    greedy = table[table["method"] == "greedy"]
    line = next(line for line in axes.lines if len(line.get_xdata()) == len(greedy))
    assert line.get_ydata().tolist() == pytest.approx((100 * greedy["test_regret"]).tolist())
    names = [text.get_text() for text in axes.texts]
    assert names.count("ridge") == 4 and names.count("mean rank") == 1 and "oracle" not in names
    assert [name for name in names if name in ("trajectories", "lattice")] == ["trajectories", "lattice"]


def test_random_search_is_averaged_only_where_every_seed_was_measured():
    table = pd.DataFrame({"dataset": "d", "seed": [0, 0, 1, 1], "method": "random", "rows": None, "width": None,
                          "evaluations": [0, 5, 0, 7], "test_regret": [0.2, 0.1, 0.4, 0.1]})  # fmt: skip
    (axes,) = search(table.assign(test_regret_half=0.1)).axes
    mean = max(axes.lines, key=lambda line: line.get_linewidth())
    assert (mean.get_xdata().tolist(), mean.get_ydata().tolist()) == ([0.0], [pytest.approx(30)])


def test_dumbbells_go_from_the_default_to_the_change():
    table = Frames(1, 2).sensitivity()
    (axes,) = sensitivity(table).axes
    row = row_names(axes).index("ridge · rows: trajectories → lattice")
    of = table[(table["strategy"] == "ridge") & (table["value"] == "lattice")][
        ["default_regret", "test_regret", "tau"]
    ]
    line = next(line for line in axes.lines if list(line.get_ydata()) == [row, row] and line.get_alpha())
    assert line.get_xdata() == pytest.approx(100 * of.mean().to_numpy()[:2])
    assert f"{of['tau'].mean():.2f}".replace("-", "−") in texts(axes)


def test_a_change_that_one_dataset_lacks_leaves_its_row_empty():
    table = Frames(2, 1).sensitivity()
    less = table[(table["dataset"] == "library") | (table["strategy"] != "ridge")]
    counts = [sum(line.get_marker() == "o" for line in axes.lines) for axes in sensitivity(less).axes]
    assert counts[0] - counts[1] == 4


def test_recovery_draws_a_mark_a_set_and_the_teacher():
    table = Frames(2, 2, 4).recovered()
    figure = recovery(table)
    assert [text.get_text() for text in figure.texts[1:5]] == [budget.replace("_", " ") for budget in BUDGETS[1:]]
    axes = figure.axes[5]  # section, fifty steps
    of = table[(table["dataset"] == "section") & (table["layers"] == 2)].set_index(["seed", "kept"])
    raw, after = (of[of["budget"] == budget]["test_accuracy"] for budget in ("none", "fifty_steps"))
    pairs = {(round(x, 9), round(y, 9)) for x, y in zip(100 * raw, 100 * after.reindex(raw.index), strict=True)}
    marks = [
        set(zip(np.round(line.get_xdata(), 9), np.round(line.get_ydata(), 9), strict=True)) for line in axes.lines
    ]
    assert pairs in marks
    assert any(len(set(np.atleast_1d(line.get_ydata()))) == 1 and line.get_ydata()[0] == pytest.approx(70)
               for line in axes.lines)  # fmt: skip


def test_recovery_without_the_intact_model_has_no_line_for_it():
    table = Frames(1, 1, 4).recovered()
    axes = recovery(table[table["layers"] < 4]).axes[0]
    assert not [line for line in axes.lines if line.get_marker() == "*" and len(line.get_xdata())]
    assert "all layers" not in [text.get_text() for text in axes.get_figure().legends[0].get_texts()]


def test_correlations_of_the_size_with_most_sets_have_a_panel_a_budget():
    table = Frames(2, 1, 6).recovery_correlations()
    figure = recovery_correlations(table)
    assert "sets of 3 layers" in " ".join(figure.texts[0].get_text().split())
    titles = [axes.get_title(loc="left").strip() for axes in figure.axes]
    assert titles[::5] == ["all datasets", "library", "section"] and len(titles) == 15
    axes, names = figure.axes[6], row_names(figure.axes[0])
    assert names[0] == "recovered validation" and set(names[1:3]) == {"raw accuracy", "raw loss"}
    of = table[(table["dataset"] == "library") & (table["budget"] == "tenth_of_epoch") & (table["layers"] == 3)]
    ridge, row = of[of["predictor"] == "ridge"].iloc[0], names.index("ridge")
    drawn_here = [line for line in axes.lines if set(line.get_ydata()) == {row}]
    assert [line.get_xdata().tolist() for line in drawn_here] == [pytest.approx([ridge["low"], ridge["high"]]),
                                                                  pytest.approx([ridge["rho"]])]  # fmt: skip


def test_a_predictor_that_was_not_measured_has_no_dot():
    table = Frames(1, 1, 6).recovery_correlations()
    table.loc[table["predictor"] == "ridge", ["rho", "low", "high"]] = np.nan
    axes = recovery_correlations(table).axes[0]
    row = row_names(axes).index("ridge")
    assert not [line for line in axes.lines if set(line.get_ydata()) == {row}]


def marks(axes, marker="o"):
    return [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines if line.get_marker() == marker]


def test_spreads_are_means_over_seeds_beside_chance_in_a_panel_a_size():
    table = Frames(2, 2).noise()
    figure = noise(table)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["library"] * 3 + ["section"] * 3
    assert [text.get_text() for text in figure.texts[1:4]] == ["1 layer stays", "2 layers stay", "3 layers stay"]
    for axes, layers in ((figure.axes[3], 1), (figure.axes[5], 3)):
        of = table[(table["dataset"] == "section") & (table["layers"] == layers)]
        budgets = [budget for budget in BUDGETS if trained(budget, layers)]
        means = 100 * of.groupby("budget")[["spread", "paired_noise", "worst", "best"]].mean().loc[budgets]
        assert marks(axes) == [(i, pytest.approx(spread)) for i, spread in enumerate(means["spread"])]
        chance = next(line.get_ydata() for line in axes.lines if len(line.get_xdata()) == len(budgets) + 2)
        assert chance[1:-1] == pytest.approx(means["paired_noise"].to_numpy())
        assert {f"{value:.1f}" for value in means[["spread", "paired_noise"]].to_numpy().ravel()} < set(texts(axes))
        times = (means["spread"] / means["paired_noise"]).iloc[-1]
        assert (f"{times:.0f}×" if times >= 9.95 else f"{times:.1f}×") in texts(axes)
        seeds = [line.get_ydata().tolist() for line in axes.lines if line.get_marker() == "_"]
        assert seeds[-1] == pytest.approx((100 * of.loc[of["budget"] == budgets[-1], "spread"]).tolist())
        labels = [label.get_text() for label in axes.get_xticklabels()]
        assert labels == [f"{two_lines(budget)}\n{row['worst']:.0f}–{row['best']:.0f} %"
                          for budget, row in means.iterrows()]  # fmt: skip


def test_sets_that_are_not_shown_to_differ_are_hollow():
    table = Frames(1, 2).noise().assign(p=0.01)
    assert len(noise(table).legends[0].get_texts()) == 2
    table.loc[(table["layers"] == 3) & (table["budget"] == "half_epoch") & (table["seed"] == 1), "p"] = 0.3
    figure = noise(table)
    fills = [line.get_markerfacecolor() for line in figure.axes[2].lines if line.get_marker() == "o"]
    assert [fill == "white" for fill in fills] == [budget == "half_epoch" for budget in BUDGETS]
    assert "not shown to differ" in figure.legends[0].get_texts()[2].get_text()


def test_sets_that_answer_alike_stand_at_a_tenth_of_a_point_and_say_zero():
    table = Frames(1, 1).noise()
    table.loc[(table["layers"] == 1) & (table["budget"] == "half_epoch"), ["spread", "paired_noise"]] = 0.0
    axes = noise(table).axes[0]
    assert marks(axes)[-1][1] == 0.1 > axes.get_ylim()[0] and texts(axes).count("0.0") == 2
    assert not [said for said in texts(axes) if said.endswith("×")]
    assert overlaps(noise(table)) == overlaps(noise(table.assign(spread=0.0, paired_noise=0.0))) == []


def test_schedules_go_from_measured_once_to_measured_again_below_the_means_of_each_kind():
    table = Frames(2, 2).schedules()
    axes, names = schedules(table).axes[1], row_names(schedules(table).axes[0])
    assert names[:2] == ["mean of signals", "mean of fusions"] and len(names) == 2 + len(SIGNALS) + len(FUSIONS)
    for name, said in (("fusions", "mean of fusions"), ("ridge", "ridge"), ("weight_entropy", "weight entropy")):
        of = table[(table["dataset"] == "section") & (table["strategy"] == name)].drop(columns=["dataset", "family"])
        mean, row = of.drop(columns=["strategy"]).mean(), names.index(said)
        ends = 100 * mean[["one_shot_regret", "iterative_regret"]]
        (line,) = [line for line in axes.lines if list(line.get_ydata()) == [row, row] and line.get_alpha()]
        assert line.get_xdata() == pytest.approx(ends.to_numpy())
        dots = [line for line in axes.lines if line.get_marker() == "o" and list(line.get_ydata()) == [row]]
        assert [dot.get_markerfacecolor() == "white" for dot in dots] == [True, False]
        assert [dot.get_xdata()[0] for dot in dots] == pytest.approx(ends.tolist())
        beside = [text.get_text() for text in axes.texts if text.get_position()[1] == row]
        change, low, high = 100 * mean[["difference", "difference_low", "difference_high"]]
        want = [f"{mean['tau']:.2f}", f"{change:+.1f} [{low:+.1f}, {high:+.1f}]"]
        assert beside == [number.replace("-", "−") for number in want]


def test_the_same_order_has_no_change_and_what_was_not_measured_no_row():
    table = Frames(2, 1).schedules()
    regrets = ["one_shot_regret", "iterative_regret", "difference", "difference_low", "difference_high"]
    ridge = table["strategy"] == "ridge"
    table.loc[ridge, regrets[2:]] = 0.0
    table.loc[ridge & (table["dataset"] == "section"), regrets] = np.nan
    library, section = schedules(table).axes
    row = row_names(library).index("ridge")
    assert [text.get_text() for text in library.texts if text.get_position()[1] == row][1] == "none"
    assert len(marks(library)) - len(marks(section)) == 2
    assert not schedules(table.assign(iterative_regret=np.nan)).axes


def test_the_gain_of_a_variant_is_a_dot_with_its_interval():
    table = Frames(1, 1).distillation()
    (axes,) = distillation(table).axes
    assert row_names(axes) == [name.replace("_", " ") for name in table["variant"]]
    dots = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"]
    assert dots == pytest.approx((100 * table["over_control"]).tolist())
    assert texts(axes)[0] == f"{100 * table['accuracy'].iloc[0]:.1f} · 125"


def test_families_keep_their_colour_in_every_figure():
    for name in ("regret_by_depth", "removal_order", "signals", "ranks", "fusion_weights"):
        for axes in drawn(name, Frames(1, 2, 4)).axes[:1]:
            colours = {tick.label1.get_text(): tick.label1.get_color() for tick in axes.yaxis.get_major_ticks()}
            assert colours["weight entropy"] == COLOURS["weight"], name
