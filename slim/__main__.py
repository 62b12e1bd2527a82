"""python -m slim predict FOLDER [FILE]: a label and its probability for each text, tab-separated, a line each.
python -m slim pick DATASET: the most accurate model within limits of bytes and time, chosen on validation.
"""

import argparse
import os
import sys
from collections.abc import Sequence

import slim
from slim.modeling.text_files import COLUMN, read_texts

PREDICT, PICK = __doc__.splitlines()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m slim", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="predict | pick")
    of = commands.add_parser("predict", description=PREDICT)
    of.set_defaults(command=predict)
    of.add_argument("folder", help="of a model, in any format")
    of.add_argument("file", nargs="?", help=".csv, .tsv or .jsonl, or a text a line; standard input where absent")
    of.add_argument("--column", action="append", help=f"{COLUMN} where absent; given twice: pairs of texts")
    of = commands.add_parser("pick", description=PICK)
    of.set_defaults(command=pick)
    of.add_argument("dataset")
    of.add_argument("--max-bytes", help="of all files that the model needs: 5MB")
    of.add_argument("--max-p50", help="median time of one text: 2ms")
    of.add_argument("--min-accuracy", type=float, help="on validation: 0.85")
    of.add_argument("--run", default=".", help="the folder of the run: runs/benchmark")
    of.add_argument("--copy-to", help="a folder that is not there yet")
    return parser.parse_args()


def predict(folder: str, file: str | None, column: Sequence[str] | None) -> None:
    """Every line is answered, an empty one as an empty text: the n-th answer belongs to the n-th text."""
    model = slim.load(folder)
    for answer in slim.predict(model, read_texts(file, column or [COLUMN])):
        print(f"{answer['label']}\t{answer['probability']:.4f}")


def pick(
    dataset: str,
    run: str,
    copy_to: str | None,
    max_bytes: str | None,
    max_p50: str | None,
    min_accuracy: float | None,
) -> None:
    """Where no model keeps the limits the nearest is named, nothing is copied, and the command fails."""
    from slim.shipping.pick import BYTES, SECONDS, Limits, amount, copy_model, pick_model

    size, time = max_bytes and amount(max_bytes, BYTES), max_p50 and amount(max_p50, SECONDS)
    choice = pick_model(run, dataset, Limits(size or None, time or None, min_accuracy))
    if not choice.fits:
        raise ValueError(f"no model keeps these limits; the nearest is {choice}")
    print(choice)
    if copy_to:
        copy_model(choice, run, dataset, copy_to)


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    given = vars(arguments())
    command = given.pop("command")
    try:
        command(**given)
    except ValueError as refusal:
        sys.exit(f"{command.__name__}: {refusal}")
