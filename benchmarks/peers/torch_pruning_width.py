"""Torch-Pruning (MIT): narrower layers, by dependency graph and first-order Taylor importance (arXiv:2301.12900)."""

import copy
from typing import Any

import torch
import torch_pruning as tp
from torch import nn

from slim.modeling.architecture import Batch, Model
from slim.modeling.classifier import Classifier
from slim.modeling.splits import Split
from slim.modeling.transformer import forward_logits

BATCHES, BISECTIONS = 10, 8


def torch_pruning_width(start: Classifier, parameters: int, train: Split) -> Classifier:
    """The model with the largest widths that leave at most so many parameters, the same share of every layer.

    Widths of hidden states, feed-forward neurons and heads shrink; the number of heads does not.
    """
    _, batch = next(iter(start.batches(train.inputs[: start.batch_size])))
    low, high = 0.0, 0.95
    for _ in range(BISECTIONS):  # how many are left does not depend on which
        middle = (low + high) / 2
        model = copy.deepcopy(start.model).eval()
        _prune(model, middle, batch, tp.importance.GroupMagnitudeImportance())
        low, high = (low, middle) if model.num_parameters() <= parameters else (middle, high)
    narrow = start.with_model(copy.deepcopy(start.model).eval())
    _gradients(narrow, train)
    _prune(narrow.model, high, batch, tp.importance.GroupTaylorImportance())
    narrow.model.zero_grad()
    return narrow


def _prune(model: Model, ratio: float, batch: Batch, importance: Any) -> None:
    attention = [each for each in model.modules() if hasattr(each, "query") and hasattr(each, "num_attention_heads")]
    pruner: Any = tp.pruner.BasePruner(
        model,
        example_inputs=batch,
        importance=importance,
        pruning_ratio=ratio,
        ignored_layers=[model.classifier],
        num_heads={
            part: each.num_attention_heads for each in attention for part in (each.query, each.key, each.value)
        },
        prune_head_dims=True,
        output_transform=lambda out: out.logits.sum(),
    )
    pruner.step()
    for each in attention:  # by hand, as users of the tool must; the scale of attention stays that of the teacher
        each.all_head_size = each.query.out_features
        each.attention_head_size = each.all_head_size // each.num_attention_heads


def _gradients(classifier: Classifier, train: Split) -> None:
    """Leave in the parameters the gradients of the loss over some batches."""
    for members, batch in classifier.batches(train.inputs[: BATCHES * classifier.batch_size], by_length=False):
        labels = torch.from_numpy(train.labels[members])
        nn.functional.cross_entropy(forward_logits(classifier.model, batch), labels).backward()
