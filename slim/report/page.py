"""The pages, the README's block and the numbers that `dvc metrics` compares, from the tables."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from slim.report import text
from slim.report.numbers import interval, megabytes, number, percent, points, rounded, words
from slim.report.tables.comparisons import ALL

Tables = Mapping[str, pd.DataFrame]
TIMES = "latency.png"
"""Accuracy against time, which the stage `benchmark` draws beside the page."""


class Section(NamedTuple):
    """A part of a page."""

    title: str
    how: str
    """How to read it."""
    sentences: Sequence[str] = ()
    figures: Sequence[str] = ()
    tables: Mapping[str, str] = {}
    """Caption -> HTML."""


def report_page(
    tables: Tables, ledger: Sequence[Mapping[str, Any]], cards: Mapping[str, Mapping[str, Any]], level: float,
    shipped: str = "",
) -> str:  # fmt: skip
    """The HTML of the report; pictures lie in figures/, tables beside it. `shipped`: the recipe handed over."""
    sections = [
        Section(
            "Recipes", "Means over seeds; accuracies in %, differences in points with their intervals. The control is "
            "the plain recipe that a clever one must beat. Ratio: accuracy per byte over the teacher's.",
            text.gap_sentences(tables["recipes"]),
            tables={"Recipes and baselines.": html(recipe_table(tables))},
        ),
        Section(
            "Strategies", "A strategy removes one layer after another, without recovery unless params.yaml says so; "
            "depths are chosen on validation. The oracle is the best subset on validation.",
            text.strategy_sentences(tables), ["accuracy_by_depth", "removal_order"],
            {"Best test accuracy (%) with one or more layers removed, the depth chosen on validation; in brackets "
             "chosen on test, which is optimistic.": html(maxima_table(tables["maxima"]))},
        ),
        Section(
            "Fusion and search", "A fusion predicts from signals what removals cost, and learns from removals that "
            "were measured. Greedy measures only. Regret: test accuracy lost against the best subset of that size.",
            text.search_sentences(tables["search"]), ["search"],
        ),
        Section(
            "Signals", "A signal scores each layer of the intact model.",
            figures=["signals"],
        ),
        Section(
            "Definitions", "Where the paper leaves a choice open, one choice is changed at a time.",
            text.sensitivity_sentences(tables["sensitivity"]),
        ),
        Section(
            "Claims of the paper", "The paper's own rules on its nine datasets, and the same rules on those of this "
            "run; on validation: with the depth chosen there. Numbers and tie rules are in claims.json.",
            text.claim_sentences(ledger),
            tables={"The seven claims of arXiv 2501.03273.": html(_claims(ledger), "words")},
        ),
        Section("Data", "Depths and recipes are chosen on validation; test is only reported.",
                tables={"Items of each split.": html(_datasets(cards))}),
    ]  # fmt: skip
    sentences = [*text.headline_sentences(tables, level, shipped), *text.chosen_sentences(tables)]
    files = ["claims.json", *(f"{name}.csv" for name in sorted(tables))]
    title = "How small, how accurate, how sure"
    return render(title, "size_accuracy", sentences, sections, "figures", files, times=TIMES)


def study_page(tables: Tables) -> str:
    """The HTML of the study; pictures lie in study/figures, tables in study/."""
    correlations, regret = tables["recovery_correlations"], tables["recovered_regret"]
    trained = regret["layers"].isin(regret.loc[regret["budget"] != "none", "layers"])
    recovered = regret[trained & (regret["schedule"] == "one_shot")]
    raw = regret[(regret["budget"] == "none") & (regret["kind"] != "baseline")]
    each, points_each = (f"{what}, by layers that stay and budget (none: no training)." for what in ("ρ", "Points"))
    sections = [
        Section(
            "What predicts accuracy after a short training",
            "Spearman's rank correlation with test accuracy over the sets of one size, mean over datasets and seeds. "
            "The ceiling is recovered validation: accuracy after the same training on validation.",
            tables={each: _pivot(correlations, "predictor", "rho", lambda rho: number(rho, ".2f"))},
        ),
        Section(
            "What choosing layers is worth after it",
            "Test accuracy over that of random sets, mean over datasets and seeds, of sizes of which every set was "
            "trained. Strategies look at what was measured before training.",
            tables={points_each: _pivot(recovered, "strategy", "over_random", points)},
        ),
        Section(
            "Signals measured once, or again after every removal",
            "Test regret in points without recovery, mean over datasets, seeds and sizes.",
            tables={"": _pivot(raw, "strategy", "test_regret", percent, ["schedule"])},
        ),
    ]
    files = [f"study/{name}.csv" for name in sorted(tables)]
    title, sentences = "What a short training restores", text.study_sentences(tables)
    return render(title, "recovery", sentences, sections, "study/figures", files)


def _pivot(table: pd.DataFrame, row: str, value: str, form: Any, by: Sequence[str] = ("layers", "budget")) -> str:
    """Means of a value as HTML: a row each of one column, a column each of the values of others."""
    means = table.pivot_table(index=row, columns=list(by), values=value, sort=False).map(form)
    means.columns = [" ".join(map(words, key if isinstance(key, tuple) else (key,))) for key in means.columns]
    return html(means.rename(index=words).reset_index())


def render(title: str, first: str, sentences: Iterable[str], sections: Iterable[Section], folder: str,
           files: Iterable[str], times: str = "") -> str:  # fmt: skip
    """A page whose first screen is a picture and sentences; inline style and script, nothing from the network.

    `times`: the file of another picture to choose in the first one's place.
    """
    shown = {"sentences": list(sentences), "sections": list(sections), "files": list(files), "times": times}
    return template(Path(__file__).with_name("page.html.j2")).render(title=title, first=first, folder=folder, **shown)


def template(path: Path) -> Template:
    """A template; what goes into HTML is escaped, and a name that is missing is an error."""
    how: Any = {
        "undefined": StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "keep_trailing_newline": True,
    }
    loader, escape = FileSystemLoader(path.parent, encoding="utf-8"), select_autoescape(["html.j2"])
    return Environment(loader=loader, autoescape=escape, **how).get_template(path.name)


def html(table: pd.DataFrame, style: str = "") -> str:
    """A table of strings as HTML, escaped."""
    return str(table.to_html(index=False, border=0, classes=style or None, justify="unset"))


def recipe_table(tables: Tables) -> pd.DataFrame:
    """A row a recipe, all cells strings: size, accuracy by dataset (the mean only where there are more than three)."""
    recipes, compared = tables["recipes"], tables["comparisons"]
    datasets = [name for name in dict.fromkeys(recipes["dataset"]) if name != ALL]
    shown = datasets if len(datasets) <= 3 else [ALL]
    accuracy = {dataset: recipes[recipes["dataset"] == dataset].set_index("recipe") for dataset in shown}
    pooled = compared[compared["dataset"] == ALL].set_index(["recipe", "against"])
    rows = []
    for row in recipes[recipes["dataset"] == ALL].to_dict("records"):
        cells = {"recipe": row["recipe"], "layers": number(row["layers"], ".3g"), "MB": megabytes(row["bytes"])}
        cells["ratio"] = number(row["ratio"], ".2f")
        for dataset, table in accuracy.items():
            of = table.loc[row["recipe"]]
            heading = "mean" if dataset == ALL else dataset
            cells[heading] = f"{percent(of['accuracy'])} {interval(of['low'], of['high'])}".strip()
        for against in ("teacher", "control"):
            cells[f"to {against}"] = ""
            if (row["recipe"], against) in pooled.index:
                of = pooled.loc[(row["recipe"], against)]
                cells[f"to {against}"] = f"{points(of['difference'])} {interval(of['low'], of['high'], points)}"
        rows.append(cells)
    return pd.DataFrame(rows)


def maxima_table(maxima: pd.DataFrame) -> pd.DataFrame:
    """A row a strategy, a column a dataset, all cells strings."""
    pairs = zip(maxima["accuracy"].map(percent), maxima["optimistic"].map(percent), strict=True)
    cells = maxima.assign(strategy=maxima["strategy"].map(words), cell=[f"{one} ({other})" for one, other in pairs])
    table = cells.pivot_table(index="strategy", columns="dataset", values="cell", aggfunc="first", sort=False)
    return table.fillna("").rename_axis(columns=None).reset_index()


def _claims(ledger: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame([
        {"": c["id"], "claim": c["claim"], "verdict": c["verdict"], "here": c["here"]["verdict"],
         "on validation": c["here"].get("validation", {}).get("verdict", ""), "because": c["because"]}
        for c in ledger
    ])  # fmt: skip


def _datasets(cards: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    rows = []
    for name, card in cards.items():
        counts = {split: of.get("rows", 0) for split, of in card.get("splits", {}).items()}
        splits = {split: f"{counts[split]:,d}" for split in ("train", "validation", "test") if split in counts}
        about = {"licence": card.get("licence", ""), "origin": card.get("origin", "")}
        rows.append({"dataset": name, "classes": str(len(card.get("labels", []))), **splits, **about})
    return pd.DataFrame(rows).fillna("")


def summary(tables: Tables, level: float, shipped: str = "") -> str:
    """Markdown for the README: the picture, at most eight sentences, one table."""
    table = recipe_table(tables)
    head, rule = list(table.columns), [":--"] + ["--:"] * (len(table.columns) - 1)
    rows = ["| " + " | ".join(map(str, cells)) + " |" for cells in [head, rule, *table.to_numpy().tolist()]]
    sentences = [f"- {sentence}" for sentence in text.headline_sentences(tables, level, shipped)]
    note = "Test accuracy in %, differences in points, means over seeds, in brackets bootstrap intervals:"
    picture = "![Test accuracy against size on disk](figures/size_accuracy.png)"
    return "\n".join([picture, "", *sentences, "", note, "", *rows]) + "\n"


def headline(tables: Tables) -> dict[str, float]:
    """The run in few numbers, means over datasets; what was not measured is absent.

    teacher, accuracy: test accuracy of the teacher and of the headline recipe; bytes: of that recipe; ratio:
    its accuracy per byte over the teacher's; over_control, over_baseline: its accuracy minus that of its control and
    of the best baseline; fusion_over_greedy: random_forest minus greedy at half of the layers.
    """
    recipes, name = tables["recipes"], text.headline_recipe(tables["recipes"])
    pooled = recipes[recipes["dataset"] == ALL].set_index("recipe")
    numbers: dict[str, Any] = {"teacher": pooled["accuracy"].get("teacher")}
    if name is not None:
        numbers |= {key: pooled.loc[name, key] for key in ("accuracy", "bytes", "ratio")}
        rows = tables["comparisons"]
        gains = rows[(rows["dataset"] == ALL) & (rows["recipe"] == name)].set_index("against")["difference"]
        numbers |= {f"over_{against}": gains.get(against) for against in ("control", "baseline")}
    rows = tables["strategy_comparisons"]
    rows = rows[(rows["dataset"] == ALL) & (rows["rule"] == "half")].set_index(["strategy", "reference"])
    numbers["fusion_over_greedy"] = rows["difference"].get((text.FUSION, text.GREEDY))
    return {key: rounded(float(value)) for key, value in numbers.items() if pd.notna(value)}


def metrics(recipes: pd.DataFrame) -> dict[str, dict[str, float]]:
    """recipe -> dataset (and `mean`) -> test accuracy (fraction), for `dvc metrics show`."""
    rows: dict[str, dict[str, float]] = {}
    for row in recipes.to_dict("records"):
        dataset = "mean" if row["dataset"] == ALL else row["dataset"]
        if pd.notna(row["accuracy"]):
            rows.setdefault(row["recipe"], {})[dataset] = rounded(row["accuracy"])
    return rows
