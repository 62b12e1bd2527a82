"""The report from made-up measurements: complete, the same bytes twice, and never more than was measured."""

import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from dvc_render.html import HTML
from dvc_render.vega import VegaRenderer

import stages.report
from slim.figures._drawn import FIGURES, drawn
from slim.metrics._catalogue import CATALOGUE
from slim.offline_plots import offline_page
from slim.report.claims import claims
from slim.report.claims import sentences as claim_sentences
from slim.report.in_short import best_signal, evaluations_sentence, in_short
from slim.report.page import page
from slim.report.section_sentences import layer_sentences, rank_sentences, sensitivity_sentences, signal_sentences
from slim.report.sentences import control_sentences, floor_sentences, fusion_sentences, size_sentences
from slim.report.summary import by_strategy, headline, summary
from slim.runs import runs
from slim.tables import _format as form
from slim.tables import _read as read
from slim.tables._made import made
from slim.tables._read import read_curves, read_fits, read_results, rows
from slim.tables._write import write_table
from slim.tables.curves import COLUMNS as CURVES
from slim.tables.curves import curves, family_of
from slim.tables.fits import COLUMNS as FITS
from slim.tables.fits import fits
from slim.tables.learned import COLUMNS as LEARNED
from slim.tables.maxima import COLUMNS as MAXIMA
from slim.tables.maxima import maxima
from slim.tables.models import models
from slim.tables.regret import regret
from slim.tables.results import COLUMNS as RESULTS
from slim.tables.results import results
from tests import _synthetic
from tests._synthetic import CONTROLS, DATASETS, FUSIONS, GIVEN, RULES, SEEDS, SIGNALS, STUDENTS, write_all

STRATEGIES = (*SIGNALS, *CONTROLS, *FUSIONS)
ROOT = Path(__file__).parents[1]
TEMPLATES = ROOT / ".dvc" / "plots"
SURE = {"resamples": 300, "level": 0.95}
OPTIONS: dict[str, dict] = {fusion: {} for fusion in FUSIONS}


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


def every_table(data, datasets=DATASETS, seeds=SEEDS):
    """All tables of the report, as the stage makes them."""
    names, wanted = [*GIVEN, *FUSIONS], runs(datasets, seeds)
    lattices = read.read_lattices(wanted, data / "lattice" / "raw")
    return made(
        measured=read_results(datasets, seeds, STUDENTS, data), pruned=read_curves(datasets, names, data),
        recipes=read.read_recipes(names, RULES, data), ranked=read.read_orders(GIVEN, data),
        fused=read.read_fused(OPTIONS, data), fitted=read_fits(FUSIONS, data),
        raw=lattices, target=lattices, **SURE,
    )  # fmt: skip


def ledger_of(tables):
    return claims(*(tables[name] for name in ("curves", "maxima", "results", "orders")))


def said(tables):
    return in_short(tables, ledger_of(tables), student=STUDENTS[0], level=SURE["level"])


def html(tables, cards, figures=()):
    return page(cards, tables, ledger_of(tables), said(tables), figures, target="raw", level=SURE["level"])


@pytest.fixture(scope="module")
def tables(data):
    return every_table(data)


@pytest.fixture(scope="module")
def cards(data):
    return read.read_cards(DATASETS, data)


def reported(data, folder, monkeypatch):
    """Run the stage over made-up data, in a folder of its own. Returns path -> bytes of what it wrote."""
    folder.mkdir()
    (folder / "data").symlink_to(data)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(stages.report, "load", lambda: SimpleNamespace(
        grid=SimpleNamespace(datasets=list(DATASETS), seeds=list(SEEDS)), students=dict.fromkeys(STUDENTS),
        strategies=GIVEN, fusions=OPTIONS, evaluate=SimpleNamespace(**SURE),
        prune=SimpleNamespace(target="raw", rules=lambda: RULES),
    ))  # fmt: skip
    stages.report.report()
    files = [path for path in (folder / "reports").rglob("*") if path.is_file()]
    return {str(path.relative_to(folder / "reports")): path.read_bytes() for path in sorted(files)}


