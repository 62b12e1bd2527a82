"""Duplicates and near-duplicates: known answers, and the comparison of every pair."""

import numpy as np
import pandas as pd

from slim.download.deduplication import near_duplicates, separate
from slim.download.tables import SPLITS

WORDS = [
    "acorn",
    "brine",
    "cedar",
    "dune",
    "ember",
    "fjord",
    "grove",
    "heath",
    "inlet",
    "jetty",
    "knoll",
    "ledge",
    "marsh",
]


def splits(**texts: list[str]) -> dict[str, pd.DataFrame]:
    return {name: pd.DataFrame({"text": texts[name], "label": "a"}) for name in SPLITS}


def texts_of(kept: dict[str, pd.DataFrame]) -> dict[str, list[str]]:
    return {name: list(frame["text"]) for name, frame in kept.items()}


def test_exact_duplicates_stay_in_the_later_split_only() -> None:
    kept, dropped = separate(splits(train=["a", "b", "b", "c"], validation=["b", "c"], test=["c", "c"]), near=False)
    assert texts_of(kept) == {"train": ["a"], "validation": ["b"], "test": ["c", "c"]}
    assert dropped == {"train: also in a later split": 3, "validation: also in a later split": 1}


def test_near_duplicates_do_not_straddle_the_splits() -> None:
    text = " ".join(WORDS)
    other = " ".join(reversed(WORDS))
    kept, dropped = separate(
        splits(train=[text, other, other], validation=[text.upper() + " 7!"], test=[text + " spring"]), near=True
    )
    assert texts_of(kept) == {"train": [other, other], "validation": [], "test": [text + " spring"]}
    assert dropped["train: nearly in a later split"] == 1 and dropped["validation: nearly in a later split"] == 1
    same_letters, _ = separate(splits(train=["A b, c!", "d"], validation=["e"], test=["ab c 7"]), near=True)
    assert texts_of(same_letters)["train"] == ["d"]


def test_near_duplicates_agree_with_comparing_every_pair() -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        words = text.lower().split()
        words += [""] * (3 - len(words))
        return {tuple(words[i : i + 3]) for i in range(len(words) - 2)}

    draw = np.random.default_rng(0)
    base = [" ".join(draw.choice(WORDS, count)) for count in [*range(20, 60), 1, 2, 3]]
    changed = [" ".join(t.split()[: -(i % 8)] + ["x"] * (i % 5)) if i % 8 else t for i, t in enumerate(base)]
    expected = [any(len(runs(a) & runs(b)) >= 0.8 * len(runs(a) | runs(b)) for b in base) for a in changed]
    assert list(near_duplicates(pd.Series(changed), pd.Series(base))) == expected
    assert 5 < sum(expected) < 40
