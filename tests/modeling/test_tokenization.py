"""Tokens: computed once, kept on disk, streamed from there, and the same as if they were in memory."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from datasets.table import MemoryMappedTable
from transformers import AutoTokenizer, BertTokenizerFast

import slim.modeling.tokenization
from slim.modeling.batching import batches
from slim.modeling.tokenization import tokenize
from slim.training.trainer import examples
from tests import pico

TEXTS = pico.texts(50)


@pytest.fixture(autouse=True)
def tokenized(tmp_path, monkeypatch) -> list[int]:
    """An empty cache that counts how many texts are tokenized at a time, at most seven."""
    counts: list[int] = []
    really = slim.modeling.tokenization._encoded
    monkeypatch.setattr(slim.modeling.tokenization, "TOKENS", tmp_path / "tokens")
    monkeypatch.setattr(slim.modeling.tokenization, "AT_ONCE", 7)
    monkeypatch.setattr(slim.modeling.tokenization, "IN_MEMORY", 0)
    monkeypatch.setattr(
        slim.modeling.tokenization, "_encoded", lambda texts, *how: counts.append(len(texts)) or really(texts, *how)
    )
    return counts


def test_tokens_are_computed_once_and_come_memory_mapped(tokenized):
    first = tokenize(TEXTS, pico.tokenizer(), 6)
    assert tokenized == [7] * 7 + [1]
    again = tokenize(list(TEXTS), pico.tokenizer(), 6)
    assert len(tokenized) == 8
    assert isinstance(again.data, MemoryMappedTable) and again.cache_files
    plain = dict(pico.tokenizer()(TEXTS, truncation=True, max_length=6))
    for tokens in (first, again):
        assert {name: tokens[name][:] for name in plain} == plain
        assert tokens["length"][:] == [len(ids) for ids in plain["input_ids"]]


def test_batches_are_what_padding_all_at_once_gives():
    tokenizer = pico.tokenizer()
    order = np.argsort([len(ids) for ids in tokenizer(TEXTS)["input_ids"]], kind="stable")
    walked = batches(TEXTS, pico.tokenizer(), max_tokens=16, batch_size=8)
    assert len(walked) == 7 and walked.inputs == 50
    for _ in range(2):  # they can be walked many times
        for start, (members, batch) in zip(range(0, 50, 8), walked, strict=True):
            assert members.tolist() == order[start : start + 8].tolist()
            chosen = [TEXTS[i] for i in members]
            expected = tokenizer(chosen, padding=True, truncation=True, max_length=16, return_tensors="pt")
            assert set(batch) == set(expected)
            assert all(torch.equal(batch[name], expected[name]) for name in batch)


def test_labels_and_further_columns_stand_beside_the_tokens_of_their_texts():
    logits = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    rows = examples(TEXTS, pico.labels(50), pico.tokenizer(), 16, teacher=logits)
    chosen = rows[[3, 41]]
    assert chosen["input_ids"] == [pico.tokenizer()(TEXTS[i])["input_ids"] for i in (3, 41)]
    assert chosen["labels"] == pico.labels(50)[[3, 41]].tolist()
    np.testing.assert_array_equal(np.float32(chosen["teacher"]), logits[[3, 41]])


def test_the_same_tokenizer_from_another_folder_finds_the_same_tokens(tokenized, tmp_path):
    tokenizer = pico.tokenizer()
    tokenizer(["a call leaves its truncation behind"], truncation=True, max_length=4)
    tokenize(TEXTS, tokenizer, 16)
    tokenizer.save_pretrained(tmp_path / "elsewhere")
    tokenize(TEXTS, AutoTokenizer.from_pretrained(tmp_path / "elsewhere"), 16)
    assert len(tokenized) == 8


def test_whatever_tokens_depend_on_gives_them_another_name(tokenized):
    other = BertTokenizerFast(vocab={word: i for i, word in enumerate(["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]"])})
    pairs = list(zip(TEXTS[::2], TEXTS[1::2], strict=True))
    glued = [first + second for first, second in pairs]
    for texts, tokenizer, longest in (
        (TEXTS, pico.tokenizer(), 16),
        (TEXTS, pico.tokenizer(), 8),
        (TEXTS, other, 16),
        (TEXTS[::-1], pico.tokenizer(), 16),
        (TEXTS[:-1], pico.tokenizer(), 16),
        (pairs, pico.tokenizer(), 16),
        (glued, pico.tokenizer(), 16),
    ):
        before = len(tokenized)
        assert len(tokenize(texts, tokenizer, longest)) == len(texts)
        assert len(tokenized) > before


def test_pairs_are_tokenized_as_pairs():
    pairs = list(zip(TEXTS[::2], TEXTS[1::2], strict=True))
    plain = pico.tokenizer()(*map(list, zip(*pairs, strict=True)), truncation=True, max_length=16)
    assert tokenize(pairs, pico.tokenizer(), 16)["token_type_ids"][:] == plain["token_type_ids"]
    assert max(plain["token_type_ids"][0]) == 1


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b[:900] + b"!!" + b[902:], lambda b: b""])
def test_damaged_tokens_are_computed_again(tokenized, tmp_path, damage):
    whole = tokenize(TEXTS, pico.tokenizer(), 16)[:]
    (path,) = (tmp_path / "tokens").glob("*.arrow")
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(damage(content))
    assert tokenize(TEXTS, pico.tokenizer(), 16)[:] == whole
    assert len(tokenized) == 16 and path.read_bytes() == content


def test_what_a_kill_left_is_no_token_file(tokenized, tmp_path):
    def killed(path, content):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(slim.modeling.tokenization, "write_text", lambda said, path: killed(path, said))
        tokenize(TEXTS, pico.tokenizer(), 16)
    assert len(tokenize(TEXTS, pico.tokenizer(), 16)) == 50 and len(tokenized) == 16


def test_whoever_wants_the_same_tokens_at_the_same_time_waits_for_them(tokenized):
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: tokenize(TEXTS, pico.tokenizer(), 16)[:], range(4)))
    assert len(tokenized) == 8 and all(each == found[0] for each in found)


def test_few_texts_need_no_file_and_have_the_same_tokens(tokenized, tmp_path, monkeypatch):
    from_disk = tokenize(TEXTS, pico.tokenizer(), 16)
    monkeypatch.setattr(slim.modeling.tokenization, "IN_MEMORY", 50)
    monkeypatch.setattr(slim.modeling.tokenization, "TOKENS", tmp_path / "none")
    in_memory = tokenize(TEXTS, pico.tokenizer(), 16)
    assert in_memory[:] == from_disk[:] and in_memory.features == from_disk.features
    assert not (tmp_path / "none").exists()


def test_no_texts_are_no_batches():
    assert len(tokenize([], pico.tokenizer(), 16)) == 0
    assert list(batches([], pico.tokenizer(), max_tokens=16, batch_size=8)) == []


def test_a_saved_model_is_the_same_whether_its_tokens_were_on_disk_or_not(tmp_path, monkeypatch):
    monkeypatch.setattr(slim.modeling.tokenization, "TOKENS", tmp_path / "tokens")
    for name in ("made", "found"):
        pico.classifier().save(tmp_path / name, TEXTS[:16])
    made, found = ({file.name: file.read_bytes() for file in (tmp_path / n).iterdir()} for n in ("made", "found"))
    assert made == found
    assert json.loads(made["tokenizer.json"])["truncation"]["max_length"] == 16
