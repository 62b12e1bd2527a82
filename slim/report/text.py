"""Every sentence of the report: subject, verb, number, interval; at most 25 words each."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from slim.report.claims import REFUTED, SUPPORTED, UNTESTED
from slim.report.numbers import interval, megabytes, number, p_value, percent, points, words
from slim.report.tables.comparisons import ALL, FEWEST_SEEDS, RULES
from slim.report.tables.curves import at_rule

Tables = Mapping[str, pd.DataFrame]
Row = Mapping[Any, Any]
TOLERANCE = 0.01
"""How far below the teacher's validation accuracy (fraction) the headline recipe may be."""
FUSION, GREEDY = "random_forest", "greedy"
"""The paper's best strategy, and what it has to beat without signals."""
AGAINST = {"teacher": "the teacher", "control": "its control {}", "baseline": "the best baseline"}
RULE = {"half": "At half depth", "best_accuracy": "At validation's best depth"}


def headline_recipe(recipes: pd.DataFrame) -> str | None:
    """The smallest recipe within TOLERANCE of the teacher on validation, mean over datasets; ties: the more accurate.

    Where none is, the smallest within TOLERANCE of the most accurate one that is smaller than the teacher; None
    without any. A baseline is no recipe. Nothing is chosen on test.
    """
    teacher, smaller = _teacher(recipes), _smaller(recipes)
    if teacher is None or smaller.empty:
        return None
    accuracy = smaller["validation_accuracy"]
    near = smaller[accuracy >= min(teacher["validation_accuracy"], accuracy.max()) - TOLERANCE]
    near = near.assign(_loss=-near["validation_accuracy"])
    return str(near.sort_values(["bytes", "_loss"], kind="stable")["recipe"].iloc[0])


def _smaller(recipes: pd.DataFrame) -> pd.DataFrame:
    teacher, rows = _teacher(recipes), recipes[recipes["dataset"] == ALL]
    smaller = (rows["stage"] != "baseline") & (rows["bytes"] < (teacher["bytes"] if teacher else 0))
    return rows[smaller & rows["validation_accuracy"].notna()]


def _teacher(recipes: pd.DataFrame) -> dict[str, Any] | None:
    rows = recipes[(recipes["dataset"] == ALL) & (recipes["recipe"] == "teacher")].to_dict("records")
    return {str(key): value for key, value in rows[0].items()} if rows else None


def headline_sentences(tables: Tables, level: float, shipped: str = "") -> list[str]:
    """Where a baseline wins; how small, how accurate, beside what, how sure: at most eight sentences.

    `shipped`: the recipe that is handed over, where it may be another.
    """
    recipes, compared = tables["recipes"], tables["comparisons"]
    name, teacher = headline_recipe(recipes), _teacher(recipes)
    seeds = tables["results"]["seed"].nunique()
    if name is None or teacher is None:
        return [_sure(seeds, level)]
    row = recipes[(recipes["dataset"] == ALL) & (recipes["recipe"] == name)].to_dict("records")[0]
    kept = ""
    if pd.notna(row["layers"]) and pd.notna(teacher["layers"]):
        kept = f" and keeps {row['layers']:.3g} of {teacher['layers']:.3g} layers"
    datasets = list(dict.fromkeys(set(recipes["dataset"]) - {ALL}))
    where = f"on {datasets[0]}" if len(datasets) == 1 else f"on average over {len(datasets)} datasets"
    by_kind = _by_kind(compared, name)
    others = {key: text.format(by_kind[key]["reference"]) for key, text in AGAINST.items() if key in by_kind}
    return [
        *_simpler_wins(recipes, name),
        f"The recipe {name} takes {megabytes(row['bytes'])} of the teacher's {megabytes(teacher['bytes'])} MB "
        f"({percent(row['bytes'] / teacher['bytes'])} %){kept}.",
        f"Its test accuracy is {percent(row['accuracy'])} % {where}; the teacher's is "
        f"{percent(teacher['accuracy'])} %.",
        *(difference(by_kind[key], "It", other) for key, other in others.items()),
        *(_handed_over(recipes, compared, shipped) if shipped != name else []),
        _sure(seeds, level),
    ]


def _by_kind(compared: pd.DataFrame, name: str) -> dict[str, dict[str, Any]]:
    """against (teacher, control, ...) -> a recipe's comparison over all datasets."""
    rows = compared[(compared["dataset"] == ALL) & (compared["recipe"] == name)].to_dict("records")
    return {row["against"]: {str(key): value for key, value in row.items()} for row in rows}


