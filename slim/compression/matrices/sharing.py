"""Which matrices share channels, and the tensors they become."""

from typing import Literal

from torch import Tensor, nn

from slim.compression.matrices.channels import bits_per_weight, clustered
from slim.compression.matrices.chosen import matrices_of
from slim.compression.matrices.decomposition import nearest
from slim.modeling.classifier import Classifier
from slim.modeling.replaced import path_of
from slim.modeling.transformer import layers, projections, weight_of


def targets(classifier: Classifier, matrices: Literal["query_key", "all"]) -> dict[str, nn.Module]:
    """Path -> matrix, of all layers: those of queries and keys, or the one that makes them; or all."""
    model = classifier.model
    if matrices == "all":
        return matrices_of(classifier, range(len(layers(model))), "all")
    return {path_of(model, each): each for layer in layers(model) for each in projections(model, layer)[:2]}


def shared(
    path: str, module: nn.Module, clusters: int, rank: int, axis: Literal["outputs", "inputs"], seed: int
) -> dict[str, Tensor]:
    """Name -> values of what takes the place of the matrix at a path. Raises ValueError where that is no smaller."""
    weight = weight_of(module).detach()
    rows = weight if axis == "outputs" else weight.T
    if clusters >= len(rows) or bits_per_weight(len(rows), rows.shape[1], clusters, rank, 32) >= 32:
        size = tuple(weight.shape)
        raise ValueError(f"{clusters} clusters and rank {rank} make {path}, {size}, no smaller: lower one of them")
    centroids, labels = clustered(rows, clusters, seed)
    centred = rows - centroids[labels.to(rows.device)]
    tensors = {"centroids.weight": centroids if axis == "outputs" else centroids.T, "shared_labels": labels}
    if rank:
        wide, narrow = nearest(centred if axis == "outputs" else centred.T, rank)
        tensors |= {"wide.weight": wide, "narrow.weight": narrow}
    if isinstance(module.bias, Tensor):
        tensors["bias"] = module.bias.detach()
    return {f"{path}.{name}": value.contiguous() for name, value in tensors.items()}
