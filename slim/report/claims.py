"""The seven claims of arXiv:2501.03273, each supported, not supported or not tested, with the numbers.

A claim about nine datasets is tested on the paper's nine and no others; `here` is the verdict of the same rule on the
datasets of this run. With fewer than three seeds nothing is tested.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from slim.report.numbers import rounded, words
from slim.report.tables.comparisons import ALL, FEWEST_SEEDS

NINE = ("newsgroup", "dbpedia", "arxiv", "patent", "yahoo", "yelp", "agnews", "imdb", "amazon")
SIGNALS = (
    "activation_inhibition", "activation_intensity", "activation_energy", "mi_task_relevance",
    "mi_prediction_relevance", "gradient_magnitude", "gradient_fisher", "weight_magnitude", "weight_sparsity",
    "weight_entropy", "attention_weight", "attention_entropy",
)  # fmt: skip
FUSIONS = ("linear_regression", "random_forest")
STRATEGIES = (*SIGNALS, *FUSIONS)
"""The paper's fourteen."""
CONTENDERS = (*STRATEGIES, "random")
FACTOR = 18.84
"""The paper's mean improvement of accuracy over size."""
NEAR = 1.0
"""Points below the best that count as near-optimal (this project; the paper gives no number)."""
SUPPORTED, REFUTED, UNTESTED = "supported", "not supported", "not tested"
TIES = "accuracies tie when they print alike, in percent with one decimal, as the paper prints them"
READINGS = {"published": "optimistic", "validation": "accuracy"}
"""Reading -> column of `maxima`: the largest test accuracy, as in the paper, or that at the depth of validation."""

Outcomes = Mapping[str, str]
"""dataset -> the outcome on it."""


@dataclass(frozen=True)
class Reading:
    """A claim's outcome on every dataset that has all it needs, and when that makes the claim true."""

    outcomes: Outcomes
    holds: str
    """The outcome with which the claim holds on a dataset."""
    rule: Callable[[Outcomes], bool]
    missing: Mapping[str, list[str]] = field(default_factory=dict)
    """dataset -> what it lacks, for those that cannot be tested."""

    def verdict(self, datasets: Iterable[str], seeds: list[int]) -> str:
        names = list(datasets)
        if not names or any(name not in self.outcomes for name in names) or len(seeds) < FEWEST_SEEDS:
            return UNTESTED
        return SUPPORTED if self.rule({name: self.outcomes[name] for name in names}) else REFUTED

    def here(self, seeds: list[int]) -> dict[str, Any]:
        names = sorted(self.outcomes)
        holds = [name for name in names if self.outcomes[name] == self.holds]
        return {"holds_on": holds, "of": len(names), "verdict": self.verdict(names, seeds)}


def claims(
    curves: pd.DataFrame, maxima: pd.DataFrame, orders: pd.DataFrame, recipes: pd.DataFrame, comparisons: pd.DataFrame
) -> list[dict[str, Any]]:
    """C1 to C7, from the tables of these names; plain JSON values.

    id, claim: which, in other words than the paper's; verdict: of the claim as it was made
    here: `holds_on` which of the `of` datasets of this run, and the `verdict` on these; C2 to C5 also read on
        `validation`: with the depth chosen there, or by the interval of the difference
    because: why; numbers, datasets, seeds: from what; tie_rule: when two numbers count as equal
    """
    seeds = sorted(map(int, curves["seed"].unique()))
    return [
        _set_up(curves, seeds),
        _fusion_leads(maxima, seeds, "C2", "random_forest", 7, near=2),
        _fusion_leads(maxima, seeds, "C3", "linear_regression", 5),
        _equalled(maxima, seeds),
        _distilled(recipes, comparisons, seeds),
        _ratio(recipes, seeds),
        _ends(curves, orders, seeds),
    ]


