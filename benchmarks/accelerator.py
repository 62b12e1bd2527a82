"""What a device does in a second: training, inference, and the lattice of all subsets, on a random BERT of any size.

    python -m benchmarks.accelerator                                           BERT-base, on whatever there is
    python -m benchmarks.accelerator --hidden 256 --heads 4 --texts 1000       BERT-mini's width
    torchrun --standalone --nproc-per-node 2 -m benchmarks.accelerator         training by two processes

Speed does not depend on what a model has learned, so nothing is downloaded. All texts are equally long, in tokens.
"""

import argparse
import os
import tempfile
import time

import numpy as np
import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, BertTokenizerFast

from slim.modeling.classifier import Classifier
from slim.modeling.device import Runtime, processes, start
from slim.modeling.splits import Split
from slim.subsets.ablation import ablate
from slim.training.trainer import Schedule, train_classifier

WORDS = [f"word{i}" for i in range(1000)]
CLASSES = 10


def classifier(wanted: argparse.Namespace) -> Classifier:
    runtime = start(wanted.threads, wanted.precision, 0)
    config = AutoConfig.for_model(
        "bert",
        num_hidden_layers=wanted.layers,
        hidden_size=wanted.hidden,
        intermediate_size=4 * wanted.hidden,
        num_attention_heads=wanted.heads or max(1, wanted.hidden // 64),
        num_labels=CLASSES,
    )
    model = AutoModelForSequenceClassification.from_config(config).to(runtime.device).eval()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = BertTokenizerFast(vocab={word: i for i, word in enumerate([*special, *WORDS])})
    return Classifier(model, tokenizer, wanted.tokens, wanted.batch, runtime)


def texts(count: int, tokens: int) -> Split:
    draw = np.random.default_rng(0)
    drawn = draw.integers(0, len(WORDS), (count, tokens - 2))  # and a token at either end
    return Split([" ".join(WORDS[i] for i in row) for row in drawn], np.arange(count) % CLASSES)


def now(runtime: Runtime) -> float:
    """Seconds on a clock, once the device has finished its work."""
    if runtime.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def training(model: Classifier, split: Split, wanted: argparse.Namespace) -> float:
    """Texts a second, over all processes, between the third step and the last."""
    stamps: list[float] = []
    hook = model.model.register_forward_pre_hook(lambda *_: stamps.append(now(model.runtime)))
    schedule = Schedule(1, wanted.batch, 1e-5, 0.1, 0.01, 0, steps=wanted.steps + 3)
    train_classifier(model, split, None, schedule, ".ckpt/work")
    hook.remove()
    return wanted.batch * wanted.steps / (stamps[-1] - stamps[2])


def inference(model: Classifier, split: Split) -> float:
    """Texts a second, tokens at hand."""
    model.logits(split.inputs[: model.batch_size])
    model.batches(split.inputs)
    began = now(model.runtime)
    model.logits(split.inputs)
    return len(split.inputs) / (now(model.runtime) - began)


def lattice(model: Classifier, split: Split, layers: int) -> float:
    """Seconds for all subsets of the layers on all texts."""
    batches = model.batches(split.inputs)
    began = now(model.runtime)
    ablate(model.model, batches, split.labels, list(range(2**layers)), model.runtime)
    return now(model.runtime) - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in {"layers": 12, "hidden": 768, "heads": 0, "texts": 256, "tokens": 32, "batch": 64}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--steps", type=int, default=20, help="training steps that are timed")
    parser.add_argument("--threads", type=int, default=2, help="of each process")
    parser.add_argument("--precision", choices=["auto", "fp32", "bf16"], default="auto")
    wanted = parser.parse_args()
    model, split = classifier(wanted), texts(wanted.texts, wanted.tokens)
    together = processes()
    many = texts(max(wanted.texts, 4 * wanted.batch), wanted.tokens)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        trained = training(model, many, wanted)
        found = {
            "device": torch.cuda.get_device_name() if model.runtime.device.type == "cuda" else "CPU",
            "precision": model.runtime.precision,
            "threads": wanted.threads,
            "processes that train": together,
            "batch": wanted.batch,
            "layers x hidden": f"{wanted.layers} x {wanted.hidden}",
            "texts x tokens": f"{wanted.texts} x {wanted.tokens}",
            "training, texts/s": f"{trained:.1f}",
            "inference, texts/s": f"{inference(model, split):.1f}",
            f"lattice of {2**wanted.layers}, s": f"{lattice(model, split, wanted.layers):.1f}",
        }
        os.chdir("/")
    for name, value in found.items():
        print(f"{name:<24}{value}")


if __name__ == "__main__":
    main()
