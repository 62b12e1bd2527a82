"""The kinds of option that methods take; their ranges are checked before anything runs."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import AfterValidator, BeforeValidator

from slim.utils.registry import check

Count = Annotated[int, Ge(1)]
AtLeastTwo = Annotated[int, Ge(2)]
CountOrZero = Annotated[int, Ge(0)]
Seed = Annotated[int, Ge(0)]
Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]
Fraction = Annotated[float, Gt(0), Le(1)]
Share = Annotated[float, Gt(0), Lt(1)]
Weight = Annotated[float, Ge(0), Le(1)]
LearningRate = Annotated[float, Gt(0), Lt(1)]
Warmup = Annotated[float, Ge(0), Lt(1)]
"""Fraction of the steps over which the learning rate rises."""
Bits = Literal[8, 4]
BlockSize = Literal[16, 32, 64, 128, 256]
"""How many weights share a scale."""
Loss = Annotated[str, AfterValidator(lambda name: check("training/losses", name))]
"""A file of slim/training/losses/."""
DEPTH_RULES = ("best_accuracy", "one_standard_error")
"""The functions of slim/subsets/depth_rules.py that choose how many layers to keep."""
Site = Literal["output", "update"]
"""Activations as a layer puts them out, or the change it makes to its input."""
Estimator = Literal["probe", "nearest_neighbors", "binned"]
"""How mutual information is estimated: a linear probe's lower bound, nearest neighbours, or counts in bins."""
TrainingRows = Literal["leave_one_out", "trajectories", "lattice", "other_datasets"]
"""The removals that a fusion learns from: of the intact model, on the paths of the signals, all measured ones, or all
measured ones of the other datasets."""


def _check_depth(value: Any) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1
    if not number and value not in DEPTH_RULES:
        raise ValueError(
            f"should be a fraction of the layers above 0 and up to 1, or {' or '.join(DEPTH_RULES)}, got {value!r}"
        )
    return value


def _check_rank(value: Any) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if not whole and not (isinstance(value, float) and 0 < value < 1):
        raise ValueError(f"should be a rank of 1 or more, or a share of the energy between 0 and 1, got {value!r}")
    return value


FEWEST = 32
"""Texts below which extremes say too little of others."""


def _check_calibration(count: int) -> int:
    if count and count < FEWEST:
        raise ValueError(
            f"should be 0 or {FEWEST} and more, got {count}: fewer texts do not show how far values reach"
        )
    return count


Calibration = Annotated[int, AfterValidator(_check_calibration)]
"""How many texts fix the scales of activations; 0: none do."""
Layers = Count | Literal["all"]
"""How many layers, or all of them."""
Rank = Annotated[int | float, BeforeValidator(_check_rank)]
"""A rank or, below 1, the share of a matrix's squares that it must hold."""
Depth = Annotated[float | str, BeforeValidator(_check_depth)]
"""The fraction of layers to keep, or the rule that chooses how many."""


def alternatives(function: Callable[..., Any], given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every categorical option of a function, changed one at a time: (option, another value).

    Options are keyword-only parameters annotated with a Literal, in the order of the signature and of the Literal;
    the value in use, `given` or by default, is left out.
    """
    return [
        (option.name, value)
        for option in inspect.signature(function, eval_str=True).parameters.values()
        if option.kind is option.KEYWORD_ONLY and get_origin(option.annotation) is Literal
        for value in get_args(option.annotation)
        if value != given.get(option.name, option.default)
    ]
