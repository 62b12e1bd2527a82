"""What a docstring says in prose, paragraph by paragraph: no code, no markup, no tables.

Understands the three ways of writing sections (numpydoc, Google, Sphinx fields). Pure functions of text.
"""

import re
from collections.abc import Iterable, Iterator
from inspect import cleandoc
from itertools import zip_longest

SECTIONS = {
    "parameters": "parameters",
    "other parameters": "parameters",
    "args": "parameters",
    "arguments": "parameters",
    "keyword args": "parameters",
    "keyword arguments": "parameters",
    "param": "parameters",
    "return": "returns",
    "returns": "returns",
    "yields": "returns",
    "raise": "raises",
    "raises": "raises",
    "attributes": "attributes",
    "note": "notes",
    "notes": "notes",
    "example": "examples",
    "examples": "examples",
}
"""Heading, in lower case -> section. What stands under any other heading belongs to no section, and is left out."""

LISTS = {"parameters", "returns", "raises", "attributes"}
"""Sections that list a name, a type and a description; only the description is prose."""

HEADING = re.compile(r"([A-Z][a-z]+(?: [A-Za-z]+)?)\s*::?\s*$")
UNDERLINE = re.compile(r"\s*([-=~^*#])\1{2,}\s*$")
FIELD = re.compile(r":(\w+)\b[^:`]*:(?!`)\s*(.*)$")
ENTRY = re.compile(r"[\w`*][\w`*.,\[\]|/ ]*?(\(.*\))?(\s*):(?:\s+|$)(.*)$")
BULLET = re.compile(r"\s*(?:[-*•]|\d+[.)]|\(\w\))\s+")

MARKUP = [
    (re.compile(r"https?://\S+"), " "),
    (re.compile(r":[\w:+-]+:`~?([^`<]*?)\s*(?:<[^`]*>)?`"), r"\1"),  # :func:`~a.b`
    (re.compile(r"\[([^\]]*)\]\([^)]*\)"), r"\1"),  # [name](address)
    (re.compile(r"\[[\w\s,]{1,12}\]_"), ""),  # footnote [1]_
    (re.compile(r"<[^<>`]*>(?=`)"), ""),  # `name <address>`_
    (re.compile(r"`+_*|\*\*?(?=\S)|(?<=\S)\*\*?|\|(?=\w)|(?<=\w)\|"), ""),
    (re.compile(r"\s+"), " "),
]


def paragraphs(docstring: str) -> Iterator[tuple[str, str]]:
    """(section, text) of every paragraph of prose; the first of a docstring is its summary, others are details."""
    for section, lines in _sections(cleandoc(docstring).splitlines()):
        prose = list(_prose(lines))
        for place, block in enumerate(_descriptions(prose, section) if section in LISTS else _blocks(prose)):
            text = plain(" ".join(block))
            if _is_prose(text):
                yield ("details" if section == "summary" and place else section), text


def plain(text: str) -> str:
    """The text without inline markup and web addresses."""
    for pattern, replacement in MARKUP:
        text = pattern.sub(replacement, text)
    return text.strip()


def _is_prose(text: str) -> bool:
    return sum(c.isalpha() or c == " " for c in text) >= 0.8 * max(len(text), 1)


def _sections(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """The lines under each known heading, without the heading."""
    section, body = "summary", list[str]()
    for line, after in zip_longest(lines, lines[1:], fillvalue=""):
        heading, name, rest = _heading(line, after)
        if heading:
            if section:
                yield section, body
            section, body = SECTIONS.get(name.lower(), ""), rest
        else:
            body.append(line)
    if section:
        yield section, body


def _heading(line: str, after: str) -> tuple[bool, str, list[str]]:
    """(whether the line is a heading, of which name, what it already says)."""
    if line.strip() and UNDERLINE.match(after) and not UNDERLINE.match(line):
        return True, line.strip(), []
    google = HEADING.match(line)
    if google and (google[1].lower() in SECTIONS or after.startswith(" ")):
        return True, google[1], []
    field = FIELD.match(line)
    if field:
        return True, field[1], ["_ : _", f"    {field[2]}"]
    return False, "", []


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _prose(lines: list[str]) -> Iterator[str]:
    """The lines without code, doctests, directives, tables and underlines; each gap becomes an empty line."""
    fenced = doctest = False
    deeper_than: int | None = None
    for line in lines:
        words = line.strip()
        if words.startswith("```"):
            fenced, words = not fenced, ""
        doctest = bool(words) and (doctest or words.startswith(">>>"))
        if words and deeper_than is not None and _indent(line) <= deeper_than:
            deeper_than = None
        if not words or fenced or doctest or deeper_than is not None:
            yield ""
        elif words.startswith(".. ") or words == "..":
            deeper_than = _indent(line)
            yield ""
        elif words[0] in "|+" or UNDERLINE.match(line) or "====" in words or "----" in words:
            yield ""
        elif words.endswith("::"):
            deeper_than = _indent(line)
            yield line.rstrip()[:-1]
        else:
            yield line


def _blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    """Runs of lines between empty ones; every bullet begins another."""
    block: list[str] = []
    for line in [*lines, ""]:
        bullet = BULLET.match(line)
        if block and (bullet or not line.strip()):
            yield block
            block = []
        if line.strip():
            block.append(line[bullet.end() :] if bullet else line)


def _descriptions(lines: list[str], section: str) -> Iterator[list[str]]:
    """The paragraphs that describe the entries of a list, without their names and types."""
    base = min((_indent(line) for line in lines if line.strip()), default=0)
    entry: list[str] = []
    for line in [*lines, " " * base + "_"]:
        if line.strip() and _indent(line) <= base:
            if entry:
                yield from _blocks(_description(entry[0].strip(), entry[1:], section))
            entry = [line]
        elif entry:
            entry.append(line)


def _description(head: str, rest: list[str], section: str) -> list[str]:
    """An entry without `name : type` (numpydoc), `name (type):` or `name:` (Google); a head that is prose stays."""
    entry = ENTRY.match(head)
    if entry is None:
        sentence = len(head.split()) > 4 and (section in ("returns", "raises") or not any(rest))
        return [head, *rest] if sentence else rest
    described = bool(entry[3]) and not entry[2] and (bool(entry[1]) or entry[3][0].isupper() or not any(rest))
    return [entry[3], *rest] if described else rest
