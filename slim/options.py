"""The kinds of option that signals and fusions take; their ranges are checked before anything runs."""

from typing import Annotated, Literal

from annotated_types import Ge, Gt

Count = Annotated[int, Ge(1)]
AtLeastTwo = Annotated[int, Ge(2)]
Seed = Annotated[int, Ge(0)]
Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]
Site = Literal["output", "update"]
"""Activations as a layer puts them out, or the change it makes to its input."""
Estimator = Literal["probe", "neighbours"]
"""How mutual information is estimated: a linear probe's lower bound, or nearest neighbours."""
Rows = Literal["trajectories", "leave_one_out", "lattice"]
"""The removals that a fusion learns from."""
