"""Models so small that every test can have its own: 2 to 4 layers, 16 wide, random weights."""

from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, BertTokenizerFast

from slim.batches import Batches, batches
from slim.classifier import Classifier
from slim.runtime import Runtime

WORDS = [f"word{i}" for i in range(60)]
EXACT = Runtime(torch.device("cpu"), bf16=False)


def tokenizer() -> Any:
    """A word-level tokenizer of WORDS."""
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    return BertTokenizerFast(vocab={word: i for i, word in enumerate(vocabulary)})


def model(family: str = "bert", layers: int = 3, classes: int = 3, seed: int = 0) -> Any:
    """A random classifier of a family; weights large enough that every layer changes what comes out."""
    torch.manual_seed(seed)
    config = AutoConfig.for_model(
        family,
        vocab_size=65,
        hidden_size=16,
        embedding_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        num_labels=classes,
        initializer_range=0.3,
        pad_token_id=0,
    )
    return AutoModelForSequenceClassification.from_config(config).eval()


def texts(count: int = 24, seed: int = 0, longest: int = 9) -> list[str]:
    """Texts of one to `longest` words."""
    draw = np.random.default_rng(seed)
    return [" ".join(draw.choice(WORDS, draw.integers(1, longest + 1))) for _ in range(count)]


def labels(count: int = 24, classes: int = 3, seed: int = 0) -> np.ndarray:
    """Random classes, int64."""
    return np.random.default_rng(seed).integers(0, classes, count)


def batch_of(found: list[str], size: int = 8, by_length: bool = True) -> Batches:
    """Batches of texts."""
    return batches(found, tokenizer(), max_tokens=16, batch_size=size, by_length=by_length)


def classifier(**options: Any) -> Classifier:
    """A pico model with its tokenizer, in full precision on the CPU."""
    return Classifier(model(**options), tokenizer(), max_tokens=16, batch_size=8, runtime=EXACT)
