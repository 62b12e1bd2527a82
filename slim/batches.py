"""Texts to token batches, padded no further than their longest member."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from slim.models import Batch, Tokenizer
from slim.texts import Text


@dataclass(frozen=True)
class Batches:
    """Batches of tokenized texts that can be walked many times."""

    members: list[np.ndarray]
    """For each batch, the positions of its texts in the order they were given."""
    inputs: list[Batch]
    """For each batch, input_ids, attention_mask, ... [texts, tokens]."""

    def __len__(self) -> int:
        return len(self.inputs)

    def __iter__(self) -> Iterator[tuple[np.ndarray, Batch]]:
        return iter(zip(self.members, self.inputs, strict=True))

    @property
    def texts(self) -> int:
        """How many texts there are in all batches."""
        return sum(map(len, self.members))


def tokenized(texts: Sequence[Text], tokenizer: Tokenizer, max_tokens: int) -> dict[str, list[list[int]]]:
    """Token ids and masks of each text or pair of texts, cut at `max_tokens` (a pair where it is longer)."""
    if not texts:  # which a tokenizer answers with no key at all, or an error
        return {"input_ids": [], "attention_mask": []}
    columns = [list(texts)] if isinstance(texts[0], str) else [list(column) for column in zip(*texts, strict=True)]
    encoding: dict[str, list[list[int]]] = dict(tokenizer(*columns, truncation=True, max_length=max_tokens))
    return encoding


def cut_share(texts: Sequence[Text], tokenizer: Tokenizer, max_tokens: int) -> float:
    """The share of the texts that have more than `max_tokens` tokens, special ones included, and so are cut."""
    lengths = np.array([len(ids) for ids in tokenized(texts, tokenizer, max_tokens + 1)["input_ids"]])
    return float((lengths > max_tokens).mean())


def batches(
    texts: Sequence[Text], tokenizer: Tokenizer, *, max_tokens: int, batch_size: int, by_length: bool = True
) -> Batches:
    """Batches of texts of like length (or, with by_length=False, in the order given)."""
    encoding = tokenized(texts, tokenizer, max_tokens)
    lengths = np.array([len(ids) for ids in encoding["input_ids"]])
    order = np.argsort(lengths, kind="stable") if by_length else np.arange(len(lengths))
    members = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return Batches(members, [_padded(encoding, chosen, tokenizer) for chosen in members])


def _padded(encoding: dict[str, list[list[int]]], chosen: np.ndarray, tokenizer: Tokenizer) -> Batch:
    rows = {name: [values[i] for i in chosen] for name, values in encoding.items()}
    return {name: tensor.to(torch.int64) for name, tensor in tokenizer.pad(rows, return_tensors="pt").items()}
