"""DVC's graph of stages: what a target needs, and which of it would run."""

from collections.abc import Sequence

import networkx as nx
from dvc.repo import Repo

RECIPES = ("prune", "distill", "compress")
"""The stages whose entries are models."""

LOOPING = (*RECIPES, "evaluate")
"""Stages that loop over datasets and seeds, and compute one of them when they are given both."""

QUICK = ("rank", "fuse")
"""Stages of a second or two, which all wait for the same."""


def graph(targets: Sequence[str] = ()) -> nx.DiGraph:
    """The stages that some targets need, all without targets; an edge points from a stage to one that it reads from.

    Nodes are names as `dvc repro` takes them. Raises ValueError for a target that is no stage.
    """
    with Repo() as repo:
        every = repo.index.graph
        stages = [stage for target in targets for stage in _collected(repo, target)] or list(every)
        wanted = set(stages).union(*(nx.descendants(every, stage) for stage in stages))
        return nx.relabel_nodes(every.subgraph(wanted), lambda stage: stage.addressing)


def _collected(repo: Repo, target: str) -> list[object]:
    from dvc.exceptions import DvcException

    try:
        return list(repo.stage.collect(target))
    except DvcException as error:
        raise ValueError(f"{target}: {error}") from error


def pending(targets: Sequence[str], stages: nx.DiGraph) -> list[str]:
    """The stages that are out of date and all that read from them, in an order in which they can run.

    `stages`: the graph of these targets.
    """
    with Repo() as repo:
        status = repo.status(targets=list(targets), with_deps=True) if targets else repo.status()
    changed = set(status) & set(stages)
    later = set().union(*(nx.ancestors(stages, name) for name in changed))
    return [name for name in reversed(list(nx.topological_sort(stages))) if name in changed | later]


def verb(stage: str) -> str:
    """`rank@random` is a stage of the verb `rank`."""
    return stage.split("@", maxsplit=1)[0]
