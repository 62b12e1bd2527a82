"""The kinds of option that signals and fusions take; their ranges are checked before anything runs."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt

Count = Annotated[int, Ge(1)]
AtLeastTwo = Annotated[int, Ge(2)]
Seed = Annotated[int, Ge(0)]
Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]
Site = Literal["output", "update"]
"""Activations as a layer puts them out, or the change it makes to its input."""
Estimator = Literal["probe", "nearest_neighbors", "binned"]
"""How mutual information is estimated: a linear probe's lower bound, nearest neighbours, or counts in bins."""
TrainingRows = Literal["leave_one_out", "trajectories", "lattice", "other_datasets"]
"""The removals that a fusion learns from: of the intact model, on the paths of the signals, all measured ones, or all
measured ones of the other datasets."""


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
