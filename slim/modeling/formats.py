"""The formats of model folders, and what reads each of them; a further format is one more entry."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from slim.modeling.manifest import read_manifest

if TYPE_CHECKING:
    from slim.modeling.splits import Input


class AnyClassifier(Protocol):
    """What a model of every format answers."""

    @property
    def labels(self) -> Sequence[str]:
        """The names of the classes."""

    @property
    def max_tokens(self) -> int:
        """Texts are cut at this many tokens."""

    @property
    def precision(self) -> str:
        """The number format of matrix products."""

    def logits(self, inputs: "Sequence[Input]") -> np.ndarray:
        """[inputs, classes]: float32 logits in the order given."""

    def reference_logits(self, inputs: "Sequence[Input]") -> np.ndarray:
        """[REFERENCE_INPUTS, classes]: logits of the first inputs, for the proof of a reload."""

    def truncated_fraction(self, inputs: "Sequence[Input]") -> float:
        """The fraction of the inputs that are cut at `max_tokens`."""

    def save(
        self,
        folder: str | Path,
        reference_inputs: "Sequence[Input]",
        steps: Sequence[Mapping[str, Any]] = (),
        **notes: Any,
    ) -> None:
        """Write the model with all that it needs, its manifest and reference logits."""


def load_model(folder: str | Path, runtime: Mapping[str, Any] | None = None) -> AnyClassifier:
    """The model of a folder, of whatever format its manifest names.

    `runtime`: the options of `Classifier.load`; without it the model runs as users want it, in float32, on a GPU if
    there is one, and nothing else in the process changes. Raises ValueError, in one line, when the folder is damaged
    or of an unknown format.
    """
    if (format := read_manifest(folder)["format"]) not in FORMATS:
        known = " or ".join(FORMATS)
        raise ValueError(f"{folder} is of the format '{format}', not {known}: load it with what wrote it")
    return FORMATS[format](folder, runtime)


# A format's library is imported only where a folder is of that format.
def _transformers(folder: str | Path, runtime: Mapping[str, Any] | None) -> AnyClassifier:
    from slim.modeling.classifier import Classifier

    return Classifier.open(folder) if runtime is None else Classifier.load(folder, **runtime)


def _onnx(folder: str | Path, runtime: Mapping[str, Any] | None) -> AnyClassifier:
    from slim.modeling.onnx_classifier import OnnxClassifier

    used = {name: (runtime or {})[name] for name in ("threads", "batch_size") if name in (runtime or {})}
    return OnnxClassifier.load(folder, **used)  # there is nothing to seed, and its precision is its own


FORMATS: dict[str, Callable[[str | Path, Mapping[str, Any] | None], AnyClassifier]] = {
    "transformers": _transformers,
    "onnx": _onnx,
}
"""What the manifest calls a format -> what loads it."""
