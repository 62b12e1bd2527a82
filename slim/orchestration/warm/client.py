"""`python` for a warm run: hand `-m MODULE ...` to the server, pass signals on, end as the module did.

It starts without site-packages, in 20 ms. Whatever is not `-m MODULE`, and everything where no server answers, is run
by plain Python.
"""

import contextlib
import json
import os
import signal
import socket
import struct
import sys
import time

PATIENCE_SECONDS = 5.0
"""How long a server that has just been started may take until it listens."""
SIZE = struct.Struct("!q")
ENDING = (signal.SIGINT, signal.SIGTERM)


def connected(address: str) -> "socket.socket | None":
    """A connection to the server; None where there is none."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(address)
        except FileNotFoundError:
            if not os.path.isdir(os.path.dirname(address)):
                return None
            time.sleep(0.01)
        except OSError:
            return None
        else:
            return connection
    return None


def number(connection: "socket.socket") -> "int | None":
    """The next number that the server says; None where it has ended."""
    said = connection.recv(SIZE.size, socket.MSG_WAITALL)
    return SIZE.unpack(said)[0] if len(said) == SIZE.size else None


def pass_on(process: int, which: int) -> None:
    """Send a signal to the fork and all that it started, unless it has ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, which)


def main(python: str, address: str, *words: str) -> int:
    """Run a module in a fork of the server, and return its exit status."""
    connection = connected(address) if words[:1] == ("-m",) else None
    if connection is None:
        os.execv(python, [python, *words])
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # until they can be passed on: the fork would outlive its caller
    request = json.dumps({"words": words[1:], "folder": os.getcwd(), "environment": dict(os.environ)}).encode()
    socket.send_fds(connection, [SIZE.pack(len(request))], [0, 1, 2])
    connection.sendall(request)
    process = number(connection)
    if process is not None:
        for each in ENDING:
            signal.signal(each, lambda which, _: pass_on(process, which))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    status = number(connection)
    return 1 if status is None else status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
