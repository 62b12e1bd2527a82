"""download DATASET: labelled texts in three splits and their card, to data/datasets/DATASET."""

from slim.config import load
from slim.download.tables import write
from slim.utils.registry import find
from stages import run


def download(dataset: str) -> None:
    options = dict(load().datasets[dataset])
    source = options.pop("source")
    options.pop("finetune", None)  # which the stage of that name reads
    print(f"making the dataset {dataset} from {source}", flush=True)
    write(find("download/datasets", source)(**options), f"data/datasets/{dataset}")


if __name__ == "__main__":
    run(download)
