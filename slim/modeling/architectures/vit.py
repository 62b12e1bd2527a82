"""ViT (arXiv:2010.11929): an encoder of image patches, whose head reads the first token after a final norm."""

import torch
from torch import Tensor

from slim.modeling.architecture import Architecture, Batch, Model


def _read_out(model: Model, hidden: Tensor, _: Batch) -> Tensor:
    normalized: Tensor = model.base_model.layernorm(hidden[:, 0])
    return normalized


def _tail(model: Model, hidden: Tensor, batch: Batch) -> Tensor:
    logits: Tensor = model.classifier(_read_out(model, hidden, batch))
    return logits


def _every_token(model: Model, batch: Batch) -> Tensor:
    """The patches and the token before them."""
    pixels = batch["pixel_values"]
    count = 1 + model.base_model.embeddings.patch_embeddings.num_patches
    return torch.ones(len(pixels), count, dtype=torch.bool, device=pixels.device)


vit = Architecture(
    stack="vit.layers",
    attention="attention",
    projections=("q_proj", "k_proj", "v_proj"),
    attention_output="attention.o_proj",
    feed_forward_in=("mlp.fc1",),
    feed_forward_out="mlp.fc2",
    tail=_tail,
    read_out=_read_out,
    inputs=("pixel_values",),
    images=True,
    real=_every_token,
)
