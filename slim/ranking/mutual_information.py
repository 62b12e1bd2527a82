"""How many nats a vector tells about a class: estimators for tens to hundreds of dimensions."""

from collections.abc import Callable
from functools import partial
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from slim.utils.option_types import Estimator

Floats = NDArray[np.float64]
ESTIMATORS = get_args(Estimator)
COMPONENTS = {"probe": 64, "nearest_neighbors": 8, "binned": 2}
"""The default number of principal components of an estimator: distances and bins need few."""


def mutual_information(
    vectors: NDArray[np.floating],
    labels: NDArray[np.int64],
    *,
    estimator: str = "probe",
    cv: int = 5,
    n_components: int | None = None,
    C: float = 0.1,
    n_neighbors: int = 3,
    bins: int = 4,
) -> Floats:
    """Mutual information, in nats, of each layer's vectors [L, n, d] and the labels [n]. Returns [L].

    All estimators read the first `n_components` principal components of the standardised vectors; None is the
    estimator's default (COMPONENTS). Estimates below 0 are set to 0, since mutual information is never negative.
    Raises ValueError for an unknown estimator or impossible options.
    """
    if estimator not in ESTIMATORS:
        raise ValueError(f"unknown estimator '{estimator}': choose from {', '.join(ESTIMATORS)}")
    count = COMPONENTS[estimator] if n_components is None else n_components
    if count < 1 or n_neighbors < 1 or bins < 2 or C <= 0 or not 2 <= cv <= len(labels):
        raise ValueError(
            "mutual information needs n_components >= 1, n_neighbors >= 1, bins >= 2, C > 0 and 2 <= cv <= number of "
            f"texts, got {count}, {n_neighbors}, {bins}, {C} and {cv} for {len(labels)} texts"
        )
    estimate: dict[str, Callable[..., float]] = {
        "probe": partial(probe_bound, cv=cv, n_components=count, C=C),
        "nearest_neighbors": partial(neighbor_estimate, n_components=count, n_neighbors=n_neighbors),
        "binned": partial(binned_estimate, n_components=count, bins=bins),
    }
    classes = np.unique(labels, return_inverse=True)[1]
    return np.array([max(0.0, estimate[estimator](layer.astype(np.float64), classes)) for layer in vectors])


def class_entropy(classes: NDArray[np.int64]) -> float:
    """Shannon entropy, in nats, of the frequencies of the classes [n]."""
    from scipy.stats import entropy

    return float(entropy(np.unique(classes, return_counts=True)[1]))


def probe_bound(x: Floats, classes: NDArray[np.int64], *, cv: int, n_components: int, C: float) -> float:
    """H(y) minus the held-out cross-entropy, in nats, of a logistic probe of x [n, d] (this project).

    A lower bound of I(x; y) in expectation, whatever the probe. `classes` [n] are 0 .. K-1. `cv`: the number of folds,
    stratified by class. `C`: the inverse strength of the probe's L2 penalty, as in scikit-learn.
    """
    n = len(classes)
    fold = np.empty(n, dtype=np.int64)
    # Not StratifiedKFold, which refuses classes with fewer texts than folds.
    fold[np.argsort(classes, kind="stable")] = np.arange(n) % cv
    losses = [_held_out_losses(x, classes, fold == f, n_components, C) for f in range(cv)]
    return class_entropy(classes) - float(np.concatenate(losses).mean())


def _held_out_losses(
    x: Floats, classes: NDArray[np.int64], held_out: NDArray[np.bool_], n_components: int, C: float
) -> Floats:
    """Cross-entropy, in nats, of each held-out text under a probe fitted on the other texts."""
    from sklearn.linear_model import LogisticRegression

    seen = np.unique(classes[~held_out])
    probability = np.zeros((int(held_out.sum()), int(classes.max()) + 1))
    if len(seen) == 1:
        probability[:, seen] = 1.0
    else:
        train, test = principal_components(x[~held_out], x[held_out], n_components)
        probe = LogisticRegression(C=C, max_iter=1000).fit(train, classes[~held_out])
        probability[:, seen] = probe.predict_proba(test)
    # A uniform guess with the weight of one text keeps the loss of a class that the probe never saw finite.
    weight = 1.0 / (1.0 + float((~held_out).sum()))
    probability = (1.0 - weight) * probability + weight / probability.shape[1]
    return -np.log(probability[np.arange(len(probability)), classes[held_out]])


def principal_components(train: Floats, test: Floats, n_components: int) -> tuple[Floats, Floats]:
    """Both sets of rows on the first principal components of `train`, after standardising the channels.

    Each component is divided by the root mean square of all of them, so that `C` means the same for any width.
    """
    from scipy.linalg import eigh

    deviation = train.std(axis=0)
    deviation[deviation < 1e-12 * max(1.0, float(np.abs(train).max()))] = np.inf  # a constant channel becomes 0
    train, test = (train - train.mean(axis=0)) / deviation, (test - train.mean(axis=0)) / deviation
    d = train.shape[1]
    count = min(n_components, *train.shape)
    # scikit-learn's PCA computes all d axes, which costs three times as long as these few.
    axes = eigh(train.T @ train, subset_by_index=(d - count, d - 1))[1]
    train, test = train @ axes, test @ axes
    scale = float(np.sqrt(np.square(train).mean())) or 1.0
    return train / scale, test / scale


def neighbor_estimate(x: Floats, classes: NDArray[np.int64], *, n_components: int, n_neighbors: int) -> float:
    """Nearest-neighbour estimate, in nats, of I(x; y) for x [n, d] (Ross 2014, doi:10.1371/journal.pone.0087357).

    It compares the distance to a text's k-th neighbour of its own class with the number of texts of any class within
    that distance. Classes with one text are left out. In many dimensions the estimate is too low: use few components.
    """
    from scipy.spatial.distance import cdist
    from scipy.special import digamma

    size = np.bincount(classes)[classes]
    x, classes, size = x[size > 1], classes[size > 1], size[size > 1]
    if len(x) == 0:
        return 0.0
    reduced = principal_components(x, x, n_components)[0]
    distance = cdist(reduced, reduced)
    k = np.minimum(n_neighbors, size - 1)
    same = np.where(classes[:, None] == classes, distance, np.inf)
    radius = np.sort(same, axis=1)[np.arange(len(x)), k]  # place 0 is the text itself
    near = (distance <= np.nextafter(radius, 0.0)[:, None]).sum(axis=1)  # strictly nearer, the text itself included
    return float(digamma(len(x)) + np.mean(digamma(k) - digamma(size) - digamma(near)))


def binned_estimate(x: Floats, classes: NDArray[np.int64], *, n_components: int, bins: int) -> float:
    """Counted estimate, in nats, of I(x; y) for x [n, d], each component cut into bins of equal counts (this project).

    The sum of both entropies less that of the pairs, each raised by (distinct values - 1) / 2n, the correction of
    Miller and Madow (1955). Equal values share a bin. With fewer than about 3 texts for each of the
    bins ** n_components * K pairs the correction is too small and the estimate too large: use few components and bins.
    """
    from scipy.stats import rankdata

    place = rankdata(principal_components(x, x, n_components)[0], axis=0) - 0.5
    cell = np.unique((place * bins / len(x)).astype(np.int64), axis=0, return_inverse=True)[1].ravel()
    pair = cell * (classes.max() + 1) + classes
    nats = class_entropy(cell) + class_entropy(classes) - class_entropy(pair)
    distinct = [len(np.unique(values)) for values in (cell, classes, pair)]
    return float(nats + (distinct[0] + distinct[1] - distinct[2] - 1) / (2 * len(x)))
