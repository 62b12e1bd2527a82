"""Altered copies: words masked at the stated rate, halves joined, of texts, pairs and texts without spaces."""

import pytest

from slim.training.augmentation import MASKED, augmented

TEXTS = [" ".join(f"{name}{i}" for i in range(10)) for name in "abcdefgh"]


def test_every_copy_is_the_first_half_of_its_text_and_the_second_half_of_some_text():
    copies = augmented(TEXTS, 50, "[MASK]", seed=0)
    assert len(copies) == 50 * len(TEXTS)
    joined, masked = 0, 0
    for i, copy in enumerate(copies):
        words, own = copy.split(), TEXTS[i % len(TEXTS)].split()
        assert len(words) == 10
        assert all(word in (own[at], "[MASK]") for at, word in enumerate(words[:5]))
        others = {word[0] for word in words[5:]} - {"["}
        assert len(others) <= 1 and all(
            word == "[MASK]" or word[1] == str(at + 5) for at, word in enumerate(words[5:])
        )
        joined += bool(others - {own[0][0]})
        masked += words.count("[MASK]")
    assert 0.3 < joined / len(copies) < 0.6
    assert abs(masked / (10 * len(copies)) - MASKED) < 0.02


def test_the_same_seed_gives_the_same_texts_and_another_does_not():
    assert augmented(TEXTS, 2, None, 1) == augmented(TEXTS, 2, None, 1) != augmented(TEXTS, 2, None, 2)


def test_without_a_mask_words_are_left_out_but_never_all():
    copies = augmented([*TEXTS, "alone"], 200, None, seed=0)
    assert any(len(copy.split()) < 10 for copy in copies[: len(TEXTS)]) and all(copies)


def test_pairs_are_altered_together_and_texts_without_spaces_by_character():
    pairs = augmented([("p0 p1", "q0 q1"), ("r0 r1", "s0 s1")], 50, "[MASK]", seed=0)
    assert all(len(pair) == 2 for pair in pairs)
    ends = {(first[-2:], second[-2:]) for first, second in pairs if "MASK" not in first + second}
    assert ends == {("p1", "q1"), ("r1", "s1")}
    assert {len(text) for text in augmented(["一二三四", "五六七八"], 5, "#", seed=0)} == {4}


def test_images_are_refused():
    with pytest.raises(ValueError, match="images"):
        augmented([b"png"], 1, None, 0)