def _entry(
    id_: str, claim: str, reading: Reading, validation: Reading | None = None, *, seeds: list[int],
    numbers: Mapping[str, Any], tie_rule: str = TIES, nine: bool = True,
) -> dict[str, Any]:  # fmt: skip
    here = reading.here(seeds) | ({"validation": validation.here(seeds)} if validation else {})
    tested = sum(name in reading.outcomes for name in NINE)
    because = [f"{tested} of the paper's nine datasets were measured"] if nine and tested < len(NINE) else []
    because += [f"{len(seeds)} of {FEWEST_SEEDS} seeds were run"] if len(seeds) < FEWEST_SEEDS else []
    because += [f"it holds on {len(here['holds_on'])} of {here['of']} datasets here"] if here["of"] else []
    because += [f"by validation on {len(here['validation']['holds_on'])}"] if validation and here["of"] else []
    because += [f"{d} lacks {', '.join(map(words, what))}" for d, what in reading.missing.items() if what]
    return {
        "id": id_, "claim": claim, "verdict": reading.verdict(NINE, seeds) if nine else here["verdict"],
        "because": "; ".join(because) or "nothing was measured", "here": here,
        "datasets": sorted(reading.outcomes), "seeds": seeds, "numbers": dict(numbers), "tie_rule": tie_rule,
    }  # fmt: skip


def _datasets(table: pd.DataFrame) -> list[str]:
    return sorted(set(map(str, table["dataset"])) - {ALL})


def _absent(table: pd.DataFrame, names: Iterable[str]) -> list[str]:
    present = set(table["strategy"])
    return [name for name in names if name not in present]


def _printed(fraction: float) -> float:
    """A fraction in percent, as tables print it."""
    return float(format(100 * fraction, ".1f"))


def _ninths(outcomes: Outcomes, wanted: str, ninths: int) -> bool:
    return len(NINE) * list(outcomes.values()).count(wanted) >= ninths * len(outcomes)


def _set_up(curves: pd.DataFrame, seeds: list[int]) -> dict[str, Any]:
    """C1: all strategies have a curve, and each curve removes one layer at a time."""
    by_dataset = {d: curves[curves["dataset"] == d] for d in _datasets(curves)}
    missing = {d: _absent(of, CONTENDERS) for d, of in by_dataset.items()}
    outcomes = {d: _one_at_a_time(of) for d, of in by_dataset.items() if not missing[d]}
    reading = Reading(outcomes, "one at a time", lambda of: set(of.values()) == {"one at a time"}, missing)
    numbers = {d: {"strategies": len(STRATEGIES), "layers": int(by_dataset[d]["layers"].max())} for d in outcomes}
    return _entry(
        "C1", "fourteen strategies and a random baseline remove layers one at a time on nine datasets", reading,
        seeds=seeds, numbers=numbers, tie_rule="none: nothing is compared",
    )  # fmt: skip


def _one_at_a_time(curves: pd.DataFrame) -> str:
    kept = curves[curves["strategy"].isin(CONTENDERS)].sort_values("removed")
    for path in kept.groupby(["strategy", "seed", "draw"])["kept"].agg(tuple).unique():
        sets = [set(layers.split("-")) for layers in path]
        if len(sets[-1]) != 1 or not all(len(a) == len(b) + 1 and b < a for a, b in pairwise(sets)):
            return "otherwise"
    return "one at a time"


def _of_maxima(
    id_: str, claim: str, maxima: pd.DataFrame, seeds: list[int], outcome: Any, holds: str, rule: Any, numbers: Any
) -> dict[str, Any]:
    """A claim about the contenders' maxima; `outcome`, `numbers`: functions of those of a dataset, as printed."""
    by_dataset = {d: maxima[maxima["dataset"] == d].dropna(subset=list(READINGS.values())) for d in _datasets(maxima)}
    missing = {d: _absent(of, CONTENDERS) for d, of in by_dataset.items()}
    shown = {
        reading: {
            d: of.set_index("strategy").loc[list(CONTENDERS), column].map(_printed)
            for d, of in by_dataset.items()
            if not missing[d]
        }
        for reading, column in READINGS.items()
    }
    readings = [Reading({d: outcome(of) for d, of in by.items()}, holds, rule, missing) for by in shown.values()]
    values = {d: {reading: numbers(by[d]) for reading, by in shown.items()} for d in shown["published"]}
    return _entry(id_, claim, *readings, seeds=seeds, numbers=values)


def _best(shown: "pd.Series[float]") -> dict[str, Any]:
    return {"maximum": float(shown.max()), "strategies": sorted(shown.index[shown == shown.max()])}


