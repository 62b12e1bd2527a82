"""Units of layers ranked by when a solution path of gates lets them enter (arXiv:2501.03289), for `narrow` to cut."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from slim.utils.option_types import Count, CountOrZero, Positive

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.compression.widths.units import RankedClassifier
    from slim.modeling.classifier import Classifier


def solution_path(
    model: "Classifier",
    context: "Context",
    *,
    variant: Literal["bregman", "released"] = "bregman",
    units: Sequence[Literal["query_key", "value", "heads", "feed_forward"]] = ("query_key", "value", "feed_forward"),
    epochs: Positive = 1.0,
    min_steps: CountOrZero = 0,
    batch_size: Count = 32,
    kappa: Positive = 0.3,
    nu: Positive = 1000.0,
    entry: Positive = 0.33,
) -> "RankedClassifier":
    """The same model, its units ranked by one search: the sooner one enters, the higher, ties by its dual at the end.

    Every unit has a gate, which starts at 1; weights are frozen. `bregman`: the linearized Bregman form, which pulls
    gates to 0 with strength 1 / `nu` unless the loss on train holds them; `kappa`: how fast they move. `released`:
    AdamW on the loss alone, as the authors' code has it. The step size is such that a gate that stays 1 enters after
    the fraction `entry` of all steps.
    """
    from slim.compression.widths.path import entry_ranks
    from slim.training.trainer import Schedule

    schedule = Schedule(epochs, batch_size, 0.0, 0.0, 0.0, context.seed, min_steps)
    return entry_ranks(model, context, units, schedule, variant, kappa=kappa, nu=nu, entry=entry)
