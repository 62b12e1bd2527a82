"""What grows how: larger models, more datasets, more texts, counted by slim/orchestration/workload.py.

python -m benchmarks.cost_model            # prints the tables of docs/scale.md
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from transformers import BertConfig, LlamaConfig, PreTrainedConfig

from slim.config import load
from slim.orchestration.estimate import duration, gigabytes
from slim.orchestration.machine import LOCK_SECONDS, configuration, model_size
from slim.orchestration.workload import ModelSize, Rows, ablate, checkpoints, choose, finetune, memory, work_by_stage
from slim.ranking.signals import BASELINES

TOKENS = 32
ROWS = Rows(train=12000, validation=1000, test=2000)
CLASSES = 10
BUDGETS = {"tenth_of_epoch": 0.1, "full_epoch": 1.0}
CHARACTERS = 4
"""Bytes of text a token, about."""


def models() -> dict[str, PreTrainedConfig]:
    """The packaged encoder and three larger ones; a decoder of Llama 3's 8-billion shape."""
    large = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
    decoder = {"hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
               "intermediate_size": 14336, "vocab_size": 128256}  # fmt: skip
    return {
        "MiniLM-L6": configuration(**load().model.model_dump()),
        "BERT-base": BertConfig(),
        "BERT-large": BertConfig(**large),
        "decoder of 8 billion": LlamaConfig(**decoder),
    }


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown, the first column to the left."""
    lines = [head, [":--", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


RECIPES: dict[str, dict] = {
    "prune": {"half": {"from": "teacher", "method": "drop_layers", "order": "greedy", "keep": 0.5}},
    "distill": {"half_distilled": {"from": "half", "method": "distill"}},
    "compress": {"half_float16": {"from": "half_distilled", "method": "float16"}},
}


def settings(datasets: int = 1, seeds: int = 1) -> dict:
    """The paper's setting over so many datasets and seeds: 15 strategies, 7 fusions, three recipes, two budgets."""
    content = load().model_dump() | RECIPES
    content["finetune"]["max_tokens"] = TOKENS
    content["finetune"] |= {"epochs": 3, "min_steps": 0, "batch_size": 32}
    content["distillation"] = {"epochs": 3}
    content["budgets"] = {name: {"epochs": epochs, "steps": None, "sizes": [6]} for name, epochs in BUDGETS.items()}
    names = [f"d{i}" for i in range(datasets)]
    return content | {
        "grid": {"datasets": names, "seeds": list(range(seeds))},
        "datasets": {name: {} for name in names},
        "strategies": {f"signal{i}": {} for i in range(12)} | {name: {} for name in BASELINES},
        "fusions": {f"fusion{i}": {} for i in range(7)},
    }


def by_model(sizes: dict[str, ModelSize]) -> str:
    """One run of 12,000 texts."""
    rows = []
    for name, each in sizes.items():
        params = settings()
        few = params | {"ablate": params["ablate"] | {"max_subsets": 0}}
        every = (2.0**each.layers - 1) / each.layers
        some = ablate(few, ROWS, each) + choose(few, ROWS, each)
        rows.append([
            name, f"{each.parameters / 1e6:,.0f} M", str(each.layers), f"{each.layer_parameters / 1e6:,.1f} M",
            gigabytes(memory(params, each)), gigabytes(4 * each.parameters), gigabytes(checkpoints(each)),
            f"{finetune(params, ROWS, each).trained:,.0f}", f"{every:,.0f}",
            f"{some.read_layers / 3000 / each.layers:,.0f}",
        ])  # fmt: skip
    return table(["model", "parameters", "layers", "a layer", "memory to train", "teacher on disk", "its checkpoints",
                  "texts trained", "passes of all subsets", "of some"], rows)  # fmt: skip


def by_grid(base: ModelSize) -> str:
    """BERT-base over larger grids."""
    rows = []
    for datasets, seeds in ((2, 1), (9, 3), (50, 5), (200, 5)):
        params = settings(datasets=datasets, seeds=seeds)
        work = work_by_stage(params, dict.fromkeys(params["grid"]["datasets"], ROWS), base)
        count, kept = len(work), sum(each.bytes for each in work.values())
        rows.append([f"{datasets} x {seeds}", f"{count:,}", duration(LOCK_SECONDS * count**2 / 2), gigabytes(kept)])
    return table(["datasets x seeds", "stages", "DVC's own time, one lock file", "disk"], rows)


def by_texts(sizes: dict[str, ModelSize]) -> str:
    """One run, more training texts."""
    rows = []
    for texts in (12_000, 10**6, 10**9):
        how = finetune(settings(), replace(ROWS, train=texts), sizes["BERT-base"])
        epochs = 3
        rows.append([
            f"{texts:,}", f"{how.trained * TOKENS:.2g}", f"{math.ceil(texts / 32) * epochs:,}",
            gigabytes(texts * TOKENS * CHARACTERS), gigabytes(texts * TOKENS * 8 * 2), gigabytes(texts * CLASSES * 4),
        ])  # fmt: skip
    return table(["training texts", "tokens trained, three epochs", "steps", "text", "tokenized, in memory",
                  f"the teacher's logits, {CLASSES} classes"], rows)  # fmt: skip


def tables() -> str:
    """What docs/scale.md shows; the same on every machine."""
    sizes = {name: model_size(config) for name, config in models().items()}
    return "\n\n".join([by_model(sizes), by_grid(sizes["BERT-base"]), by_texts(sizes)])


if __name__ == "__main__":
    print(tables())
