"""Altered copies of texts, for a teacher to label: words masked, halves of different texts joined."""

from collections.abc import Sequence

import numpy as np

from slim.modeling.splits import Input

MASKED = 0.1
"""The fraction of words that are masked (arXiv:1903.12136, section 3.3)."""
JOINED = 0.5
"""The fraction of copies whose second half comes from another text (this project)."""


def augmented(inputs: Sequence[Input], copies: int, mask: str | None, seed: int) -> list[Input]:
    """[copies * inputs]: all texts altered once, then all again, and so on.

    `mask`: what stands for a masked word; None: the word is left out. Texts without spaces are taken as characters.
    Both texts of a pair are altered, and joined with those of the same other pair. Raises ValueError for images.
    """
    if any(isinstance(each, bytes) for each in inputs[:1]):
        raise ValueError("augment alters words, and these inputs are images: leave it out")
    draw = np.random.default_rng(seed)
    out: list[Input] = []
    for _ in range(copies):
        others = draw.permutation(len(inputs))
        joined = draw.random(len(inputs)) < JOINED
        for i, each in enumerate(inputs):
            other = inputs[others[i]] if joined[i] else each
            texts = [_altered(*both, mask, draw) for both in zip(_texts(each), _texts(other), strict=True)]
            out.append(texts[0] if len(texts) == 1 else (texts[0], texts[1]))
    return out


def _texts(each: Input) -> tuple[str, ...]:
    assert not isinstance(each, bytes)
    return (each,) if isinstance(each, str) else each


def _altered(text: str, other: str, mask: str | None, draw: np.random.Generator) -> str:
    """The first half of a text and the second half of another, or of itself, with some words masked."""
    separator = " " if " " in text.strip() else ""
    words, more = (each.split() if separator else list(each) for each in (text, other))
    words = words[: (len(words) + 1) // 2] + more[(len(more) + 1) // 2 :]
    masked = draw.random(len(words)) < MASKED
    seen = [mask if hidden else word for word, hidden in zip(words, masked, strict=True)]
    return separator.join(word for word in seen if word is not None) or text
