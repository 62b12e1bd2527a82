"""The Hugging Face hub: some files of a repository as they are in one revision, or what to do where it has none."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import httpx2
from huggingface_hub import constants, get_session, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

Kind = Literal["model", "dataset"]


def snapshot(
    kind: Kind, name: str, revision: str, patterns: Sequence[str], *, named_in: str, alternative: str
) -> Path:
    """The folder, called by its commit, of those files of a repository that fit a pattern, in huggingface_hub's cache.

    Raises ValueError, in one line, when they cannot be had: `named_in` says where the user named the repository, and
    `alternative` what else may be done.
    """
    which: dict[str, Any] = {"repo_type": kind, "revision": revision, "allow_patterns": list(patterns)}
    try:
        return Path(snapshot_download(name, **which, local_files_only=not _answers(kind, name, revision)))
    except (OSError, HFValidationError, httpx2.HTTPError) as error:
        raise ValueError(f"{named_in}: {_problem(error, kind, name, revision)}, or {alternative}") from error


def _answers(kind: Kind, name: str, revision: str) -> bool:
    """Whether the hub answers, asked once: huggingface_hub itself asks for half a minute, and only then looks into its
    cache."""
    address = f"{constants.ENDPOINT}/api/{kind}s/{quote(name)}/revision/{quote(revision, safe='')}"
    try:
        get_session().head(address, timeout=constants.HF_HUB_ETAG_TIMEOUT)
    except (httpx2.TransportError, OfflineModeIsEnabled):
        return False
    return True


def _problem(error: Exception, kind: Kind, name: str, revision: str) -> str:
    """What is wrong and what to do, in one line."""
    if isinstance(error, GatedRepoError):  # which is a RepositoryNotFoundError, too
        return f"'{name}' is gated: accept its terms on the hub and log in (`hf auth login`)"
    if isinstance(error, RevisionNotFoundError):
        return f"'{name}' has no revision {revision}: copy a commit from its history"
    if isinstance(error, RepositoryNotFoundError | HFValidationError):
        return f"the hub has no {kind} '{name}', or it is private: correct the name, log in (`hf auth login`)"
    if isinstance(error, LocalEntryNotFoundError):
        why = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else f"no answer of {constants.ENDPOINT}"
        return f"'{name}' cannot be fetched ({why}): check the network or HF_ENDPOINT"
    why = getattr(error, "strerror", None) or type(error).__name__  # a full disk is no network that is down
    return f"'{name}' cannot be fetched ({why}): check the network or HF_ENDPOINT"
