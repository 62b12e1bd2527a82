"""Sentences about what predicts recovered accuracy, and what choosing layers by it is worth."""

import pandas as pd

from slim.report.sentences import verdict
from slim.report.study._choices import RAW, RECOVERED_GREEDY
from slim.report.study._words import Known, at_last, gain, groups, many, rho, rows, series
from slim.report.study.recovery_correlations import ALL
from slim.report.tables._format import number, words

NAMED = ("greedy", "every_other", "top_first", "random_forest")
"""Strategies whose worth over chance is said one by one; the others are counted."""
CHEAP = {"signal": "signals", "fusion": "fusions that learned from raw accuracy", "other": "plain counts of layers"}
"""Kinds of predictor that need no training -> what several of them are called."""


def prediction_sentences(correlations: pd.DataFrame, known: Known) -> list[str]:
    """What predicts recovered accuracy, two sentences a run (and all of them) and size."""
    every = [
        say for of in groups(correlations, "layers") for say in (_raw(of, known), _cheap(of, correlations, known))
    ]
    return [sentence for sentence in every if sentence]


def _raw(found: pd.DataFrame, known: Known) -> str:
    raw = rows(found[found["predictor"] == "raw_accuracy"])
    if not raw:
        return ""
    last = raw[-1]
    says = verdict(
        last["low"], last["high"],
        above="predicts which sets are better",
        below="predicts the opposite of what is better",
        undecided="is not shown to predict which sets are better",
    )  # fmt: skip
    parts = [f"{rho(row)} {known.after[row['budget']]}" for row in raw]
    ceiling = rows(found[(found["kind"] == "ceiling") & (found["budget"] == last["budget"])])
    most = [f", where validation accuracy of the trained sets themselves has {rho(row)}" for row in ceiling]
    return (
        f"{known.place(last, last['layers'])}: the rank correlation of raw validation accuracy with test accuracy is "
        f"{series(parts)}: {known.after[last['budget']]} it {says}"
        f"{''.join(most)}."
    )


def _cheap(found: pd.DataFrame, correlations: pd.DataFrame, known: Known) -> str:
    found = at_last(found, "layers").sort_values(["rho", "predictor"], ascending=[False, True])
    parts = []
    for kind, plural in CHEAP.items():
        of = found[found["kind"] == kind]
        for best in rows(of)[:1]:
            elsewhere = _elsewhere(of, correlations) if kind == "signal" else ""
            parts.append(f"the best of {len(of)} {plural}, {words(best['predictor'])}, has {rho(best)}{elsewhere}")
    parts += [f"the sum of Shapley values has {rho(row)}" for row in rows(found[found["kind"] == "shapley"])]
    if not parts:
        return ""
    first = rows(found)[0]
    return (
        f"{known.place(first, first['layers'])}, rank correlation with test accuracy "
        f"{known.after[first['budget']]} (the "
        f"best of several is chosen on these same sets, which flatters it): {'; '.join(parts)}."
    )


def _elsewhere(signals: pd.DataFrame, correlations: pd.DataFrame) -> str:
    """The correlation here of the signal that predicts best on the other datasets; `signals`, best first."""
    here = set(signals["dataset"])
    same = correlations[correlations["layers"].isin(signals["layers"]) & (correlations["kind"] == "signal")]
    others = same[same["budget"].isin(signals["budget"]) & ~same["dataset"].isin(here | {ALL})]
    if ALL in here or others.empty:
        return ""
    best = str(others.groupby("predictor")["rho"].mean().sort_index().idxmax())
    if best == signals["predictor"].iloc[0]:
        return ", and is the best on the other datasets too"
    found = rows(signals[signals["predictor"] == best])
    return "".join(f"; {words(best)}, the best on the other datasets, has {rho(row)}" for row in found)


def choice_sentences(regret: pd.DataFrame, known: Known) -> list[str]:
    """What each way of choosing is worth over chance after a size's last budget, one sentence a run and size."""
    found = at_last(regret[regret["schedule"] == "one_shot"], "removed")
    return [_choice(of, known) for of in groups(found, "removed")]


def _choice(found: pd.DataFrame, known: Known) -> str:
    first = rows(found)[0]
    after = known.after[first["budget"]]
    raw, told = found[found["target"].isin(["", RAW])], found[found["target"] == first["budget"]]
    parts = [
        f"{words(name)}{' on raw accuracy' if row['target'] == RAW else ''} {gain(row, 'over_random')}"
        for name in NAMED
        for row in rows(raw[raw["strategy"] == name])
    ]
    greedy = rows(told[told["strategy"] == RECOVERED_GREEDY])
    parts += [f"greedy on accuracies {after} {gain(row, 'over_random')}" for row in greedy]
    counted = {
        "signals": raw[~raw["family"].isin(["control", "fusion"])],
        "fusions that learned from raw accuracy": raw[raw["family"] == "fusion"],
        f"fusions that learned from accuracy {after} on other datasets": told[told["rows"] == "other_datasets"],
    }
    parts += [_counted(of, plural) for plural, of in counted.items() if len(of)]
    place = known.place(first, known.layers[first["dataset"], first["seed"]] - first["removed"])
    over = "over layers drawn at random, by intervals not corrected for their number"
    return f"{place}, test accuracy {after} {over}: {'; '.join(parts)}."


def _counted(found: pd.DataFrame, plural: str) -> str:
    better, worse = int((found["over_random_low"] > 0).sum()), int((found["over_random_high"] < 0).sum())
    rest = len(found) - better - worse
    return f"of {len(found)} {plural} {better} are better, {worse} worse, {rest} cannot be told from chance"


def target_sentences(regret: pd.DataFrame, known: Known) -> list[str]:
    """Fusions by what they learned from, one sentence a run and budget that is the last of some size."""
    found = at_last(regret[regret["schedule"] == "one_shot"], "removed")
    fusions = found[found["family"] == "fusion"]
    return [_target(of, known) for of in groups(fusions, "budget") if set(of["target"]) & set(of["budget"])]


def _target(found: pd.DataFrame, known: Known) -> str:
    told, after = found[found["target"] == found["budget"]], known.after[rows(found)[0]["budget"]]
    learned = found[found["strategy"].isin(told["strategy"])]
    sources = {
        "from raw accuracy": learned[learned["target"] == RAW],
        f"from accuracy {after} on other datasets": told[told["rows"] == "other_datasets"],
        "from the very sets they are judged on": told[told["rows"] == "lattice"],
    }
    parts = [
        f"{number(100 * of['test_regret'].mean(), '.1f')} points when they learned {source}"
        for source, of in sources.items()
        if len(of)
    ]
    over = f"{many(set(told['strategy']), 'fusion')} over {many(set(told['removed']), 'depth')}"
    return f"{known.place(rows(found)[0])}, {after}: the mean test regret of {over} is {series(parts)}."
