"""With $TRACE set to a folder: notes every file that a stage opens below the current folder."""

import os
import sys
from pathlib import Path

if "TRACE" in os.environ and "-m" in sys.orig_argv:
    _words = sys.orig_argv[sys.orig_argv.index("-m") + 1 :]
    if _words[0].startswith("stages."):
        _root = os.getcwd() + os.sep
        _log = open(Path(os.environ["TRACE"]) / "-".join(_words).replace("/", "_"), "a", buffering=1)  # noqa: SIM115

        def _note(event: str, arguments: tuple) -> None:
            if event == "open" and isinstance(arguments[0], str | Path):
                path = os.path.abspath(arguments[0])
                if path.startswith(_root):
                    _log.write(path.removeprefix(_root) + "\n")

        sys.addaudithook(_note)
