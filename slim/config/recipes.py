"""Recipes, the entries of `prune`, `distill`, `compress` and `baselines`: are they complete, and do they fit?

An entry of the first three is a model: `from` names the model it starts from, `method` a file of
slim/compression/compressors/, `control` the plain recipe that it must beat; all else are the method's options.
"""

import inspect
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from slim.config.messages import all_known, check_options, find_method, nearest
from slim.utils.registry import find

TEACHER = "teacher"
STAGES = ("prune", "distill", "compress")
"""The stages whose entries are models."""
RESERVED = (TEACHER, "base")
"""Names of models that are no recipes."""
Entry = Mapping[str, Any]
Entries = Mapping[str, Entry]


def options_of(entry: Entry, shared: Mapping[str, Any]) -> dict[str, Any]:
    """The options of an entry's method; those of `distill` start from the shared ones of `distillation`."""
    own = {name: value for name, value in entry.items() if name not in ("from", "method", "control")}
    return {**shared, **own} if entry.get("method") == "distill" else own


def recipe(stage: str, name: str, entries: Entries, shared: Entry = MappingProxyType({})) -> dict[str, Any]:
    """What to do for one recipe: stage, name, start (the model it starts from), method and options.

    `entries`: those of the stage; `shared`: the `distillation` section. Raises ValueError, with the nearest name,
    when there is no such entry.
    """
    all_known(stage, [name], entries, f"an entry of {stage}")
    entry = entries[name]
    options = options_of(entry, shared)
    return {"stage": stage, "name": name, "start": entry["from"], "method": entry["method"], "options": options}


def check_recipes(
    stages: Mapping[str, Entries], baselines: Entries, shared: Mapping[str, Any], orders: Mapping[str, Any]
) -> None:
    """Raise ValueError, in one line, for the first recipe that cannot work.

    `stages`: stage -> its entries; `shared`: the `distillation` section; `orders`: the strategies and fusions.
    """
    named = list(_names(stages, baselines))
    recipes = {name: entry for _, name, entry in named}
    check_options("distillation", find("compression/compressors", "distill"), dict(shared))
    for where, name, entry in named:
        place = f"{where}.{name}"
        _check_method(place, where, entry, shared)
        control = entry.get("control")
        if control is not None and control not in (TEACHER, *recipes):
            raise ValueError(f"{place}.control: '{control}' is no recipe{nearest(control, recipes)}")
    for stage, entries in stages.items():
        for name, entry in entries.items():
            _check_chain(f"{stage}.{name}", name, recipes)
            if "order" in entry and entry["order"] not in orders:
                known = nearest(str(entry["order"]), orders)
                raise ValueError(f"{stage}.{name}.order: '{entry['order']}' is not a strategy or fusion{known}")


def _names(stages: Mapping[str, Entries], baselines: Entries) -> Iterator[tuple[str, str, Entry]]:
    """Section, name and entry of every recipe; no name stands twice."""
    seen: dict[str, str] = dict.fromkeys(RESERVED, "the pipeline's own models")
    for where, entries in {**stages, "baselines": baselines}.items():
        for name, entry in entries.items():
            if name in seen:
                raise ValueError(f"{where}.{name}: the name is taken by {seen[name]}: choose another")
            seen[name] = where
            yield where, name, entry


def _check_method(place: str, where: str, entry: Entry, shared: Mapping[str, Any]) -> None:
    if where != "baselines" and "from" not in entry:
        raise ValueError(f"{place}.from: missing")
    folder = "evaluation/baselines" if where == "baselines" else "compression/compressors"
    function = find_method(place, folder, entry)
    if where == "prune" and "order" not in inspect.signature(function).parameters:
        raise ValueError(f"{place}.method: '{entry['method']}' takes no order of layers: put it under compress")
    if where in ("prune", "compress") and "epochs" in inspect.signature(function).parameters:
        raise ValueError(f"{place}.method: '{entry['method']}' trains: put it under distill")
    if where != "prune" and "order" in entry:
        raise ValueError(f"{place}: an order of layers goes with entries of prune only: move it there")
    check_options(place, function, options_of(entry, shared))


def _check_chain(place: str, name: str, recipes: Entries) -> None:
    """The entries that a model goes through lead to the teacher, drop layers once, and hand on what the next reads."""
    chain = [name]
    while (start := str(recipes[chain[-1]].get("from"))) != TEACHER:
        if start not in recipes or "from" not in recipes[start]:
            known = [TEACHER, *(other for other, entry in recipes.items() if "from" in entry)]
            raise ValueError(f"{place}.from: '{start}' is no model{nearest(start, known)}")
        if start in chain:
            raise ValueError(f"{place}.from: {' <- '.join([*chain, start])} goes in a circle: start from {TEACHER}")
        chain.append(start)
    if len(dropping := [each for each in chain if "order" in recipes[each]]) > 1:
        raise ValueError(
            f"{place}.order: layers are ordered in the teacher, and '{dropping[1]}' dropped some of them: start from "
            f"{TEACHER}"
        )
    given = "Classifier"
    for each in reversed(chain):
        takes, gives = _formats(find("compression/compressors", recipes[each]["method"]))
        if takes != given:
            raise ValueError(
                f"{place}: '{recipes[each]['method']}' takes a {takes}, and '{each}' starts from a {given}"
            )
        given = gives


def _formats(compressor: Any) -> tuple[str, str]:
    """The kinds of model a compressor takes and returns, as its annotations name them."""
    signature = inspect.signature(compressor)
    first = next(iter(signature.parameters.values()))
    return str(first.annotation), str(signature.return_annotation)