def _handed_over(recipes: pd.DataFrame, compared: pd.DataFrame, name: str) -> list[str]:
    """The recipe that is shipped, beside the teacher."""
    size = recipes.loc[(recipes["dataset"] == ALL) & (recipes["recipe"] == name), "bytes"]
    row = _by_kind(compared, name).get("teacher")
    return [difference(row, f"{name} (shipped, {megabytes(size.iloc[0])} MB)", AGAINST["teacher"])] if row else []


def chosen_sentences(tables: Tables) -> list[str]:
    """How the headline recipe was chosen."""
    recipes, teacher = tables["recipes"], _teacher(tables["recipes"])
    if (name := headline_recipe(recipes)) is None or teacher is None:
        return []
    smaller = _smaller(recipes).set_index("recipe")["validation_accuracy"]
    near = smaller[name] >= teacher["validation_accuracy"] - TOLERANCE
    within = f"within {points(TOLERANCE).removeprefix('+')} points of the teacher on validation"
    nearest = f"it is the smallest of those that come within {points(TOLERANCE).removeprefix('+')} of the nearest"
    how = f"It is the smallest model {within}." if near else f"No smaller model is {within}; {nearest}."
    return [how]


def _simpler_wins(recipes: pd.DataFrame, name: str) -> list[str]:
    """On which datasets a baseline is smaller than a recipe and reads no lower: what a user would pick there."""
    wins = []
    for dataset, of in recipes[recipes["dataset"] != ALL].groupby("dataset", sort=False):
        row, baselines = of[of["recipe"] == name].iloc[0], of[of["stage"] == "baseline"]
        best = baselines[baselines["bytes"] < row["bytes"]].sort_values("accuracy").tail(1).to_dict("records")
        if best and best[0]["accuracy"] >= row["accuracy"]:
            reads = f"{percent(best[0]['accuracy'])} % at {megabytes(best[0]['bytes'])} MB"
            wins.append(f"{dataset} ({best[0]['recipe']}, {reads})")
    return [f"A smaller baseline reads no lower on {', '.join(wins)}."] if wins else []


def gap_sentences(recipes: pd.DataFrame) -> list[str]:
    """What part of the way from its control to the teacher a distilled recipe goes, where the control falls short."""
    pooled = recipes[recipes["dataset"] == ALL].set_index("recipe")
    sentences = []
    for name, row in pooled[(pooled["stage"] == "distill") & pooled["control"].isin(pooled.index)].iterrows():
        accuracy, control = pooled["accuracy"], str(row["control"])
        if (gap := accuracy["teacher"] - accuracy[control]) > 0:
            closed = percent((row["accuracy"] - accuracy[control]) / gap)
            lacks = f"{control} lacks {percent(gap)} points to the teacher"
            sentences.append(f"{lacks}; {name} closes {closed} % of it.")
    return sentences


def _sure(seeds: int, level: float) -> str:
    sure = f"{100 * level:g} % intervals come from a bootstrap over"
    if seeds >= FEWEST_SEEDS:
        return f"The run has {seeds} seeds; {sure} seeds and test items."
    have = "one seed" if seeds == 1 else f"{seeds} seeds"
    return f"With {have}, differences are readings without verdicts or p-values, which need three; {sure} test items."


def difference(row: Row, subject: str, other: str) -> str:
    """What a row of a table of comparisons says of its subject; a reading where it has no verdict.

    Unstable is a verdict that would be another without one of the seeds.
    """
    by = f"{points(row['difference'])} points {interval(row['low'], row['high'], points)}"
    if pd.isna(row["verdict"]):
        return f"{subject} reads {by} against {other}."
    verb = {"better": "is better than", "worse": "is worse than"}.get(row["verdict"], "is not shown to differ from")
    unstable = "" if row["stable"] else ", unstable"
    return f"{subject} {verb} {other}: {by}, {p_value(row['p_holm'])}{unstable}."


def strategy_sentences(tables: Tables) -> list[str]:
    """The fusion against the best single signal, random orders and greedy, by each rule."""
    compared, curves = tables["strategy_comparisons"], tables["curves"]
    compared = compared[compared["dataset"] == ALL]
    sentences = []
    for rule in RULES:
        at = compared[compared["rule"] == rule]
        opponents = {best_signal(curves, rule): "the best signal, {}", "random": "random orders"}
        for opponent, text in opponents.items():
            rows = at[(at["strategy"] == opponent) & (at["reference"] == FUSION)].to_dict("records")
            sentences += [
                difference(_turned(row), f"{RULE[rule]} {words(FUSION)}", text.format(words(opponent))) for row in rows
            ]
        rows = at[(at["strategy"] == FUSION) & (at["reference"] == GREEDY)].to_dict("records")
        sentences += [difference(row, f"{RULE[rule]} {words(FUSION)}", GREEDY) for row in rows]
    return sentences + _ranks(tables["ranks"])


