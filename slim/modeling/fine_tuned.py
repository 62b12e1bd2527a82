"""A user's own fine-tuned model: it is the teacher as it is, so its classes must be those of the data."""

import re
from collections.abc import Sequence
from pathlib import Path

from transformers import AutoConfig

from slim.modeling.heads import head_names
from slim.modeling.splits import class_names
from slim.utils.io import read_json, write_json

UNNAMED = re.compile(r"LABEL_\d+")
"""What transformers calls a class that has no name."""


def named_classes(folder: Path, labels: Sequence[str] | None = None) -> list[str]:
    """The names of the classes of a folder's head, by their number; with `labels`, config.json has these from now on.

    Raises ValueError, beginning with the folder, where the head chooses no class, `labels` are not as many as its
    outputs, or nobody has named them.
    """
    own = head_names(AutoConfig.from_pretrained(folder, local_files_only=True))
    if len(own) < 2:
        raise ValueError(
            f"{folder}: its head has one output, no classes: drop model.fine_tuned, and a head is trained"
        )
    if labels is None:
        if all(UNNAMED.fullmatch(name) for name in own):
            raise ValueError(f"{folder}: the classes of its head have no names ({', '.join(own)}): name them in this "
                             "order, as in `labels: [negative, positive]` beside model.fine_tuned")  # fmt: skip
        return own
    if len(labels) != len(own):
        raise ValueError(f"{folder}: its head has {len(own)} classes ({', '.join(own)}), model.labels names "
                         f"{len(labels)} ({', '.join(labels)}): name each, in this order")  # fmt: skip
    names = {str(i): name for i, name in enumerate(labels)}
    numbers = {name: i for i, name in enumerate(labels)}
    config = read_json(folder / "config.json") | {"id2label": names, "label2id": numbers}
    write_json(config, folder / "config.json")
    return list(labels)


def is_fine_tuned(folder: str | Path, data: str | Path) -> bool:
    """Whether the model of a folder is fine-tuned already, so that there is nothing to train, by its card.

    Raises ValueError, in one line, where the names of its classes are not those of a dataset's folder, in some order.
    """
    card, classes = read_json(Path(folder) / "card.json"), class_names(data)
    own = card.get("labels")
    if own is None:
        return False
    if sorted(own) == sorted(classes):
        return True
    remedy = "drop the dataset, or model.fine_tuned so that a head is trained"
    if len(own) == len(classes):
        remedy = "give them the data's names, in the model's order, with model.labels or id2label of its config.json"
    raise ValueError(f"the fine-tuned model '{card['name']}' has the classes {', '.join(own)}, the dataset "
                     f"'{Path(data).name}' has {', '.join(classes)}: {remedy}")  # fmt: skip
