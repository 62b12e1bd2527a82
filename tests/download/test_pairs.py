"""Pairs of texts: read, told apart, trained on, observed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from slim.download.datasets.files import files
from slim.download.tables import card, write
from slim.evaluation.baselines.tfidf_linear import tfidf_linear
from slim.modeling.splits import Split, read_split
from slim.modeling.tokenization import tokenize
from slim.ranking.collect import collect
from slim.subsets.ablation import ablate
from slim.training.trainer import Schedule, train_classifier
from tests import pico


def pairs(folder: Path) -> dict[str, str]:
    rows = [(f"first {i}", f"second {i % 7}", i % 2) for i in range(60)]
    twin, swapped = ("first 50", "second 1", 0), ("second 0", "first 0", 1)
    half = ("first 1", "", 1)
    for name, part in {"a": [*rows[:50], twin, swapped, half], "b": rows[50:]}.items():
        pd.DataFrame(part, columns=["one", "two", "label"]).to_csv(folder / f"{name}.csv", index=False)
    return {"train": str(folder / "a.csv"), "test": str(folder / "b.csv"), "text": "one", "text_pair": "two"}


def test_pairs_are_told_apart_by_both_texts_and_come_back_as_pairs(tmp_path: Path) -> None:
    tables = files(path="", **pairs(tmp_path))
    assert tables.dropped == {"train: also in a later split": 1, "train: no text_pair": 1}
    write(tables, tmp_path / "out")
    frame = pd.read_parquet(tmp_path / "out" / "test.parquet")
    assert list(frame.columns) == ["text", "text_pair", "label"]
    test = read_split(tmp_path / "out", "test")
    assert (
        test.inputs[0] == ("first 50", "second 1")
        and len(test.inputs) == 10
        and test.head(2).inputs == test.inputs[:2]
    )
    both = {pair for name in ("train", "validation") for pair in read_split(tmp_path / "out", name).inputs}
    assert {("first 0", "second 0"), ("second 0", "first 0")} <= both and len(both) == 51
    assert card(tables)["splits"]["test"]["words"]["max"] == 4
    with pytest.raises(ValueError, match="unlabelled texts do not come in pairs: drop `unlabelled` or `text_pair`"):
        files(path="", **pairs(tmp_path), unlabelled="c.csv")


def test_a_model_reads_pairs_as_two_segments() -> None:
    texts = [("word1 word2", "word3"), ("word4", "word5 word6 " * 20)]
    encoded = tokenize(texts, pico.tokenizer(), 16)[:]
    one, two = (pico.tokenizer()(*pair, truncation=True, max_length=16) for pair in texts)
    assert encoded["input_ids"] == [one["input_ids"], two["input_ids"]] and len(two["input_ids"]) == 16
    assert encoded["token_type_ids"][0] == [0, 0, 0, 0, 1, 1]
    model = pico.classifier()
    assert not np.allclose(model.logits(texts), model.logits([(second, first) for first, second in texts]))
    masks = [0b111]
    predictions, _ = ablate(model.model, model.batches(texts), np.zeros(2, np.int64), masks, model.runtime)
    assert predictions[0].tolist() == model.logits(texts).argmax(-1).tolist()


def test_a_model_is_trained_saved_and_observed_on_pairs(tmp_path: Path) -> None:
    words = [(f"word{i % 9}", f"word{20 + i % 2}") for i in range(60)]
    split, model = Split(words, np.arange(60) % 2), pico.classifier(classes=2)
    before = model.logits(words)
    schedule = Schedule(epochs=1, batch_size=16, learning_rate=1e-3, warmup=0.1, weight_decay=0.0, seed=0, steps=6)
    train_classifier(model, split, None, schedule, tmp_path / "work")
    after = model.logits(words)
    loss = [-np.log(np.exp(o[np.arange(60), split.labels]) / np.exp(o).sum(-1)).mean() for o in (before, after)]
    assert loss[1] < loss[0]
    model.save(tmp_path / "model", words)
    assert (model.reference_logits(words) == np.load(tmp_path / "model" / "reference_logits.npy")).all()
    seen = collect(model.model, model.batches(words[:20], by_length=False), split.labels[:20], model.runtime)
    assert seen.examples == 20 and (seen.keys == 5).all()


def test_the_linear_floor_reads_both_texts_of_a_pair() -> None:
    texts = [("same", "yes indeed" if i % 2 else "no never") for i in range(40)]
    split = Split(texts, np.arange(40) % 2)
    options = {"max_ngram": 1, "min_df": 1, "C": 10.0}
    whole, some, forty = (
        tfidf_linear(pico.training_data(split), **options, max_rows=rows).logits(texts) for rows in (None, 30, 40)
    )
    assert (whole.argmax(-1) == split.labels).all() and (some.argmax(-1) == split.labels).all()
    assert not np.allclose(some, whole) and (forty == whole).all()
