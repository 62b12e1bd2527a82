"""The server of a warm run: import once what stages use, then fork for everyone who asks."""

import gc
import importlib
import json
import multiprocessing
import os
import runpy
import select
import signal
import socket
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from threading import Event, Thread
from typing import Any

FORK = multiprocessing.get_context("fork")
SIZE = struct.Struct("!q")


def serve(address: str, *modules: str) -> None:
    """Listen, import once somebody asks, and fork. The end of standard input, by whoever started this, ends it."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(f"{address}.made")
    server.listen(64)
    os.rename(f"{address}.made", address)
    select.select([server, sys.stdin], [], [])  # a run that has nothing to do costs no imports
    for module in modules:
        importlib.import_module(module)
    gc.freeze()  # so that forks do not copy what they only look at
    while sys.stdin not in select.select([server, sys.stdin], [], [])[0]:
        connection, _ = server.accept()
        FORK.Process(target=supervise, args=(connection, server)).start()  # reaps those that have ended
        connection.close()
    os._exit(0)  # without waiting for those that supervise: they end with the processes that asked


def supervise(connection: socket.socket, server: socket.socket) -> None:
    """Run one request in a fork; end it when who asked has gone."""
    server.close()
    head, files, _, _ = socket.recv_fds(connection, SIZE.size, 3)
    request = json.loads(connection.recv(SIZE.unpack(head)[0], socket.MSG_WAITALL))
    process = FORK.Process(target=work, args=(connection, files, request))
    process.start()
    with suppress(OSError):  # it may have done so itself, or have ended
        os.setpgid(process.pid or 0, process.pid or 0)
    ended = Event()
    Thread(target=end_with, args=(connection, process.pid, ended), daemon=True).start()
    with suppress(BrokenPipeError):  # who asked has gone
        connection.sendall(SIZE.pack(process.pid or 0))
    process.join()
    ended.set()
    code = process.exitcode or 0
    with suppress(BrokenPipeError):
        connection.sendall(SIZE.pack(code if code >= 0 else 128 - code))


def end_with(connection: socket.socket, process: int, ended: Event) -> None:
    """Wait until the other end closes, then end a process and all that it started, unless it has ended."""
    connection.recv(1)
    if not ended.is_set():
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGTERM)


def work(connection: socket.socket, files: Sequence[int], request: dict[str, Any]) -> None:
    """Become `python -m MODULE ...` in another folder, environment, input and output."""
    connection.close()
    os.setpgid(0, 0)  # so that a signal can reach what this process will start, too
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    for place, file in enumerate(files):
        os.dup2(file, place)
        os.close(file)
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    module, *words = request["words"]
    sys.path.insert(0, os.getcwd())
    sys.argv, sys.orig_argv = ["-m", *words], [sys.executable, "-m", module, *words]
    if site := sys.modules.get("sitecustomize"):
        importlib.reload(site)  # as in every Python that starts
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve(*sys.argv[1:])
