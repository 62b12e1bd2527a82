"""Handwritten digits that come with scikit-learn: 1,797 images of 8 by 8 pixels, ten classes."""

import numpy as np
from pandas import DataFrame
from sklearn.datasets import load_digits

from slim.download.deduplication import separate
from slim.download.sampling import cut
from slim.download.tables import Tables, check, numbered
from slim.utils.image_files import encode_png

DARKEST = 16
"""Of scikit-learn's shades."""


def digits(*, validation_fraction: float, test_fraction: float, path: str = "", seed: int = 0) -> Tables:
    """Images in three splits, a fraction of every class for `test`, and of what is left for `validation`.

    `path` names the lock file that pins scikit-learn, whose copy is read. The writers of the images are not known
    any more, so one may have written in two splits.
    """
    bunch = load_digits()
    pixels = np.round(bunch.images * (255 / DARKEST)).astype(np.uint8)
    frame = DataFrame({"image": [encode_png(each) for each in pixels], "label": bunch.target.astype(str)})
    rest, test = cut(frame, test_fraction, seed)
    train, validation = cut(rest, validation_fraction, seed)
    splits, duplicates = separate({"train": train, "validation": validation, "test": test}, near=False)
    labels = [str(name) for name in bunch.target_names]
    return check(
        Tables(
            splits=numbered(splits, labels),
            labels=labels,
            origin="scikit-learn's copy of the test set of Alpaydin and Kaynak, "
            "Optical Recognition of Handwritten Digits (UCI, 1998, doi:10.24432/C50P49)",
            licence="CC BY 4.0",
            dropped={why: count for why, count in duplicates.items() if count},
            facts={"writers": "13, not known by image: one may have written in two splits"},
        )
    )
