"""Surgery on vocabularies: which tokens texts need, and a tokenizer that has no others.

A tokenizer's state is what the tokenizers library writes as tokenizer.json. The tokens that stay are numbered anew, in
their old order. So a text whose tokens all stay is cut into the same ones: fewer pieces offer no better cut of a word.
"""

import copy
import json
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import ByteLevel

from slim.modeling.splits import Input
from slim.modeling.tokenization import tokenize
from slim.modeling.transformer import Processor

State = dict[str, Any]

ASCII = frozenset(map(chr, range(128)))
BYTE_SYMBOLS = frozenset(ByteLevel.alphabet())
"""The 256 characters that stand for bytes in byte-level BPE."""
BYTE = re.compile("<0x[0-9A-F]{2}>")
"""The pieces that a character without one of its own falls back to."""


def state_of(tokenizer: Processor) -> State:
    """The state of a tokenizer. Raises ValueError for one that its state does not rule."""
    if not getattr(tokenizer, "is_fast", False):
        raise ValueError(
            f"{type(tokenizer).__name__} has no tokenizer.json to trim: save it as a fast tokenizer first"
        )
    state: State = json.loads(tokenizer.backend_tokenizer.to_str())
    model = state["model"]
    if model["type"] == "BPE" and (model["continuing_subword_prefix"] or model["end_of_word_suffix"]):
        raise ValueError("BPE that marks where words go on or end is not trimmed: choose another model")
    return state


def count_tokens(texts: Sequence[Input], tokenizer: Processor, max_tokens: int) -> NDArray[np.int64]:
    """[ids]: how often each token stands in texts that are cut at `max_tokens`, those that frame texts included."""
    ids = pc.list_flatten(tokenize(texts, tokenizer, max_tokens).data.column("input_ids")).to_numpy()
    return np.bincount(ids, minlength=max(tokenizer.get_vocab().values()) + 1)


def frame_ids(tokenizer: Processor) -> set[int]:
    """The ids of tokens that no text need hold: special and added ones, padding, and what frames texts and pairs."""
    backend = tokenizer.backend_tokenizer
    frames = {*backend.encode("").ids, *backend.encode("", "").ids}
    padding = {backend.padding["pad_id"]} if backend.padding else set()
    return {*tokenizer.all_special_ids, *backend.get_added_tokens_decoder(), *frames, *padding}


def needed_ids(state: State, counts: NDArray[np.int64], min_count: int, *, whole_alphabet: bool = False) -> set[int]:
    """The ids of tokens that stand at least `min_count` times in texts, and of those that any text may fall back to.

    The latter are the unknown token and, but for word-level tokenizers, bytes and the single characters of the texts
    and of ASCII, with `whole_alphabet` all others, too. Of BPE also all that the pieces are merged from. `counts`
    [ids]: those of `count_tokens`.
    """
    model, ids = state["model"], _model_ids(state)
    frequent = {token for token, i in ids.items() if counts[i] >= min_count}
    needed = {ids[token] for token in frequent | _alphabet(model, ids, counts, whole_alphabet)}
    if model["type"] == "BPE":
        ranks = {tuple(pair): rank for rank, pair in enumerate(model["merges"])}
        pieces = frequent - {token["content"] for token in state["added_tokens"]}  # which no merge makes
        needed |= {ids[part] for piece in pieces for part in merged_parts(piece, ranks) if part in ids}
    unknown = model["unk_id"] if model["type"] == "Unigram" else ids.get(model["unk_token"])
    return needed | ({unknown} if unknown is not None else set())


def _model_ids(state: State) -> dict[str, int]:
    """Token -> id, without the added tokens that are not in the model's own vocabulary."""
    vocabulary = state["model"]["vocab"]
    return {token: i for i, (token, _) in enumerate(vocabulary)} if isinstance(vocabulary, list) else vocabulary


