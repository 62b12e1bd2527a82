"""The claims ledger: what arXiv:2501.03273 says, and whether this run can say it too. Every word follows from numbers.

A claim about nine datasets is tested on the paper's nine and no others: with fewer of them its verdict is "not
tested", and `here` says what the same rule gives on the datasets of this run.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from slim.tables._format import number, times, words

NINE = ("newsgroup", "dbpedia", "arxiv", "patent", "yahoo", "yelp", "agnews", "imdb", "amazon")
"""The paper's datasets, by the names of its specification."""
SIGNALS = (
    "activation_inhibition", "activation_intensity", "activation_energy", "mi_task_relevance",
    "mi_prediction_relevance", "gradient_magnitude", "gradient_fisher", "weight_magnitude", "weight_sparsity",
    "weight_entropy", "attention_weight", "attention_entropy",
)  # fmt: skip
FUSIONS = ("linear_regression", "random_forest")
STRATEGIES = (*SIGNALS, *FUSIONS)
"""The paper's fourteen."""
CONTENDERS = (*STRATEGIES, "random")
NEAR = 1.0
"""Points of accuracy below the best that still count as near-optimal (OURS: the paper gives no number)."""
FACTOR = 18.84
"""The paper's mean improvement of accuracy over size."""
SIZES = {"parameters": "ratio_parameters", "encoder parameters": "ratio_encoder", "bytes": "ratio"}
"""What size may mean -> the column of `results` that holds the ratio."""

TIES = "accuracies tie when they print alike, in percent with one decimal, as the paper prints them"
SUPPORTED, REFUTED, UNTESTED = "supported", "not supported", "not tested"
Outcomes = dict[str, str]
"""dataset -> what was found on it."""


@dataclass(frozen=True)
class Reading:
    """A claim's outcome on every dataset that has all it needs, and when that makes the claim true."""

    outcomes: Outcomes
    holds: str
    """The outcome that makes the claim hold on a dataset."""
    rule: Callable[[Outcomes], bool]
    """Outcomes -> whether the claim is true of their datasets taken together."""
    lacking: dict[str, str] = field(default_factory=dict)
    """dataset -> what it lacks, for those that cannot be tested."""

    def on(self, datasets: Iterable[str]) -> list[str]:
        """Those of some datasets on which the claim holds."""
        return [name for name in datasets if self.outcomes.get(name) == self.holds]

    def verdict(self, datasets: Iterable[str]) -> str:
        """The claim's verdict on these datasets; untested when there is none or one of them has no outcome."""
        names = list(datasets)
        if not names or any(name not in self.outcomes for name in names):
            return UNTESTED
        return SUPPORTED if self.rule({name: self.outcomes[name] for name in names}) else REFUTED

    def here(self) -> dict[str, Any]:
        """The verdict on the datasets of this run."""
        names = sorted(self.outcomes)
        return {"holds_on": self.on(names), "of": len(names), "verdict": self.verdict(names)}


def claims(
    curves: pd.DataFrame, maxima: pd.DataFrame, results: pd.DataFrame, orders: pd.DataFrame
) -> list[dict[str, Any]]:
    """C1 to C7, from the tables of `slim.tables`; plain JSON values, the same for the same tables.

    id, claim: which, in other words than the paper's
    verdict: supported | not supported | not tested, of the claim as it was made
    here: `holds_on` which of the `of` datasets of this run, and the `verdict` of the same rule on these; for
        accuracies read as the paper does, and as `honest` with the depth chosen on validation (C2 to C4) or the
        interval of the difference above zero (C5)
    because: what was found; numbers: from what; datasets, seeds: those that had all the claim needs
    tie_rule, tolerance: when two numbers count as equal, and how far apart they may be beyond that
    """
    return [
        _set_up(curves),
        _leads(curves, maxima, "C2", "random_forest", 7, near=2),
        _leads(curves, maxima, "C3", "linear_regression", 5),
        _equalled(curves, maxima),
        _distilled(results),
        _ratio(results),
        _ends(curves, orders),
    ]


def sentences(ledger: Iterable[Mapping[str, Any]]) -> list[str]:
    """One sentence a claim, in the order of the ledger."""
    return [f"{c['id']}, {c['claim']}: {c['verdict']}; {c['because']}." for c in ledger]


