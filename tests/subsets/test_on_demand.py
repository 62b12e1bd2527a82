"""Deep models: what orders need beyond the lattice is measured by the stage that asks first, and once."""

import shutil
from contextlib import chdir
from pathlib import Path

import numpy as np
import pytest
import yaml
from pandas import DataFrame

from slim.download.tables import Tables, write
from slim.modeling.classifier import Classifier
from slim.modeling.splits import read_split
from slim.modeling.transformer import keep_layers
from slim.subsets.curves import read_curves
from slim.subsets.lattice import Lattice, complete, layers_of, mask_of
from slim.subsets.on_demand import lattice_with
from slim.utils.io import read_json
from stages.ablate import ablate
from stages.choose import choose
from stages.extract_signals import extract_signals
from stages.fuse import fuse
from stages.rank import rank
from stages.remeasure import remeasure
from tests import pico
from tests.imports import ROOT

RUN, LAYERS = "toy/0", 6
RUNTIME = {"threads": 1, "precision": "fp32", "batch_size": 8}
OVERRIDES = {
    "grid": {"datasets": ["toy"], "seeds": [0]},
    "runtime": RUNTIME,
    "datasets": {"toy": {"source": "files", "path": "table"}},
    "ablate": {"max_subsets": 32, "sample": 2},
    "extract_signals": {"texts": 16},
    "strategies": {name: {"prune_first": "high"} for name in ("gradient_fisher", "weight_magnitude", "top_first")},
    "fusions": {"ridge": {"rows": "trajectories"}, "greedy": {}, "oracle": {}},
    "prune": {"half": {"from": "teacher", "method": "drop_layers", "order": "ridge", "keep": 0.5}},
    "distill": {},
    "compress": {},
    "ship": {"recipe": "half"},
}


def write_params(**changed) -> None:
    content = yaml.safe_load((ROOT / "params.yaml").read_text()) | OVERRIDES | changed
    Path("params.yaml").write_text(yaml.safe_dump(content))


@pytest.fixture(scope="module")
def ranked(tmp_path_factory) -> Path:
    """A teacher of six layers, a part of its lattice, and the orders of two signals and a baseline."""
    folder = tmp_path_factory.mktemp("deep")
    with chdir(folder):
        write_params()
        shutil.copy(ROOT / "dvc.yaml", "dvc.yaml")
        splits = {
            name: DataFrame({"text": pico.texts(24, seed), "label": pico.labels(24, seed=seed)})
            for seed, name in enumerate(("train", "validation", "test"))
        }
        write(Tables(splits, labels=["a", "b", "c"], origin="made up", licence="CC0"), "data/datasets/toy")
        pico.classifier(layers=LAYERS).save(f"models/teacher/{RUN}", pico.texts())
        ablate("toy", "0")
        extract_signals("toy", "0")
        for strategy in OVERRIDES["strategies"]:
            rank(strategy)
    return folder


@pytest.fixture
def deep(ranked, tmp_path, monkeypatch) -> Path:
    """A copy of it, in which this process runs."""
    monkeypatch.chdir(shutil.copytree(ranked, tmp_path / "deep"))
    return tmp_path / "deep"


def fuse_and_choose() -> dict[str, bytes]:
    """Path -> bytes of all data, after the two stages."""
    for fusion in OVERRIDES["fusions"]:
        fuse(fusion)
    choose()
    return outputs()


def outputs() -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted(Path("data").rglob("*")) if file.is_file()}


def test_every_order_has_its_curve_and_the_oracle_what_is_known_of_it(deep, capsys):
    fuse_and_choose()
    raw = Lattice.load(f"data/lattice/raw/{RUN}.npz")
    reached = set()
    for name in (*OVERRIDES["strategies"], "ridge", "greedy"):
        rows = read_curves(f"data/curves/{name}.csv")[RUN]
        assert [row["layers"] for row in rows] == [6, 5, 4, 3, 2, 1]
        assert ["test_regret" in row for row in rows] == [True, True, False, False, False, False]
        reached |= {mask_of([int(layer) for layer in row["kept"].split("-")]) for row in rows}
    assert reached - raw.row.keys()  # which ablate did not measure
    paths, test = Lattice.load(f"data/paths/{RUN}.npz"), read_split("data/datasets/toy", "test")
    teacher = Classifier.load(f"models/teacher/{RUN}", seed=0, **RUNTIME)
    for mask in reached:
        own = teacher.with_model(keep_layers(teacher.model, layers_of(mask))).logits(test.inputs)
        np.testing.assert_array_equal(paths.predictions["test"][paths.row[mask]], own.argmax(-1))
    assert [row["layers"] for row in read_curves("data/curves/oracle.csv")[RUN]] == [6, 5]
    assert "oracle in toy/0: without its subsets of 1, ..., 4 layers" in capsys.readouterr().out
    assert len(read_json("data/choices/half.json")[RUN]["kept"]) == 3


def test_each_subset_is_measured_once_and_the_same_without_the_work_cache(deep, monkeypatch):
    first = fuse_and_choose()
    with monkeypatch.context() as none:
        none.setattr(Classifier, "load", lambda *_, **__: pytest.fail("a model was loaded"))
        assert fuse_and_choose() == first
    shutil.rmtree(".ckpt")
    choose()
    assert outputs() == first


def test_of_a_complete_lattice_nothing_is_loaded_or_kept(deep):
    write_params(ablate={"max_subsets": 64})
    ablate("toy", "0")
    lattice = lattice_with(RUN, range(64), target="raw", runtime={})
    assert complete(lattice) and not Path(".ckpt/ablate").exists()


def test_after_a_recovery_nothing_is_added(deep):
    Lattice.load(f"data/lattice/raw/{RUN}.npz").save(f"data/lattice/brief/{RUN}.npz")
    lattice = lattice_with(RUN, range(1, 64), target="brief", runtime=RUNTIME)
    assert not complete(lattice)
    with pytest.raises(ValueError, match=r"raise ablate\.max_subsets, or recover\.sets and recover\.sizes"):
        lattice.only(range(1, 64))


@pytest.mark.parametrize(("keep", "what"), [(0.5, "which 3 layers stay"), ("best_accuracy", "at every depth")])
def test_an_order_that_is_not_known_at_every_depth_chooses_no_layers(keep, what, deep):
    write_params(prune={"half": OVERRIDES["prune"]["half"] | {"order": "oracle", "keep": keep}})
    with pytest.raises(ValueError, match=rf"^the order 'oracle' in toy/0: .*{what}.* since not all") as refusal:
        fuse_and_choose()
    assert "\n" not in str(refusal.value) and not Path("data/choices").exists()


def test_signals_measured_again_lead_a_fusion_along_the_same_path(deep):
    write_params(rank={"schedule": "iterative"})
    remeasure("toy", "0")
    for strategy in OVERRIDES["strategies"]:
        rank(strategy)
    fuse_and_choose()  # raises where the fusion takes another path, whose signals are not known
    remeasured = read_json("data/orders/gradient_fisher.json")["runs"][RUN]["remeasured"]
    path = read_json("data/fused/ridge.json")["runs"][RUN]["paths"][0]
    assert {str(mask_of(kept)) for kept in path[:-1]} <= set(remeasured)
