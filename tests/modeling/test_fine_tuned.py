"""A user's own fine-tuned model becomes the teacher as it is, or is refused in one line before anything runs."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from slim.download.encoder import fetch
from slim.modeling.formats import load_model
from slim.modeling.manifest import read_manifest
from slim.modeling.splits import class_names, read_split
from slim.modeling.transformer import ARCHITECTURES
from slim.utils.io import read_arrays, read_json
from stages.download import download
from stages.download_model import download_model
from stages.finetune import finetune
from tests import pico
from tests.project import DATASET, Project


def named(*names):
    """A change: these are the names of the classes in config.json."""
    return lambda _, config: config.update(id2label=dict(enumerate(names)), label2id={})


def unnamed(_, config):
    config.pop("id2label"), config.pop("label2id")
    config["num_labels"] = 3


def fetched(folder: Path, target: Path, **options) -> dict:
    """The card of a user's folder, fetched as a fine-tuned model."""
    fetch(target, source="folder", path=str(folder), fine_tuned=True, **options)
    return read_json(target / "card.json")


@pytest.mark.parametrize("family", ARCHITECTURES)
def test_a_model_of_every_architecture_keeps_its_head_and_says_its_classes(family, tmp_path):
    mine = pico.changed(tmp_path / "mine", lambda *_: None, family)
    assert fetched(mine, tmp_path / "base")["labels"] == ["a", "b", "c"]
    for file in ("model.safetensors", "config.json"):
        assert (tmp_path / "base" / file).read_bytes() == (mine / file).read_bytes()


def test_what_is_to_be_trained_has_no_classes(tmp_path):
    fetch(tmp_path / "base", source="folder", path=str(pico.changed(tmp_path / "mine", lambda *_: None)))
    assert "labels" not in read_json(tmp_path / "base/card.json")


def without_head(tensors, _):
    del tensors["classifier.weight"], tensors["classifier.bias"]


def without_pooler(tensors, _):
    del tensors["bert.pooler.dense.bias"]


def regression(tensors, config):
    tensors |= {name: tensors[name][:1].clone() for name in ("classifier.weight", "classifier.bias")}
    config.update(id2label={"0": "LABEL_0"}, label2id={"LABEL_0": 0})
    return tensors


def multi_label(_, config):
    config["problem_type"] = "multi_label_classification"


HEADLESS = " of its head is not in model.safetensors, or of another size: drop model.fine_tuned, and a head is trained"


@pytest.mark.parametrize(
    ("change", "labels", "message"),
    [
        (
            unnamed,
            None,
            ": the classes of its head have no names (LABEL_0, LABEL_1, LABEL_2): name them in this order, as in "
            "`labels: [negative, positive]` beside model.fine_tuned",
        ),
        (
            named("x", "y", "z"),
            ["a", "b"],
            ": its head has 3 classes (x, y, z), model.labels names 2 (a, b): name each, in this order",
        ),
        (without_head, None, f": classifier.bias{HEADLESS}"),
        (without_pooler, None, f": bert.pooler.dense.bias{HEADLESS}"),
        (named("a", "b"), None, f": classifier.bias{HEADLESS}"),
        (regression, None, ": its head has one output, no classes: drop model.fine_tuned, and a head is trained"),
        (
            multi_label,
            None,
            " holds a head for multi_label_classification, not for one class of several: fine-tune it anew",
        ),
    ],
)
def test_a_folder_without_a_whole_head_of_named_classes_is_refused(change, labels, message, tmp_path):
    mine = pico.changed(tmp_path / "mine", change)
    with pytest.raises(ValueError) as refusal:
        fetched(mine, tmp_path / "base", labels=labels)
    assert str(refusal.value) == f"model.path: {mine}{message}"
    assert not (tmp_path / "base").exists()


def test_a_pickle_is_refused_as_ever(tmp_path):
    mine = pico.changed(tmp_path / "mine", lambda *_: None)
    (mine / "model.safetensors").rename(mine / "pytorch_model.bin")
    with pytest.raises(ValueError, match=r"has no model\.safetensors with a config\.json \(pickles are never loaded"):
        fetched(mine, tmp_path / "base")


def test_a_pooler_that_the_class_does_not_use_may_lie_beside(tmp_path):
    pooler = {"roberta.pooler.dense.weight": torch.ones(16, 16), "roberta.pooler.dense.bias": torch.ones(16)}
    mine = pico.changed(tmp_path / "mine", lambda tensors, _: tensors | pooler, "roberta")
    assert fetched(mine, tmp_path / "base")["labels"] == ["a", "b", "c"]


def plain(folder: Path | str, texts) -> np.ndarray:
    """[texts, classes]: what transformers alone computes with a user's folder."""
    batch = AutoTokenizer.from_pretrained(folder)(
        list(texts), padding=True, truncation=True, max_length=16, return_tensors="pt"
    )
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    return model(**batch).logits.detach().numpy()


