"""python -m slim predict FOLDER [FILE]: a label and its probability for each text, tab-separated, a line each."""

import argparse
import os
import sys

import slim
from slim.modeling.text_files import COLUMN, read_texts


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m slim", description=__doc__)
    predict = parser.add_subparsers(required=True, metavar="predict").add_parser("predict", description=__doc__)
    predict.add_argument("folder", help="of a model, in any format")
    predict.add_argument("file", nargs="?", help=".csv, .tsv or .jsonl, or a text a line; standard input where absent")
    predict.add_argument("--column", action="append", help=f"{COLUMN} where absent; given twice: pairs of texts")
    return parser.parse_args()


def predict(folder: str, file: str | None, columns: list[str]) -> None:
    """Every line is answered, an empty one as an empty text: the n-th answer belongs to the n-th text."""
    model = slim.load(folder)
    for answer in slim.predict(model, read_texts(file, columns)):
        print(f"{answer['label']}\t{answer['probability']:.4f}")


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    given = arguments()
    try:
        predict(given.folder, given.file, given.column or [COLUMN])
    except ValueError as refusal:
        sys.exit(f"predict: {refusal}")
