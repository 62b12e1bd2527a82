"""Handwritten digits that come with scikit-learn: 1,797 images of 8 by 8 pixels, ten classes."""

import numpy as np
from pandas import DataFrame
from sklearn.datasets import load_digits

from slim.download.tables import Tables, check, cut, distinct, numbered
from slim.utils.image_files import encode_png

DARKEST = 16
"""Of scikit-learn's shades."""


def digits(*, validation_share: float, test_share: float, path: str = "", seed: int = 0) -> Tables:
    """Images in three splits, a share of every class for `test`, and of what is left for `validation`.

    `path` names the lock file that pins scikit-learn, whose copy is read. The writers of the images are not known
    any more, so one may have written in two splits.
    """
    found = load_digits()
    pixels = np.round(found.images * (255 / DARKEST)).astype(np.uint8)
    frame = DataFrame({"image": [encode_png(each) for each in pixels], "label": found.target.astype(str)})
    rest, test = cut(frame, test_share, seed)
    train, validation = cut(rest, validation_share, seed)
    splits, twins = distinct({"train": train, "validation": validation, "test": test}, also_near=False)
    labels = [str(name) for name in found.target_names]
    return check(
        Tables(
            splits=numbered(splits, labels),
            labels=labels,
            origin="scikit-learn's copy of the test set of Alpaydin and Kaynak, "
            "Optical Recognition of Handwritten Digits (UCI, 1998, doi:10.24432/C50P49)",
            licence="CC BY 4.0",
            dropped={why: count for why, count in twins.items() if count},
            facts={"writers": "13, not known by image: one may have written in two splits"},
        )
    )
