"""download_model: the pretrained encoder, verified, to models/base."""

from slim.params import load
from slim.pretrained import fetch
from stages import run


def download_model() -> None:
    model = load().model
    fetch("models/base", source=model.source, path=model.path, name=model.name, sha256=model.sha256)


if __name__ == "__main__":
    run(download_model)
