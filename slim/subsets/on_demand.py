"""The lattice of a deep model holds some of its subsets. Who needs another asks for it here: each is measured once."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock

from slim.subsets.lattice import SPLITS, Lattice
from slim.utils.io import read_arrays, write_arrays
from slim.utils.work_cache import work_folder


def lattice_with(run: str, masks: Iterable[int], *, target: str, runtime: Mapping[str, Any]) -> Lattice:
    """The lattice data/lattice/<target>/<run>.npz and, where `target` is raw, these subsets too.

    Those that it lacks are measured with the teacher of the run, `dataset/seed`, and kept in the work cache, which
    stages share. After a recovery nothing is added: `recover` trains subsets, and no other stage. `runtime`: the
    options of `Classifier.load` but for the seed.
    """
    lattice = Lattice.load(f"data/lattice/{target}/{run}.npz")
    return lattice.completed(masks, partial(_measured, lattice, run, runtime)) if target == "raw" else lattice


def _measured(lattice: Lattice, run: str, runtime: Mapping[str, Any], masks: list[int]) -> Lattice:
    """The lattice of subsets from the work cache, measured unless they are there."""
    dataset, seed = run.split("/")
    data, teacher = Path("data/datasets", dataset), Path("models/teacher", run)
    work = work_folder("ablate", {"dataset": dataset, "seed": seed}, [data, teacher], apart_from=["ablate"])
    files = {mask: work / f"{mask}.npz" for mask in masks}
    work.mkdir(parents=True, exist_ok=True)
    with FileLock(work / ".lock"):  # since stages that run side by side want the same
        if lacking := [mask for mask, file in files.items() if not file.exists()]:
            # Only where something is lacking: these take seconds.
            from slim.modeling.classifier import Classifier
            from slim.modeling.splits import read_split
            from slim.subsets.ablation import measure_subsets

            classifier = Classifier.load(teacher, seed=int(seed), **runtime)
            found = measure_subsets(classifier, {name: read_split(data, name) for name in SPLITS}, lacking)
            for mask in lacking:
                write_arrays(found.subset(mask), files[mask])
    results = {mask: read_arrays(file) for mask, file in files.items()}
    return Lattice.of_subsets(lattice.layers, lattice.labels, results)
