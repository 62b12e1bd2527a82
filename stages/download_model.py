"""download_model: the pretrained encoder, verified, to models/base."""

from slim.config import load
from slim.download.encoder import fetch
from stages import run


def download_model() -> None:
    fetch("models/base", **load().model.model_dump())


if __name__ == "__main__":
    run(download_model)