def _set_up(curves: pd.DataFrame) -> dict[str, Any]:
    """C1: all strategies have a curve, and each curve removes one layer at a time."""
    by_dataset = {d: curves[curves["dataset"] == d] for d in _datasets(curves)}
    found = {d: _missing(of, CONTENDERS) for d, of in by_dataset.items()}
    outcomes = {d: _one_at_a_time(by_dataset[d]) for d, missing in found.items() if not missing}
    reading = Reading(outcomes, "one at a time", _everywhere("one at a time"), _named(found))
    return _entry(
        "C1", "fourteen strategies and a random baseline remove layers one at a time on nine datasets", reading,
        seeds=_seeds(curves, outcomes), tie_rule="none: nothing is compared",
        says=f"all {len(CONTENDERS)} remove one layer at a time",
        numbers={d: {"strategies": len(STRATEGIES), "layers": int(by_dataset[d]["layers"].max())} for d in outcomes},
    )  # fmt: skip


def _one_at_a_time(curves: pd.DataFrame) -> str:
    kept = curves[curves["strategy"].isin(CONTENDERS)].sort_values("removed")
    for _, path in kept.groupby(["strategy", "seed", "draw"]):
        sets = [set(layers.split("-")) for layers in path["kept"]]
        if len(sets[-1]) != 1 or not all(len(a) == len(b) + 1 and b < a for a, b in pairwise(sets)):
            return "otherwise"
    return "one at a time"


READINGS = {"optimistic": "optimistic", "honest": "accuracy"}
"""Reading -> column of `maxima`: the largest test accuracy, as in the paper, and that where validation is best."""


def _leads(
    curves: pd.DataFrame, maxima: pd.DataFrame, id_: str, fusion: str, share: int, *, near: int = 0
) -> dict[str, Any]:
    """C2 and C3: on at least `share` ninths of the datasets no contender has a higher maximum.

    With `near`, the fusion must be within `NEAR` points of the best on every other one.
    """
    tables, found = _contenders(maxima)

    def outcome(shown: "pd.Series[float]") -> str:
        gap = round(shown.max() - shown[fusion], 1)
        return "leads" if gap <= 0 else "near" if gap <= NEAR else "behind"

    def rule(outcomes: Outcomes) -> bool:
        return _share(outcomes, "leads", share) and not (near and "behind" in outcomes.values())

    def against(shown: "pd.Series[float]") -> dict[str, Any]:
        return {"maximum": float(shown[fusion]), "best": float(shown.max()), "best_strategies": _best(shown)}

    text = f"{words(fusion)} has the highest maximum (ties count) on {share} of 9 datasets"
    return _entry(
        id_, text + (f" and is near-optimal on the other {near}" if near else ""),
        *_both(tables, outcome, "leads", rule, _named(found)),
        seeds=_seeds(curves, tables), tie_rule=TIES, says=f"{words(fusion)} leads",
        numbers=_numbers(tables, against) | ({"near_points": NEAR} if near else {}),
    )  # fmt: skip


def _equalled(curves: pd.DataFrame, maxima: pd.DataFrame) -> dict[str, Any]:
    """C4: the better fusion reaches the best signal, but for gradient_fisher alone on one dataset in nine."""
    tables, found = _contenders(maxima)

    def outcome(shown: "pd.Series[float]") -> str:
        signals = shown[list(SIGNALS)]
        above = set(signals.index[signals > shown[list(FUSIONS)].max()])
        return "equalled" if not above else "gradient_fisher" if above == {"gradient_fisher"} else "beaten"

    def rule(outcomes: Outcomes) -> bool:
        found = list(outcomes.values())
        return "beaten" not in found and 9 * found.count("gradient_fisher") <= len(found)

    def tops(shown: "pd.Series[float]") -> dict[str, Any]:
        signals, fusions = shown[list(SIGNALS)], shown[list(FUSIONS)]
        best = {"signal": float(signals.max()), "fusion": float(fusions.max())}
        return best | {"signals": _best(signals), "fusions": _best(fusions)}

    return _entry(
        "C4", "a fusion equals the best single signal on every dataset, except gradient Fisher on one",
        *_both(tables, outcome, "equalled", rule, _named(found)), seeds=_seeds(curves, tables), tie_rule=TIES,
        says="a fusion equals the best single signal", numbers=_numbers(tables, tops),
    )  # fmt: skip


def _contenders(maxima: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], dict[str, list[str]]]:
    """dataset -> maxima of the contenders as printed, by strategy; and dataset -> contenders it lacks."""
    columns = list(READINGS.values())
    by_dataset = {d: maxima[maxima["dataset"] == d].dropna(subset=columns) for d in _datasets(maxima)}
    found = {d: _missing(of, CONTENDERS) for d, of in by_dataset.items()}
    tables = {
        d: of.set_index("strategy").loc[list(CONTENDERS), columns].map(_shown)
        for d, of in by_dataset.items()
        if not found[d]
    }
    return tables, found


