"""Imports run one way, by the contracts in pyproject.toml."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.imports import ROOT


def lint(folder: Path) -> subprocess.CompletedProcess:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, env={"PATH": ""}, capture_output=True, text=True, check=False)


def test_imports_run_one_way():
    linted = lint(ROOT)
    assert linted.returncode == 0, linted.stdout


def test_an_import_upwards_and_a_new_room_would_be_found(tmp_path):
    for name in ("slim", "stages"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "slim/utils/grid.py").open("a") as file:
        file.write("from slim.modeling.splits import Split\n")
    (tmp_path / "slim/attic").mkdir()
    (tmp_path / "slim/attic/__init__.py").touch()
    linted = lint(tmp_path)
    assert linted.returncode == 1
    assert "slim.utils.grid -> slim.modeling.splits" in linted.stdout and "slim.attic" in linted.stdout
