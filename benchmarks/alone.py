"""Peak memory and seconds of work in a process of its own, with one thread."""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PROGRAM = """
import benchmarks.alone, importlib, json, sys
module, function, *arguments = sys.argv[1:]
print(json.dumps(getattr(importlib.import_module(module), function)(*arguments)))
"""
BEGAN = time.perf_counter()
"""When this process imported this module."""


def alone(module: str, function: str, *arguments: str | Path, folder: str | Path = ".") -> Any:
    """What a function returns (as JSON allows) in a new process that runs in `folder` and has done nothing else."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "ARROW_NUM_THREADS"), "1")
    environment = {**os.environ, **threads, "TOKENIZERS_PARALLELISM": "false", "PYTHONPATH": os.getcwd()}
    words = [sys.executable, "-c", PROGRAM, module, function, *map(str, arguments)]
    done = subprocess.run(words, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def used() -> dict[str, float]:
    """The most memory this process has held so far, in MB, and how long it has been at work."""
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"peak_mb": round(kibibytes * 1024 / 1e6), "seconds": round(time.perf_counter() - BEGAN, 1)}
