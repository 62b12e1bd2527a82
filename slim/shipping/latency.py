"""How fast models answer and processes start, and on which machine."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

NOISE = 1.5
"""A p90 beyond so many times the p50 says that something else was running."""
FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "avx512_bf16", "neon", "asimddp", "i8mm", "sve")
"""What decides how fast small formats are."""
LIBRARIES = ("torch", "onnxruntime", "transformers", "tokenizers", "numpy")
START = """
import json, pathlib, resource, sys, time
began = time.perf_counter()
import slim
model = slim.load(sys.argv[1])
loaded = time.perf_counter()
slim.predict(model, [sys.argv[2]])
answered = time.perf_counter()
status = pathlib.Path("/proc/self/status")  # on Linux ru_maxrss begins with that of the process that started this one
if status.is_file():
    peak = 1024 * int(status.read_text().split("VmHWM:")[1].split()[0])
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"load": loaded - began, "answer": answered - began, "peak_bytes": peak}))
"""
"""A process that imports, loads and answers once."""


def answering(model: Any, texts: Sequence[str]) -> Callable[[], object]:
    """A call that answers once, tokenizing included, as a program without this library would.

    PyTorch runs the texts as one batch, padded to the longest; a model of another format by its own `logits`, which in
    int8 are those of one text at a time.
    """
    if not hasattr(model, "processor"):
        return partial(model.logits, texts)

    import torch

    from slim.modeling.transformer import forward_logits

    how = {"truncation": True, "max_length": model.max_tokens, "padding": True, "return_tensors": "pt"}

    @torch.no_grad()
    def call() -> object:
        batch = model.processor(list(texts), **how).to(model.runtime.device)
        return forward_logits(model.model, batch).cpu()

    return call


def summary(seconds: NDArray[np.float64]) -> dict[str, float]:
    """p50, p90 and min of the seconds of one call, and whether they are `noisy`."""
    p50, p90 = (float(np.percentile(seconds, q, method="inverted_cdf")) for q in (50, 90))
    return {"p50": p50, "p90": p90, "min": float(seconds.min()), "noisy": p90 > NOISE * p50}


def short_and_long(texts: Sequence[str]) -> dict[str, str]:
    """short and long: the texts at the 10th and the 90th percentile of the number of characters."""
    by_length = sorted(texts, key=lambda text: (len(text), text))
    return {name: by_length[round(q * (len(by_length) - 1))] for name, q in (("short", 0.1), ("long", 0.9))}


def starts(folders: Mapping[str, Path], text: str, threads: int, rounds: int = 3) -> Iterator[dict[str, Any]]:
    """A row a model: the least seconds, over rounds, from a process's first line to a loaded model, and to an answer.

    load, answer, and peak_bytes of memory. Raises ValueError when a process fails.
    """
    for name, folder in folders.items():
        measured = [_start(folder, text, threads) for _ in range(rounds)]
        yield {"recipe": name} | {key: min(each[key] for each in measured) for key in measured[0]}


def _start(folder: Path, text: str, threads: int) -> dict[str, float]:
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    words = [sys.executable, "-c", START, str(folder), text]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"{folder} does not answer in a process of its own: {done.stderr.strip().splitlines()[-1]}")
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def machine(threads: int) -> dict[str, Any]:
    """What times depend on: the processor and its instructions, threads, load, and versions of libraries."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    known = set(facts.get("flags", facts.get("Features", "")).split())
    return {
        "processor": facts.get("model name", platform.processor() or platform.machine()),
        "instructions": [flag for flag in FLAGS if flag in known],
        "cores": os.cpu_count(),
        "threads": threads,
        "load": os.getloadavg()[0],
        "versions": {name: version(name) for name in LIBRARIES},
    }
