"""mergekit (LGPL-3.0): a model of some of the layers, by a `passthrough` merge of slices of one model."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from mergekit.config import MergeConfiguration
from mergekit.merge import run_merge
from mergekit.options import MergeOptions

from slim.modeling.classifier import Classifier


def mergekit_layers(start: Path, kept: Sequence[int], like: Classifier) -> Classifier:
    """The model of a folder with the `kept` layers only, run as another is."""
    slices = [{"sources": [{"model": str(start.resolve()), "layer_range": [i, i + 1]}]} for i in kept]
    plan = MergeConfiguration.model_validate({"slices": slices, "merge_method": "passthrough", "dtype": "float32"})
    with TemporaryDirectory() as folder:
        run_merge(plan, folder, options=MergeOptions(copy_tokenizer=True, quiet=True))
        return like.with_model(Classifier.open(folder).model)