def _both(
    tables: dict[str, pd.DataFrame],
    outcome: Callable[["pd.Series[float]"], str],
    holds: str,
    rule: Callable[[Outcomes], bool],
    lacking: dict[str, str],
) -> tuple[Reading, Reading]:
    """The optimistic and the honest reading."""
    optimistic, honest = (
        Reading({d: outcome(of[column]) for d, of in tables.items()}, holds, rule, lacking)
        for column in READINGS.values()
    )
    return optimistic, honest


def _numbers(tables: dict[str, pd.DataFrame], of: Callable[["pd.Series[float]"], dict[str, Any]]) -> dict[str, Any]:
    return {d: {name: of(table[column]) for name, column in READINGS.items()} for d, table in tables.items()}


def _best(shown: "pd.Series[float]") -> list[str]:
    return sorted(shown.index[shown == shown.max()])


MODELS = ("teacher", "pruned", "distilled")
COMPARED = {
    "difference": "over_teacher", "difference_low": "over_teacher_low", "difference_high": "over_teacher_high",
    "over_control": "over_hard_labels", "over_control_low": "over_hard_labels_low",
    "over_control_high": "over_hard_labels_high", "over_pruned": "over_pruned", "over_pruned_low": "over_pruned_low",
    "over_pruned_high": "over_pruned_high",
}  # fmt: skip
"""Column of `results` -> what the ledger calls it, in points."""


def _distilled(results: pd.DataFrame) -> dict[str, Any]:
    """C5: distilled from random_forest's subset, it beats the teacher on six ninths and is above the pruned elsewhere.

    The honest reading counts as better only what the whole interval of the paired difference says.
    """
    forest, found = _of_forest(results)
    measured = {d: _means(forest[forest["dataset"] == d]) for d, missing in found.items() if not missing}

    def outcome(beats: bool, above: bool) -> str:
        return "beats" if beats else "shrinks" if above else "neither"

    def rule(outcomes: Outcomes) -> bool:
        return _share(outcomes, "beats", 6) and "neither" not in outcomes.values()

    paper = {d: outcome(of["distilled"] > of["teacher"], of["distilled"] > of["pruned"]) for d, of in measured.items()}
    honest = {
        d: outcome(of.get("over_teacher_low", -1) > 0, of.get("over_pruned_low", -1) > 0) for d, of in measured.items()
    }
    listed = [f"{d} {_drop(of, 'pruned')} to {_drop(of, 'distilled')}" for d, of in measured.items()]
    return _entry(
        "C5", "random forest's pruned model, once distilled, beats the unpruned one on six of nine datasets and "
        "shrinks the drop on the other three", Reading(paper, "beats", rule, _named(found)),
        Reading(honest, "beats", rule, _named(found)), seeds=_seeds(forest, measured), tie_rule=TIES,
        says="the distilled model beats the unpruned one", numbers=measured,
        more=f"points to the unpruned model before and after distillation: {', '.join(listed)}" if listed else "",
    )  # fmt: skip


def _drop(of: dict[str, float], model: str) -> str:
    return number(of[model] - of["teacher"], "+.1f")


