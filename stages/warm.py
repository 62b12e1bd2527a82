"""warm COMMAND ...: run a command, `dvc repro` say, whose Python processes start warm; no stage of DVC itself."""

import signal
import subprocess
import sys

from slim.orchestration.warm import warm_python
from stages import run


def warm(*command: str) -> None:
    with warm_python() as environment:
        signal.signal(signal.SIGINT, lambda *_: None)  # the command gets Ctrl-C too, and says what it means
        sys.exit(subprocess.run(command, env=environment, check=False).returncode)


if __name__ == "__main__":
    run(warm)
