"""The datasets that lie in archives of the package index: rows, lengths, and what models of words make of them.

After `make setup` and `dvc repro download_model`, from the root of the repository:
`python -m benchmarks.datasets > results/datasets.md`.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from transformers import AutoTokenizer

from benchmarks.fusion import markdown
from slim.config import Params, load
from slim.download.catalogue import PackagedEntry, read_entry
from slim.download.datasets.packaged import packaged
from slim.download.tables import write
from slim.evaluation.metrics import accuracy
from slim.evaluation.runs import ENCODER, fitted
from slim.modeling.splits import class_names, read_split
from slim.report.numbers import percent


def datasets() -> list[str]:
    """The names of those that the catalogue describes, in the order of its files."""
    files = sorted(Path("catalogue").glob("*.yaml"))
    return [file.stem for file in files if isinstance(read_entry(str(file)), PackagedEntry)]


def row(name: str, params: Params) -> list[str]:
    """The cells of one dataset: all its rows, with seed 0."""
    with TemporaryDirectory() as folder:
        write(packaged(path=f"catalogue/{name}.yaml"), folder)
        train, validation, test = (read_split(folder, split) for split in ("train", "validation", "test"))
        known = class_names(folder)
        baselines = [fitted(entry, Path(folder), 0, params.runtime.threads) for entry in params.baselines.values()]
    tokenizer = AutoTokenizer.from_pretrained(ENCODER, local_files_only=True)
    lengths = [len(ids) for ids in tokenizer(train.inputs, verbose=False)["input_ids"]]
    commonest = np.bincount(train.labels).argmax()
    return [
        f"`{name}`", str(len(known)), " / ".join(f"{len(split.labels):,}" for split in (train, validation, test)),
        ", ".join(f"{np.quantile(lengths, share):.0f}" for share in (0.5, 0.9)),
        percent(np.mean(test.labels == commonest)),
        *(percent(accuracy(model.logits(test.inputs), test.labels)) for model in baselines),
    ]  # fmt: skip


def main() -> None:
    """Print the page."""
    params = load()
    head = ["dataset", "classes", "train / validation / test", "tokens, median and 90 %", "commonest class"]
    print(
        "# Datasets inside archives of the package index\n\nWritten by `python -m benchmarks.datasets`. All rows, "
        "seed 0; tokens of texts of train, by the default encoder's tokenizer. Test accuracies in %: of the commonest "
        "class of train, and of the default's baselines, which read whole texts and learn from train alone.\n"
    )
    print(markdown([[*head, *params.baselines], *(row(name, params) for name in datasets())]))


if __name__ == "__main__":
    main()
