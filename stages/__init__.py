"""One stage a file: read, one call, write."""

import os
import sys
from collections.abc import Callable

# Nothing phones home, and forked tokenizers do not fight over the cores.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
# NumPy's products are small here, and one thread gives the same digits on any number of cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def run(stage: Callable[..., None]) -> None:
    """Call a stage with the words of the command line; a refusal is printed as one line, without a traceback."""
    try:
        stage(*sys.argv[1:])
    except (ValueError, FileNotFoundError) as refusal:
        sys.exit(f"{stage.__name__}: {refusal}")
