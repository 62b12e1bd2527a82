"""One training for many sizes: a model whose layers may be narrower, or go (SuperSAM, arXiv:2501.08504)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slim.utils.option_types import Count, CountOrZero, LearningRate, NotNegative, Positive, Share, Warmup

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.compression.widths.elastic import ElasticClassifier
    from slim.compression.widths.units import RankedClassifier


def supernet(
    model: "RankedClassifier",
    context: "Context",
    *,
    shares: Sequence[Share] = (0.25, 0.5, 0.75),
    removable: CountOrZero = 3,
    in_place: bool = True,
    epochs: Positive = 1.0,
    min_steps: CountOrZero = 0,
    batch_size: Count = 32,
    learning_rate: LearningRate = 1e-4,
    warmup: Warmup = 0.1,
    weight_decay: NotNegative = 0.01,
) -> "ElasticClassifier":
    """The model after training it and the smaller models that it holds at once, for `subnet` to choose from.

    Neurons are put in the order of their ranks, which changes no answer; a layer has one of the `shares` of them, or
    all; those `removable` layers may go without each of which the loss on validation is lowest, never the first. A
    step has the whole model, the smallest and a random one. `in_place`: the smaller two learn the whole one's answers
    (arXiv:1903.05134), else labels. Raises ValueError where neurons were not ranked, and for too many layers.
    """
    from slim.compression.widths.elastic import Space, sorted_neurons
    from slim.compression.widths.measuring import least_needed
    from slim.compression.widths.sandwich import Sandwich
    from slim.training.trainer import Schedule, train_classifier

    ranks = model.model.config.unit_ranks.get("feed_forward")
    if ranks is None:
        raise ValueError("supernet: neurons were not ranked: add feed_forward to units")
    if removable >= len(ranks):
        raise ValueError(
            f"supernet: {removable} layers may go, and {len(ranks) - 1} come after the first: ask for fewer"
        )
    elastic = model.with_model(sorted_neurons(model.model, ranks))
    del elastic.model.config.unit_ranks
    may_go = least_needed(elastic, removable, context.validation)
    schedule = Schedule(epochs, batch_size, learning_rate, warmup, weight_decay, context.seed, min_steps)
    objective = Sandwich(Space.of(elastic.model, shares, may_go), in_place)
    train_classifier(elastic, context.train, None, schedule, context.work, objective)
    elastic.model.config.elastic = {"shares": list(shares), "removable": may_go}
    return elastic
