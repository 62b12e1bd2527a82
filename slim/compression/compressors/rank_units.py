"""Units of layers ranked by a criterion, for `narrow` to cut; no unit goes yet."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from slim.utils.option_types import Count

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.compression.widths.units import RankedClassifier
    from slim.modeling.classifier import Classifier


def rank_units(
    model: "Classifier",
    context: "Context",
    *,
    criterion: Literal["magnitude", "random", "activation", "taylor", "fisher"] = "fisher",
    units: Sequence[Literal["query_key", "value", "heads", "feed_forward"]] = ("heads", "feed_forward"),
    texts: Count = 500,
) -> "RankedClassifier":
    """The same model, with a place for each of its `units` among those of all layers.

    `criterion`: the squares of a unit's weights (magnitude) or a random order, the plain ways; |weight| * norm of its
    inputs (activation); |d loss / d gate| (taylor) or its square (fisher), means over the first `texts` of train.
    """
    import copy

    from slim.compression.widths.cutting import ranked
    from slim.compression.widths.scores import CRITERIA

    scores = CRITERIA[criterion](model, context.train.head(texts), units, context.seed)
    same = copy.deepcopy(model.model)
    same.config.unit_ranks = {kind: ranked(of_kind) for kind, of_kind in scores.items()}
    return model.with_model(same)
