"""A hub on this machine: serves folders as the Hugging Face hub would, as far as huggingface_hub asks.

Repositories lie under <root>/models/<organisation>/<name>/ and <root>/datasets/<organisation>/<name>/. Each has one
commit, `commit(folder)`, which `main` points at too. `with Hub(root) as hub:` then `hub.environment` for a process of
its own, or `hub.patch(monkeypatch)` for this one.
"""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest


def commit(folder: Path) -> str:
    """The one commit of a repository: 40 hexadecimal digits that follow from its files."""
    digest = hashlib.sha1()
    for file in _files(folder):
        digest.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


class Hub:
    """A server for the time of a `with` block."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str] = []
        """The paths of all requests."""

        class Handler(_Handler):
            hub = self

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Hub":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to ask this hub, with a cache and no token of its own."""
        return {
            "HF_ENDPOINT": self.endpoint,
            "HF_HOME": str(self.root.parent / "hf_home"),
            "HF_HUB_DISABLE_XET": "1",
            "NO_PROXY": "127.0.0.1",
        }

    def patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let this process ask this hub."""
        from huggingface_hub import constants

        address = self.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", self.endpoint)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(self.root.parent / "hf_home" / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "127.0.0.1")

    def repository(self, kind: str, name: str) -> Path | None:
        """The folder of a repository, if there is one."""
        folder = self.root / kind / name
        return folder if folder.is_dir() else None


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path).strip("/")
        self.hub.asked.append(path)
        parts = path.split("/")
        api = parts[0] == "api"
        kind = parts[api] if parts[api] in ("models", "datasets") else "models"
        parts = parts[api + (parts[api] == kind) :]
        folder = self.hub.repository(kind, "/".join(parts[:2]))
        if folder is None:
            return self._refuse("RepoNotFound")
        verb, revision, rest = (parts[2], parts[3], "/".join(parts[4:])) if len(parts) > 3 else ("", "main", "")
        if revision not in ("main", commit(folder)):
            return self._refuse("RevisionNotFound")
        if not api:
            return self._file(folder, rest)
        return self._json(self._tree(folder) if verb == "tree" else self._about(folder, "/".join(parts[:2])))

    do_HEAD = do_GET

    def _about(self, folder: Path, name: str) -> dict[str, Any]:
        siblings = [{"rfilename": str(file.relative_to(folder))} for file in _files(folder)]
        return {"id": name, "sha": commit(folder), "siblings": siblings, "private": False, "tags": [], "downloads": 0}

    def _tree(self, folder: Path) -> list[dict[str, Any]]:
        return [
            {
                "type": "file",
                "path": str(file.relative_to(folder)),
                "size": file.stat().st_size,
                "oid": hashlib.sha1(file.read_bytes()).hexdigest(),
            }
            for file in _files(folder)
        ]

    def _file(self, folder: Path, name: str) -> None:
        file = (folder / name).resolve()
        if not file.is_file() or folder.resolve() not in file.parents:
            return self._refuse("EntryNotFound")
        content = file.read_bytes()
        etag = hashlib.sha1(content).hexdigest()
        return self._send(200, content, {"ETag": f'"{etag}"', "X-Repo-Commit": commit(folder)})

    def _json(self, content: Any) -> None:
        self._send(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def _refuse(self, code: str) -> None:
        self._send(404, b"{}", {"X-Error-Code": code, "Content-Type": "application/json"})

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

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
