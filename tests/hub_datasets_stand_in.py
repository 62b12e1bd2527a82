"""A stand-in for the hub: an HTTP server that answers what `snapshot_download` asks of a dataset's repository."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

REFUSALS = {"gated": (403, "GatedRepo"), "unknown": (401, "RepoNotFound")}


@dataclass
class Repository:
    """A repository by its revisions, each a folder laid out as on the hub."""

    revisions: Mapping[str, Path]
    """Branch -> the folder of its files; its commit follows from the branch's name."""
    refusal: str = ""
    """One of REFUSALS, if it is not for everybody."""

    def commit(self, revision: str) -> str:
        return hashlib.sha1(revision.encode()).hexdigest()

    def folder(self, revision: str) -> Path | None:
        named = {**self.revisions, **{self.commit(name): folder for name, folder in self.revisions.items()}}
        return named.get(revision)


@dataclass
class Hub:
    """The server, and what it was asked."""

    url: str
    repositories: Mapping[str, Repository]
    fetched: list[str] = field(default_factory=list)
    """Paths of files that were downloaded."""


@contextmanager
def standing_in(repositories: Mapping[str, Repository]) -> Iterator[Hub]:
    """Serve repositories (`owner/name` -> what it holds) on a free port of this machine."""
    hub = Hub("", repositories)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(hub))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


def _answering(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path).strip("/")
            kind, rest = ("api", path[len("api/") :]) if path.startswith("api/") else ("file", path)
            _, owner, name, verb, *more = rest.split("/")
            repository = hub.repositories.get(f"{owner}/{name}", Repository({}, "unknown"))
            if repository.refusal and (kind, verb) != ("api", "none"):
                status, code = REFUSALS[repository.refusal]
                return self.say(status, b"{}", {"X-Error-Code": code})
            place = "/".join(more)
            if kind == "api":
                return self.describe(f"{owner}/{name}", repository, verb, place)
            return self.send_file(repository, place)

        do_HEAD = do_GET

        def describe(self, name: str, repository: Repository, verb: str, revision: str) -> None:
            folder = repository.folder(revision)
            if folder is None:
                return self.say(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
            files = sorted(file for file in folder.rglob("*") if file.is_file())
            if verb == "revision":
                about = {"id": name, "sha": repository.commit(revision), "siblings": [], "tags": [], "private": False}
                return self.say(200, json.dumps(about).encode(), {"Content-Type": "application/json"})
            tree = [
                {"type": "file", "path": file.relative_to(folder).as_posix(), "size": file.stat().st_size,
                 "oid": hashlib.sha1(file.read_bytes()).hexdigest()}
                for file in files
            ]  # fmt: skip
            return self.say(200, json.dumps(tree).encode(), {"Content-Type": "application/json"})

        def send_file(self, repository: Repository, place: str) -> None:
            commit, _, path = place.partition("/")
            folder = repository.folder(commit)
            file = folder / path if folder else None
            if file is None or not file.is_file():
                return self.say(404, b"", {"X-Error-Code": "EntryNotFound"})
            if self.command == "GET":
                hub.fetched.append(path)
            content = file.read_bytes()
            return self.say(200, content, {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": commit})

        def say(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Silence."""

    return Answers
