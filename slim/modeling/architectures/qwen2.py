"""Qwen2 (arXiv:2407.10671): Llama whose upper layers may have a window."""

from dataclasses import replace

from slim.modeling.architecture import Config
from slim.modeling.architectures.llama import llama


def _window(config: Config, layer: int) -> int | None:
    return config.sliding_window - 1 if config.layer_types[layer] == "sliding_attention" else None


qwen2 = replace(llama, window=_window, per_layer=("layer_types",), norms=("Qwen2RMSNorm",))
