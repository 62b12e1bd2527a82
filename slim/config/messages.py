"""Messages for what is wrong with params.yaml: one line a mistake."""

import inspect
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from os.path import abspath
from pathlib import Path
from typing import Any

from pydantic import BaseModel, PydanticUserError, ValidationError, create_model

from slim.config.sections import Section
from slim.utils.registry import find, names


def all_known(where: str, names: list[str], known: Mapping[str, Any], what: str) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{where}: '{name}' is not {what}{nearest(name, known)}")


def nearest(name: str, known: Mapping[str, Any] | list[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; choose from {', '.join(known)}" if known else ""


def find_method(where: str, folder: str, entry: Mapping[str, Any], key: str = "method") -> Callable[..., Any]:
    """The function that an entry names under a key. Raises ValueError, naming the key, when there is none."""
    if key not in entry:
        raise ValueError(f"{where}.{key}: missing: choose from {', '.join(names(folder))}")
    try:
        return find(folder, str(entry[key]))
    except ValueError as error:
        raise ValueError(f"{where}.{key}: {error}") from error


INPUTS = {
    "ranking.signals": ("statistics",),
    "ranking.fusions": ("inputs",),
    "compression.compressors": ("model", "context"),
    "download.datasets": (),
    "evaluation.baselines": ("data",),
}
"""Where methods lie in `slim` -> what each is called with; all else are its options."""


def check_options(where: str, function: Callable[..., Any], options: dict[str, Any]) -> None:
    """Refuse options that a function's keyword-only parameters do not take: its annotations are the schema.

    Where its file has a function `conflict(**options)`, what that returns is what is wrong with them together. Raises
    ValueError, in one line, for all these and for a function that has no such schema or takes other inputs.
    """
    check_section(where, _options_model(where, function), options)
    conflict = getattr(inspect.getmodule(function), "conflict", lambda **_: None)
    if reason := conflict(**options):
        raise ValueError(f"{where}: {reason}")


def check_section(where: str, section: type[Section], content: Any) -> None:
    """Refuse what is no content of a section of params.yaml."""
    try:
        section.model_validate(content)
    except ValidationError as error:
        raise ValueError(lines(error, section, where)[0]) from error


OUTPUTS = ("data/datasets", "models", "reports", "shipped")
"""What the pipeline writes."""


def refuse_own_outputs(where: str, path: str) -> None:
    """Refuse to read a folder that the pipeline writes to: every run would change what the next one reads."""
    for output in OUTPUTS:
        if Path(abspath(output)).is_relative_to(abspath(path)):
            raise ValueError(f"{where}: '{path}' is where {output} is written: give what it reads a folder of its own")


def _options_model(where: str, function: Callable[..., Any]) -> type[Section]:
    """The schema of a method's options."""
    parameters = inspect.signature(function).parameters.values()
    optional = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
    inputs = INPUTS.get(".".join(function.__module__.split(".")[1:3]), ())
    others = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
    if len(others) != len(inputs) or any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in others):
        right = ", ".join([*inputs, "*", "option: type = default"])
        given = ", ".join(str(p).split(":")[0] for p in others)
        raise ValueError(f"{where}: {function.__name__}({given}, ...) should read {function.__name__}({right}, ...)")
    if bare := [p.name for p in optional if p.annotation is p.empty]:
        raise ValueError(
            f"{where}: the option '{bare[0]}' of {function.__name__} has no type: annotate it, as in "
            f"'{bare[0]}: Count = 3', with one of slim/utils/option_types.py"
        )
    try:
        taken: dict[str, Any] = {
            p.name: (_type(p.annotation, function), ... if p.default is p.empty else p.default) for p in optional
        }
        return create_model("Options", __base__=Section, **taken)
    except (PydanticUserError, NameError, AttributeError, SyntaxError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"{where}: the options of {function.__name__} have types that cannot be checked: {reason}"
        ) from error


def _type(annotation: Any, function: Callable[..., Any]) -> Any:
    """An annotation, also where it is written as a string; those of the other parameters may name unimported types."""
    return eval(annotation, function.__globals__) if isinstance(annotation, str) else annotation


def lines(error: ValidationError, model: type[BaseModel], prefix: str = "") -> list[str]:
    """One line a mistake: where, what was got, what is allowed."""
    lines = []
    for mistake in error.errors():
        place = ".".join(str(part) for part in (prefix, *mistake["loc"]) if part not in ("", "[key]"))
        if mistake["type"] == "extra_forbidden":
            known = _fields(model, mistake["loc"][:-1])
            lines.append(f"{place}: unknown key{nearest(str(mistake['loc'][-1]), known)}")
        elif mistake["type"] == "invalid_key" or (mistake["type"], *mistake["loc"][-1:]) == ("string_type", "[key]"):
            lines.append(f"{place}: a name is a word, and this is none to YAML: begin it with a letter")
        elif mistake["type"] == "bool_type":
            lines.append(f"{place}: should be true or false, got {mistake['input']!r}")
        elif mistake["type"] == "missing":
            lines.append(f"{place}: missing")
        elif mistake["type"] == "value_error":
            lines.append(f"{place}: {mistake['ctx']['error']}" if place else str(mistake["ctx"]["error"]))
        else:
            reason = mistake["msg"][0].lower() + mistake["msg"][1:]
            lines.append(f"{place}: {reason}, got {mistake['input']!r}")
    return lines


def _fields(model: Any, place: tuple[Any, ...]) -> list[str]:
    """The keys known at a place of a model."""
    if not place:
        return list(model.model_fields) if inspect.isclass(model) and issubclass(model, BaseModel) else []
    first, rest = place[0], place[1:]
    if inspect.isclass(model) and issubclass(model, BaseModel) and first in model.model_fields:
        return _fields(model.model_fields[first].annotation, rest)
    return _fields(model, rest)
