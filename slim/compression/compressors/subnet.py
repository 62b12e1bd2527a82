"""The best smaller model that a supernet holds within a budget, by itself: dense, and smaller on disk."""

from typing import TYPE_CHECKING, Literal

from slim.utils.option_types import Count, Share

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.compression.widths.elastic import ElasticClassifier
    from slim.modeling.classifier import Classifier


def subnet(
    model: "ElasticClassifier",
    context: "Context",
    *,
    keep: Share,
    trials: Count = 200,
    sampler: Literal["tpe", "random"] = "tpe",
    texts: Count = 256,
) -> "Classifier":
    """The smaller model with the lowest loss of `trials`, with at most the fraction `keep` of its layers' parameters.

    Losses are of the first `texts` of validation. `sampler`: proposals follow what was measured (tpe), or are random,
    the control. Raises ValueError where the smallest is too large.
    """
    from functools import partial

    from slim.compression.widths.elastic import extracted, space_of
    from slim.compression.widths.measuring import measured_on
    from slim.compression.widths.search import best_subnet, layer_parameters

    whole, space = model.model, space_of(model.model)
    most = keep * layer_parameters(whole, space.largest)
    chosen = best_subnet(
        space,
        measured_on(model, context.validation.head(texts)),
        partial(layer_parameters, whole),
        most,
        trials,
        sampler,
        context.seed,
    )
    smaller = extracted(whole, chosen)
    del smaller.config.elastic
    return model.with_model(smaller)