@pytest.fixture(scope="module")
def twice(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        return [reported(data, folder / name, patch) for name in ("one", "two")]


TABLES = (
    "results", "curves", "maxima", "fits", "regret", "comparisons", "ranks", "depths", "orders", "signals",
    "signal_correlations", "weights", "learned", "sensitivity", "shapley", "interactions", "search",
)  # fmt: skip


def test_the_stage_writes_what_it_promises(twice):
    tables = [f"{name}.csv" for name in TABLES]
    pictures = [f"figures/{name}.png" for name in FIGURES]
    metrics = [f"metrics/{strategy}.json" for strategy in STRATEGIES]
    others = ["index.html", "summary.md", "headline.json", "claims.json"]
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
    assert set(local) <= {*twice[0], "study.html"}  # which another command writes
    assert {f"figures/{name}.png" for name in FIGURES} <= set(local)
    assert not re.search(UNMEASURED, words_of(text))


UNMEASURED = r"\b(nan|NaN|None|NA|NaT)\b|\[,|, \]"


def words_of(text):
    """What a reader sees of a page."""
    seen = re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", text, flags=re.S))
    return " ".join(unescape(seen).split())


def test_the_page_has_every_claim_with_its_verdict(twice):
    ledger, seen = json.loads(twice[0]["claims.json"]), words_of(twice[0]["index.html"].decode())
    assert [claim["id"] for claim in ledger] == [f"C{i}" for i in range(1, 8)]
    for claim, sentence in zip(ledger, claim_sentences(ledger), strict=True):
        assert sentence in seen and claim["tie_rule"] in seen
        assert f"{claim['id']} {claim['verdict']}; here {claim['here']['verdict']}" in seen


def test_the_page_begins_with_what_was_found(twice, tables):
    seen, short_text = words_of(twice[0]["index.html"].decode()), twice[0]["summary.md"].decode()
    sentences = said(tables)
    assert 6 <= len(sentences) <= 10
    assert all(sentence in seen and f"- {sentence}\n" in short_text for sentence in sentences)
    order = (sentences[0], "What the paper claims", "Strategy minus", "R² out of sample", "Shapley value", "Licence")
    places = [seen.index(text) for text in order]
    assert places == sorted(places)


PAGES = ("report/page.html.j2", "report/_page_parts.html.j2", "study/page.html.j2")


def typed(template):
    """The words that a template holds itself: its text, and the strings that it hands to macros."""
    text = re.sub(r"<style>.*?</style>|{%.*?%}", " ", template, flags=re.S)
    strings = re.findall(r'"([^"]*)"', " ".join(re.findall(r"{{.*?}}", text, re.S)))
    return " ".join([words_of(re.sub(r"{{.*?}}", " ", text, flags=re.S)), *strings])


@pytest.mark.parametrize("name", PAGES)
def test_no_number_is_typed_in_a_template(name):
    assert not re.findall(r"\d", typed((ROOT / "slim" / name).read_text()))


def test_a_number_typed_in_a_template_would_be_found():
    planted = '<h2>a</h2><p class="x9">{{ rows[0] }} of 12</p>{% if a == 3 %}{{ draw(b, "at 95 %") }}{% endif %}'
    assert re.findall(r"\d+", typed(planted)) == ["12", "95"]


SECTIONS = {
    "fusion": ["learned", "fits"], "signals": ["signal_correlations"], "sensitivity": ["sensitivity"],
    "exact": ["shapley", "search"],
}  # fmt: skip


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_without_measurements_is_left_out(section, tables, cards):
    assert f'id="{section}"' in html(tables, cards)
    text = html(tables | {name: tables[name].iloc[:0] for name in SECTIONS[section]}, cards)
    assert Page(text).open == []
    assert f'id="{section}"' not in text and f'"#{section}"' not in text
    assert all(f'id="{other}"' in text for other in SECTIONS if other != section)
    assert not re.search(UNMEASURED, words_of(text))


def test_without_comparisons_nothing_is_said_of_them(tables, cards):
    less = tables | {"comparisons": tables["comparisons"].iloc[:0], "ranks": tables["ranks"].iloc[:0]}
    assert not any("Holm" in sentence for sentence in said(less))
    assert "How sure are the differences?" not in html(less, cards)


def test_figures_of_empty_tables_are_not_drawn(tables):
    assert drawn({name: table.iloc[:0] for name, table in tables.items()}) == {}


def smaller(monkeypatch, folder, datasets, seeds):
    """The tables and cards of a run over other datasets and seeds."""
    monkeypatch.setattr(_synthetic, "DATASETS", datasets)
    monkeypatch.setattr(_synthetic, "SEEDS", seeds)
    write_all(folder)
    return every_table(folder, datasets, seeds), read.read_cards(datasets, folder)


def test_one_seed_says_what_it_cannot_show(monkeypatch, tmp_path):
    found, cards = smaller(monkeypatch, tmp_path, DATASETS, (0,))
    text = html(found, cards)
    seen = words_of(text)
    assert Page(text).open == [] and not re.search(UNMEASURED, seen)
    assert "one seed (0) on kind and library" in said(found)[-1] and "is not known" in said(found)[-1]
    assert not any(word in " ".join(said(found)) for word in ("from run to run", "seeds ("))
    assert "nothing here shows how far seeds differ" in seen


def test_one_dataset_is_not_pooled_with_others(monkeypatch, tmp_path):
    found, cards = smaller(monkeypatch, tmp_path, ("library",), (0, 1, 2))
    text = html(found, cards)
    assert Page(text).open == [] and not re.search(UNMEASURED, words_of(text))
    assert not any("on each dataset" in sentence for sentence in said(found))
    assert "3 seeds (0, 1, 2) on library" in said(found)[-1]
    assert text.count("Strategy minus greedy.") == 1


# what is said in short


def against(tables, gain, p=0.01, opponent="greedy", dataset=None):
    """The tables with a planted gain of the forest over an opponent, everywhere or on one dataset."""
    table = tables["comparisons"].copy()
    here = (table["reference"] == "random_forest") & (table["strategy"] == opponent)
    here &= True if dataset is None else table["dataset"] == dataset
    table.loc[here, ["difference", "low", "high", "p_holm"]] = [-gain, -gain - 0.01, -gain + 0.01, p]
    return tables | {"comparisons": table}


def sentence_on(tables, what):
    (found,) = (sentence for sentence in said(tables) if what in sentence)
    return found


@pytest.mark.parametrize(
    ("gain", "p", "says"),
    [
        (0.03, 0.01, "better than"), (-0.03, 0.01, "worse than"), (0.005, 0.01, "not shown to differ from"),
        (0.03, 0.2, "not shown to differ from"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("opponent", "what"), [("greedy", "misses"), ("random", "drawn at random")])
def test_the_verdict_on_fusion_follows_the_interval_and_holms_p(tables, gain, p, says, opponent, what):
    sentence = sentence_on(against(tables, gain, p, opponent), what)
    ends = form.interval(gain - 0.01, gain + 0.01, form.points)
    clause = f"it is {says} {opponent}, {form.points(gain)} points {ends}, p = {p:.3f} after Holm's correction"
    assert sentence.count(f"{clause} (the same on each dataset)") == 2  # by either rule


def test_datasets_that_disagree_are_named(tables):
    mixed = against(against(tables, 0.03), -0.03, dataset="kind")
    assert sentence_on(mixed, "misses").count("(better on library, worse on kind)") == 2


def test_the_best_signal_is_chosen_on_validation(tables):
    lines, name = tables["curves"], "weight_entropy"
    others = lines["strategy"] != name
    lifted = lines.assign(validation_accuracy=lines["validation_accuracy"].where(others, 0.999))
    on_test = lines.assign(test_accuracy=lines["test_accuracy"].where(others, 0.999))
    for rule in ("half", "best_accuracy"):
        assert best_signal(lifted, rule) == name
        assert best_signal(on_test, rule) == best_signal(lines, rule)
        assert best_signal(lifted[others | (lifted["dataset"] == "kind")], rule) != name
    sentence = sentence_on(against(tables | {"curves": lifted}, 0.03, opponent=name), "12 single signals")
    assert sentence.count("better than weight entropy, +3.0 points") == 2


@pytest.mark.parametrize(
    ("gains", "says"),
    [((0.02, 0.01), "the signals add to greedy"), ((0.02, -0.01), "do not agree"), ((-0.02, 0.0), "add nothing")],
)
def test_the_sentence_about_evaluations_follows_the_runs(tables, gains, says):
    table = tables["learned"]
    gain = np.where(table["dataset"] == "kind", *gains)
    moved = table.assign(greedy_test_regret=table["test_regret"] + gain)
    sentence = sentence_on(tables | {"learned": moved}, "as many evaluations")
    assert says in sentence and "as set (trajectories)" in sentence
    assert f"less in {3 * sum(gain > 0 for gain in gains)} of 6 runs" in sentence
    one = sentence_on(tables | {"learned": moved[moved["seed"] == 0]}, "as many evaluations")
    assert ("one seed cannot show" in one) == (min(gains) > 0)


def test_a_fusion_that_learns_from_nothing_is_compared_too(tables):
    table = tables["learned"]
    free = table[table["fusion"] == "mean_rank"].assign(evaluations=0, test_regret=0.02, greedy_test_regret=0.05)
    text = evaluations_sentence(free, "mean_rank")
    assert "none (0) 2.0 against 5.0 points, less in 6 of 6 runs: as set (none), the signals add to greedy" in text


def test_fusions_are_counted_against_greedy(tables):
    table = tables["comparisons"].copy()
    here = table["reference"] == "greedy"
    table.loc[here, ["low", "high", "p_holm"]] = [-0.01, 0.01, 0.01]
    table.loc[here & (table["strategy"] == "mean_rank"), ["low", "high"]] = [-0.03, -0.01]
    table.loc[here & (table["strategy"] == "random_forest"), ["low", "high"]] = [0.01, 0.03]
    sentence = sentence_on(tables | {"comparisons": table}, "Of 3 fusions")
    counts = "better 1 (random forest), worse 1 (mean rank), not shown to differ 1 (linear regression)"
    assert sentence.count(counts) == 2


@pytest.mark.parametrize(
    ("column", "what", "says"),
    [
        ("difference", "than its teacher|from its teacher", ("more accurate", "less accurate", "not told")),
        ("over_control", "What the teacher added", ("above the same", "below the same", "not told from the same")),
    ],
)
def test_what_the_small_model_is_worth_follows_its_intervals(tables, column, what, says):
    for gap, word in zip((0.03, -0.03, 0.0), says, strict=True):
        moved = {column: gap, f"{column}_low": gap - 0.01, f"{column}_high": gap + 0.01}
        found = said(tables | {"results": tables["results"].assign(**moved)})
        (sentence,) = (one for one in found if re.search(what, one))
        assert word in sentence and f"kind ({form.points(gap)} points" in sentence and "library (" in sentence
        assert not any(other in sentence for other in says if other != word)


def test_the_range_over_runs_is_that_of_the_runs(tables):
    half = tables["curves"][tables["curves"]["layers"] == 3]
    cells = half.pivot_table(index=["dataset", "seed"], columns="strategy", values="test_accuracy")
    gains = cells["random_forest"] - cells["greedy"]
    assert f"{form.points(gains.min())} to {form.points(gains.max())} points from greedy" in said(tables)[-1]


# sentences of the sections


def test_ranks_in_words(tables):
    (sentence,) = rank_sentences(tables["ranks"], 0.95)
    first = tables["ranks"].iloc[0]
    assert f"{form.words(first['strategy'])} is in place 1 ({first['mean_rank']:.1f})" in sentence
    (alike,) = rank_sentences(tables["ranks"].assign(friedman_p=0.4), 0.95)
    assert "That is not shown" in alike and "They do" not in alike
    single = tables["ranks"].assign(friedman_p=np.nan, critical_difference=np.nan, blocks=1)
    (alone,) = rank_sentences(single, 0.95)
    assert "over 1 pair of" in alone and "one pair cannot show" in alone


def test_signals_that_give_the_same_order_are_named():
    names = ["up", "also_up", "down", "flat"]
    rho = {("up", "also_up"): 1.0, ("up", "down"): -1.0, ("also_up", "down"): -1.0}
    rows = [{"dataset": "d", "first": a, "second": b, "rho": rho.get((a, b), rho.get((b, a), float(a == b or "nan")))}
            for a in names for b in names]  # fmt: skip
    table = pd.DataFrame(rows)
    table.loc[(table["first"] == "flat") & (table["second"] == "flat"), "rho"] = np.nan
    expected = "d: 4 signals order the layers in 3 ways; the same order in every seed: also up and up."
    assert signal_sentences(table) == [expected]


def test_the_choice_that_matters_most_is_the_largest_change():
    rows = [
        ("a", "site", "update", 0.05, 0.01), ("a", "site", "update", 0.02, 0.01), ("b", "rows", "lattice", 0.01, 0.03),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["strategy", "option", "value", "test_regret", "default_regret"])
    (sentence,) = sensitivity_sentences(table)
    assert sentence.startswith("Of 2 single choices of definition, taken the other way, 1 lower regret")
    assert "1 raise it" in sentence and "site = update of a, +2.5 points on average [+1.0, +4.0]" in sentence
    assert sensitivity_sentences(table.assign(test_regret=np.nan)) == []


def test_layers_and_pairs_in_words():
    worth = pd.DataFrame({"dataset": "d", "seed": 0, "layer": [0, 1, 2], "shapley": [0.1, -0.02, 0.3]})
    pairs = pd.DataFrame({"dataset": "d", "seed": 0, "first": [0, 0, 1], "second": [1, 2, 2]})
    (sentence,) = layer_sentences(worth, pairs.assign(interaction=[0.2, -0.1, 0.0]))
    assert "layer 2 is worth most (+30.0 points) and layer 1 least (−2.0)" in sentence
    assert "0 and 1 need each other most (+20.0 points), 0 and 2 can best stand in for one another (−10.0)" in sentence
    (sentence,) = layer_sentences(worth, pairs.assign(interaction=[-0.1, -0.4, -0.3]))
    assert "no pair is worth more together than apart" in sentence
    (sentence,) = layer_sentences(worth, pairs.assign(interaction=[0.5, 0.2, 0.3]))
    assert "no pair can stand in for one another" in sentence


def test_learned_has_a_row_a_kind_of_rows(tables):
    table = tables["learned"]
    assert list(table.columns) == LEARNED
    assert set(table["fusion"]) == {"linear_regression", "random_forest", "mean_rank"}  # no search, no ceiling
    of = table[(table["dataset"] == "kind") & (table["seed"] == 1) & (table["fusion"] == "random_forest")]
    assert of["rows"].tolist() == ["trajectories", "lattice", "leave_one_out", "other_datasets"]
    assert of["in_use"].tolist() == [True, False, False, False]
    assert of["evaluations"].tolist() == [62, 63, 7, 0] and of["fitted"].tolist() == [186, 189, 21, 0]
    found = tables["search"].set_index(["dataset", "seed", "method"]).sort_index()
    same = found.loc[("kind", 1, "random_forest")].set_index("rows").loc["leave_one_out"]
    cells = of.set_index("rows").loc["leave_one_out"]
    assert [cells["test_regret"], cells["greedy_test_regret"]] == [same["test_regret"], same["greedy_test_regret"]]
    drawn_at_7 = found.loc[("kind", 1, "random")].set_index("evaluations").loc[7, "test_regret"]
    assert cells["random_test_regret"] == drawn_at_7


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


@pytest.mark.parametrize(("cut", "says"), [(0.97, "cut at 32 tokens (97 % of them)"), (0.02, "bug"), (np.nan, "bug")])
def test_a_teacher_that_reads_less_than_the_floor_may_be_below_it(found, tables, cut, says):
    shifted = found.assign(difference=0.05, difference_low=0.04, difference_high=0.06, max_tokens=32.0, cut=cut)
    sentences = floor_sentences(models(shifted))
    assert all(says in sentence and ("bug" in sentence) == (says == "bug") for sentence in sentences)
    (short,) = [sentence for sentence in said({**tables, "results": shifted}) if "below the linear floor" in sentence]
    assert says in short and ("which is a bug" in short) == (says == "bug")
    for dataset in DATASETS:
        assert f"{dataset} (−5.0 points [−6.0, −4.0])" in short


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


def test_the_summary_is_markdown_whose_rows_are_as_wide_as_its_heads(tables):
    text = summary(tables["results"], tables["maxima"], said(tables))
    blocks = [block for block in text.split("\n\n") if block.startswith("|")]
    assert [len({line.count("|") for line in table.splitlines()}) for table in blocks] == [1, 1]
    assert not re.search(UNMEASURED, text)
    assert len(text.splitlines()) <= 60  # it stands in the README


def test_numbers_as_people_read_them():
    assert form.percent(0.85124) == "85.1"
    assert form.points(-0.0125001) == "−1.3" and form.points(0.004) == "+0.4"
    assert form.points(-0.0001) == "+0.0" and form.number(-0.0001, ".1f") == "0.0"
    assert form.percent(np.nan) == form.megabytes(pd.NA) == form.interval(np.nan, 1.0) == form.times(None) == ""


def test_the_plot_template_is_filled_and_the_offline_page_loads_nothing(lines, tmp_path):
    points = [{"rev": "workspace", **row} for row in lines.head(50).astype(str).to_dict("records")]
    plot = VegaRenderer(
        points, "curves", template="accuracy_by_depth", template_dir=str(TEMPLATES), x="removed", y="test_accuracy"
    )
    spec = json.loads(plot.partial_html())
    assert "DVC_METRIC" not in json.dumps(spec) and len(spec["data"]["values"]) == 50
    page = HTML(offline_page()).with_scripts(plot.SCRIPTS).with_element(plot.generate_html()).embed()
    assert "vegaEmbed=" in page and not re.search(r"<(script|link)[^>]*(src|href)=", page)
