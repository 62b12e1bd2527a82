"""Seconds and memory that each compressor of weights takes, without any training, on two shapes of random weights.

`python -m benchmarks.compressing`: the shapes of MiniLM-L6 and BERT-base, each in a process with two threads.
"""

import argparse
import time
from types import SimpleNamespace
from typing import Any

from benchmarks.alone import alone, used

SHAPES = {"MiniLM-L6": (6, 384, 12), "BERT-base": (12, 768, 12)}
"""Name -> layers, width, heads."""
METHODS: dict[str, dict[str, Any]] = {
    "cur": {"rank": 96, "layers": 4},
    "svd": {"rank": 96, "layers": 4},
    "merge_ffn": {"layers": 3},
    "share_channels": {"clusters": 64, "rank": 32, "matrices": "all"},
    "round_to_nearest": {"bits": 4, "matrices": "all"},
}
"""Compressor -> its options."""
THREADS, TEXTS, TOKENS = 2, 1000, 28  # about what validation of movie_reviews has


def compress(method: str, shape: str) -> dict[str, float]:
    """Seconds of one compressor, and the most memory that its process has held."""
    from benchmarks.accelerator import classifier, texts
    from slim.utils.registry import find

    layers, hidden, heads = SHAPES[shape]
    wanted = {"threads": THREADS, "precision": "fp32", "tokens": TOKENS, "batch": 64}
    model = classifier(argparse.Namespace(layers=layers, hidden=hidden, heads=heads, **wanted))
    split = texts(TEXTS, TOKENS)
    context = SimpleNamespace(train=split, validation=split, seed=0)
    began = time.perf_counter()
    find("compression/compressors", method)(model, context, **METHODS[method])
    return {"seconds": round(time.perf_counter() - began, 1), "peak_mb": used()["peak_mb"]}


def main() -> None:
    """Print the table as Markdown."""
    print(f"Seconds, and peak memory of the process, {THREADS} threads, {TEXTS:,} texts of {TOKENS} tokens:\n")
    print("| compressor | options | " + " | ".join(f"{shape}, s | MB" for shape in SHAPES) + " |")
    print("| :-- | :-- | " + " | ".join(["--:"] * 2 * len(SHAPES)) + " |")
    for method, options in METHODS.items():
        found = [alone("benchmarks.compressing", "compress", method, shape) for shape in SHAPES]
        cells = [f"{each['seconds']:.1f} | {each['peak_mb']:,.0f}" for each in found]
        shown = ", ".join(f"{key} {value}" for key, value in options.items())
        print(f"| {method} | {shown} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
