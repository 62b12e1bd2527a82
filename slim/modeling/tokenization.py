"""Texts to tokens, which are computed once for the same texts and tokenizer, kept on disk and streamed from there.

Only a batch is in memory at a time, however many texts there are.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.compute as pc
import tokenizers
import transformers
from datasets import Dataset
from filelock import FileLock

from slim.modeling.splits import Input
from slim.modeling.transformer import Processor
from slim.utils.io import write_text, written_aside
from slim.utils.work_cache import CHECKPOINTS

TOKENS = CHECKPOINTS / "tokens"
AT_ONCE = 2_000
"""How many texts are tokenized at a time."""
IN_MEMORY = 256
"""So few texts are tokenized again every time, in memory."""


def set_truncation(tokenizer: Processor, max_tokens: int) -> None:
    """Let a tokenizer cut every text at so many tokens by itself, which it keeps when it is saved.

    Otherwise that would depend on whether it was called before, so on what tokens lay on disk.
    """
    tokenizer("", truncation=True, max_length=max_tokens)


def truncation(tokenizer: Processor) -> int | None:
    """How many tokens `set_truncation` let a tokenizer keep of a text; None if it was not called."""
    rule = tokenizer.backend_tokenizer.truncation if getattr(tokenizer, "is_fast", False) else None
    return rule and int(rule["max_length"])


def truncated_fraction(texts: Sequence[Input], tokenizer: Processor, max_tokens: int) -> float:
    """The fraction of the texts that have more than `max_tokens` tokens, special ones included, and so are cut."""
    return float((tokenize(texts, tokenizer, max_tokens + 1).data.column("length").to_numpy() > max_tokens).mean())


def tokenize(texts: Sequence[Input], tokenizer: Processor, max_tokens: int) -> Dataset:
    """Token ids, masks and `length` of each text, cut at `max_tokens`, not yet padded: memory-mapped from disk.

    A text is a string or a pair of them. The file is named by a hash of everything that tokens depend on; a damaged
    one is written again. Two processes that need the same file wait for each other. Few texts need no file.
    """
    if len(texts) <= IN_MEMORY:
        # Named, since a fingerprint of its own would take as long as the forward pass of a small model.
        return Dataset(pa.concat_tables(_tables(texts, tokenizer, max_tokens)), fingerprint="few_texts")
    path = TOKENS / f"{_digest(texts, tokenizer, max_tokens)}.arrow"
    TOKENS.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        if not _whole(path):
            _write(_tables(texts, tokenizer, max_tokens), path)
    return Dataset.from_file(str(path))


def _whole(path: Path) -> bool:
    """Whether a file of tokens holds what was written to it."""
    noted = path.with_suffix(".sha256")
    if not path.is_file() or not noted.is_file():
        return False
    return _sha256(path) == noted.read_text(encoding="utf-8", errors="replace")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(tables: Iterator[pa.Table], path: Path) -> None:
    first = next(tables)
    with written_aside(path) as aside:
        with pa.OSFile(str(aside), "wb") as file, pa.ipc.new_stream(file, first.schema) as stream:
            stream.write_table(first)
            for table in tables:
                stream.write_table(table.cast(first.schema))
        digest = _sha256(aside)
    write_text(digest, path.with_suffix(".sha256"))


def _tables(texts: Sequence[Input], tokenizer: Processor, max_tokens: int) -> Iterator[pa.Table]:
    """The columns of some texts at a time; at least one table, empty where there is no text."""
    for start in range(0, max(len(texts), 1), AT_ONCE):
        encoding = _encoded(texts[start : start + AT_ONCE], tokenizer, max_tokens)
        # Masks and segments are small numbers; ids fit 32 bits. Batches have 64, which is what a model takes.
        small = {name: pa.list_(pa.int32() if name == "input_ids" else pa.int8()) for name in encoding}
        table = pa.table({name: pa.array(rows, small[name]) for name, rows in encoding.items()})
        yield table.append_column("length", pc.list_value_length(table["input_ids"]))


def _encoded(texts: Sequence[Input], tokenizer: Processor, max_tokens: int) -> dict[str, list[list[int]]]:
    if not texts:  # for which a tokenizer returns no columns, or fails
        return {"input_ids": [], "attention_mask": []}
    sides = [list(texts)] if isinstance(texts[0], str) else [list(side) for side in zip(*texts, strict=True)]
    encoding: dict[str, list[list[int]]] = dict(tokenizer(*sides, truncation=True, max_length=max_tokens))
    for text, ids in enumerate(encoding["input_ids"]):
        if not ids:  # an empty text, where the tokenizer adds no special tokens: it becomes an end of text
            for name, value in (("input_ids", tokenizer.eos_token_id), ("attention_mask", 1)):
                encoding[name][text] = [value]
    return encoding


def _digest(texts: Sequence[Input], tokenizer: Processor, max_tokens: int) -> str:
    """A hash of everything that tokens depend on."""
    versions = [library.__version__ for library in (datasets, pa, tokenizers, transformers)]
    digest = hashlib.sha256(json.dumps([versions, max_tokens, _rules(tokenizer)], default=repr).encode())
    for text in texts:
        parts = text if isinstance(text, tuple) else (str(text),)
        content = [part.encode("utf-8", "surrogatepass") for part in parts]
        digest.update(b"".join(len(each).to_bytes(8, "little") for each in [content, *content]) + b"".join(content))
    return digest.hexdigest()[:32]


def _rules(tokenizer: Processor) -> Any:
    """Everything that decides how a tokenizer splits a text: no state that a call leaves, no path of a folder."""
    known = [tokenizer.model_input_names, tokenizer.truncation_side]
    if getattr(tokenizer, "is_fast", False):
        rules = json.loads(tokenizer.backend_tokenizer.to_str())
        return [*known, {name: rule for name, rule in rules.items() if name not in ("truncation", "padding")}]
    here = {name: value for name, value in tokenizer.init_kwargs.items() if "file" not in name and "path" not in name}
    return [*known, type(tokenizer).__qualname__, sorted(here.items()), sorted(tokenizer.get_vocab().items())]
