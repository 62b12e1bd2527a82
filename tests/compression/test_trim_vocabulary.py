"""Trimming vocabularies: which tokens stay, and that what stays computes the same."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertTokenizer,
    DebertaV2Tokenizer,
    PreTrainedTokenizerFast,
)

from slim.compression.compressors.distill import distill
from slim.compression.compressors.trim_vocabulary import trim_vocabulary
from slim.compression.context import Context
from slim.modeling.load_checks import positions
from slim.modeling.manifest import read_manifest
from slim.modeling.model_io import load
from slim.modeling.splits import Input, Split
from slim.modeling.vocabulary import merged_parts
from tests import pico
from tests.compression import vocabularies
from tests.compression.vocabularies import BERT, BYTES, TOKENIZERS

TRAIN, TEST = vocabularies.texts(60, 1), vocabularies.texts(60, 2)


def context(train: list[Input], unlabelled: list[Input] | None = None) -> Context:
    """A context that has train and unlabelled inputs, and fails where another split is read."""
    nowhere = Path("nowhere")
    made = Context(nowhere, nowhere, nowhere, {"seed": 0}, nowhere, nowhere)
    vars(made).update(train=Split(train, np.zeros(len(train), np.int64)), unlabelled=unlabelled or [])
    return made


def tokens(model, texts=TEST) -> list[list[str]]:
    ids = model.processor(texts, truncation=True, max_length=model.max_tokens)["input_ids"]
    return [model.processor.convert_ids_to_tokens(each) for each in ids]


def texts_of_same_tokens(model, trimmed) -> list[str]:
    pairs = zip(TEST, tokens(model), tokens(trimmed), strict=True)
    return [text for text, before, after in pairs if before == after]


@pytest.fixture(scope="module", params=sorted(TOKENIZERS))
def models_of_family(request):
    """A model of a family, and the same trimmed."""
    model = vocabularies.classifier(request.param)
    return model, trim_vocabulary(model, context(TRAIN))


def test_texts_of_the_same_tokens_have_the_same_logits(models_of_family):
    model, trimmed = models_of_family
    same = texts_of_same_tokens(model, trimmed)
    assert len(same) >= 10 and len(trimmed.processor) < len(model.processor)
    np.testing.assert_allclose(trimmed.logits(same), model.logits(same), atol=1e-5)
    assert trimmed.model.config.vocab_size == len(trimmed.processor)
    assert trimmed.model.get_input_embeddings().num_embeddings == len(trimmed.processor)


def test_a_text_whose_tokens_all_stay_is_cut_into_the_same_ones(models_of_family):
    model, trimmed = models_of_family
    known = set(trimmed.processor.get_vocab())
    for before, after in zip(tokens(model), tokens(trimmed), strict=True):
        assert (before == after) == (set(before) <= known)
    assert any(not set(each) <= known for each in tokens(model))


def test_no_word_becomes_unknown(models_of_family):
    model, trimmed = models_of_family
    odd = [*TRAIN, *TEST, "Zyx! (0-9) & ~qqq@x.y"]
    unknown = model.processor.unk_token
    count = [sum(text.count(unknown) for text in tokens(each, odd)) for each in (model, trimmed)]
    assert count[1] <= count[0]


def test_rare_tokens_go_and_frequent_and_special_ones_stay(models_of_family):
    model, trimmed = models_of_family
    counted = [token for text in tokens(model, TRAIN) for token in text]
    kept = set(trimmed.processor.get_vocab())
    assert {token for token in counted if counted.count(token) >= 3} <= kept
    assert set(model.processor.all_special_tokens) | set(model.processor.get_added_vocab()) <= kept
    before, after = model.processor.get_vocab(), trimmed.processor.get_vocab()
    assert sorted(after, key=after.get) == [token for token in sorted(before, key=before.get) if token in after]
    assert sorted(after.values()) == list(range(len(after)))
    for name in ("pad", "bos", "eos", "cls", "sep", "unk"):
        assert getattr(trimmed.processor, f"{name}_token") == getattr(model.processor, f"{name}_token")
        if (old := getattr(model.model.config, f"{name}_token_id", None)) is not None:
            token = model.processor.convert_ids_to_tokens(old)
            assert trimmed.processor.convert_ids_to_tokens(getattr(trimmed.model.config, f"{name}_token_id")) == token


def test_what_frames_texts_and_pairs_stays(models_of_family):
    model, trimmed = models_of_family
    one, two = texts_of_same_tokens(model, trimmed)[:2]
    for texts in ([one], [one, two]):
        framed = [
            (each.processor.convert_ids_to_tokens(row["input_ids"]), row["attention_mask"])
            for each in (model, trimmed)
            for row in [each.processor(*texts, padding="max_length", max_length=20, truncation=True)]
        ]
        assert framed[0] == framed[1]


def test_a_saved_one_is_read_by_slim_and_by_plain_transformers_and_holds_no_other_vocabulary(
    models_of_family, tmp_path
):
    model, trimmed = models_of_family
    model.save(tmp_path / "before", TEST)
    trimmed.save(tmp_path / "after", TEST)
    names = {"config.json", "manifest.json", "model.safetensors", "reference_logits.npy", "tokenizer.json"}
    assert {file.name for file in (tmp_path / "after").iterdir()} == {*names, "tokenizer_config.json"}
    assert read_manifest(tmp_path / "after")["bytes"] < read_manifest(tmp_path / "before")["bytes"]
    again, tokenizer = load(tmp_path / "after")
    assert tokenizer.get_vocab() == trimmed.processor.get_vocab()
    assert tokens(replace(trimmed, processor=tokenizer)) == tokens(trimmed)
    read = replace(trimmed, model=again, processor=tokenizer)
    np.testing.assert_allclose(read.logits(TEST), trimmed.logits(TEST), atol=1e-5)
    plain = AutoModelForSequenceClassification.from_pretrained(tmp_path / "after").eval()
    own = AutoTokenizer.from_pretrained(tmp_path / "after")
    assert own.model_max_length == trimmed.processor.model_max_length
    long = ["ba " * 50]
    batch = own(long, truncation=True, max_length=24, return_tensors="pt")
    taken = {name: batch[name] for name in trimmed.processor.model_input_names}
    np.testing.assert_allclose(plain(**taken).logits.detach(), trimmed.logits(long), atol=1e-5)


def test_the_same_texts_give_the_same_bytes(models_of_family, tmp_path):
    model, _ = models_of_family
    for name in ("one", "two"):
        trim_vocabulary(model, context(TRAIN)).save(tmp_path / name, TEST)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name


def test_the_tokenizer_that_was_given_is_untouched(models_of_family):
    model, _ = models_of_family
    before, longest = model.processor.backend_tokenizer.to_str(), model.processor.model_max_length
    trim_vocabulary(model, context(TRAIN), min_count=1)
    assert (model.processor.backend_tokenizer.to_str(), model.processor.model_max_length) == (before, longest)


def test_what_is_trimmed_to_all_that_texts_hold_cannot_be_trimmed_again(models_of_family):
    model, _ = models_of_family
    once = trim_vocabulary(model, context(TRAIN), min_count=1)
    twice = trim_vocabulary(once, context(TRAIN), min_count=1)
    assert twice.processor.backend_tokenizer.to_str() == once.processor.backend_tokenizer.to_str()
    np.testing.assert_array_equal(twice.logits(TEST), once.logits(TEST))


def test_counted_never_only_what_words_are_spelled_with_stays(models_of_family):
    model, _ = models_of_family
    bare = trim_vocabulary(model, context(TRAIN), min_count=10**6)
    special = {*bare.processor.all_special_tokens, *bare.processor.get_added_vocab(), *BYTES}
    assert all(len(token.removeprefix("##")) == 1 for token in bare.processor.get_vocab() if token not in special)
    assert np.isfinite(bare.logits(TEST)).all()


# --- Known answers ---------------------------------------------------------------------------------------------------


def fast(model: models.Model, before: pre_tokenizers.PreTokenizer, **special: str) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = before
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **{"pad_token": "[PAD]"} | special)


def kept(tokenizer, train: list[Input], **options) -> list[str]:
    """The tokens that stay, in the order of their ids."""
    trimmed = trim_vocabulary(vocabularies.classifier("bert", tokenizer), context(train), **options).processor
    return sorted(trimmed.get_vocab(), key=trimmed.get_vocab().get)


WORDPIECES = [*BERT, "[unused1]", "é", "##é", "u", "##n", "un", "##do", "##done", "o", "##o", "d", "##d", "n", "##u"]


def test_wordpiece_keeps_both_forms_of_the_characters_seen_and_those_of_ascii():
    tokenizer = BertTokenizer(vocab={piece: i for i, piece in enumerate(WORDPIECES)}, strip_accents=False)
    train = ["undo undo", "undo"]
    letters = ["u", "##n", "un", "##do", "o", "##o", "d", "##d", "n", "##u"]
    assert kept(tokenizer, train) == [*BERT, *letters]
    assert kept(tokenizer, train, min_count=4) == [*BERT, *(each for each in letters if each not in ("un", "##do"))]
    assert kept(tokenizer, train, alphabet="all") == [*BERT, "é", "##é", *letters]
    assert kept(tokenizer, [*train, "é"]) == [*BERT, "é", "##é", *letters]
    assert kept(tokenizer, train, min_count=0) == WORDPIECES


BPE = {
    "vocab": ["[PAD]", "a", "b", "c", "d", "é", "ab", "bc", "cd", "abc", "abcd"],
    "merges": [("a", "b"), ("c", "d"), ("b", "c"), ("a", "bc"), ("ab", "c"), ("abc", "d"), ("ab", "cd")],
}


def test_a_piece_is_merged_in_the_order_of_the_merges():
    ranks = {pair: rank for rank, pair in enumerate(BPE["merges"])}
    assert merged_parts("abc", ranks) == {"a", "b", "c", "ab", "abc"}
    assert merged_parts("abcd", ranks) == {"a", "b", "c", "d", "ab", "cd", "abcd"}
    assert merged_parts("bcd", ranks) == {"b", "c", "d", "cd", "bcd"}


def test_bpe_keeps_what_its_pieces_are_merged_from_and_no_other_merge():
    vocabulary = {piece: i for i, piece in enumerate(BPE["vocab"])}
    tokenizer = fast(models.BPE(vocabulary, BPE["merges"]), pre_tokenizers.Whitespace())
    model = vocabularies.classifier("bert", tokenizer)
    trimmed = trim_vocabulary(model, context(["abcd abcd abcd"])).processor
    assert trimmed.get_vocab() == {
        piece: i for i, piece in enumerate(["[PAD]", "a", "b", "c", "d", "é", "ab", "cd", "abcd"])
    }  # é stands for a byte, too
    merges = json.loads(trimmed.backend_tokenizer.to_str())["model"]["merges"]
    assert merges == [["a", "b"], ["c", "d"], ["ab", "cd"]]
    assert trimmed.tokenize("abcd abc") == ["abcd", "ab", "c"]


@pytest.mark.parametrize("family", ["gpt2", "roberta", "qwen2", "llama"])
def test_every_character_is_still_spelled_in_bytes(family):
    tokenizer = trim_vocabulary(vocabularies.classifier(family), context(TRAIN)).processor
    text = "naïve 日本 ~ ba\x07"
    assert tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True) == text


def test_unigram_keeps_pieces_with_their_scores_and_characters_seen():
    pieces = [("[PAD]", 0.0), ("x", -8.0), ("[UNK]", 0.0), ("▁", -3.0), ("a", -4.0), ("b", -4.0), ("é", -9.0),
              ("▁ab", -2.0), ("▁ba", -2.5)]  # fmt: skip
    tokenizer = fast(models.Unigram(pieces, unk_id=2), pre_tokenizers.Metaspace(), unk_token="[UNK]")
    assert tokenizer.tokenize("ab ba") == ["▁ab", "▁ba"]
    trimmed = trim_vocabulary(vocabularies.classifier("bert", tokenizer), context(["ab ab", "ab ba"])).processor
    model = json.loads(trimmed.backend_tokenizer.to_str())["model"]
    assert model["vocab"] == [list(piece) for piece in pieces if piece[0] not in ("é", "▁ba")]
    assert model["unk_id"] == 2 and trimmed.tokenize("ab ba é") == ["▁ab", "▁", "b", "a", "▁", "é"]
    assert trimmed("é")["input_ids"] == [3, 2]


def test_deberta_reads_the_new_unknown_again(tmp_path):
    pieces = [("[PAD]", 0.0), ("[CLS]", 0.0), ("[SEP]", 0.0), ("[MASK]", 0.0), ("rare", -4.0), ("[UNK]", -1.0),
              ("▁", -3.0), ("a", -3.0)]  # fmt: skip
    model = vocabularies.classifier("deberta-v2", DebertaV2Tokenizer(vocab=pieces, unk_id=5))
    trim_vocabulary(model, context(["a a a"])).save(tmp_path / "trimmed", ["a"])
    tokenizer = load(tmp_path / "trimmed")[1]
    assert tokenizer.unk_token_id == 4 and tokenizer("é")["input_ids"] == [1, 5, 4, 2]


def test_word_level_makes_rare_words_unknown():
    vocabulary = {word: i for i, word in enumerate(["[PAD]", "a", "rare", "often", "b", "[UNK]"])}
    tokenizer = fast(models.WordLevel(vocabulary, "[UNK]"), pre_tokenizers.Whitespace(), unk_token="[UNK]")
    trimmed = trim_vocabulary(vocabularies.classifier("bert", tokenizer), context(["often rare often", "often a"]))
    assert trimmed.processor.get_vocab() == {"[PAD]": 0, "often": 1, "[UNK]": 2}
    assert trimmed.processor("often rare a")["input_ids"] == [1, 2, 2]


@pytest.mark.parametrize(
    "post",
    [
        processors.BertProcessing(("[SEP]", 8), ("[CLS]", 9)),
        processors.RobertaProcessing(("[SEP]", 8), ("[CLS]", 9)),
        processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B [SEP]", [("[SEP]", 8), ("[CLS]", 9)]),
        processors.Sequence([processors.ByteLevel(), processors.BertProcessing(("[SEP]", 8), ("[CLS]", 9))]),
    ],
)
def test_every_kind_of_post_processor_frames_texts_with_the_new_ids(post):
    """Even where the tokens of the frame are named nowhere else, and come last."""
    words = ["[PAD]", "rare", "one", "two", "three", "four", "five", "often", "[SEP]", "[CLS]", "[UNK]"]
    tokenizer = fast(models.WordLevel({word: i for i, word in enumerate(words)}, "[UNK]"), pre_tokenizers.Whitespace())
    tokenizer.backend_tokenizer.post_processor = post
    trimmed = trim_vocabulary(vocabularies.classifier("bert", tokenizer), context(["often often often"])).processor
    assert trimmed.get_vocab() == {"[PAD]": 0, "often": 1, "[SEP]": 2, "[CLS]": 3, "[UNK]": 4}
    assert trimmed("often")["input_ids"] == [3, 1, 2]
    assert trimmed("often", "often")["input_ids"].count(2) >= 2


# --- Which texts are counted -----------------------------------------------------------------------------------------


def test_both_texts_of_a_pair_are_counted():
    one, two = "word1 " * 3, "word2 " * 3
    assert {"word1", "word2"} <= set(kept(pico.tokenizer(), [(one, two)]))
    assert kept(pico.tokenizer(), [(one, "word2"), ("word2", "word2")]) == kept(pico.tokenizer(), [(one, two)])


def test_unlabelled_texts_are_counted_where_that_is_wanted():
    model, seen = vocabularies.classifier("bert", pico.tokenizer()), context(["word1 " * 3], ["word2 " * 3])
    for unlabelled in (False, True):
        trimmed = trim_vocabulary(model, seen, unlabelled=unlabelled).processor
        assert ("word2" in trimmed.get_vocab()) == unlabelled and "word1" in trimmed.get_vocab()


def test_what_is_cut_off_is_not_counted():
    model = vocabularies.classifier("bert", pico.tokenizer())
    assert "word2" not in trim_vocabulary(model, context(["word1 " * 30 + "word2 " * 3])).processor.get_vocab()


# --- Positions and ids -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["bert", "distilbert", "electra", "gpt2", "roberta", "deberta-v2"])
def test_positions_that_no_text_reaches_go(family):
    both = {
        "position_biased_input": True,
        "max_relative_positions": -1,
        "position_buckets": 12,
    }  # -1: as absolute ones
    model = vocabularies.classifier(family, **(both if family == "deberta-v2" else {}))
    trimmed = trim_vocabulary(model, context(TRAIN), min_count=0)
    before = positions(model.model)
    assert (positions(trimmed.model), trimmed.processor.model_max_length) == (24, 24)
    long = [*TEST, "nor " * 40]
    np.testing.assert_allclose(trimmed.logits(long), model.logits(long), atol=1e-5)
    assert positions(trim_vocabulary(model, context(TRAIN), positions=False).model) == before > 24


def test_roberta_counts_positions_from_its_padding_wherever_that_is():
    words = ["one", "two", "three", "<pad>", "<unk>", "<s>", "</s>"]
    tokenizer = fast(
        models.WordLevel({word: i for i, word in enumerate(words)}, "<unk>"), pre_tokenizers.Whitespace(),
        pad_token="<pad>", unk_token="<unk>", bos_token="<s>", eos_token="</s>",
    )  # fmt: skip
    model = vocabularies.classifier("roberta", tokenizer)
    trimmed = trim_vocabulary(model, context(["two two two"]))
    assert model.model.config.pad_token_id == 3 and trimmed.model.config.pad_token_id == 1
    assert trimmed.model.config.max_position_embeddings == 24 + 2
    texts = ["two", "two two two", "two " * 30]
    np.testing.assert_allclose(trimmed.logits(texts), model.logits(texts), atol=1e-5)


def test_ids_of_the_config_follow_their_tokens_and_those_without_one_go():
    model = vocabularies.classifier("llama")
    ends = model.processor.convert_tokens_to_ids(["</s>", "<unk>"])
    model.model.config.eos_token_id, model.model.config.bos_token_id = ends, len(model.processor) + 1
    config = trim_vocabulary(model, context(TRAIN)).model.config
    assert config.eos_token_id == ends == [2, 0] and config.bos_token_id is None


# --- Refusals --------------------------------------------------------------------------------------------------------


class Slow:
    is_fast = False


def test_what_cannot_be_trimmed_is_refused_in_one_line():
    model = vocabularies.classifier("bert")
    with pytest.raises(ValueError, match=r"^Slow has no tokenizer\.json to trim: save it as a fast tokenizer first$"):
        trim_vocabulary(replace(model, processor=Slow()), context(TRAIN))
    marked = fast(models.BPE({"[PAD]": 0, "a</w>": 1}, [], end_of_word_suffix="</w>"), pre_tokenizers.Whitespace())
    with pytest.raises(ValueError, match=r"^BPE that marks where words go on or end is not trimmed: choose another"):
        trim_vocabulary(replace(model, processor=marked), context(TRAIN))
    gaps = fast(models.WordLevel({"[UNK]": 0, "one": 1, "two": 9}, "[UNK]"), pre_tokenizers.Whitespace())
    with pytest.raises(ValueError, match=r"^the tokenizer's ids have gaps, which added tokens would fill: number its"):
        trim_vocabulary(replace(model, processor=gaps), context(["two two two"]))


def test_layers_are_not_compared_with_those_of_a_teacher_that_reads_other_tokens():
    model = vocabularies.classifier("bert")
    seen = context(TRAIN)
    vars(seen).update(teacher=model)
    with pytest.raises(ValueError, match=r"^losses compare layers token by token, and the student has another voc"):
        distill(trim_vocabulary(model, seen), seen, losses={"hidden_states": 1.0})