def _alphabet(model: Mapping[str, Any], ids: Mapping[str, int], counts: NDArray[np.int64], whole: bool) -> set[str]:
    """The tokens that words fall back to; WordPiece has two for a character, at the beginning of a word and inside."""
    if model["type"] == "WordLevel":
        return set()
    prefix = model.get("continuing_subword_prefix") or ""
    characters = {token: token.removeprefix(prefix) for token in ids}
    known = {*ASCII, *(BYTE_SYMBOLS if model["type"] == "BPE" else ())}
    known |= {character for token, i in ids.items() if counts[i] for character in characters[token]}
    alphabet = {token for token, text in characters.items() if len(text) == 1 and (whole or text in known)}
    return alphabet | (set(filter(BYTE.fullmatch, ids)) if model.get("byte_fallback") else set())


def merged_parts(piece: str, ranks: Mapping[tuple[str, ...], int]) -> set[str]:
    """A piece and all that BPE merges on the way to it, from its characters on.

    Only this one way is needed, however many merges give the same piece: inside a longer text it is the same, since
    no merge crosses the bounds of what is a piece in the end.
    """
    parts = list(piece)
    found = {piece, *parts}
    while possible := [(ranks[pair], at) for at, pair in enumerate(pairwise(parts)) if pair in ranks]:
        _, at = min(possible)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
        found.add(parts[at])
    return found


def trim_state(state: State, kept: Sequence[int]) -> State:
    """A tokenizer's state without all tokens but those of the `kept` ids, whose number is their place in it."""
    new = {old: i for i, old in enumerate(kept)}
    model, vocabulary = dict(state["model"]), state["model"]["vocab"]
    if model["type"] == "Unigram":
        model["vocab"] = [entry for i, entry in enumerate(vocabulary) if i in new]
        model["unk_id"] = new.get(model["unk_id"])
    else:
        model["vocab"] = {token: new[i] for token, i in vocabulary.items() if i in new}
    if model["type"] == "BPE":
        model["merges"] = [[a, b] for a, b in model["merges"] if {a, b, a + b} <= model["vocab"].keys()]
    padding = state["padding"] and state["padding"] | {"pad_id": new[state["padding"]["pad_id"]]}
    added = [token | {"id": new[token["id"]]} for token in state["added_tokens"]]
    frames = _renumbered(state["post_processor"], new)
    return state | {"model": model, "padding": padding, "added_tokens": added, "post_processor": frames}


def _renumbered(rules: Any, new: Mapping[int, int]) -> Any:
    """A post-processor with the new ids of the tokens that it puts around texts."""
    match rules:
        case {"type": "Sequence", "processors": parts}:
            return rules | {"processors": [_renumbered(part, new) for part in parts]}
        case {"type": "TemplateProcessing", "special_tokens": tokens}:
            frames = {name: token | {"ids": [new[i] for i in token["ids"]]} for name, token in tokens.items()}
            return rules | {"special_tokens": frames}
        case {"sep": [sep, sep_id], "cls": [cls, cls_id]}:  # BertProcessing, RobertaProcessing
            return rules | {"sep": [sep, new[sep_id]], "cls": [cls, new[cls_id]]}
    return rules


def trim_tokenizer(tokenizer: Processor, kept: Sequence[int]) -> Processor:
    """A copy of a tokenizer that has the tokens of the `kept` ids and no others, numbered in this order.

    Raises ValueError where the tokenizers library would number them otherwise.
    """
    trimmed, number = copy.deepcopy(tokenizer), {old: i for i, old in enumerate(kept)}
    backend = Tokenizer.from_str(json.dumps(trim_state(state_of(tokenizer), kept)))
    expected = {token: number[i] for token, i in tokenizer.get_vocab().items() if i in number}
    if backend.get_vocab() != expected:
        raise ValueError(
            "the tokenizer's ids have gaps, which added tokens would fill: number its tokens without gaps"
        )
    trimmed._tokenizer = backend
    if "unk_id" in trimmed.init_kwargs:  # what DeBERTa-v2's class goes by when it is read again
        trimmed.init_kwargs["unk_id"] = trimmed.unk_token_id
    return trimmed
