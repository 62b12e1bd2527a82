"""Processes that start warm: they do what `python -m` does, from the folder to the exit status."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from slim.orchestration.warm import available, warm_python

pytestmark = pytest.mark.skipif(not available(), reason="processes can be forked on Linux without an accelerator only")

PROGRAM = """
import os, sys, argparse
print("fork" if "colorsys" in sys.modules else "plain", sys.argv[1:], os.getcwd(), os.environ["NOTE"], __name__)
print(sys.stdin.read(), file=sys.stderr)
sys.exit(sys.argv[1] if sys.argv[1].isalpha() else int(sys.argv[1]))
"""
SLEEP = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(os.getpid(), child.pid, flush=True)
child.wait()
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Starts `python WORDS` as a shell would within a warm run, in a folder with two modules."""
    folder = tmp_path_factory.mktemp("warm")
    (folder / "program.py").write_text(PROGRAM)
    (folder / "sleeper.py").write_text(SLEEP)
    with warm_python(os.environ | {"NOTE": "server"}, ["colorsys"]) as environment:

        def start(*words: str, **options) -> subprocess.Popen:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
            return subprocess.Popen(["python", *words], cwd=folder, env=environment | options, **pipes)

        yield start


def gone(process: int) -> bool:
    """Whether a process has ended, within ten seconds."""
    for _ in range(100):
        status = Path(f"/proc/{process}/stat")
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(("status", "code", "told"), [("0", 0, ""), ("7", 7, ""), ("refused", 1, "refused\n")])
def test_a_module_runs_in_a_fork_with_the_callers_folder_environment_and_streams(python, status, code, told):
    process = python("-m", "program", status, "two words", NOTE="mine")
    output, error = process.communicate("typed")
    assert process.returncode == code
    assert error == f"typed\n{told}"
    folder = process.args and Path(output.split("] ")[1].split()[0])
    assert folder.name.startswith("warm")
    assert output == f"fork {[status, 'two words']} {folder} mine __main__\n"


def test_nothing_of_slim_is_imported_before_the_fork(python):
    listing = "import sys; print([m for m in sys.modules if m.split('.')[0] == 'slim'])"
    output, _ = python("-m", "timeit", "-n1", "-r1", listing).communicate()
    assert output.splitlines()[0] == "[]"


def test_what_is_no_module_is_run_by_plain_python(python):
    output, _ = python("-c", "import sys; print('colorsys' in sys.modules, sys.executable)").communicate()
    assert output == f"False {sys.executable}\n"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_ending_the_caller_ends_the_fork_and_its_children(python, how):
    process = python("-m", "sleeper")
    fork, child = map(int, process.stdout.readline().split())
    process.send_signal(how)
    assert process.wait(10) != 0
    assert gone(fork)
    assert gone(child)


def test_the_server_ends_with_whoever_started_it():
    program = """
import subprocess, time
from slim.orchestration.warm import warm_python
with warm_python(modules=()) as environment:
    subprocess.run(["python", "-m", "this"], env=environment, stdout=subprocess.DEVNULL)
    print(environment["PATH"].split("/bin:")[0], flush=True)
    time.sleep(60)
"""
    owner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    folder = owner.stdout.readline().strip()
    servers = [process for process in processes() if f"{folder}/socket" in command(process)]
    owner.kill()
    owner.wait()
    assert servers
    assert all(map(gone, servers))


def processes() -> list[int]:
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]


def command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""


def test_without_a_server_python_starts_cold(tmp_path):
    with warm_python(modules=()) as environment:
        script = Path(environment["PATH"].split(os.pathsep)[0], "python").read_text()
    cold = tmp_path / "python"
    cold.write_text(script)
    cold.chmod(0o755)
    done = subprocess.run([str(cold), "-m", "this"], capture_output=True, text=True, check=True)
    assert "Tim Peters" in done.stdout


def test_an_uncaught_error_is_a_traceback_and_status_one(python):
    process = python("-m", "program", "-", NOTE="")
    _, error = process.communicate("")
    assert process.returncode == 1
    assert "ValueError: invalid literal" in error