def best_signal(curves: pd.DataFrame, rule: str) -> str | None:
    """The single signal with the highest validation accuracy where a rule looks, mean over datasets; ties by name."""
    rows = at_rule(curves[~curves["kind"].isin(["fusion", "baseline"])], rule)
    means = rows.pivot_table(index="strategy", columns="dataset", values="validation_accuracy").dropna().mean(axis=1)
    return str(means.round(12).idxmax()) if len(means) else None


def _turned(row: Row) -> Row:
    """The same comparison with its sides swapped."""
    verdict = {"better": "worse", "worse": "better"}.get(row["verdict"], row["verdict"])
    ends = {"difference": -row["difference"], "low": -row["high"], "high": -row["low"]}
    return {**row, **ends, "verdict": verdict}


def _ranks(ranks: pd.DataFrame) -> list[str]:
    if ranks.empty:
        return []
    best, blocks = ranks.iloc[0], f"{ranks['blocks'].iloc[0]} runs"
    text = f"{words(best['strategy'])} has the best mean rank, {number(best['mean_rank'], '.1f')} of {len(ranks)}"
    test = "" if pd.isna(best["friedman_p"]) else f"; Friedman's test of equality: {p_value(best['friedman_p'])}"
    return [f"Over {blocks} {text}{test}."]


def search_sentences(search: pd.DataFrame) -> list[str]:
    """The fusion against greedy stopped at as many evaluations, a sentence for each kind of removals learned from."""
    if search.empty:
        return ["Regret and the oracle are not known, since not every subset of the layers was measured."]
    rows = search[search["method"] == FUSION].dropna(subset=["greedy_test_regret"])
    return [
        f"Learning from {words(kind)} ({number(of['evaluations'].mean(), '.0f')} evaluations), {words(FUSION)} has "
        f"a regret of {percent(of['test_regret'].mean())} points, greedy {percent(of['greedy_test_regret'].mean())}."
        for kind, of in rows.groupby("rows", sort=False)
    ]


def sensitivity_sentences(sensitivity: pd.DataFrame) -> list[str]:
    """For how many strategies each other value would have been better."""
    sentences = []
    for (option, value), of in sensitivity.groupby(["option", "value"]):
        means = of.groupby("strategy")[["test_regret", "default_regret"]].mean().dropna()
        less = int((means["test_regret"] < means["default_regret"] - 1e-9).sum())
        change = points((means["test_regret"] - means["default_regret"]).mean())
        if len(means):
            text = f"{words(option)} set to {words(value)}"
            sentences.append(f"With {text} regret falls for {less} of {len(means)}, by {change} points on average.")
    return sentences


def claim_sentences(ledger: Iterable[Row]) -> list[str]:
    """How many claims are supported, as the paper makes them and on the datasets of this run."""
    ledger = list(ledger)
    counts = {}
    for where, of in {"paper": ledger, "here": [claim["here"] for claim in ledger]}.items():
        verdicts = [claim["verdict"] for claim in of]
        counts[where] = ", ".join(f"{verdicts.count(v)} {v}" for v in (SUPPORTED, REFUTED, UNTESTED) if v in verdicts)
    return [
        f"Of the paper's {len(ledger)} claims, as it makes them: {counts['paper']}.",
        f"By the same rules on the datasets of this run: {counts['here']}.",
    ]


def study_sentences(tables: Tables) -> list[str]:
    """Whether accuracy before a short training predicts that after it, and what measuring signals again changes."""
    correlations, regret = tables["recovery_correlations"], tables["recovered_regret"]
    rows = correlations[(correlations["budget"] != "none") & (correlations["predictor"] == "raw_accuracy")]
    sentences = [
        f"After {words(budget)}, among sets of {size}: accuracy before training has a rank correlation of "
        f"{number(of['rho'].mean(), '.2f')} with accuracy after it."
        for (budget, size), of in rows.groupby(["budget", "layers"], sort=False)
    ]
    raw = regret[regret["budget"] == "none"]
    means = raw.pivot_table(index="strategy", columns="schedule", values="test_regret")
    change = (means["iterative"] - means["one_shot"]).dropna()
    again = f"Measuring signals again changes the regret of signals and fusions by {points(change.mean())} points"
    return [*sentences, f"{again}; it falls for {int((change < -1e-9).sum())} of {len(change)}."]
