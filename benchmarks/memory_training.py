"""Peak memory of a large dataset: tokenize it, train twenty steps on it, predict twenty batches.

    python -m benchmarks.memory_training [ROWS ...]

Synthetic texts of 15 words and a model so small that what is left to see is what grows with the rows. One process and
folder for each number of rows; the texts themselves, a list of strings, are among what is counted. One thread.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
from transformers import AutoConfig, AutoModelForSequenceClassification, BertTokenizerFast

from slim.batches import tokenized
from slim.classifier import Classifier
from slim.runtime import start
from slim.texts import Split
from slim.training import Schedule

WORDS = [f"word{i}" for i in range(995)]
STEPS, BATCHES, SIZE, CLASSES, LENGTH = 20, 20, 32, 3, 15


def peak() -> float:
    """The most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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


def measure(rows: int) -> None:
    """Print, as JSON, the peak in MB and the seconds after each part."""
    model, began = classifier(), time.perf_counter()
    found: dict[str, float] = {"rows": rows}

    def note(part: str) -> None:
        found[f"{part}_mb"], found[f"{part}_s"] = round(peak()), round(time.perf_counter() - began, 1)

    note("libraries")
    split = Split(texts(rows), np.arange(rows) % CLASSES)
    note("texts")
    tokenized(split.texts, model.tokenizer, model.max_tokens)
    note("tokenized")
    teacher = np.zeros((rows, CLASSES), np.float32)
    pace = Schedule(1, SIZE, 1e-4, 0.1, 0.01, 0, steps=STEPS)
    model.train(split, None, pace, [], teacher=teacher)
    note("trained")
    for _, (_, batch) in zip(range(BATCHES), model.batches(split.texts), strict=False):
        model.model(**{name: tensor.to(model.runtime.device) for name, tensor in batch.items()})
    note("predicted")
    print(json.dumps(found))


def main(*rows: str) -> None:
    for count in rows or ("50000", "200000"):
        with tempfile.TemporaryDirectory() as folder:
            words = [sys.executable, "-c", f"from benchmarks.memory_training import measure; measure({int(count)})"]
            environment = {**os.environ, "PYTHONPATH": os.getcwd(), "OMP_NUM_THREADS": "1"}
            environment["TOKENIZERS_PARALLELISM"] = "false"
            done = subprocess.run(words, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True)
            print(done.stdout.splitlines()[-1], flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
