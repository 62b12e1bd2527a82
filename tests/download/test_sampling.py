"""Choices by hash: the same for every order of the rows, in the promised proportions."""

import pandas as pd
import pytest

from slim.download.sampling import balanced, cut, proportional


def frame(rows: int = 400) -> pd.DataFrame:
    """A quarter of the rows is rare; ten rows to a document."""
    return pd.DataFrame({
        "text": [f"text number {i}" for i in range(rows)],
        "label": ["rare" if i % 4 == 0 else "common" for i in range(rows)],
    })  # fmt: skip


def of_documents() -> pd.DataFrame:
    return frame().assign(document=[f"document {i // 10}" for i in range(400)])


@pytest.mark.parametrize("choose", [
    lambda rows: balanced(rows, 20, 0),
    lambda rows: proportional(rows, 40, 0),
    lambda rows: cut(rows, 0.1, 0)[1],
])  # fmt: skip
def test_the_order_of_the_rows_does_not_matter(choose) -> None:
    chosen, of_reversed = choose(frame()), choose(frame()[::-1].reset_index(drop=True))
    assert sorted(chosen["text"]) == sorted(of_reversed["text"]) and len(chosen) == 40


def test_another_seed_is_another_choice() -> None:
    one, other = (set(proportional(frame(), 40, seed)["text"]) for seed in (0, 1))
    assert 0 < len(one & other) < 40


def test_classes_have_their_proportions_or_the_same_number() -> None:
    assert balanced(frame(), 20, 0)["label"].value_counts().to_dict() == {"rare": 20, "common": 20}
    assert balanced(frame(), 150, 0)["label"].value_counts().to_dict() == {"rare": 100, "common": 150}
    assert proportional(frame(), 41, 0)["label"].value_counts()["rare"] == 10
    rest, part = cut(frame(), 0.2, 0)
    assert part["label"].value_counts().to_dict() == {"common": 60, "rare": 20} and len(rest) == 320


def test_a_cut_keeps_equal_texts_together_and_a_class_in_the_rest() -> None:
    twice = pd.concat([frame(), frame(), pd.DataFrame({"text": ["alone"], "label": ["single"]})], ignore_index=True)
    rest, part = cut(twice, 0.5, 0)
    assert not set(rest["text"]) & set(part["text"]) and len(rest) + len(part) == 801
    assert "alone" in set(rest["text"])


def test_documents_are_cut_whole_and_no_class_has_more_than_its_fraction() -> None:
    rest, part = cut(of_documents(), 0.2, 0)
    assert not set(rest["document"]) & set(part["document"]) and len(rest) + len(part) == 400
    assert 60 <= len(part) <= 80 and part["label"].value_counts()["rare"] <= 20
