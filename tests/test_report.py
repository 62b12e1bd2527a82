"""The report from made-up measurements: complete, the same bytes twice, and never more than was measured."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from dvc_render.html import HTML
from dvc_render.vega import VegaRenderer

import stages.report
from slim.figures._style import spread, write_png
from slim.figures.accuracy_by_depth import accuracy_by_depth, short
from slim.figures.models import models as models_figure
from slim.figures.regret_by_depth import regret_by_depth
from slim.metrics._catalogue import CATALOGUE
from slim.offline_plots import offline_page
from slim.sentences import control_sentences, floor_sentences, fusion_sentences, size_sentences
from slim.summary import by_strategy, headline, summary
from slim.tables import _format as form
from slim.tables._read import read_curves, read_fits, read_results, rows
from slim.tables._write import write_table
from slim.tables.curves import COLUMNS as CURVES
from slim.tables.curves import curves, family_of
from slim.tables.fits import COLUMNS as FITS
from slim.tables.fits import fits
from slim.tables.maxima import COLUMNS as MAXIMA
from slim.tables.maxima import maxima
from slim.tables.models import models
from slim.tables.regret import regret
from slim.tables.results import COLUMNS as RESULTS
from slim.tables.results import results
from tests._synthetic import CONTROLS, DATASETS, FUSIONS, SEEDS, SIGNALS, STUDENTS, write_all

STRATEGIES = (*SIGNALS, *CONTROLS, *FUSIONS)
TEMPLATES = Path(__file__).parents[1] / ".dvc" / "plots"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_all(folder)
    return folder


@pytest.fixture(scope="module")
def lines(data):
    return curves(read_curves(DATASETS, STRATEGIES, data), FUSIONS)


@pytest.fixture(scope="module")
def found(data):
    return results(read_results(DATASETS, SEEDS, STUDENTS, data))


def reported(data, folder, monkeypatch):
    """Run the stage over made-up data, in a folder of its own. Returns path -> bytes of what it wrote."""
    folder.mkdir()
    (folder / "data").symlink_to(data)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(stages.report, "load", lambda: SimpleNamespace(
        grid=SimpleNamespace(datasets=list(DATASETS), seeds=list(SEEDS)), students=dict.fromkeys(STUDENTS),
        strategies=dict.fromkeys([*SIGNALS, *CONTROLS]), fusions=dict.fromkeys(FUSIONS),
    ))  # fmt: skip
    stages.report.report()
    files = [path for path in (folder / "reports").rglob("*") if path.is_file()]
    return {str(path.relative_to(folder / "reports")): path.read_bytes() for path in sorted(files)}


@pytest.fixture(scope="module")
def twice(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        return [reported(data, folder / name, patch) for name in ("one", "two")]


def test_the_stage_writes_what_it_promises(twice):
    tables = [f"{name}.csv" for name in ("results", "curves", "maxima", "fits", "regret")]
    pictures = [f"figures/{name}.png" for name in ("accuracy_by_depth", "regret_by_depth", "models")]
    metrics = [f"metrics/{strategy}.json" for strategy in STRATEGIES]
    others = ["index.html", "summary.md", "headline.json"]
    assert sorted(twice[0]) == sorted([*tables, *pictures, *metrics, *others])


def test_two_runs_write_the_same_bytes(twice):
    assert twice[0] == twice[1]


def test_tables_have_unix_ends_and_no_word_for_missing(twice):
    for name in (name for name in twice[0] if name.endswith(".csv")):
        text = twice[0][name].decode()
        assert "\r" not in text and text.endswith("\n"), name
        assert not re.search(r"(^|,)(nan|NaN|None|<NA>)(,|$)", text, re.MULTILINE), name


class Page(HTMLParser):
    """The tags of a page that are open, and every address it mentions."""

    def __init__(self, text):
        super().__init__()
        self.open, self.addresses, self.tags = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href")]
        if tag not in ("meta", "img", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_stands_alone(twice):
    text = twice[0]["index.html"].decode()
    page = Page(text)
    assert page.open == [] and "script" not in page.tags and "link" not in page.tags and "http" not in text
    local = [address for address in page.addresses if not address.startswith("#")]
    assert set(local) <= set(twice[0])
    assert not re.search(r"\b(nan|None|NA)\b", re.sub(r"<style>.*?</style>", "", text, flags=re.S))


def test_the_page_defines_every_metric_and_names_every_strategy(twice):
    text = twice[0]["index.html"].decode()
    assert all(f"<dt>{name} " in text for name in CATALOGUE)
    assert all(strategy.replace("_", " ") in text for strategy in STRATEGIES)


def test_results_have_every_promised_column_and_a_row_a_model(found):
    assert list(found.columns) == RESULTS
    assert len(found) == len(DATASETS) * len(SEEDS) * len(rows(STUDENTS))


def test_what_was_not_measured_is_blank(found, tmp_path):
    write_table(found, tmp_path / "results.csv")
    text = pd.read_csv(tmp_path / "results.csv", dtype=str, keep_default_na=False)
    floor = text[text["model"] == "linear_floor"].iloc[0]
    assert floor["bytes"] == floor["ratio"] == floor["layers"] == floor["over_control"] == ""
    assert text.loc[text["model"] == "teacher", "difference"].unique().tolist() == [""]
    assert text.loc[text["model"] == "teacher", "bytes"].unique().tolist() == ["90800000"]


def test_a_missing_model_stops_the_report(data, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"library/9/linear_floor\.json"):
        read_results(["library"], [9], STUDENTS, data)
    with pytest.raises(ValueError, match="no seed, model"):
        results([{"dataset": "x"}])


def test_curves_and_fits_have_their_columns(lines, data):
    assert list(lines.columns) == CURVES
    table = fits(read_fits(FUSIONS, data))
    assert list(table.columns) == FITS
    assert set(table["fusion"]) == {"linear_regression", "random_forest", "greedy"}  # the others fitted nothing
    forest = table[table["fusion"] == "random_forest"].iloc[0]
    assert abs(forest["first_weight"]) >= abs(forest["second_weight"]) >= abs(forest["third_weight"])


def test_a_point_held_twice_is_refused(data):
    frames = read_curves(["library"], ["greedy"], data)
    with pytest.raises(ValueError, match="twice"):
        curves(frames * 2, FUSIONS)


def test_families():
    assert family_of("mi_task_relevance", []) == "mutual information"
    assert family_of("weight_entropy", []) == "weight"
    assert family_of("greedy", ["greedy"]) == "control"
    assert family_of("mean_rank", ["mean_rank"]) == "fusion"
    assert family_of("angular_shift", []) == "other"


def _tiny(**changes):
    """One strategy, two draws, depths 0 to 2: validation prefers depth 2 and 1, test always depth 1."""
    table = pd.DataFrame({
        "dataset": "d", "seed": 0, "strategy": "random", "family": "control", "draw": [0, 0, 0, 1, 1, 1],
        "removed": [0, 1, 2] * 2, "validation_accuracy": [0.9, 0.6, 0.7, 0.9, 0.7, 0.6], "validation_loss": 0.1,
        "test_accuracy": [0.9, 0.8, 0.4, 0.9, 0.6, 0.2], "test_regret": [0.0, 0.0, 0.2, 0.0, 0.2, 0.4],
    })  # fmt: skip
    return table.assign(**changes)


def test_maxima_are_chosen_on_validation_and_the_optimistic_ones_on_test():
    row = maxima(_tiny()).iloc[0]
    assert row["accuracy"] == pytest.approx((0.4 + 0.6) / 2)
    assert row["spread"] == pytest.approx(np.std([0.4, 0.6], ddof=1))
    assert row["optimistic"] == pytest.approx((0.8 + 0.6) / 2)
    assert (row["values"], row["removed"]) == (2, 1.5)


def test_ties_go_to_fewer_layers():
    assert maxima(_tiny(validation_accuracy=0.5)).iloc[0]["removed"] == 2


def test_the_mean_over_datasets_needs_all_of_them(lines):
    table = maxima(lines)
    assert list(table.columns) == MAXIMA
    of = table[table["strategy"] == "greedy"]
    assert of["mean"].tolist() == pytest.approx([of["accuracy"].mean()] * 2)
    less = lines[(lines["strategy"] != "greedy") | (lines["dataset"] == "kind")]
    assert np.isnan(maxima(less).set_index("strategy").loc["greedy", "mean"])


def test_regret_is_a_mean_over_seeds_and_draws():
    table = regret(_tiny())
    assert table["d"].tolist() == pytest.approx([0.1, 0.3])
    assert table["mean"].tolist() == pytest.approx([0.1, 0.3])


def test_what_dvc_compares_has_datasets_and_their_mean(lines, found):
    numbers = by_strategy(maxima(lines))
    assert set(numbers) == set(STRATEGIES)
    assert set(numbers["weight_entropy"]) == {*DATASETS, "mean"}
    top = headline(found, maxima(lines), student="random_forest")
    assert set(top) == {"teacher", "distilled", "teacher_helped", "ratio", "fusion_over_greedy"}
    assert top["ratio"] == pytest.approx(1.28)


def test_a_number_that_was_not_measured_is_absent_from_the_headline(found, lines):
    partly = found.assign(ratio=np.nan)
    assert "ratio" not in headline(partly, maxima(lines), student="random_forest")
    assert "distilled" not in headline(found, maxima(lines), student="nobody")


@pytest.mark.parametrize(
    ("gain", "says"), [(0.01, "the teacher helped"), (-0.01, "the teacher hurt"), (0.001, "no help of the teacher")]
)
def test_the_sentence_about_the_teacher_follows_the_interval(found, gain, says):
    shifted = found.assign(over_control=gain, over_control_low=gain - 0.006, over_control_high=gain + 0.006)
    sentences = control_sentences(models(shifted))
    assert len(sentences) == len(DATASETS) * len(STUDENTS)
    assert all(says in sentence and form.points(gain) in sentence for sentence in sentences)


@pytest.mark.parametrize(("gap", "says"), [(-0.05, "more accurate"), (0.05, "a bug"), (0.0, "cannot be told")])
def test_the_sentence_about_the_floor_follows_the_interval(found, gap, says):
    shifted = found.assign(difference=gap, difference_low=gap - 0.01, difference_high=gap + 0.01)
    assert all(says in sentence for sentence in floor_sentences(models(shifted)))
    turned = {"more accurate": "less accurate than its", "a bug": "more accurate than its"}.get(says, says)
    assert all(turned in sentence for sentence in size_sentences(models(shifted)))


@pytest.mark.parametrize(("gain", "says"), [(0.02, "the signals add to it"), (-0.02, "the signals add nothing")])
def test_the_sentence_about_fusion_follows_the_seeds(lines, gain, says):
    greedy = lines[lines["strategy"] == "greedy"]
    moved = greedy.assign(strategy="random_forest", family="fusion", test_accuracy=greedy["test_accuracy"] + gain)
    sentences = fusion_sentences(pd.concat([greedy, moved]))
    assert len(sentences) == len(DATASETS)
    assert all(says in sentence and form.points(gain) in sentence for sentence in sentences)


def test_one_seed_claims_no_gain_and_a_tie_is_no_gain(lines):
    greedy = lines[(lines["strategy"] == "greedy") & (lines["seed"] == 0)]
    better = greedy.assign(strategy="random_forest", family="fusion", test_accuracy=greedy["test_accuracy"] + 0.01)
    assert "one seed cannot show" in fusion_sentences(pd.concat([greedy, better]))[0]
    equal = better.assign(test_accuracy=greedy["test_accuracy"])
    assert "the signals add nothing" in fusion_sentences(pd.concat([greedy, equal]))[0]


def test_unmeasured_differences_make_no_sentence(found):
    nothing = models(found.assign(over_control=np.nan, difference=np.nan))
    assert control_sentences(nothing) == floor_sentences(nothing) == size_sentences(nothing) == []


def test_the_summary_is_markdown_whose_rows_are_as_wide_as_its_heads(found, lines):
    tables = [block for block in summary(found, maxima(lines), lines).split("\n\n") if block.startswith("|")]
    assert [len({line.count("|") for line in table.splitlines()}) for table in tables] == [1, 1]
    assert "nan" not in summary(found, maxima(lines), lines)


def test_numbers_as_people_read_them():
    assert form.percent(0.85124) == "85.1"
    assert form.points(-0.0125001) == "−1.3" and form.points(0.004) == "+0.4"
    assert form.points(-0.0001) == "+0.0" and form.number(-0.0001, ".1f") == "0.0"
    assert form.percent(np.nan) == form.megabytes(pd.NA) == form.interval(np.nan, 1.0) == form.times(None) == ""


def test_labels_keep_apart_stay_inside_and_move_no_more_than_needed():
    moved = spread(np.array([0.5, 0.51, 0.1, 0.99]), 0.1, 0.0, 1.0)
    assert moved == pytest.approx([0.455, 0.555, 0.1, 0.99])
    crowd = np.sort(spread(np.zeros(30), 0.1, 0.0, 1.0))
    assert crowd[0] >= 0 and crowd[-1] <= 1 + 1e-9 and np.diff(crowd) == pytest.approx(1 / 29)
    assert short("mi_task_relevance", "mutual information") == "task relevance"


def test_figures_live_with_one_dataset_one_seed_and_no_regret(found, lines, tmp_path):
    one = lines[
        (lines["dataset"] == "kind") & (lines["seed"] == 0) & lines["strategy"].isin(["greedy", "weight_entropy"])
    ]
    row = found[(found["dataset"] == "kind") & (found["model"] == "teacher")]
    figures = [
        accuracy_by_depth(one),
        regret_by_depth(one.assign(test_regret=np.nan)),
        models_figure(row, models(row)),
    ]
    for number, figure in enumerate(figures):
        write_png(figure, tmp_path / f"{number}.png")
        assert (tmp_path / f"{number}.png").read_bytes().startswith(b"\x89PNG")


def test_the_plot_template_is_filled_and_the_offline_page_loads_nothing(lines, tmp_path):
    points = [{"rev": "workspace", **row} for row in lines.head(50).astype(str).to_dict("records")]
    plot = VegaRenderer(
        points, "curves", template="accuracy_by_depth", template_dir=str(TEMPLATES), x="removed", y="test_accuracy"
    )
    spec = json.loads(plot.partial_html())
    assert "DVC_METRIC" not in json.dumps(spec) and len(spec["data"]["values"]) == 50
    page = HTML(offline_page()).with_scripts(plot.SCRIPTS).with_element(plot.generate_html()).embed()
    assert "vegaEmbed=" in page and not re.search(r"<(script|link)[^>]*(src|href)=", page)
