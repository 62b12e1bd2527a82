"""The card of a model that is handed over: what it is, what it costs, how it was made, and what it is not for."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from slim.report.numbers import interval, megabytes, number, percent
from slim.report.page import Tables, template
from slim.report.text import AGAINST, difference

Record = Mapping[str, Any]


def model_card(
    recipe: str, dataset: str, seed: int, tables: Tables, manifest: Record, data_card: Record, base_card: Record
) -> str:
    """Markdown with the front matter of the Hugging Face hub, for one dataset.

    `tables`: `recipes`, `comparisons` and `results`; `seed`: which model it is of those that the numbers are means of;
    `data_card`, `base_card`: of the dataset and of the pretrained encoder.
    """
    of = {name: table[table["dataset"] == dataset] for name, table in tables.items()}
    compared = [row for row in of["comparisons"].to_dict("records") if row["recipe"] == recipe]
    by_name: dict[str, Record] = {
        row["recipe"]: {str(k): v for k, v in row.items()} for row in of["recipes"].to_dict("records")
    }
    best = [str(row["reference"]) for row in compared if row["against"] == "baseline"]
    (own,) = [row for row in of["results"].to_dict("records") if (row["recipe"], row["seed"]) == (recipe, seed)]
    steps = [step for step in manifest["steps"] if "method" in step]
    return template(Path(__file__).with_name("model_card.md.j2")).render(
        recipe=recipe,
        dataset=dataset,
        seed=seed,
        seeds=int(by_name[recipe]["seeds"]),
        rows=_rows([by_name[name] for name in dict.fromkeys([recipe, "teacher", *best])]),
        sentences=[difference(row, "It", AGAINST[row["against"]].format(row["reference"]))
                   for row in compared if row["against"] in AGAINST],
        steps=[f"`{step['recipe']}`: {step['method']}{_options(step)}" for step in steps],
        own={str(name): None if pd.isna(value) else value for name, value in own.items()},
        size=megabytes(manifest["bytes"]),
        part=percent(manifest["bytes"] / by_name["teacher"]["bytes"]),
        format=manifest["format"],
        data=data_card,
        base=base_card,
        percent=percent,
    )  # fmt: skip


def _rows(models: Sequence[Record]) -> dict[str, list[str]]:
    """What is measured -> a cell a model, the first row their names."""
    measured = {
        "test accuracy, %": lambda of: f"{percent(of['accuracy'])} {interval(of['low'], of['high'])}".strip(),
        "validation accuracy, %": lambda of: percent(of["validation_accuracy"]),
        "MB": lambda of: megabytes(of["bytes"]),
        "accuracy per byte over the teacher's": lambda of: number(of["ratio"], ".2f"),
    }
    return {"": [str(of["recipe"]) for of in models]} | {
        name: [cell(of) for of in models] for name, cell in measured.items()
    }


def _options(step: Record) -> str:
    """A step's options and the layers that it kept, in brackets."""
    shown = {**step["options"], **({"layers": step["kept"]} if "kept" in step else {})}
    words = [f"{name} {value}" for name, value in shown.items() if value not in (None, {}, [])]
    return f" ({', '.join(words)})" if words else ""


def read_tables(names: Sequence[str] = ("recipes", "comparisons", "results")) -> dict[str, pd.DataFrame]:
    """Tables that the report wrote, by name."""
    return {name: pd.read_csv(f"reports/{name}.csv") for name in names}
