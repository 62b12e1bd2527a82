"""download_model: the pretrained encoder, verified, to models/base."""

from slim.params import load
from slim.pretrained import fetch
from stages import run


def download_model() -> None:
    model = load().model
    fetch(model.source, model.name, model.sha256, "models/base")


if __name__ == "__main__":
    run(download_model)
