"""The search along the solution path: gates are trained, weights are not, and when each unit enters is noted."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from slim.compression.widths.cutting import ranked
from slim.compression.widths.units import Kind, RankedClassifier, gated, widths
from slim.modeling.architecture import Model
from slim.modeling.classifier import Classifier
from slim.training.path_optimizers import LinearizedBregman, ReleasedPath
from slim.training.trainer import Schedule, train_classifier

if TYPE_CHECKING:
    from slim.compression.context import Context


def entry_ranks(
    classifier: Classifier,
    context: "Context",
    kinds: Sequence[Kind],
    schedule: Schedule,
    variant: str,
    *,
    kappa: float,
    nu: float,
    entry: float,
) -> RankedClassifier:
    """The classifier with a place for each of its units among those of its kind, by the step at which they entered."""
    searched = classifier.with_model(copy.deepcopy(classifier.model))
    steps = schedule.length(len(context.train.inputs))
    with _gates(searched.model, kinds) as gates:
        search = optimizer(variant, [each for of_kind in gates.values() for each in of_kind], steps, kappa, nu, entry)
        train_classifier(searched, context.train, None, schedule, context.work, optimizer=search)
        states = {kind: [search.state[gate] for gate in of_kind] for kind, of_kind in gates.items()}
    same = copy.deepcopy(classifier.model)
    same.config.unit_ranks = {kind: _ranks(of_kind) for kind, of_kind in states.items()}
    return classifier.with_model(same)


def optimizer(variant: str, gates: Sequence[Tensor], steps: int, kappa: float, nu: float, entry: float) -> Optimizer:
    """The dynamics in which a gate that stays 1 enters after the fraction `entry` of the steps."""
    if variant == "released":
        return ReleasedPath(gates, alpha=3.0 / kappa / (entry * steps), kappa=kappa, threshold=3.0)
    return LinearizedBregman(gates, alpha=nu / (entry * steps), kappa=kappa, nu=nu)


@contextmanager
def _gates(model: Model, kinds: Sequence[Kind]) -> Iterator[dict[Kind, list[nn.Parameter]]]:
    """Gates of 1 as the only parameters of a model that are trained, and saved with its checkpoints."""
    model.requires_grad_(False)
    device, of = next(model.parameters()).device, widths(model)
    made: dict[Kind, list[nn.Parameter]] = {
        kind: [nn.Parameter(torch.ones(units, device=device)) for units in of[kind]] for kind in kinds
    }
    model.gates = nn.ModuleDict({kind: nn.ParameterList(each) for kind, each in made.items()})
    with gated(model, made):
        yield made


def _ranks(states: Sequence[Any]) -> list[list[int]]:
    """The places of units by when they entered, then by their dual, which is the higher the nearer one came."""
    entered, duals = ([state[name].double().cpu().numpy() for state in states] for name in ("entered", "v"))
    return ranked([-each for each in entered], duals)
