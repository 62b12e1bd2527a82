"""Narrower layers: of each kind of unit that was ranked, those that rank highest."""

from typing import TYPE_CHECKING, Literal

from slim.utils.option_types import Count, Fraction

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.compression.widths.units import RankedClassifier
    from slim.modeling.classifier import Classifier


def narrow(
    model: "RankedClassifier",
    context: "Context",
    *,
    keep: Fraction,
    round_to: Count = 8,
    across: Literal["layers", "each"] = "layers",
) -> "Classifier":
    """The model with the fraction `keep` of each kind of unit that `solution_path` or `rank_units` ranked.

    `round_to`: the width of a layer is a multiple of it, as processors like them; heads are counted one by one.
    `across`: units compete with those of all `layers`, or `each` layer keeps the same share. No layer loses all.
    Answers are those of the model with the other units' gates at 0. Raises ValueError where layers have changed since
    they were ranked.
    """
    from slim.compression.widths.cutting import kept_units
    from slim.compression.widths.narrowing import narrowed
    from slim.compression.widths.units import widths

    ranks, now = model.model.config.unit_ranks, widths(model.model)
    if any([len(own) for own in of_kind] != now[kind] for kind, of_kind in ranks.items()):
        raise ValueError("narrow: units were ranked in other layers than the model has now: rank them again")
    kept = {
        kind: kept_units(of_kind, keep, 1 if kind == "heads" else round_to, across) for kind, of_kind in ranks.items()
    }
    smaller = narrowed(model.model, kept)
    del smaller.config.unit_ranks
    return model.with_model(smaller)