def _fusion_leads(
    maxima: pd.DataFrame, seeds: list[int], id_: str, fusion: str, ninths: int, *, near: int = 0
) -> dict[str, Any]:
    """C2, C3: on so many ninths of the datasets no contender has a higher maximum; with `near`, NEAR on all others."""

    def outcome(shown: "pd.Series[float]") -> str:
        gap = round(shown.max() - shown[fusion], 1)
        return "leads" if gap <= 0 else "near" if gap <= NEAR else "behind"

    def rule(outcomes: Outcomes) -> bool:
        return _ninths(outcomes, "leads", ninths) and not (near and "behind" in outcomes.values())

    def numbers(shown: "pd.Series[float]") -> dict[str, Any]:
        return {fusion: float(shown[fusion]), "best": _best(shown)}

    text = f"{words(fusion)} has the highest maximum (ties count) on {ninths} of 9 datasets"
    text += f" and is within {NEAR:g} point of it on the other {near}" if near else ""
    return _of_maxima(id_, text, maxima, seeds, outcome, "leads", rule, numbers)


def _equalled(maxima: pd.DataFrame, seeds: list[int]) -> dict[str, Any]:
    """C4: the better fusion reaches the best signal, but for gradient_fisher alone on one dataset in nine."""

    def outcome(shown: "pd.Series[float]") -> str:
        signals = shown[list(SIGNALS)]
        above = set(signals.index[signals > shown[list(FUSIONS)].max()])
        return "equalled" if not above else "gradient_fisher" if above == {"gradient_fisher"} else "beaten"

    def rule(outcomes: Outcomes) -> bool:
        values = list(outcomes.values())
        return "beaten" not in values and 9 * values.count("gradient_fisher") <= len(values)

    def numbers(shown: "pd.Series[float]") -> dict[str, Any]:
        return {"signal": _best(shown[list(SIGNALS)]), "fusion": _best(shown[list(FUSIONS)])}

    claim = "a fusion equals the best single signal on every dataset, except gradient Fisher on one"
    return _of_maxima("C4", claim, maxima, seeds, outcome, "equalled", rule, numbers)


def _chain(recipes: pd.DataFrame) -> dict[str, str]:
    """The teacher, the recipe pruned by random_forest, and the first with a control that is distilled from that."""
    rows = recipes.drop_duplicates("recipe")
    pruned = rows[(rows["stage"] == "prune") & (rows["order"] == "random_forest")]["recipe"].head(1)
    distilled = rows[(rows["stage"] == "distill") & rows["from"].isin(pruned) & rows["control"].notna()]["recipe"]
    teacher = rows[rows["recipe"] == "teacher"]["recipe"]
    names = {"teacher": teacher, "pruned": pruned, "distilled": distilled}
    return {role: str(of.iloc[0]) for role, of in names.items() if len(of)}


def _distilled(recipes: pd.DataFrame, comparisons: pd.DataFrame, seeds: list[int]) -> dict[str, Any]:
    """C5: distilled from random_forest's subset, it beats the teacher on six ninths and is above the pruned elsewhere.

    On validation only what the whole interval of the paired difference says counts as better.
    """
    chain = _chain(recipes)
    missing = {d: [role for role in ("teacher", "pruned", "distilled") if role not in chain] for d in
               _datasets(recipes)}  # fmt: skip
    numbers = {d: _differences(d, chain, recipes, comparisons) for d, lacks in missing.items() if not lacks}

    def outcome(beats: bool, above: bool) -> str:
        return "beats" if beats else "shrinks" if above else "neither"

    def rule(outcomes: Outcomes) -> bool:
        return _ninths(outcomes, "beats", 6) and "neither" not in outcomes.values()

    published = {d: outcome(n["distilled"] > n["teacher"], n["distilled"] > n["pruned"]) for d, n in numbers.items()}
    sure = {d: outcome(n.get("over_teacher_low", -1) > 0, n.get("over_from_low", -1) > 0)
            for d, n in numbers.items()}  # fmt: skip
    claim = (
        "random forest's pruned model, once distilled, beats the unpruned one on six of nine datasets and shrinks the "
        "drop on the other three"
    )
    readings = [Reading(of, "beats", rule, missing) for of in (published, sure)]
    return _entry("C5", claim, *readings, seeds=seeds, numbers=numbers)


