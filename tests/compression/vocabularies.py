"""Small tokenizers of every kind, trained on made-up texts, and pico models that read them."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import (
    BertTokenizer,
    DebertaV2Tokenizer,
    GPT2Tokenizer,
    LlamaTokenizer,
    PreTrainedTokenizerFast,
    Qwen2Tokenizer,
    RobertaTokenizer,
    T5Tokenizer,
)

from slim.modeling.classifier import Classifier
from slim.modeling.model_io import reconcile
from tests import pico

BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
SYLLABLES = ["ba", "del", "mi", "nor", "pu", "rest", "ska", "ti", "un", "wo"]


def texts(count: int, seed: int) -> list[str]:
    """Texts of made-up words, some of which are frequent and most rare."""
    draw = np.random.default_rng(seed)

    def word() -> str:
        place = min(int(draw.zipf(1.4)), 400)
        return "".join(np.random.default_rng(place).choice(SYLLABLES, 1 + place % 3)) + ("," if place % 5 == 0 else "")

    return [" ".join(word() for _ in range(draw.integers(2, 9))) for _ in range(count)]


def trained(model: Any, before: Any, trainer: Any, normalizer: Any = None) -> dict[str, Any]:
    """The state of a tokenizer's model after training."""
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = before
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.train_from_iterator(texts(400, 9), trainer)
    return json.loads(tokenizer.to_str())["model"]


def wordpiece() -> dict[str, int]:
    """A vocabulary of BERT's kind."""
    trainer = trainers.WordPieceTrainer(vocab_size=220, special_tokens=BERT, show_progress=False)
    model = models.WordPiece(unk_token="[UNK]")
    return trained(model, pre_tokenizers.BertPreTokenizer(), trainer, normalizers.BertNormalizer())["vocab"]


def byte_level(*special: str) -> dict[str, Any]:
    """Vocabulary and merges of GPT-2's kind."""
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=420, special_tokens=list(special), initial_alphabet=alphabet, show_progress=False
    )
    model = trained(models.BPE(), pre_tokenizers.ByteLevel(add_prefix_space=False), trainer)
    return {"vocab": model["vocab"], "merges": [tuple(pair) for pair in model["merges"]]}


def unigram(*special: str, unknown: str) -> list[tuple[str, float]]:
    """Pieces and scores of SentencePiece's kind."""
    trainer = trainers.UnigramTrainer(
        vocab_size=150, special_tokens=list(special), unk_token=unknown, show_progress=False
    )
    return [tuple(piece) for piece in trained(models.Unigram(), pre_tokenizers.Metaspace(), trainer)["vocab"]]


def llama() -> LlamaTokenizer:
    """With bytes for characters that it does not know."""
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=["<unk>", "<s>", "</s>", *BYTES], show_progress=False)
    model = trained(models.BPE(byte_fallback=True, unk_token="<unk>"), pre_tokenizers.Metaspace(), trainer)
    return LlamaTokenizer(vocab=model["vocab"], merges=[tuple(pair) for pair in model["merges"]])


def modernbert() -> PreTrainedTokenizerFast:
    """Byte-level BPE with BERT's special tokens, in no class of its own."""
    tokenizer = Tokenizer(models.BPE(**byte_level(*BERT)))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), BERT, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)


ROBERTA = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
DEBERTA = ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]")
TOKENIZERS: dict[str, Callable[[], Any]] = {
    "bert": lambda: BertTokenizer(vocab=wordpiece()),
    "distilbert": lambda: BertTokenizer(vocab=wordpiece()),
    "electra": lambda: T5Tokenizer(vocab=unigram("<pad>", "</s>", "<unk>", unknown="<unk>"), extra_ids=2),
    "deberta-v2": lambda: DebertaV2Tokenizer(vocab=unigram(*DEBERTA, unknown="[UNK]")),
    "roberta": lambda: RobertaTokenizer(**byte_level(*ROBERTA)),
    "modernbert": modernbert,
    "gpt2": lambda: GPT2Tokenizer(**byte_level("<|endoftext|>")),
    "qwen2": lambda: Qwen2Tokenizer(**byte_level("<|endoftext|>")),
    "llama": llama,
    "mistral": llama,
}
"""Family -> a tokenizer as its models have it; ELECTRA has one of T5's kind."""


def classifier(family: str, tokenizer: Any = None, **changes: Any) -> Classifier:
    """A pico model of a family with a tokenizer of its kind, or another; texts are cut at 24 tokens."""
    tokenizer = tokenizer or TOKENIZERS[family]()
    ids = {f"{kind}_token_id": getattr(tokenizer, f"{kind}_token_id") for kind in ("pad", "bos", "eos", "cls", "sep")}
    model = pico.model(family, **{"vocab_size": len(tokenizer) + 3} | ids | changes)
    reconcile(model.config, tokenizer)
    return Classifier(model, tokenizer, max_tokens=24, batch_size=8, runtime=pico.EXACT)
