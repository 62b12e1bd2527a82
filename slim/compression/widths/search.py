"""Which of the smaller models within a budget is best, by few trials."""

from collections.abc import Callable
from typing import Literal

import optuna
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import Trial
from tqdm import tqdm

from slim.compression.widths.elastic import Space, Subnet
from slim.compression.widths.units import widths
from slim.modeling.architecture import Model
from slim.modeling.transformer import feed_forward_in, feed_forward_out, layers, weight_of

Sampler = Literal["tpe", "random"]
ASKED = 50
"""So many proposals are looked at for each that is measured, since those beyond the budget are not."""
OVER = "over the budget"


def layer_parameters(model: Model, subnet: Subnet) -> int:
    """How many parameters the layers of a smaller model have; embeddings and the head are the same in all."""
    total = 0
    for layer, kept, whole in zip(layers(model), subnet, widths(model)["feed_forward"], strict=True):
        if kept:
            inner = [each for module in feed_forward_in(model, layer) for each in module.parameters()]
            neurons = sum(each.numel() for each in inner) + weight_of(feed_forward_out(model, layer)).numel()
            total += sum(each.numel() for each in layer.parameters()) - neurons * (whole - kept) // whole
    return total


def best_subnet(
    space: Space,
    loss: Callable[[Subnet], float],
    cost: Callable[[Subnet], float],
    budget: float,
    trials: int,
    sampler: Sampler,
    seed: int,
) -> Subnet:
    """The lowest loss of `trials` different smaller models whose cost is at most `budget`; fewer where there are none.

    `tpe`: proposals follow what was measured before (arXiv:2304.11127); `random`: the control. Ties: the first found.
    Raises ValueError, with the least cost, where none is within the budget.
    """
    if cost(space.smallest) > budget:
        raise ValueError(f"no smaller model is within {budget:.3g}: the smallest costs {cost(space.smallest):.3g}")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=_sampler(sampler, seed))
    study.enqueue_trial({str(i): each[0] for i, each in enumerate(space.choices)})
    measured: dict[Subnet, float] = {}
    bar = tqdm(total=trials, desc="searching", unit="model")
    for _ in range(ASKED * trials):
        trial = study.ask()
        subnet = _proposed(trial, space)
        over = cost(subnet) / budget - 1
        trial.set_constraint(OVER, over)
        if over <= 0 and subnet not in measured:
            measured[subnet] = loss(subnet)
            bar.update()
        study.tell(trial, measured.get(subnet, max(measured.values()) + over))
        if len(measured) == trials:
            break
    bar.close()
    return min(measured, key=measured.__getitem__)


def _proposed(trial: Trial, space: Space) -> Subnet:
    return tuple(int(trial.suggest_categorical(str(i), list(each))) for i, each in enumerate(space.choices))


def _sampler(name: Sampler, seed: int) -> BaseSampler:
    return RandomSampler(seed=seed) if name == "random" else TPESampler(seed=seed, multivariate=True)
