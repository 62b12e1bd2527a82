"""A `python` that starts at once: every call is a fork of one process that imported the libraries before.

Importing PyTorch and Transformers takes 4 seconds of CPU, DVC one, and a pipeline of small models does little else. A
fork has the arguments, folder, environment and streams of its caller, and imports this project's modules itself. What
it inherits (Python's hash seed, NumPy's first random state) is the same in all forks, so a test that nothing depends
on it compares with an interpreter that started by itself.

with warm_python(folder) as path:
    subprocess.run(["python", "-m", ...], env={"PATH": path, ...})
"""

import gc
import importlib
import json
import multiprocessing
import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LIBRARIES = (
    "accelerate",
    "datasets",
    "dvc.cli",
    "dvc.commands.repro",
    "dvc.repo.reproduce",
    "distributed",
    "matplotlib.figure",
    "pydantic",
    "scipy.stats",
    "sklearn.ensemble",
    "torch.distributed.run",
    "transformers.models.bert.modeling_bert",
    "transformers.models.bert.tokenization_bert",
    "transformers.trainer",
)

COLD = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
"""The value of PATH under which every `python` starts by itself, as it does for users."""


@contextmanager
def warm_python(folder: Path) -> Iterator[str]:
    """The value of PATH under which `python` is the warm one, as long as the block lasts."""
    address, python = folder / "socket", folder / "python"
    python.write_text(f"#!/bin/sh\nexec '{sys.executable}' -IS '{__file__}' call '{address}' \"$@\"\n")
    python.chmod(0o755)
    server = subprocess.Popen(
        [sys.executable, __file__, "serve", str(address), str(python)],
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert server.stdout and server.stdout.readline() == b"ready\n"
        yield f"{folder}:{COLD}"
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.communicate()


def call(address: str, *words: str) -> int:
    """Have the server run `python WORDS` here; its exit status."""
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        wanted = json.dumps({"words": words, "folder": os.getcwd(), "environment": dict(os.environ)}).encode()
        socket.send_fds(server, [len(wanted).to_bytes(8, "big")], [0, 1, 2])
        server.sendall(wanted)
        return int(server.recv(16) or b"1")


def serve(address: str, python: str) -> None:
    """Import the libraries, then fork for every call, once to wait and once to run; never returns."""
    for name in LIBRARIES:
        importlib.import_module(name)
    gc.freeze()  # or the first collection of every fork would write to, and so copy, all that it shares
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print("ready", flush=True)
        while True:
            caller, _ = listener.accept()
            if os.fork() == 0:
                break
            caller.close()
            with suppress(ChildProcessError):
                while any(os.waitpid(-1, os.WNOHANG)):
                    pass
    interpreter = multiprocessing.get_context("fork").Process(target=_become, args=(caller, python))
    interpreter.start()
    interpreter.join()
    caller.sendall(str(interpreter.exitcode).encode())
    os._exit(0)


def _become(caller: socket.socket, python: str) -> None:
    """What an interpreter does when it starts: `-m MODULE` or a script, with words."""
    size, streams, _, _ = socket.recv_fds(caller, 8, 3)
    wanted = json.loads(caller.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL))
    caller.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    words = wanted["words"][wanted["words"][0] == "-u" :]
    is_module = words[0] == "-m"
    sys.executable, sys.orig_argv, sys.argv = python, [python, *words], words[is_module:]
    first = os.getcwd() if is_module else str(Path(words[0]).parent)
    sys.path[:1] = [first, *filter(None, os.environ.get("PYTHONPATH", "").split(":"))]
    sys.modules.pop("sitecustomize", None)
    with suppress(ModuleNotFoundError):
        importlib.import_module("sitecustomize")
    if is_module:
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    if sys.argv[1] == "call":
        sys.exit(call(*sys.argv[2:]))
    serve(*sys.argv[2:])
