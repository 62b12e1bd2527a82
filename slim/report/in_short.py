"""The report in about ten sentences: does fusion work, compared with what, and how sure are we."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from slim.report.claims import REFUTED, SUPPORTED, UNTESTED
from slim.report.sentences import cut_clause, listed, verdict
from slim.report.tables._format import chance, interval, number, percent, points, words
from slim.report.tables.comparisons import ALL, RULES, chosen
from slim.report.tables.models import models

FUSION, CONTROL = "random_forest", "greedy"
"""The paper's best strategy, and what it has to beat without signals."""
RULE = {"half": "at half of the layers", "best_accuracy": "at the depth where each is best on validation"}
"""Rule of the table `comparisons` -> in words."""
VERDICTS = (SUPPORTED, REFUTED, UNTESTED)
BETTER, WORSE, UNDECIDED = "better than", "worse than", "not shown to differ from"
Row = Mapping[str, Any]
Tables = Mapping[str, pd.DataFrame]


def in_short(tables: Tables, ledger: Iterable[Mapping[str, Any]], *, student: str, level: float) -> list[str]:
    """The sentences, from the tables of `slim.report.tables` by name, the claims ledger, and the student that stands
    for all.

    A strategy is called better or worse when the interval of the difference leaves out zero and its p-value after
    Holm's correction is below 1 - level. What was not measured has no sentence.
    """
    compared, curves, means = tables["comparisons"], tables["curves"], models(tables["results"])
    signals = curves.loc[~curves["family"].isin(["fusion", "control"]), "strategy"].nunique()
    opponents: dict[str, Callable[[str], str]] = {
        f"the best of {signals} single signals on validation": lambda rule: best_signal(curves, rule),
        "orders drawn at random": lambda _: "random",
        "removing whichever layer validation misses least, without signals": lambda _: CONTROL,
    }
    sentences = [
        *(_against(compared, opponent, what, level) for what, opponent in opponents.items()),
        evaluations_sentence(tables["learned"], FUSION),
        _fusions(compared, curves, level),
        _beside(means, "difference", student),
        _beside(means, "over_control", student),
        _floor(means),
        _claimed(list(ledger)),
        _sure(curves, level),
    ]
    return [sentence for sentence in sentences if sentence]


def best_signal(curves: pd.DataFrame, rule: str) -> str:
    """The single signal with the highest validation accuracy where a rule looks, ties by name; '' without any.

    Of those measured on all datasets, each of which counts the same.
    """
    signals = curves[~curves["family"].isin(["fusion", "control"])]
    if signals.empty:
        return ""
    means = _validation(signals, rule).dropna().mean(axis=1)
    return str(means.round(12).idxmax()) if len(means) else ""


