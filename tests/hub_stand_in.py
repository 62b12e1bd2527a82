"""A hub on this machine: an HTTP server that answers what huggingface_hub asks of repositories.

with Hub({"models/some/encoder": Repository({"main": folder})}, cache) as hub:
    hub.patch(monkeypatch)                     # this process asks it
    subprocess.run(..., env=hub.environment)   # or one of its own
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import constants

REFUSALS = {
    "unknown": (401, "RepoNotFound"),
    "gated": (403, "GatedRepo"),
    "no revision": (404, "RevisionNotFound"),
    "no file": (404, "EntryNotFound"),
}
"""What the hub does not have or give -> its status and code."""


@dataclass(frozen=True)
class Repository:
    """The branches of a repository, each with one commit that follows from its files."""

    branches: Mapping[str, Path]
    """Name -> the folder of its files."""
    refusal: str = ""
    """One of REFUSALS, where it is not for everybody."""

    def commit(self, branch: str = "main") -> str:
        """40 hexadecimal digits."""
        folder = self.branches[branch]
        content = [name.encode() + b"\0" + (folder / name).read_bytes() for name in files(folder)]
        return hashlib.sha1(b"\0".join(content)).hexdigest()

    def find(self, revision: str) -> tuple[str, Path] | None:
        """(commit, folder) of a branch or a commit."""
        for branch, folder in self.branches.items():
            if revision in (branch, commit := self.commit(branch)):
                return commit, folder
        return None


def files(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


class Hub:
    """A server for the time of a `with` block."""

    def __init__(self, repositories: Mapping[str, Repository], cache: Path) -> None:
        """`repositories`: `models/owner/name` or `datasets/owner/name` -> what is there; `cache`: of the clients."""
        self.repositories = repositories
        self.cache = cache
        self.asked: list[str] = []
        """The paths of all requests."""

        class Handler(_Handler):
            hub = self

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Hub":
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to ask this hub, without a token."""
        return {
            "HF_ENDPOINT": self.endpoint,
            "HF_HOME": str(self.cache),
            "HF_HUB_CACHE": str(self.cache),
            "HF_HUB_DISABLE_XET": "1",
            "NO_PROXY": "127.0.0.1",
        }

    def patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let this process ask this hub."""
        address = self.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", self.endpoint)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(self.cache))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "127.0.0.1")


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """[api/](models|datasets)/owner/name/verb/revision[/file]; a file of a model comes without `models`."""
        parts = [unquote(part) for part in urlsplit(self.path).path.strip("/").split("/")]
        self.hub.asked.append("/".join(parts))
        if parts[0] not in ("api", "datasets"):
            parts.insert(0, "models")
        kind, owner, name, verb, revision, *rest = parts[parts[0] == "api" :]
        repository = self.hub.repositories.get(f"{kind}/{owner}/{name}", Repository({}, "unknown"))
        if repository.refusal:
            return self._refuse(repository.refusal)
        if (commit_and_folder := repository.find(revision)) is None:
            return self._refuse("no revision")
        if verb == "resolve":
            return self._file(*commit_and_folder, "/".join(rest))
        return self._json(
            tree(commit_and_folder[1]) if verb == "tree" else about(f"{owner}/{name}", *commit_and_folder)
        )

    do_HEAD = do_GET

    def _file(self, commit: str, folder: Path, name: str) -> None:
        if name not in files(folder):
            return self._refuse("no file")
        content = (folder / name).read_bytes()
        return self._send(200, content, {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": commit})

    def _json(self, content: Any) -> None:
        self._send(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def _refuse(self, why: str) -> None:
        status, code = REFUSALS[why]
        self._send(status, b"{}", {"X-Error-Code": code, "Content-Type": "application/json"})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        start, end = 0, len(content)
        if (wanted := self.headers.get("Range")) and status == 200:
            first, last = wanted.removeprefix("bytes=").split("-")
            start, end, status = int(first), int(last) + 1 if last else end, 206
            headers |= {"Content-Range": f"bytes {start}-{end - 1}/{len(content)}"}
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(end - start)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content[start:end])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def about(name: str, commit: str, folder: Path) -> dict[str, Any]:
    siblings = [{"rfilename": file} for file in files(folder)]
    return {"id": name, "sha": commit, "siblings": siblings, "private": False, "tags": [], "downloads": 0}


def tree(folder: Path) -> list[dict[str, Any]]:
    return [
        {
            "type": "file",
            "path": name,
            "size": (folder / name).stat().st_size,
            "oid": hashlib.sha1((folder / name).read_bytes()).hexdigest(),
        }
        for name in files(folder)
    ]