class Own(Project):
    """A project whose model is a user's own, with classes in another order than the data's a, b and c."""

    def teacher(self, change, **options) -> None:
        """Run what leads to the teachers in this process, with a folder that `change` changed."""
        pico.changed(self.folder / "mine", change)
        self.params["model"] = {"source": "folder", "path": "mine", "fine_tuned": True, **options}
        self.write_params(self.params)
        download_model()
        download(DATASET)
        finetune(DATASET, "0")


@pytest.fixture
def project(tmp_path, monkeypatch) -> Own:
    own = Own(tmp_path / "project")
    monkeypatch.chdir(own.folder)
    return own


@pytest.mark.parametrize(
    ("change", "options", "order"),
    [
        (named("a", "b", "c"), {}, [0, 1, 2]),
        (named("b", "c", "a"), {}, [2, 0, 1]),
        (unnamed, {"labels": ["b", "c", "a"]}, [2, 0, 1]),
        (named("x", "y", "z"), {"labels": ["a", "b", "c"]}, [0, 1, 2]),
    ],
)
def test_the_teacher_gives_the_logits_of_the_users_model_in_the_order_of_the_data(
    change, options, order, project, capsys
):
    project.teacher(change, **options)
    said = "models/base: the classes of its head are put in the order a, b, c\n"
    assert (said in capsys.readouterr().out) == (order != [0, 1, 2])
    teacher = load_model("models/teacher/toy/0")
    assert teacher.model.config.id2label == {0: "a", 1: "b", 2: "c"} and teacher.max_tokens == 16
    long = [*pico.texts(), " ".join(pico.WORDS)]  # the last is cut
    np.testing.assert_allclose(teacher.logits(long), plain("mine", long)[:, order], atol=1e-5)
    train, logits = read_split("data/datasets/toy", "train").inputs, read_arrays("data/logits/toy/0.npz")
    np.testing.assert_allclose(logits["train"], plain("mine", train)[:, order], atol=1e-5)
    assert logits["unlabelled"].shape == (0, 3)


def test_nothing_is_trained_whatever_the_seed(project):
    project.teacher(named("a", "b", "c"))
    finetune(DATASET, "1")
    one, other = (Path("models/teacher/toy", seed) for seed in "01")
    assert sorted(path.name for path in one.iterdir()) == sorted(path.name for path in other.iterdir())
    assert all(path.read_bytes() == (other / path.name).read_bytes() for path in one.iterdir())
    assert read_manifest(one)["steps"] == [
        {"stage": "finetune", "recipe": "teacher", "method": "fine_tuned", "options": {}}
    ]
    assert read_json(one / "epochs.json") == [] and not Path(".ckpt").exists()
    mine, kept = load_file("mine/model.safetensors"), load_file(one / "model.safetensors")
    assert mine.keys() == kept.keys() and all(torch.equal(mine[name], kept[name]) for name in mine)


def test_weights_in_float16_and_in_shards_stay_what_they_are(project):
    def halved(tensors, config):
        config["dtype"] = "float16"
        return {name: tensor.half() for name, tensor in tensors.items()}

    project.teacher(halved)
    given = plain("mine", pico.texts())
    mine = Path("mine/model.safetensors")
    tensors = load_file(mine)
    names = [f"model-0000{i}-of-00002.safetensors" for i in (1, 2)]
    for i, name in enumerate(names):
        save_file(dict(list(tensors.items())[i::2]), Path("mine", name), metadata={"format": "pt"})
    index = {tensor: names[i % 2] for i, tensor in enumerate(tensors)}
    Path("mine/model.safetensors.index.json").write_text(json.dumps({"weight_map": index}))
    mine.unlink()
    download_model()
    finetune(DATASET, "1")
    whole, joined = (load_model(f"models/teacher/toy/{seed}").logits(pico.texts()) for seed in "01")
    np.testing.assert_array_equal(joined, whole)
    np.testing.assert_allclose(whole, given, atol=1e-5)


BY_THE_DATA = "give them the data's names, in the model's order, with model.labels or id2label of its config.json"


def test_other_names_are_refused_with_both_lists(project):
    with pytest.raises(ValueError) as refusal:
        project.teacher(named("A", "b", "c"))
    assert str(refusal.value) == (
        f"the fine-tuned model 'mine' has the classes A, b, c, the dataset 'toy' has a, b, c: {BY_THE_DATA}"
    )
    assert not Path("models/teacher").exists() and not Path("data/logits").exists()


def test_a_model_that_fits_one_dataset_is_refused_for_another(project):
    Path("two").mkdir()
    for name in ("train", "test"):
        rows = Path(f"table/{name}.csv").read_text().splitlines()
        Path(f"two/{name}.csv").write_text("\n".join(row for row in rows if not row.endswith(",c")) + "\n")
    project.params["datasets"]["two"] = {"source": "files", "path": "two"}
    project.teacher(named("c", "b", "a"))
    download("two")
    assert class_names("data/datasets/two") == ["a", "b"]
    with pytest.raises(ValueError) as refusal:
        finetune("two", "0")
    assert str(refusal.value) == (
        "the fine-tuned model 'mine' has the classes c, b, a, the dataset 'two' has a, b: "
        "drop the dataset, or model.fine_tuned so that a head is trained"
    )
    assert not Path("models/teacher/two").exists()
