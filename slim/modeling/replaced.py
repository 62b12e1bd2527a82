"""Models some of whose modules are replaced by others, as config.json says, so that they are built, saved and loaded.

`replaced` of a config: [{"module": its path, "by": a file of slim/modeling/replacements/, and the options of that, of
which `to` is the path of another module}].
Plain transformers does not know them: it reads such a folder with a warning that tensors are missing.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from torch import Tensor

from slim.modeling.architecture import Config, Model
from slim.utils.registry import find

Replacement = Mapping[str, Any]


def with_replaced(cls: Any, config: Config) -> Any:
    """A class of transformers that replaces modules as a config says: the class itself where it says nothing."""
    plain = getattr(cls, "plain", cls)
    return _replacing(plain) if getattr(config, "replaced", None) else plain


@cache
def _replacing(cls: Any) -> Any:
    class Replacing(cls):  # type: ignore[misc]
        plain = cls

        def __init__(self, config: Config, *others: Any, **options: Any) -> None:
            super().__init__(config, *others, **options)
            for each in config.replaced:
                how = {name: value for name, value in each.items() if name not in ("module", "by")}
                how |= {"to": self.get_submodule(each["to"])} if "to" in each else {}
                module = find("modeling/replacements", each["by"])(self.get_submodule(each["module"]), **how)
                self.set_submodule(each["module"], module)

    Replacing.__name__, Replacing.__qualname__, Replacing.__module__ = cls.__name__, cls.__qualname__, cls.__module__
    return Replacing


def replace_modules(model: Model, replacements: Sequence[Replacement], tensors: Mapping[str, Tensor]) -> Model:
    """A copy of a model some of whose modules are replaced, with these tensors in place of theirs.

    `tensors`: name in the new model -> values.
    """
    config = copy.deepcopy(model.config)
    anew = {each["module"] for each in replacements}
    before = [each for each in getattr(config, "replaced", None) or [] if each["module"] not in anew]
    config.replaced = [*before, *map(dict, replacements)]
    gone = tuple(f"{path}." for path in anew)
    state = {name: tensor for name, tensor in model.state_dict().items() if not name.startswith(gone)}
    changed = with_replaced(type(model), config)(config)
    changed.load_state_dict({**state, **tensors})
    return changed.to(next(model.parameters()).device).eval()


def renamed(replaced: Sequence[Replacement], name: Callable[[str], str | None]) -> list[dict[str, Any]]:
    """The replacements that are left where modules are renamed; `name` gives None for those that are gone.

    Raises ValueError when a module goes whose weights another one shares.
    """
    left = []
    for each in replaced:
        paths = {key: name(each[key]) for key in ("module", "to") if key in each}
        if paths["module"] is None:
            continue
        if None in paths.values():
            raise ValueError(f"{each['module']} shares the weights of {each['to']}, which is to go: drop layers first")
        left.append({**each, **paths})
    return left


def freeze(model: Model) -> None:
    """Freeze again what replaced modules hold fixed: `from_pretrained` makes parameters anew."""
    for each in getattr(model.config, "replaced", None) or []:
        getattr(model.get_submodule(each["module"]), "freeze", lambda: None)()


def path_of(model: Model, module: Any) -> str:
    """Where a module lies in a model."""
    return next(name for name, each in model.named_modules() if each is module)
