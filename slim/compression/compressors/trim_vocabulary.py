"""Fewer rows in the embeddings: those of tokens that the texts hardly need, and of positions that no text reaches."""

from typing import TYPE_CHECKING, Literal

from slim.utils.option_types import CountOrZero

if TYPE_CHECKING:
    from slim.compression.context import Context
    from slim.modeling.classifier import Classifier


def trim_vocabulary(
    model: "Classifier",
    context: "Context",
    *,
    min_count: CountOrZero = 3,
    alphabet: Literal["seen", "all"] = "seen",
    unlabelled: bool = False,
    positions: bool = True,
) -> "Classifier":
    """The model with the tokens that stand at least `min_count` times in train, and those others are spelled with.

    `alphabet`: the single characters that stay, those of train and of ASCII, or all of the vocabulary; `unlabelled`:
    count unlabelled texts, too; `positions`: drop learnt positions beyond the model's `max_tokens`. Texts whose tokens
    all stay have the same logits; others are cut into smaller pieces or, by a word-level tokenizer, have unknown words
    (arXiv:2402.09977). Raises ValueError for a model of images, or a tokenizer without a tokenizer.json.
    """
    from dataclasses import replace

    from slim.modeling import load_checks
    from slim.modeling.embeddings import keep_embeddings
    from slim.modeling.transformer import reads_images
    from slim.modeling.vocabulary import count_tokens, frame_ids, needed_ids, state_of, trim_tokenizer

    if reads_images(model.processor):
        raise ValueError("trim_vocabulary: a model of images has no vocabulary: choose another method")
    state = state_of(model.processor)
    texts = [*context.train.inputs, *(context.unlabelled if unlabelled else ())]
    counts = count_tokens(texts, model.processor, model.max_tokens)
    needed = needed_ids(state, counts, min_count, whole_alphabet=alphabet == "all")
    kept = sorted(needed | frame_ids(model.processor))
    smaller = keep_embeddings(model.model, kept, model.max_tokens if positions else None)
    tokenizer = trim_tokenizer(model.processor, kept)
    longest = load_checks.positions(smaller)
    tokenizer.model_max_length = min(tokenizer.model_max_length, longest or tokenizer.model_max_length)
    return replace(model, model=smaller, processor=tokenizer)
