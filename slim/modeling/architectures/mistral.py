"""Mistral (arXiv:2310.06825): Llama with a window."""

from dataclasses import replace

from slim.modeling.architecture import Config
from slim.modeling.architectures.llama import llama


def _window(config: Config, _: int) -> int | None:
    return config.sliding_window and config.sliding_window - 1


mistral = replace(llama, window=_window, norms=("MistralRMSNorm",))