def _of_forest(results: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Teacher, pruned and distilled by random_forest, of the runs that have all three; dataset -> models it lacks."""
    ours = (results["model"] == "teacher") | (results["strategy"] == "random_forest")
    rows = results[ours & results["model"].isin(MODELS) & results["accuracy"].notna()]
    slot = rows["student"].fillna("") != "random_forest"
    rows = rows.assign(_slot=slot).sort_values(["dataset", "seed", "model", "_slot", "student"])
    rows = rows.drop_duplicates(["dataset", "seed", "model"]).drop(columns="_slot")
    complete = rows[rows.groupby(["dataset", "seed"])["model"].transform("nunique") == len(MODELS)]
    found = {d: _missing(rows[rows["dataset"] == d], MODELS, column="model") for d in _datasets(results)}
    partly = {d for d, missing in found.items() if not missing} - set(_datasets(complete))
    return complete, found | {d: ["a seed with all three models"] for d in partly}


def _means(rows: pd.DataFrame) -> dict[str, float]:
    """Accuracies in percent as printed, means over seeds; differences in points with the mean of their intervals.

    Differences to the teacher, to the control on hard labels and to the pruned model; the unmeasured is absent.
    """
    by_model = rows.astype(dict.fromkeys(["accuracy", *COMPARED], "float64")).groupby("model")
    means = {model: found[["accuracy", *COMPARED]].mean().to_dict() for model, found in by_model}
    compared = {name: _rounded(100 * means["distilled"][column]) for column, name in COMPARED.items()}
    return {model: _shown(means[model]["accuracy"]) for model in MODELS} | _present(compared)


def _ratio(results: pd.DataFrame) -> dict[str, Any]:
    """C6: the mean over datasets of accuracy per size over the teacher's is at least 18.84, for any meaning of size.

    A ceiling is what removing all layers but one gives at equal accuracy.
    """
    forest, found = _of_forest(results)
    columns = ["parameters", "encoder_parameters", "layers", "ratio_ceiling", *SIZES.values()]
    forest = forest.astype(dict.fromkeys(columns, "float64"))
    students, teachers = forest[forest["model"] == "distilled"], forest[forest["model"] == "teacher"]
    by_dataset = students.groupby("dataset")[list(SIZES.values())].mean().dropna()
    unsized = {d: ["ratios of accuracy to size"] for d in set(_datasets(students)) - set(by_dataset.index)}

    def reached(datasets: Iterable[str]) -> list[str]:
        means = by_dataset.loc[list(datasets)].mean()
        return [size for size, column in SIZES.items() if round(means[column], 2) >= FACTOR]

    outcomes = {str(d): "reached" if reached([d]) else "below" for d in by_dataset.index}
    measured = {size: _rounded(by_dataset[column].mean()) for size, column in SIZES.items()}
    ceilings = _ceilings(teachers) | {"bytes": _rounded(students["ratio_ceiling"].mean())}
    listed = [f"{times(measured[size])} in {size} (layers alone reach {times(ceilings[size])})" for size in SIZES]
    return _entry(
        "C6", f"distillation improves accuracy over size {FACTOR} times on average",
        Reading(outcomes, "reached", lambda of: bool(reached(of)), _named(found | unsized)),
        seeds=_seeds(students, outcomes), tie_rule="ratios are compared as printed, with two decimals",
        numbers={"claimed": FACTOR, "reached_in": reached(outcomes) if outcomes else [],
                 "measured": _present(measured), "ceiling": _present(ceilings)},
        says=f"the ratio is {FACTOR} or more", more=f"its mean is {', '.join(listed)}" if outcomes else "",
    )  # fmt: skip


def _ceilings(teachers: pd.DataFrame) -> dict[str, float]:
    """The ratio at equal accuracy with one layer left, mean over teachers, for each size that parameters tell."""
    removable = teachers["encoder_parameters"] * (teachers["layers"] - 1) / teachers["layers"]
    whole = teachers["parameters"] / (teachers["parameters"] - removable)
    return {"parameters": _rounded(whole.mean()), "encoder parameters": _rounded(teachers["layers"].mean())}


def _ends(curves: pd.DataFrame, orders: pd.DataFrame) -> dict[str, Any]:
    """C7: strategies whose mean test regret is below the median remove layers 0 and L-1 later than chance, on average.

    Chance is the mean place (L + 1) / 2. Of the paper's fourteen strategies; means over the seeds of a dataset.
    """
    of = {d: (curves[curves["dataset"] == d], orders[orders["dataset"] == d]) for d in _datasets(curves)}
    found = {d: _without_regret(*tables) for d, tables in of.items()}
    measured = {d: _places(*of[d]) for d, missing in found.items() if not missing}
    found |= {d: ["a strategy better than the median"] for d, places in measured.items() if not places["good"]}
    measured = {d: places for d, places in measured.items() if places["good"]}
    outcomes = {
        d: "long" if min(p["good_first"], p["good_last"]) > p["chance"] else "not" for d, p in measured.items()
    }
    listed = ", ".join(
        f"{d} {number(places['good_first'], '.1f')} and {number(places['good_last'], '.1f')} of {places['layers']} "
        f"({number(places['chance'], '.1f')} by chance)" for d, places in measured.items()
    )  # fmt: skip
    return _entry(
        "C7", "good strategies keep the first and the last layers for long",
        Reading(outcomes, "long", _everywhere("long"), _named(found)), nine=False,
        seeds=_seeds(curves, measured), numbers=measured, says="good strategies remove both later than chance does",
        tie_rule="a strategy is good when its regret is below the median; one at the median is not",
        more=f"the places at which they remove the first and the last layer: {listed}" if listed else "",
    )  # fmt: skip


def _without_regret(curves: pd.DataFrame, orders: pd.DataFrame) -> list[str]:
    """The paper's strategies that lack a regret at some depth, or an order."""
    pruned = curves[curves["removed"] >= 1]
    unknown = set(pruned.loc[pruned["test_regret"].isna(), "strategy"])
    known = pruned[~pruned["strategy"].isin(unknown)]
    lacking = {*_missing(known, STRATEGIES), *_missing(orders, STRATEGIES)}
    return [name for name in STRATEGIES if name in lacking]


def _places(curves: pd.DataFrame, orders: pd.DataFrame) -> dict[str, Any]:
    """Which strategies are good, and the mean places at which these and the others remove the first and last layer."""
    pruned = curves[(curves["removed"] >= 1) & curves["strategy"].isin(STRATEGIES)]
    regrets = pruned.groupby("strategy")["test_regret"].mean().round(12)
    good = sorted(regrets.index[regrets < regrets.median()])
    layers = int(orders["layer"].max()) + 1
    ours = orders[orders["strategy"].isin(STRATEGIES)]
    ours = ours.assign(group=np.where(ours["strategy"].isin(good), "good", "other"))
    places = ours.groupby(["group", "layer"])["removed_at"].mean()
    ends = {"first": 0, "last": layers - 1}
    found = {f"{group}_{end}": _rounded(places.get((group, layer), np.nan))
             for group in ("good", "other") for end, layer in ends.items()}  # fmt: skip
    return {"good": good, "layers": layers, "chance": (layers + 1) / 2} | _present(found)


def _entry(
    id_: str, claim: str, reading: Reading, honest: Reading | None = None, *, seeds: list[int],
    numbers: dict[str, Any], says: str, tie_rule: str, nine: bool = True, more: str = "",
) -> dict[str, Any]:  # fmt: skip
    """One claim of the ledger; `nine`: whether it speaks of the paper's nine datasets."""
    here = reading.here() | ({"honest": honest.here()} if honest else {})
    parts = [_why_untested(reading) if nine else "", _found(reading, honest, says), more]
    return {
        "id": id_, "claim": claim, "verdict": reading.verdict(NINE) if nine else here["verdict"],
        "because": "; ".join(part for part in parts if part), "here": here,
        "datasets": sorted(reading.outcomes), "seeds": seeds, "numbers": numbers,
        "tie_rule": tie_rule, "tolerance": 0.0,
    }  # fmt: skip


def _why_untested(reading: Reading) -> str:
    had = [d for d in NINE if d in reading.outcomes]
    return "" if len(had) == len(NINE) else f"{len(had)} of the paper's nine datasets were tested"


def _share(outcomes: Outcomes, wanted: str, ninths: int) -> bool:
    return len(NINE) * list(outcomes.values()).count(wanted) >= ninths * len(outcomes)


def _everywhere(wanted: str) -> Callable[[Outcomes], bool]:
    return lambda outcomes: set(outcomes.values()) == {wanted}


def _found(reading: Reading, honest: Reading | None, says: str) -> str:
    """On which of the datasets of this run a claim holds, in both readings, and what the others lack."""
    lacking = "; ".join(f"{d} lacks {what}" for d, what in reading.lacking.items())
    if not reading.outcomes:
        return lacking or "nothing was measured"
    names = sorted(reading.outcomes)
    text = f"{says} on {_list(reading.on(names))} of {_count(len(names))} of this run"
    if honest is not None:
        text += f", and on {_list(honest.on(names))} read honestly"
    return text + (f"; {lacking}" if lacking else "")


def _list(names: list[str]) -> str:
    return f"{len(names)} ({', '.join(names)})" if names else "none"


def _count(datasets: int) -> str:
    return f"{datasets} dataset" + ("s" if datasets != 1 else "")


def _missing(table: pd.DataFrame, names: Iterable[str], column: str = "strategy") -> list[str]:
    """The names that have no row."""
    present = set(table[column])
    return [name for name in names if name not in present]


def _named(missing: dict[str, list[str]]) -> dict[str, str]:
    return {dataset: ", ".join(map(words, names)) for dataset, names in missing.items() if names}


def _datasets(table: pd.DataFrame) -> list[str]:
    return sorted(map(str, table["dataset"].unique()))


def _seeds(table: pd.DataFrame, datasets: Iterable[str]) -> list[int]:
    return sorted(map(int, table.loc[table["dataset"].isin(list(datasets)), "seed"].unique()))


def _shown(share: float) -> float:
    """A share in percent, as tables print it."""
    return float(format(100 * share, ".1f"))


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def _present(numbers: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in numbers.items() if np.isfinite(value)}
