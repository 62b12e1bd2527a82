"""Peak memory of a large dataset: tokenize it, train twenty steps on it, predict twenty batches.

    python -m benchmarks.memory_training [ROWS ...]

Synthetic texts of 15 words and a model so small that what is left to see is what grows with the rows. One process and
folder for each number of rows; the texts themselves, a list of strings, are among what is counted. One thread.
"""

import json
import sys
import tempfile
from typing import Any

import numpy as np
from transformers import AutoConfig, AutoModelForSequenceClassification, BertTokenizerFast

from benchmarks.alone import alone, used
from slim.modeling.classifier import Classifier
from slim.modeling.device import start
from slim.modeling.splits import Split
from slim.modeling.tokenization import tokenize
from slim.training.trainer import Schedule, train_classifier

WORDS = [f"word{i}" for i in range(995)]
STEPS, BATCHES, SIZE, CLASSES, LENGTH = 20, 20, 32, 3, 15


def texts(rows: int) -> list[str]:
    draw = np.random.default_rng(0)
    return [" ".join([WORDS[i] for i in draw.integers(0, len(WORDS), LENGTH)]) for _ in range(rows)]


def classifier() -> Classifier:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    config = AutoConfig.for_model(
        "bert", vocab_size=1000, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=64, num_labels=CLASSES,
    )  # fmt: skip
    runtime = start(1, "fp32", 0)
    model = AutoModelForSequenceClassification.from_config(config).eval().to(runtime.device)
    tokenizer = BertTokenizerFast(vocab={word: i for i, word in enumerate([*special, *WORDS])})
    return Classifier(model, tokenizer, max_tokens=48, batch_size=SIZE, runtime=runtime)


def measure(count: str) -> dict[str, Any]:
    """What is used after each part."""
    model, rows = classifier(), int(count)
    found: dict[str, Any] = {"rows": rows, "libraries": used()}
    split = Split(texts(rows), np.arange(rows) % CLASSES)
    found["texts"] = used()
    tokenize(split.inputs, model.processor, model.max_tokens)
    found["tokenized"] = used()
    teacher = np.zeros((rows, CLASSES), np.float32)
    pace = Schedule(1, SIZE, 1e-4, 0.1, 0.01, 0, steps=STEPS)
    train_classifier(model, split, None, pace, ".ckpt/work", teacher=teacher)
    found["trained"] = used()
    for _, (_, batch) in zip(range(BATCHES), model.batches(split.inputs), strict=False):
        model.model(**{name: tensor.to(model.runtime.device) for name, tensor in batch.items()})
    return found | {"predicted": used()}


def main(*rows: str) -> None:
    for count in rows or ("50000", "200000"):
        with tempfile.TemporaryDirectory() as folder:
            found = alone("benchmarks.memory_training", "measure", count, folder=folder)
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
