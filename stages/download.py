"""download DATASET: labelled texts in three splits and their card, to data/datasets/DATASET."""

from slim.config import load
from slim.download.tables import write
from slim.utils.grid import source_options
from slim.utils.registry import find
from stages import run


def download(dataset: str) -> None:
    entry = load().datasets[dataset]
    print(f"making the dataset {dataset} from {entry['source']}", flush=True)
    write(find("download/datasets", entry["source"])(**source_options(entry)), f"data/datasets/{dataset}")


if __name__ == "__main__":
    run(download)
