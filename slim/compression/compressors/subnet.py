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
    of: Literal["parameters", "latency"] = "parameters",
    trials: Count = 200,
    sampler: Literal["tpe", "random"] = "tpe",
    texts: Count = 256,
) -> "Classifier":
    """The smaller model with the lowest loss of `trials`, with at most the fraction `keep` of its layers' parameters.

    With latency, at most that fraction of its time for one input, which is measured here: another machine may choose
    another. Losses are of the first `texts` of validation. `sampler`: proposals follow what was measured (tpe), or are
    random, the control. Raises ValueError where the smallest is too large.
    """
    from functools import partial

    from slim.compression.widths.elastic import extracted, space_of
    from slim.compression.widths.latency import latency_on
    from slim.compression.widths.measuring import measured_on
    from slim.compression.widths.search import best_subnet, layer_parameters

    whole, space, split = model.model, space_of(model.model), context.validation.head(texts)
    cost = latency_on(model, space, split.inputs) if of == "latency" else partial(layer_parameters, whole)
    most = cost(space.largest)
    chosen = best_subnet(
        space, measured_on(model, split), lambda each: cost(each) / most, keep, trials, sampler, context.seed
    )
    smaller = extracted(whole, chosen)
    del smaller.config.elastic
    return model.with_model(smaller)