def _differences(dataset: str, chain: dict[str, str], recipes: pd.DataFrame, comparisons: pd.DataFrame) -> Any:
    """Accuracies in percent as printed, and differences in points with their intervals."""
    accuracy = recipes[recipes["dataset"] == dataset].set_index("recipe")["accuracy"]
    numbers = {role: _printed(accuracy[name]) for role, name in chain.items()}
    rows = comparisons[(comparisons["dataset"] == dataset) & (comparisons["recipe"] == chain["distilled"])]
    for row in rows.to_dict("records"):
        numbers[f"over_{row['against']}"] = rounded(100 * row["difference"])
        numbers |= {f"over_{row['against']}_{end}": rounded(100 * row[end]) for end in ("low", "high")}
    return numbers


def _ratio(recipes: pd.DataFrame, seeds: list[int]) -> dict[str, Any]:
    """C6: the mean over datasets of accuracy per byte, over that of the teacher, is at least FACTOR."""
    rows = recipes[(recipes["recipe"] == _chain(recipes).get("distilled")) & recipes["ratio"].notna()]
    ratios = {d: rounded(ratio) for d, ratio in zip(rows["dataset"], rows["ratio"], strict=True) if d != ALL}
    missing = {d: ["a distilled model with a size"] for d in _datasets(recipes) if d not in ratios}
    outcomes = {d: "reached" if round(ratio, 2) >= FACTOR else "below" for d, ratio in ratios.items()}

    def rule(outcomes: Outcomes) -> bool:
        return round(float(np.mean([ratios[d] for d in outcomes])), 2) >= FACTOR

    claim = f"distillation improves accuracy over size {FACTOR} times on average"
    ties = "ratios are compared as printed, with two decimals"
    return _entry("C6", claim, Reading(outcomes, "reached", rule, missing), seeds=seeds, numbers=ratios, tie_rule=ties)


def _ends(curves: pd.DataFrame, orders: pd.DataFrame, seeds: list[int]) -> dict[str, Any]:
    """C7: of the paper's strategies, those with a test regret below the median remove layers 0 and L-1 late.

    Late: on average after the mean place (L + 1) / 2, which is chance.
    """
    missing, numbers = {}, {}
    for d in _datasets(curves):
        pruned, places = curves[(curves["dataset"] == d) & (curves["removed"] >= 1)], orders[orders["dataset"] == d]
        unknown = {*STRATEGIES} & {*pruned.loc[pruned["test_regret"].isna(), "strategy"]}
        missing[d] = sorted({*_absent(pruned, STRATEGIES), *_absent(places, STRATEGIES), *unknown})
        if not missing[d]:
            numbers[d] = _places(pruned, places)
            missing[d] = [] if numbers[d]["good"] else ["a strategy better than the median"]
    numbers = {d: of for d, of in numbers.items() if of["good"]}
    outcomes = {d: "late" if min(of["first"], of["last"]) > of["chance"] else "not" for d, of in numbers.items()}
    return _entry(
        "C7", "good strategies keep the first and the last layers for long",
        Reading(outcomes, "late", lambda of: set(of.values()) == {"late"}, missing), seeds=seeds, numbers=numbers,
        nine=False, tie_rule="a strategy is good when its regret is below the median; one at the median is not",
    )  # fmt: skip


def _places(pruned: pd.DataFrame, orders: pd.DataFrame) -> dict[str, Any]:
    """Which strategies are good, and the mean places at which they remove the first and the last layer."""
    regrets = pruned[pruned["strategy"].isin(STRATEGIES)].groupby("strategy")["test_regret"].mean().round(12)
    good = sorted(regrets.index[regrets < regrets.median()])
    layers = int(orders["layer"].max()) + 1
    places = orders[orders["strategy"].isin(good)].groupby("layer")["removed_at"].mean()
    ends = {end: rounded(places.get(layer, np.nan)) for end, layer in (("first", 0), ("last", layers - 1))}
    return {"good": good, "layers": layers, "chance": (layers + 1) / 2} | ends
