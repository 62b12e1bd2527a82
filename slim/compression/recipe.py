"""Carrying out one recipe: load the model it starts from, apply its method, save the result with its history."""

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slim.modeling.manifest import read_manifest
from slim.utils.io import read_json
from slim.utils.registry import find
from slim.utils.work_cache import once, put, work_folder

Step = dict[str, Any]


@dataclass(frozen=True)
class Recipe:
    """An entry of `prune`, `distill` or `compress`."""

    stage: str
    name: str
    start: str
    """The model it starts from: teacher, or another recipe."""
    method: str
    """A file of slim/compression/compressors/."""
    options: Mapping[str, Any]

    def step(self, kept: Sequence[int]) -> Step:
        """What a model's manifest says of this recipe; `kept`: the layers that an order left, if it has one."""
        step = {"stage": self.stage, "recipe": self.name, "method": self.method, "options": dict(self.options)}
        return step | ({"kept": list(kept)} if kept else {})

    def build(self, run: str, runtime: Mapping[str, Any]) -> Path:
        """The recipe's model for one run, `dataset/seed`, as a folder of the work cache; computed unless it is there.

        `runtime`: the options of `Classifier.load` but for the seed.
        """
        dataset, seed = run.split("/")
        data, start = Path("data/datasets", dataset), Path("models", self.start, run)
        teacher, logits, encoder = Path("models/teacher", run), Path("data/logits", f"{run}.npz"), Path("models/base")
        choices = Path("data/choices", f"{self.name}.json")
        reads = [data, start] + ([teacher, logits, encoder] if self.stage == "distill" else [])
        reads += [choices] if "order" in self.options else []
        work = work_folder(self.stage, {"key": self.name, "from": self.start, "method": self.method}, reads)
        steps = read_manifest(start)["steps"]

        def compute(folder: Path) -> None:
            # Only where the model is not in the work cache: these take seconds.
            from slim.compression.context import Context
            from slim.modeling.formats import load_model

            context = Context(
                data=data,
                teacher_folder=teacher,
                logits_file=logits,
                encoder_folder=encoder,
                runtime={**runtime, "seed": int(seed)},
                work=work / "unfinished",
                kept=read_json(choices)[run]["kept"] if "order" in self.options else (),
                teacher_layers=layers_left(steps),
            )
            model = load_model(start, context.runtime)
            smaller = find("compression/compressors", self.method)(model, context, **self.options)
            smaller.save(folder, context.validation.inputs, steps=[*steps, self.step(context.kept)])

        return once(work, compute)


def layers_left(steps: Sequence[Step]) -> tuple[int, ...]:
    """Which of the teacher's layers are left after some steps; empty where none was dropped."""
    left: tuple[int, ...] = ()
    for step in steps:
        if kept := step.get("kept"):
            left = tuple(left[layer] for layer in kept) if left else tuple(kept)
    return left


def build_all(
    recipe: Recipe, runs: Sequence[str], only: Sequence[str], runtime: Mapping[str, Any], launcher: str = "python"
) -> None:
    """Build a recipe's model for every run, `dataset/seed`, and put it to models/<recipe>/<dataset>/<seed>.

    Runs whose model is in the work cache are not computed again. `only`: a dataset and a seed, whose model is then
    computed into the work cache and put nowhere; empty: all runs. `launcher`: what starts the processes that compute
    a run (torchrun, accelerate launch); plain python computes all runs in this process. Raises ValueError when a
    launched process fails.
    """
    if only:
        recipe.build("/".join(only), runtime)
        return
    for run in runs:
        if launcher != "python":
            words = [*shlex.split(launcher), "-m", f"stages.{recipe.stage}", recipe.name, *run.split("/")]
            if subprocess.run(words, check=False).returncode:
                raise ValueError(f"{recipe.stage}.{recipe.name} failed for {run}: see the messages above")
        put(recipe.build(run, runtime), Path("models", recipe.name, run))
