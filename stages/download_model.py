"""download_model: the pretrained encoder, its hash and that it can be used verified, to models/base."""

from slim.config import load, most_tokens
from slim.download.encoder import fetch
from stages import run


def download_model() -> None:
    params = load()
    most = most_tokens(params.finetune.max_tokens, params.datasets)
    fetch("models/base", max_tokens=most, **params.model.model_dump())


if __name__ == "__main__":
    run(download_model)
