"""The Hugging Face hub: some files of a repository as they are in one revision, or what to do where it has none."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import httpx2
from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HFValidationError,
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
    try:
        return Path(snapshot_download(name, repo_type=kind, revision=revision, allow_patterns=list(patterns)))
    except (OSError, HFValidationError, httpx2.HTTPError) as error:
        raise ValueError(f"{named_in}: {_problem(error, kind, name, revision)}, or {alternative}") from error


def _problem(error: Exception, kind: Kind, name: str, revision: str) -> str:
    """What is wrong and what to do, in one line."""
    if isinstance(error, GatedRepoError):  # which is a RepositoryNotFoundError, too
        return f"'{name}' is gated: accept its terms on the hub and log in (`hf auth login`)"
    if isinstance(error, RevisionNotFoundError):
        return f"'{name}' has no revision {revision}: copy a commit from its history"
    if isinstance(error, RepositoryNotFoundError | HFValidationError):
        return f"the hub has no {kind} '{name}', or it is private: correct the name, log in (`hf auth login`)"
    why = getattr(error, "strerror", None) or type(error).__name__  # a full disk is no network that is down
    return f"'{name}' cannot be fetched ({why}): check the network or HF_ENDPOINT"
