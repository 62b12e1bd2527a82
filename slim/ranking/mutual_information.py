"""How many nats a vector tells about a class: estimators for tens to hundreds of dimensions."""

from collections.abc import Callable
from functools import partial
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from slim.utils.option_types import Estimator

Floats = NDArray[np.float64]
ESTIMATORS = get_args(Estimator)
"""Cross-fitted logistic probe (a lower bound), nearest neighbours (nearly unbiased in few dimensions), or bins."""
COMPONENTS = {"probe": 64, "neighbours": 8, "binned": 2}
"""How many principal components an estimator sees unless told otherwise: distances and bins need few."""


def mutual_information(
    vectors: NDArray[np.floating],
    labels: NDArray[np.int64],
    *,
    estimator: str = "probe",
    folds: int = 5,
    components: int | None = None,
    c: float = 0.1,
    neighbours: int = 3,
    bins: int = 4,
) -> Floats:
    """Mutual information, in nats, of each layer's vectors [L, n, d] and the labels [n]. Returns [L].

    All estimators see the leading `components` principal components of the standardised vectors; None is the
    estimator's own number (COMPONENTS). Estimates below 0 are put to 0: mutual information never is. Raises
    ValueError for an unknown estimator or impossible options.
    """
    if estimator not in ESTIMATORS:
        raise ValueError(f"unknown estimator '{estimator}': choose from {', '.join(ESTIMATORS)}")
    count = COMPONENTS[estimator] if components is None else components
    if count < 1 or neighbours < 1 or bins < 2 or c <= 0 or not 2 <= folds <= len(labels):
        raise ValueError(
            "mutual information needs components >= 1, neighbours >= 1, bins >= 2, c > 0 and 2 <= folds <= number of "
            f"texts, got {count}, {neighbours}, {bins}, {c} and {folds} for {len(labels)} texts"
        )
    estimate: dict[str, Callable[..., float]] = {
        "probe": partial(probe_bound, folds=folds, components=count, c=c),
        "neighbours": partial(neighbour_estimate, components=count, neighbours=neighbours),
        "binned": partial(binned_estimate, components=count, bins=bins),
    }
    classes = np.unique(labels, return_inverse=True)[1]
    return np.array([max(0.0, estimate[estimator](layer.astype(np.float64), classes)) for layer in vectors])


def entropy(classes: NDArray[np.int64]) -> float:
    """Shannon entropy, in nats, of the shares of the classes [n]."""
    share = np.unique(classes, return_counts=True)[1] / len(classes)
    return float(-(share * np.log(share)).sum())


def probe_bound(x: Floats, classes: NDArray[np.int64], *, folds: int, components: int, c: float) -> float:
    """H(y) minus the held-out cross-entropy, in nats, of a logistic probe of x [n, d] (OURS).

    A lower bound of I(x; y) in expectation, whatever the probe. `classes` [n] are 0 .. K-1; texts are dealt to the
    folds class by class, and `c` is the inverse strength of the probe's L2 penalty (larger: less shrinkage).
    """
    n = len(classes)
    fold = np.empty(n, dtype=np.int64)
    fold[np.argsort(classes, kind="stable")] = np.arange(n) % folds
    losses = [_held_out_losses(x, classes, fold == f, components, c) for f in range(folds)]
    return entropy(classes) - float(np.concatenate(losses).mean())


def _held_out_losses(
    x: Floats, classes: NDArray[np.int64], held: NDArray[np.bool_], components: int, c: float
) -> Floats:
    """Cross-entropy, in nats, of each held-out text under a probe fitted on the others."""
    from sklearn.linear_model import LogisticRegression

    seen = np.unique(classes[~held])
    probability = np.zeros((int(held.sum()), int(classes.max()) + 1))
    if len(seen) == 1:
        probability[:, seen] = 1.0
    else:
        train, test = principal_components(x[~held], x[held], components)
        probe = LogisticRegression(C=c, max_iter=1000).fit(train, classes[~held])
        probability[:, seen] = probe.predict_proba(test)
    # one text's worth of a uniform guess keeps the loss of a class the probe never saw finite
    share = 1.0 / (1.0 + float((~held).sum()))
    probability = (1.0 - share) * probability + share / probability.shape[1]
    losses: Floats = -np.log(probability[np.arange(len(probability)), classes[held]])
    return losses


def principal_components(train: Floats, test: Floats, components: int) -> tuple[Floats, Floats]:
    """Both sets of rows on the leading principal components of the first, channels standardised beforehand.

    Each component is divided by the root mean square of all of them, so that `c` means the same for any width.
    """
    from scipy.linalg import eigh

    spread = train.std(axis=0)
    spread[spread < 1e-12 * max(1.0, float(np.abs(train).max()))] = np.inf  # a constant channel says nothing
    train, test = (train - train.mean(axis=0)) / spread, (test - train.mean(axis=0)) / spread
    d = train.shape[1]
    count = min(components, *train.shape)
    axes = eigh(train.T @ train, subset_by_index=(d - count, d - 1))[1]
    train, test = train @ axes, test @ axes
    scale = float(np.sqrt(np.square(train).mean())) or 1.0
    return train / scale, test / scale


def neighbour_estimate(x: Floats, classes: NDArray[np.int64], *, components: int, neighbours: int) -> float:
    """Nearest-neighbour estimate, in nats, of I(x; y) for x [n, d] (Ross 2014, doi:10.1371/journal.pone.0087357).

    How far a text's k-th neighbour of its own class is, against how many texts of any class are that near.
    Classes with one text are left out. In many dimensions it falls short: use few components.
    """
    from scipy.spatial.distance import cdist
    from scipy.special import digamma

    size = np.bincount(classes)[classes]
    x, classes, size = x[size > 1], classes[size > 1], size[size > 1]
    if len(x) == 0:
        return 0.0
    distance = cdist(*[principal_components(x, x, components)[0]] * 2)
    k = np.minimum(neighbours, size - 1)
    same = np.where(classes[:, None] == classes, distance, np.inf)
    radius = np.sort(same, axis=1)[np.arange(len(x)), k]  # place 0 is the text itself
    near = (distance <= np.nextafter(radius, 0.0)[:, None]).sum(axis=1)  # nearer, itself included
    return float(digamma(len(x)) + np.mean(digamma(k) - digamma(size) - digamma(near)))


def binned_estimate(x: Floats, classes: NDArray[np.int64], *, components: int, bins: int) -> float:
    """Counted estimate, in nats, of I(x; y) for x [n, d], every component cut into bins of equal counts (OURS).

    The sum of both entropies less that of the pairs, each raised by (values seen - 1) / 2n, the correction of Miller
    and Madow (1955). Equal values share a bin. What differs within a bin is lost; with fewer than about 3 texts for
    each of the bins ** components * K pairs the correction is too small and the estimate too large: use few.
    """
    from scipy.stats import rankdata

    place = rankdata(principal_components(x, x, components)[0], axis=0) - 0.5
    cell = np.unique((place * bins / len(x)).astype(np.int64), axis=0, return_inverse=True)[1].ravel()
    pair = cell * (classes.max() + 1) + classes
    nats = entropy(cell) + entropy(classes) - entropy(pair)
    values = [len(np.unique(seen)) for seen in (cell, classes, pair)]
    return float(nats + (values[0] + values[1] - values[2] - 1) / (2 * len(x)))
