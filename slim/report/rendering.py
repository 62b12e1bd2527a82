"""Pages from templates: self-contained HTML, inline style, no script, nothing from the network, no date."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined


class Table(NamedTuple):
    """What the templates draw."""

    head: list[str]
    rows: list[list[str]]
    left: int
    """How many leading columns hold words; the others hold numbers and are aligned right."""
    best: frozenset[tuple[int, int]] = frozenset()
    """(row, column) of cells to print bold."""


def rendered(template: str, **values: Any) -> str:
    """The HTML of a template of slim/, by its path there. Raises UndefinedError when it needs a value not given."""
    loader = FileSystemLoader(Path(__file__).parents[1], encoding="utf-8")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(template).render(**values)


def without_empty(table: Table) -> Table:
    """The table without those columns of numbers in which nothing was measured; `best` must be empty."""
    keep = [i for i in range(len(table.head)) if i < table.left or any(row[i] for row in table.rows)]
    return table._replace(head=_pick(table.head, keep), rows=[_pick(row, keep) for row in table.rows])


def _pick(cells: list[str], keep: Iterable[int]) -> list[str]:
    return [cells[i] for i in keep]
