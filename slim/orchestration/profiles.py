"""A profile: params.yaml with some values changed, run in a folder of its own, `runs/<profile>`.

The folder is a git worktree of this repository: the files of the working tree (edits that are not committed, too) with
its own params.yaml, dvc.lock, data, models and reports, so that a run never overwrites another's. DVC's cache and
unfinished work are the repository's own, so that nothing is computed twice and a killed run goes on.
"""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from filecmp import cmp
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from slim.orchestration.dvc_graph import graph, pending
from slim.utils.io import read_yaml, written_aside

DEFAULT = "laptop"
"""The profile that changes nothing and runs where params.yaml lies."""

WHOLE = ("grid", "datasets", "model")
"""What a profile replaces as a whole; all else is merged key by key."""

BASE = "based_on"
"""In a profile: the profiles whose changes come before its own."""

OWN = ("params.yaml", "dvc.lock", "reports")
"""What every run has of its own."""

SHARED = (".dvc/cache", ".archives", ".ckpt", ".dvc/config.local")
"""What all runs share, where git does not carry it already."""


def folder_of(profile: str) -> Path:
    """Where a profile runs."""
    return Path() if profile == DEFAULT else Path("runs", profile)


def changes(profile: str) -> Mapping[str, Any]:
    """What a profile changes. Raises ValueError, with the nearest name, when there is none of that name."""
    if profile == DEFAULT:
        return {}
    path = Path("profiles", f"{profile}.yaml")
    if not path.is_file():
        known = [DEFAULT, *sorted(file.stem for file in path.parent.glob("*.yaml"))]
        near = get_close_matches(profile, known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"choose from {', '.join(known)}"
        raise ValueError(f"there is no profiles/{profile}.yaml: {hint}")
    return _read(path)


def _read(path: Path) -> Any:
    """A YAML mapping with its comments."""
    content = read_yaml(path, comments=True)
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds no parameters")
    return content


def merge(content: Any, changed: Mapping[str, Any], whole: Iterable[str] = WHOLE) -> None:
    """Change parameters in place: mappings key by key, all else and the keys of `whole` replaced, null dropped."""
    for key, value in changed.items():
        if value is None:
            content.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(content.get(key), dict) and key not in whole:
            merge(content[key], value, whole=())
            content[key] = content[key] or {}  # without the comment that came before its first entry
        else:
            content[key] = value


def write_params(profile: str, path: Path) -> None:
    """params.yaml with a profile's changes, comments kept where nothing changes."""
    yaml = YAML()
    yaml.width = 1000
    with written_aside(path) as aside:
        yaml.dump(merged(profile), aside)


def merged(profile: str) -> Any:
    """The parameters of a profile, not checked. Raises ValueError when there is no such profile or it is no YAML.

    Profiles that it names as `based_on` are merged before it, first to last.
    """
    content = _read(Path("params.yaml"))
    for changed in _lineage(profile):
        merge(content, {key: value for key, value in changed.items() if key != BASE})
    return content


def _lineage(profile: str, after: Sequence[str] = ()) -> Iterator[Mapping[str, Any]]:
    """What a profile changes, after what those change that it is based on."""
    if profile in after:
        raise ValueError(f"profiles {' -> '.join([*after, profile])} are based on one another: drop one")
    own = changes(profile)
    for base in own.get(BASE, []):
        yield from _lineage(base, [*after, profile])
    yield own


def lay_out(profile: str) -> Path:
    """Bring the folder of a profile up to date with the working tree and return it; data and results stay.

    Raises ValueError when a run is going on there, whose code must not change under it.
    """
    folder = folder_of(profile)
    if profile == DEFAULT:
        return folder
    content = merged(profile)
    if running := processes(folder):
        raise ValueError(f"{folder} is being run by process {running[0]}: wait for it, or end it")
    before = _tracked(folder=folder) if (folder / ".git").exists() else set()
    _worktree(folder)
    files = _tracked("--others", "--exclude-standard")
    for name in before - files:
        (folder / name).unlink(missing_ok=True)
    for name in sorted(files):
        _copy(Path(name), folder / name)
    for name in (*SHARED, *_unknown_to_git(content, files)):
        _link(Path(name), folder / name)
    write_params(profile, folder / "params.yaml")
    return folder


def processes(folder: Path) -> list[int]:
    """The processes of DVC that are running stages in a folder, by DVC's own list of who reads and writes."""
    path = folder / ".dvc/tmp/rwlock"
    listed = json.loads(path.read_text() or "{}") if path.is_file() else {}
    holders = [who for each in listed.values() for who in [each.get("write"), *each.get("read", [])] if who]
    return sorted({who["pid"] for who in holders if _alive(who["pid"])})


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _worktree(folder: Path) -> None:
    """The folder is a worktree whose history is this commit's, unless results were committed there."""
    if not (folder / ".git").exists():
        _git("worktree", "prune")
        _git("worktree", "add", "--quiet", "--detach", "--no-checkout", str(folder))
    here, there = _git("rev-parse", "HEAD").strip(), _git("rev-parse", "HEAD", folder=folder).strip()
    if _git("merge-base", here, there).strip() == there:
        _git("reset", "--quiet", here, folder=folder)


def _git(*words: str, folder: Path = Path()) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"git {' '.join(words)}: {' '.join(done.stderr.split())}")
    return done.stdout


def _tracked(*others: str, folder: Path = Path()) -> set[str]:
    """The files that git tracks and, with `others`, those that it would, less those that a run has of its own."""
    listed = _git("ls-files", "-z", "--cached", *others, folder=folder).split("\0")
    return {name for name in listed if name and Path(name).parts[0] not in OWN and (folder / name).is_file()}


def _unknown_to_git(content: Mapping[str, Any], files: set[str]) -> set[str]:
    """Folders and files of the user's that parameters name and git ignores."""
    entries = [content.get("model", {}), *content.get("datasets", {}).values()]
    named = {str(Path(entry["path"])) for entry in entries if isinstance(entry, dict) and "path" in entry}
    return {n for n in named if not Path(n).is_absolute() and not any(f == n or f.startswith(f"{n}/") for f in files)}


def publish(profile: str, targets: Sequence[str]) -> Path:
    """Copy what a finished run has of its own, parameters, lock and reports, to results/<profile>, and return it.

    Raises ValueError when a stage that the targets need is out of date there.
    """
    folder, kept = folder_of(profile), Path("results", profile)
    with contextlib.chdir(folder):
        due = pending(targets, graph(targets))
    if due:
        raise ValueError(f"{folder} is not finished: {due[0]} has to run, and {len(due) - 1} more")
    with written_aside(kept) as aside:
        aside.mkdir()
        for name in OWN:
            copy = shutil.copytree if (folder / name).is_dir() else shutil.copy
            copy(folder / name, aside / name)
    return kept


def _copy(source: Path, copy: Path) -> None:
    """The same content, written only where it is another, so that what did not change looks unchanged."""
    if not copy.is_file() or not cmp(source, copy, shallow=False):
        with written_aside(copy) as aside:
            shutil.copy(source, aside)


def _link(source: Path, link: Path) -> None:
    """A link to what is there; the cache and unfinished work are made if need be, so that all runs share them."""
    if source.name in (".ckpt", "cache"):
        source.mkdir(parents=True, exist_ok=True)
    if source.exists() and not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(source.resolve(), target_is_directory=source.is_dir())