def _validation(curves: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Validation accuracy where a rule looks: a row a strategy, a column a dataset."""
    found = pd.concat([chosen(of, rule) for _, of in curves.groupby("dataset")])
    return found.pivot_table(index="strategy", columns="dataset", values="validation_accuracy")


def outcome(row: Row, level: float) -> str:
    """What a row of `comparisons` says of its strategy against its reference: BETTER, WORSE or UNDECIDED."""
    says = verdict(row["low"], row["high"], above=BETTER, below=WORSE, undecided=UNDECIDED)
    return says if row["p_holm"] < 1 - level else UNDECIDED


def _against(compared: pd.DataFrame, opponent: Callable[[str], str], what: str, level: float) -> str:
    """The fusion against an opponent, by each rule, over all datasets and on each."""
    clauses = []
    for rule in RULES:
        name = opponent(rule)
        found = rows(compared, reference=FUSION, rule=rule, strategy=name)
        single = {row["dataset"]: outcome(_turned(row), level) for row in found if row["dataset"] != ALL}
        pooled = [_turned(row) for row in found if row["dataset"] == ALL]
        clauses += [f"{RULE[rule]} it is {_clause(row, level)}{_alone(single, row, level)}" for row in pooled]
    return f"{words(FUSION).capitalize()} against {what}: {'; '.join(clauses)}." if clauses else ""


def _turned(row: Row) -> Row:
    """The same comparison with its sides swapped."""
    sides = {"strategy": row["reference"], "reference": row["strategy"]}
    return {**row, **sides, "difference": -row["difference"], "low": -row["high"], "high": -row["low"]}


def _clause(row: Row, level: float) -> str:
    return (
        f"{outcome(row, level)} {words(row['reference'])}, {points(row['difference'])} points "
        f"{interval(row['low'], row['high'], points)}, {chance(row['p_holm'])} after Holm's correction"
    )


def _alone(single: Mapping[str, str], pooled: Row, level: float) -> str:
    """What is found on each dataset taken alone; '' for one dataset, of which all has been said."""
    if len(single) < 2:
        return ""
    if set(single.values()) == {outcome(pooled, level)}:
        return " (the same on each dataset)"
    by_outcome = {says: [d for d in single if single[d] == says] for says in (BETTER, WORSE, UNDECIDED)}
    parts = [f"{says.rsplit(' ', 1)[0]} on {listed(names)}" for says, names in by_outcome.items() if names]
    return f" ({', '.join(parts)})"


def evaluations_sentence(learned: pd.DataFrame, fusion: str) -> str:
    """A fusion against greedy stopped at as many evaluations, for every kind of rows; '' where neither is known."""
    found = learned[learned["fusion"] == fusion].dropna(subset=["test_regret", "greedy_test_regret"])
    if found.empty:
        return ""
    parts = [_kind(str(kind), of) for kind, of in found.groupby("rows", sort=False)]
    used = found[found["in_use"].astype(bool)]
    says = f": {_added(used)}" if len(used) else ""
    return (
        f"Test regret over all depths of {words(fusion)} against {CONTROL} stopped at as many evaluations, by the "
        f"removals that it learns from: {'; '.join(parts)}{says}."
    )


def _kind(kind: str, found: pd.DataFrame) -> str:
    evaluations = listed([f"{count:,d}" for count in sorted(set(found["evaluations"]))])
    ours, theirs = (number(100 * found[name].mean(), ".1f") for name in ("test_regret", "greedy_test_regret"))
    less = int((_gains(found) > 0).sum())
    return (
        f"{words(kind) or 'none'} ({evaluations}) {ours} against {theirs} points, less in {less} of {len(found)} runs"
    )


def _gains(found: pd.DataFrame) -> "pd.Series[float]":
    return (found["greedy_test_regret"] - found["test_regret"]).round(9)


def _added(used: pd.DataFrame) -> str:
    gains, kind = _gains(used), words(str(used["rows"].iloc[0])) or "none"
    if gains.max() <= 0:
        says = "the signals add nothing to greedy"
    elif gains.min() <= 0:
        says = "the runs do not agree that the signals add anything to greedy"
    elif len(set(used["seed"])) == 1:
        says = "the fusion regrets less here, which one seed cannot show to be the signals' doing"
    else:
        says = "the signals add to greedy"
    return f"as set ({kind}), {says}"


def _fusions(compared: pd.DataFrame, curves: pd.DataFrame, level: float) -> str:
    """All fusions against greedy, counted, over all datasets."""
    ours = set(curves.loc[curves["family"] == "fusion", "strategy"])
    parts = []
    for rule in RULES:
        found = [row for row in rows(compared, reference=CONTROL, rule=rule, dataset=ALL) if row["strategy"] in ours]
        if found:
            parts.append(f"{RULE[rule]} {_counted(found, level)}")
    return f"Of {len(ours)} fusions against {CONTROL}: {'; '.join(parts)}." if parts else ""


def _counted(found: Sequence[Row], level: float) -> str:
    by_outcome = {says: [words(row["strategy"]) for row in found if outcome(row, level) == says]
                  for says in (BETTER, WORSE, UNDECIDED)}  # fmt: skip
    count = {says: f"{len(names)} ({', '.join(names)})" if names else "none" for says, names in by_outcome.items()}
    return f"better {count[BETTER]}, worse {count[WORSE]}, not shown to differ {count[UNDECIDED]}"


SAYS = {
    "difference": ("more accurate than its teacher", "less accurate than its teacher", "not told from its teacher"),
    "over_control": (
        "above the same student trained on hard labels", "below the same student trained on hard labels",
        "not told from the same student trained on hard labels",
    ),
}  # fmt: skip
"""Difference of a distilled model -> what its interval says: above zero, below, or around it."""


def _beside(means: pd.DataFrame, column: str, student: str) -> str:
    """The distilled student against its teacher, or against its control, on each dataset."""
    found = means[(means["model"] == "distilled") & (means["student"] == student)]
    found = found.dropna(subset=[column, f"{column}_low", f"{column}_high"])
    said = _grouped(found, column, SAYS[column])
    if not said:
        return ""
    if column == "over_control":
        return f"What the teacher added: the distilled student of {words(student)} is {said}."
    teachers = means[means["model"] == "teacher"].set_index("dataset")["bytes"].reindex(found["dataset"])
    share = (found["bytes"].to_numpy() / teachers.to_numpy()).mean()
    layers = f" {number(found['layers'].mean(), '.3g')} layers and" if found["layers"].notna().all() else ""
    size = f", with{layers} {percent(share)} % of the teacher's bytes," if pd.notna(share) else ""
    return f"The distilled student of {words(student)}{size} is {said}."


def _floor(means: pd.DataFrame) -> str:
    """The teacher against the linear baseline, on each dataset."""
    floor = means[means["model"] == "tfidf_linear"].dropna(subset=["difference", "difference_low", "difference_high"])
    gains = floor.assign(
        difference=-floor["difference"], difference_low=-floor["difference_high"],
        difference_high=-floor["difference_low"],
    )  # fmt: skip
    says = ("above the linear floor", "below the linear floor, which is a bug", "not told from the linear floor")
    clauses = gains["dataset"].map(lambda dataset: cut_clause(means, dataset)).astype(str)
    excused = (gains["difference_high"] < 0) & (clauses != "")
    said = [_grouped(gains[~excused], "difference", says)] + [
        f"below the linear floor on {_gain(row, 'difference')}{clause}"
        for row, clause in zip(rows(gains[excused]), clauses[excused], strict=True)
    ]
    return f"The teacher is {'; '.join(filter(None, said))}." if any(said) else ""


def _grouped(found: pd.DataFrame, column: str, says: tuple[str, str, str]) -> str:
    """`above on library (+1.0 points [+0.2, +1.9])`, what is found on which datasets."""
    groups: dict[str, list[str]] = {name: [] for name in says}
    for row in rows(found):
        low, high = row[f"{column}_low"], row[f"{column}_high"]
        said = verdict(low, high, above=says[0], below=says[1], undecided=says[2])
        groups[said].append(_gain(row, column))
    return "; ".join(f"{said} on {listed(names)}" for said, names in groups.items() if names)


def _gain(row: Row, column: str) -> str:
    """`library (+1.0 points [+0.2, +1.9])`."""
    low, high = row[f"{column}_low"], row[f"{column}_high"]
    return f"{row['dataset']} ({points(row[column])} points {interval(low, high, points)})"


def _claimed(ledger: Sequence[Row]) -> str:
    """How many of the paper's claims hold, as made and on the datasets of this run."""
    if not ledger:
        return ""
    made = _by_verdict(ledger, lambda claim: claim["verdict"])
    here = _by_verdict(ledger, lambda claim: claim["here"]["verdict"])
    return (
        f"The paper's {len(ledger)} claims, as it makes them: {made}; by the same rules on the datasets of this run: "
        f"{here}."
    )


def _by_verdict(ledger: Sequence[Row], verdict_of: Callable[[Row], str]) -> str:
    found = {says: [str(claim["id"]) for claim in ledger if verdict_of(claim) == says] for says in VERDICTS}
    return ", ".join(f"{len(ids)} {says} ({', '.join(ids)})" for says, ids in found.items() if ids)


def _sure(curves: pd.DataFrame, level: float) -> str:
    """What the intervals hold, and what they cannot."""
    seeds, datasets = sorted(map(int, curves["seed"].unique())), sorted(curves["dataset"].unique())
    where = f"{listed(datasets)}, at {number(100 * level, 'g')} %"
    if len(seeds) == 1:
        return (
            f"How sure: one seed ({seeds[0]}) on {where}: intervals and p-values hold only which test items were "
            f"drawn, so how far another training of the teacher would move any number is not known."
        )
    return (
        f"How sure: {len(seeds)} seeds ({', '.join(map(str, seeds))}) on {where}: intervals between strategies hold "
        f"seeds and test items, those of models test items alone, and none holds other datasets{_range(curves)}."
    )


def _range(curves: pd.DataFrame) -> str:
    """How far the fusion's gain over greedy differs between runs."""
    half = pd.concat([chosen(of, "half") for _, of in curves.groupby("dataset")])
    found = half.pivot_table(index=["dataset", "seed"], columns="strategy", values="test_accuracy")
    if not {FUSION, CONTROL} <= set(found.columns):
        return ""
    gains = (found[FUSION] - found[CONTROL]).dropna()
    far = f"{points(gains.min())} to {points(gains.max())} points"
    return f"; from run to run {words(FUSION)} is {far} from {CONTROL} {RULE['half']}" if len(gains) else ""


def rows(table: pd.DataFrame, **where: str) -> list[Row]:
    """A table's rows, by column, of those that have the values given."""
    for column, value in where.items():
        table = table[table[column] == value]
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
