"""A model with fewer rows in its tables of embeddings."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from slim.modeling.architecture import Config, Model
from slim.modeling.load_checks import position_tables, positions
from slim.modeling.transformer import architecture_of


def keep_embeddings(model: Model, kept: Sequence[int], max_tokens: int | None = None) -> Model:
    """A copy of the model that embeds the tokens of the `kept` ids only, whose number is their place in it.

    With `max_tokens`, learnt positions that no text of so many tokens reaches go, too. Ids in the config that are not
    kept become None.
    """
    config, new = copy.deepcopy(model.config), {old: i for i, old in enumerate(kept)}
    for name, value in _token_ids(config).items():
        setattr(config, name, [new[i] for i in value if i in new] if isinstance(value, list) else new.get(value))
    config.vocab_size = len(kept)
    state = _with_tokens(model, kept)
    if (count := positions(model)) is not None:
        reach = architecture_of(model).relative_positions
        if reach and getattr(config, reach) < 1:
            setattr(config, reach, config.max_position_embeddings)
        tables = _with_positions(model, config.pad_token_id, min(max_tokens or count, count))
        config.max_position_embeddings = len(next(iter(tables.values())))
        state |= tables
    smaller = type(model)(config)
    smaller.load_state_dict(state)
    return smaller.to(next(model.parameters()).device).eval()


def _token_ids(config: Config) -> dict[str, Any]:
    """The ids, or lists of them, by which a config knows tokens: pad_token_id, eos_token_id and the like."""
    return {name: i for name, i in config.to_dict().items() if name.endswith("_token_id") and i is not None}


def _with_tokens(model: Model, kept: Sequence[int]) -> dict[str, Tensor]:
    """The tensors of a model; of the embeddings, by whatever names they are known, some rows."""
    table: Tensor = model.get_input_embeddings().weight
    rows = table.detach()[torch.tensor(kept, device=table.device)]
    state: Mapping[str, Tensor] = model.state_dict()
    return {name: rows if tensor.data_ptr() == table.data_ptr() else tensor for name, tensor in state.items()}


def _with_positions(model: Model, pad_token_id: int, count: int) -> dict[str, Tensor]:
    """The tables of learnt positions with `count` of them; RoBERTa's begin behind the row of the padding token."""
    tables = {}
    for name, module in position_tables(model).items():
        before, now = (0, 0) if module.padding_idx is None else (module.padding_idx + 1, pad_token_id + 1)
        tables[f"{name}.weight"] = module.weight.detach()[before - now : before + count]
    return tables
