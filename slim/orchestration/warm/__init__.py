"""Processes that start warm: a server imports PyTorch, transformers and DVC once, and every process is a fork of it.

A stage that has to start Python, PyTorch and a BERT class waits four seconds before it does anything, and a run has
dozens of them. Inside `warm_python()` the first `python` on PATH is a small script: it hands `python -m MODULE ...` to
the server, which runs it in a fork with the caller's folder, environment, input and output, and gives its exit status
back. Stages do not know of it, and nothing of `slim` is imported before the fork.
"""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
ACCELERATORS = ("/dev/nvidia0", "/dev/kfd", "/dev/dxg")
"""Drivers that do not survive a fork: where there is one, processes start cold."""

WARM = (
    "torch", "transformers.models.bert.modeling_bert", "transformers.models.auto.modeling_auto",
    "transformers.trainer", "datasets", "pandas", "scipy.stats", "sklearn.ensemble", "sklearn.feature_extraction.text",
    "sklearn.linear_model", "sklearn.svm", "matplotlib.backends.backend_agg", "pydantic", "ruamel.yaml", "dvc.cli",
    "dvc.repo", "dvc.commands.repro", "dvc.parsing",
)  # fmt: skip
"""Third-party modules alone: what is imported of slim comes from the folder in which a stage runs."""


def available() -> bool:
    """Whether processes can be forked here: Linux, without an accelerator."""
    return sys.platform == "linux" and not any(map(os.path.exists, ACCELERATORS))


@contextmanager
def warm_python(
    environment: Mapping[str, str] | None = None, modules: Sequence[str] = WARM
) -> Iterator[dict[str, str]]:
    """The environment in which `python -m` starts warm, where that is `available`; the given one elsewhere.

    `environment`: that of the server, whose number of threads its forks cannot change; os.environ unless given.
    `modules`: what it imports.
    """
    environment = dict(os.environ if environment is None else environment)
    if not available():
        yield environment
        return
    with tempfile.TemporaryDirectory(prefix="warm-") as folder:
        address, script = Path(folder, "socket"), Path(folder, "bin", "python")
        words = [sys.executable, "-I", "-S", str(HERE / "client.py"), sys.executable, str(address)]
        script.parent.mkdir()
        script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        script.chmod(0o755)
        server = subprocess.Popen(
            [sys.executable, "-P", str(HERE / "server.py"), str(address), *modules],
            env=environment,
            stdin=subprocess.PIPE,  # closed when this process ends, however it does: then the server ends, too
            start_new_session=True,  # Ctrl-C reaches forks through the processes that asked for them
        )
        try:
            yield environment | {"PATH": f"{script.parent}{os.pathsep}{environment.get('PATH', os.defpath)}"}
        finally:
            server.kill()
            server.wait()
