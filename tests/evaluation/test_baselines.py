"""What every baseline promises: logits, files without a pickle, and a reload to the same logits."""

import inspect
import shutil

import numpy as np
import pytest

from slim.config import check_options
from slim.evaluation.training_data import TrainingData
from slim.modeling.manifest import read_manifest
from slim.modeling.splits import Split
from slim.utils.registry import find, names
from tests import pico

QUICK = {"static_embeddings": {"dimensions": 8, "epochs": 4}, "fasttext": {"dimensions": 8, "buckets": 1000}}
"""Options that make a baseline small and fast; none needed where it is absent."""
IMAGES = {"tfidf_linear"}
"""Baselines that read images too."""
BASELINES = names("evaluation/baselines")
REDUCERS = {"pickle", "pkl", "joblib", "skops", "bin", "pt"}
"""What the files of pickles are called."""


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    """The folder of a pico encoder."""
    folder = tmp_path_factory.mktemp("models") / "base"
    pico.classifier().save(folder, pico.texts(4))
    return folder


def paired(split: Split) -> Split:
    """Texts cut in two."""
    return Split([tuple(text.split(" ", 1)) for text in split.inputs], split.labels)


KINDS = {"texts": lambda split: split, "pairs": paired}


def data(encoder, kind: str = "texts") -> TrainingData:
    train, validation = (KINDS[kind](pico.learnable(count, count)) for count in (300, 40))
    return pico.training_data(train, encoder, validation=validation)


def fit(name: str, data: TrainingData):
    return find("evaluation/baselines", name)(data, **QUICK.get(name, {}))


def contents(folder) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", BASELINES)
def test_it_learns_and_reloads_to_the_same_logits(name, kind, encoder, tmp_path):
    test = KINDS[kind](pico.learnable(60, 5))
    model = fit(name, data(encoder, kind))
    logits = model.logits(test.inputs)
    assert logits.shape == (60, 2) and np.isfinite(logits).all()
    assert (logits.argmax(-1) == test.labels).mean() > 0.9
    model.save(tmp_path / "model")
    again = type(model).load(tmp_path / "model")
    np.testing.assert_allclose(again.logits(test.inputs), logits, atol=1e-6)
    np.testing.assert_allclose(again.logits(test.inputs[:1]), logits[:1], atol=1e-5)


@pytest.mark.parametrize("name", BASELINES)
def test_its_files_are_counted_and_hold_no_pickle(name, encoder, tmp_path):
    model = fit(name, data(encoder))
    model.save(tmp_path / "model")
    files = contents(tmp_path / "model")
    manifest = read_manifest(tmp_path / "model")
    assert manifest["format"] == name
    assert manifest["bytes"] == sum(len(file) for path, file in files.items() if path != "manifest.json")
    assert not {path.rsplit(".")[-1] for path in files} & REDUCERS
    assert not any(file.startswith(b"\x80") for file in files.values())
    assert getattr(model, "parameters", 1) > 0


@pytest.mark.parametrize("name", BASELINES)
def test_the_same_data_and_seed_are_the_same_bytes(name, encoder, tmp_path):
    """Wherever the encoder lies; a copy of it is distilled again."""
    shutil.copytree(encoder, tmp_path / "copy")
    for folder, its_encoder in (("one", encoder), ("two", tmp_path / "copy")):
        fit(name, data(its_encoder)).save(tmp_path / folder)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.parametrize("name", BASELINES)
def test_every_class_has_a_column_and_texts_may_be_empty_or_unknown(name, encoder):
    words = pico.texts(300, 2)
    labels = np.arange(300) % 3
    model = fit(name, pico.training_data(Split(words, labels), encoder))
    logits = model.logits(["", "unheard of", "line\nbreak word1", words[0]])
    assert logits.shape == (4, 3) and np.isfinite(logits).all()


@pytest.mark.parametrize("name", BASELINES)
def test_images_are_read_or_refused_in_one_line(name, encoder, tmp_path):
    train, test = pico.learnable(60, 1, "vit"), pico.learnable(20, 2, "vit")
    images = pico.training_data(train, encoder)
    if name not in IMAGES:
        with pytest.raises(ValueError, match=f"{name} reads texts, and these are images: remove it"):
            fit(name, images)
        return
    model = fit(name, images)
    model.save(tmp_path / "model")
    logits = type(model).load(tmp_path / "model").logits(test.inputs)
    assert (logits.argmax(-1) == test.labels).mean() > 0.9


@pytest.mark.parametrize("name", BASELINES)
def test_its_options_are_checked(name):
    function = find("evaluation/baselines", name)
    check_options(name, function, QUICK.get(name, {}))
    with pytest.raises(ValueError, match=f"{name}.unheard_of: unknown key"):
        check_options(name, function, {"unheard_of": 1})
    for option in inspect.signature(function).parameters.values():
        if option.kind is option.KEYWORD_ONLY:
            with pytest.raises(ValueError, match=f"{name}.{option.name}"):
                check_options(name, function, {option.name: "nonsense"})


def test_a_class_without_a_row_in_train_is_refused():
    for labels, classes, missing in (([0, 1], 3, 2), ([0, 2], 3, 1)):
        split = Split(["a", "b"], np.array(labels))
        with pytest.raises(ValueError, match=f"class {missing} has no row in train"):
            pico.training_data(split, classes=classes)
