"""Models so small that every test can have its own: 2 to 4 layers, 16 wide, random weights."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, BertTokenizerFast
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from slim.evaluation.training_data import TrainingData
from slim.modeling.batching import Batches, batches
from slim.modeling.classifier import Classifier
from slim.modeling.device import Runtime
from slim.modeling.model_io import reconcile
from slim.modeling.splits import Input, Split
from slim.modeling.transformer import ARCHITECTURES, from_config
from slim.utils.image_files import encode_png

WORDS = [f"word{i}" for i in range(60)]
EXACT = Runtime(torch.device("cpu"), bf16=False)


def tokenizer() -> Any:
    """A word-level tokenizer of WORDS."""
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    return BertTokenizerFast(vocab={word: i for i, word in enumerate(vocabulary)})


CONFIGS: dict[str, dict[str, Any]] = {
    "bert": {},
    "deberta-v2": {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "share_att_key": True,
                   "position_buckets": 4, "max_relative_positions": 16, "norm_rel_ebd": "layer_norm",
                   "position_biased_input": False},
    "distilbert": {"hidden_dim": 32},
    "electra": {"embedding_size": 8},
    "gpt2": {"n_inner": 32},
    "llama": {"num_key_value_heads": 1},
    "mistral": {"num_key_value_heads": 1, "sliding_window": 4},
    "modernbert": {"local_attention": 4, "global_attn_every_n_layers": 2, "cls_token_id": 2, "sep_token_id": 3},
    "qwen2": {"vocab_size": 66,  # with its end of text
              "num_key_value_heads": 1, "use_sliding_window": True, "sliding_window": 3, "max_window_layers": 1},
    "roberta": {},
    "vit": {"image_size": 8, "patch_size": 4},
}  # fmt: skip
"""Options of each architecture beside the common sizes, as its real models have them, in small."""


def config(family: str = "bert", layers: int = 3, classes: int = 3, **changes: Any) -> Any:
    """The config of a pico model."""
    sizes: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": layers, "num_attention_heads": 2}
    common = {
        "vocab_size": 65,
        "intermediate_size": 32,
        "max_position_embeddings": 64,
        "num_labels": classes,
        "initializer_range": 0.3,
        "pad_token_id": 0,
        "bos_token_id": 2,
        "eos_token_id": 3,
    }
    return AutoConfig.for_model(family, **sizes | common | CONFIGS[family] | changes)


def model(family: str = "bert", layers: int = 3, classes: int = 3, seed: int = 0, **changes: Any) -> Any:
    """A random classifier of a family; weights large enough that every layer changes what comes out."""
    torch.manual_seed(seed)
    model = from_config(config(family, layers, classes, **changes)).eval()
    with torch.no_grad():  # norms that change nothing would hide where they are forgotten
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn_like(parameter), alpha=0.1)
    return model


def texts(count: int = 24, seed: int = 0, longest: int = 9) -> list[str]:
    """Texts of one to `longest` words."""
    draw = np.random.default_rng(seed)
    return [" ".join(draw.choice(WORDS, draw.integers(1, longest + 1))) for _ in range(count)]


def images(count: int = 24, seed: int = 0) -> list[bytes]:
    """Grey images of 8 by 8 pixels."""
    draw = np.random.default_rng(seed)
    return [encode_png(pixels) for pixels in draw.integers(0, 256, (count, 8, 8), np.uint8)]


def inputs(family: str = "bert", count: int = 24, seed: int = 0) -> Sequence[Input]:
    """What a family reads: texts or images."""
    return images(count, seed) if ARCHITECTURES[family].images else texts(count, seed)


def labels(count: int = 24, classes: int = 3, seed: int = 0) -> np.ndarray:
    """Random classes, int64."""
    return np.random.default_rng(seed).integers(0, classes, count)


def learnable(count: int, seed: int, family: str = "bert") -> Split:
    """Texts of two classes that share no word; or images, dark and light ones."""
    classes = labels(count, classes=2, seed=seed)
    draw = np.random.default_rng(seed)
    if ARCHITECTURES[family].images:
        shades = draw.integers(0, 128, (count, 8, 8), np.uint8)
        return Split(
            [encode_png(shade + np.uint8(128 * label)) for shade, label in zip(shades, classes, strict=True)], classes
        )
    return Split([" ".join(draw.choice(WORDS[30 * label : 30 * label + 30], 5)) for label in classes], classes)


def training_data(train: Split, encoder: Path = Path("no encoder"), **changes: Any) -> TrainingData:
    """What a baseline learns from: a split, which is its validation too."""
    classes = len(set(train.labels.tolist()))
    return TrainingData(**{"train": train, "validation": train, "classes": classes, "encoder": encoder, "seed": 0,
                           "threads": 1} | changes)  # fmt: skip


def processor(family: str = "bert") -> Any:
    """The tokenizer or image processor of a family."""
    if ARCHITECTURES[family].images:
        return ViTImageProcessorPil(size={"height": 8, "width": 8})
    words = tokenizer()
    if family == "qwen2":  # which transformers adds to all that it reads as a tokenizer of Qwen2
        words.add_special_tokens({"eos_token": "<|endoftext|>"})
    return words


def batch_of(inputs: Sequence[Input], size: int = 8, by_length: bool = True) -> Batches:
    """Batches of texts or images."""
    family = "vit" if isinstance(inputs[0], bytes) else "bert"
    return batches(inputs, processor(family), max_tokens=16, batch_size=size, by_length=by_length)


def classifier(family: str = "bert", **options: Any) -> Classifier:
    """A pico model with its processor, in full precision on the CPU."""
    pico, its_processor = model(family, **options), processor(family)
    reconcile(pico.config, its_processor)
    return Classifier(pico, its_processor, max_tokens=16, batch_size=8, runtime=EXACT)


def changed(folder: Path, change: Callable[[dict, dict], dict | None], family: str = "bert") -> Path:
    """The folder of a model of the classes a, b and c, whose tensors and config `change` changed or replaced."""
    whole = classifier(family)
    whole.model.config.id2label = dict(enumerate("abc"))
    whole.save(folder, inputs(family))
    tensors, its_config = load_file(folder / "model.safetensors"), json.loads((folder / "config.json").read_text())
    tensors = change(tensors, its_config) or tensors
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(its_config))
    return folder
