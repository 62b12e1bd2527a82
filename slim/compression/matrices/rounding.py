"""A matrix rounded to a few bits, and what that costs."""

from torch import Tensor, nn

from slim.modeling.replacements.rounded_linear import packed
from slim.modeling.transformer import weight_of


def rounded(path: str, module: nn.Module, bits: int, block_size: int) -> dict[str, Tensor]:
    """Name -> values of what takes the place of the matrix at a path. Raises ValueError where that is no smaller."""
    weight = weight_of(module).detach()
    rows, columns = weight.shape
    if bits_per_weight(columns, bits, block_size, 32) >= 32:
        size = tuple(weight.shape)
        raise ValueError(f"{bits} bits in blocks of {block_size} make {path}, {size}, no smaller: lower one of them")
    # What fills the last block up is its last weight: it must not move the ends.
    filled = nn.functional.pad(weight[None], (0, -columns % block_size), mode="replicate")[0]
    blocks = filled.view(rows, -1, block_size)
    low, high = blocks.amin(-1, keepdim=True), blocks.amax(-1, keepdim=True)
    step = (high - low) / (2**bits - 1)
    codes = ((blocks - low) / step.where(step > 0, step.new_ones(()))).round()
    tensors = {"low": low, "step": step, "packed_codes": packed(codes, bits)}
    if isinstance(module.bias, Tensor):
        tensors["bias"] = module.bias.detach()
    return {f"{path}.{name}": value.contiguous() for name, value in tensors.items()}


def bits_per_weight(columns: int, bits: int, block_size: int, value_bits: int = 16) -> float:
    """Bits of codes and of the two ends of every block, a weight of a row of so many; the last block is filled up."""
    blocks = -(-columns // block_size)
    return blocks * (block_size * bits + 2 * value_bits) / columns
