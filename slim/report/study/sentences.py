"""What the tables of the study say, in words that follow from their signs and intervals: none is written by hand."""

from collections.abc import Mapping

import pandas as pd

from slim.report.sentences import verdict
from slim.report.study._predictions import choice_sentences, prediction_sentences, target_sentences
from slim.report.study._read import NONE
from slim.report.study._words import ALPHA, Known, Row, at_last, gain, groups, many, rows, series
from slim.report.study.schedules import POOLED
from slim.report.tables._format import chance, number, percent, words


def sentences(tables: Mapping[str, pd.DataFrame]) -> dict[str, list[str]]:
    """What was asked -> the sentences that answer it, from the tables of `slim.report.study` by name."""
    known = Known(tables["recovered"])
    return {
        "recovery": recovery_sentences(tables["noise"], known),
        "worth": worth_sentences(tables["noise"], known),
        "prediction": prediction_sentences(tables["recovery_correlations"], known),
        "choice": choice_sentences(tables["recovered_regret"], known),
        "target": target_sentences(tables["recovered_regret"], known),
        "schedules": schedule_sentences(tables["schedules"], tables["recovered_regret"], known),
        "distillation": distillation_sentences(tables["distillation"]),
    }


def recovery_sentences(noise: pd.DataFrame, known: Known) -> list[str]:
    """What the intact model reaches, one sentence a run; and how far apart the sets are, one a run and size."""
    sizes = [_recovery(rows(of), known) for of in groups(noise, "layers")]
    return [_intact(dataset, seed, known) for dataset, seed in known.layers] + sizes


def _intact(dataset: str, seed: int, known: Known) -> str:
    levels = {after: known.intact.get((dataset, seed, budget)) for budget, after in known.after.items()}
    parts = [f"{percent(level)} % {after}" for after, level in levels.items() if level is not None]
    return f"{known.place({'dataset': dataset, 'seed': seed})}: the intact model reaches {series(parts)}."


def _recovery(noise: list[Row], known: Known) -> str:
    last = noise[-1]
    alike = len({row["sets"] for row in noise}) == 1
    parts = [
        f"{percent(row['worst'])} to {percent(row['best'])} % {known.after[row['budget']]} "
        f"({percent(row['spread'])} against {percent(row['paired_noise'])}, {chance(row['p'])}"
        + (")" if alike else f", {row['sets']} sets)")
        for row in noise
    ]
    sets = f"the {last['sets']} sets" if alike else "sets"
    differ = "which layers stay matters" if last["p"] < ALPHA else "no set is shown to differ from the others"
    return (
        f"{known.place(last, last['layers'])}: {sets} reach {series(parts)}: "
        f"{known.after[last['budget']]} {differ}. In brackets: their standard deviation in points, that of equally "
        f"good sets, and Cochran's test that they are."
    )


def worth_sentences(noise: pd.DataFrame, known: Known) -> list[str]:
    """What choosing is worth at most, one sentence a run and size."""
    return [_worth(rows(of), known) for of in groups(noise, "layers")]


def _worth(noise: list[Row], known: Known) -> str:
    last = noise[-1]
    says = verdict(
        last["best_minus_random_low"], last["best_minus_random_high"],
        above="choosing pays",
        below="choosing on validation misleads",
        undecided="choosing is not shown to pay",
    )  # fmt: skip
    parts = [f"{gain(row, 'best_minus_random')} {known.after[row['budget']]}" for row in noise]
    return (
        f"{known.place(last, last['layers'])}: the set that is best on validation after the same training is worth, "
        f"over a set at random, {series(parts)}: {known.after[last['budget']]} "
        f"{says}."
    )


def schedule_sentences(schedules: pd.DataFrame, regret: pd.DataFrame, known: Known) -> list[str]:
    """Iterative against one-shot, one sentence a run and kind of strategy."""
    said = []
    for of in groups(schedules.dropna(subset=["difference", "difference_low"])):
        single, fusion = of[of["family"] != POOLED], of["family"] == "fusion"
        for row in rows(of[of["family"] == POOLED]):
            mine = single[fusion[single.index] == (row["strategy"] == "fusions")]
            said.append(_schedule(row, mine, known) + _later(row, set(mine["strategy"]), regret, known))
    return said


def _schedule(row: Row, single: pd.DataFrame, known: Known) -> str:
    gaps = single["difference"].round(9)
    better, worse = int((gaps < 0).sum()), int((gaps > 0).sum())
    says = verdict(
        row["difference_low"], row["difference_high"],
        above="measuring again hurts",
        below="measuring again helps",
        undecided="measuring again is not shown to matter",
    )  # fmt: skip
    return (
        f"{known.place(row)}, without recovery: the mean test regret of {len(single)} {row['strategy']} changes by "
        f"{gain(row, 'difference')} when signals are measured again after every removal: {says} (less for {better}, "
        f"as much for {len(gaps) - better - worse}, more for {worse}; Kendall's tau of the two orders "
        f"{number(row['tau'], '.2f')})."
    )


def _later(row: Row, strategies: set[str], regret: pd.DataFrame, known: Known) -> str:
    """The mean regrets of both schedules after recovery, at the depths whose last budget it is."""
    mine = regret[(regret["dataset"] == row["dataset"]) & (regret["seed"] == row["seed"])]
    found = at_last(mine[mine["strategy"].isin(strategies) & mine["target"].isin(["", "raw"])], "removed")
    return "".join(_both(of, known) for budget, of in found.groupby("budget", sort=False) if budget != NONE)


def _both(found: pd.DataFrame, known: Known) -> str:
    """The mean regrets of both schedules after one budget; nothing where one of them is missing."""
    means = found.groupby("schedule")["test_regret"].mean()
    if set(means.index) != {"one_shot", "iterative"}:
        return ""
    again, once = (number(100 * means[schedule], ".1f") for schedule in ("iterative", "one_shot"))
    after, depths = known.after[rows(found)[0]["budget"]].capitalize(), many(set(found["removed"]), "depth")
    return f" {after} it is {again} points measured again and {once} measured once, at {depths}."


def distillation_sentences(distillation: pd.DataFrame) -> list[str]:
    """Which ways of teaching beat their control, one sentence a run."""
    several = len(set(distillation["seed"])) > 1
    return [_taught(of, several) for of in groups(distillation)]


def _taught(found: pd.DataFrame, several: bool) -> str:
    best_first = found.sort_values(["over_control", "variant"], ascending=[False, True])
    shown = rows(best_first[best_first["p_holm"] < ALPHA])
    first = rows(best_first)[0]
    helped = sum(row["over_control"] > 0 for row in shown)
    place = f"{first['dataset']}, seed {first['seed']}" if several else first["dataset"]
    listed = "; ".join(_variant(row) for row in shown)
    none = f"none is shown to help or hurt; the largest gain is that of {_variant(first)}"
    says = f"{helped} help and {len(shown) - helped} hurt: {listed}" if shown else none
    return f"{place}: of {len(found)} ways to teach, each beside as many steps without a teacher, {says}."


def _variant(row: Row) -> str:
    what = f"{words(row['variant'])} ({row['changes']})" if row["changes"] else words(row["variant"])
    return f"{what}, {gain(row, 'over_control')}, {chance(row['p_holm'])} after Holm's correction"
