"""Every estimator of mutual information where the answer is known, and what each refuses."""

import numpy as np
import pytest
from scipy import stats
from sklearn.feature_selection import mutual_info_classif

from slim.ranking.mutual_information import COMPONENTS, ESTIMATORS, binned_estimate, mutual_information, probe_bound

GRID = np.linspace(-14, 14, 28001)
STEP = GRID[1] - GRID[0]


class Channel:
    """A class drawn by `shares`, sent as its mean plus a standard normal: all of it by quadrature."""

    def __init__(self, means: list[float], shares: list[float]) -> None:
        self.means, self.shares = np.array(means), np.array(shares)
        given = stats.norm.pdf(GRID, self.means[:, None])
        self.density = self.shares[:, None] * given
        surprise = np.log(given / (self.shares @ given))
        self.nats = float((self.density * surprise).sum() * STEP)
        self.spread = float((self.density * (surprise - self.nats) ** 2).sum() * STEP) ** 0.5
        """Standard deviation of one text's share in the information: an average over n texts has spread / sqrt(n)."""

    def sent(self, n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """[1, n, 1] points and their classes [n], every class as often as its share says."""
        rng = np.random.default_rng(seed)
        labels = rng.permutation(np.repeat(np.arange(len(self.means)), np.round(self.shares * n).astype(int)))
        return (self.means[labels] + rng.normal(size=n))[None, :, None], labels

    def nats_left_by(self, bins: int) -> float:
        """What remains when the point is cut into bins of equal probability."""
        edges = np.searchsorted(np.cumsum(self.density.sum(axis=0)) * STEP, np.arange(1, bins) / bins)
        joint = np.array([part.sum(axis=1) for part in np.split(self.density, edges, axis=1)]) * STEP
        return float(stats.entropy(joint.ravel(), np.outer(joint.sum(axis=1), self.shares).ravel()))


CHANNELS = {
    "nothing": Channel([0, 0], [0.5, 0.5]),
    "faint": Channel([-0.5, 0.5], [0.5, 0.5]),
    "plain": Channel([-1, 1], [0.5, 0.5]),
    "loud": Channel([-2, 2], [0.5, 0.5]),
    "four unequal classes": Channel([-4, -1, 1, 5], [0.1, 0.4, 0.3, 0.2]),
}


def test_the_quadrature_itself_is_right_at_both_ends():
    assert CHANNELS["nothing"].nats == pytest.approx(0.0, abs=1e-9)
    assert Channel([-7, 7], [0.25, 0.75]).nats == pytest.approx(stats.entropy([0.25, 0.75]), abs=1e-9)
    small = 0.01  # a weak signal m carries m^2 / 2 nats
    assert Channel([-small, small], [0.5, 0.5]).nats == pytest.approx(small**2 / 2, rel=1e-3)


# Four standard errors of the mean, and what is the estimator's own: the neighbours' digammas scatter by about 0.7 nats
# a text (k = 3); a probe with few parameters loses about one a parameter and text; bins lose `nats_left_by`.
@pytest.mark.parametrize("n", [500, 3000])
@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_gaussian_channels_are_worth_what_quadrature_says(estimator, name, n):
    channel = CHANNELS[name]
    points, labels = channel.sent(n)
    truth = channel.nats_left_by(4) if estimator == "binned" else channel.nats
    scatter = (channel.spread**2 + (0.7**2 if estimator == "nearest_neighbors" else 0.0)) ** 0.5
    found = mutual_information(points, labels, estimator=estimator, C=10.0)
    assert found == pytest.approx([truth], abs=4 * scatter / n**0.5 + 4 / n)


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize("noise", [0, 30])
@pytest.mark.parametrize("c", [0.1, 100.0])
def test_the_probe_never_promises_more_than_there_is(name, noise, c):
    channel = CHANNELS[name]
    for seed in range(3):
        points, labels = channel.sent(500, seed)
        others = np.random.default_rng(seed).normal(size=(1, 500, noise))
        found = mutual_information(np.concatenate([points, others], axis=2), labels, C=c)
        assert found[0] <= channel.nats + 4 * channel.spread / 500**0.5


@pytest.mark.parametrize("name", CHANNELS)
def test_bins_keep_no_more_than_there_is_and_more_bins_keep_more(name):
    channel = CHANNELS[name]
    kept = [channel.nats_left_by(bins) for bins in (2, 4, 8, 64)]
    assert kept == sorted(kept) and kept[-1] == pytest.approx(channel.nats, abs=0.01)
    points, labels = channel.sent(20000)
    for bins, nats in zip((2, 4, 8), kept, strict=False):
        found = mutual_information(points, labels, estimator="binned", bins=bins)
        assert found == pytest.approx([nats], abs=4 * channel.spread / 20000**0.5 + 1e-3)


# Ten classes and twenty channels: cross-fitting leaves the probe nothing; the neighbours scatter by some 0.7 nats a
# text; the bins' correction falls short by about 0.02 where 160 pairs share 500 texts, and scatters by as much.
@pytest.mark.parametrize(
    ("estimator", "n", "within"),
    [
        ("probe", 500, 0.0),
        ("probe", 3000, 0.0),
        ("nearest_neighbors", 500, 0.1),
        ("nearest_neighbors", 2000, 0.06),
        ("binned", 500, 0.08),
        ("binned", 3000, 0.01),
    ],
)
def test_independent_vectors_are_worth_nothing(estimator, n, within):
    rng = np.random.default_rng(0)
    found = mutual_information(rng.normal(size=(3, n, 20)), rng.integers(0, 10, n), estimator=estimator)
    assert found.max() <= within


def test_a_probe_that_learns_nothing_finds_nothing():
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(300, 100)), rng.integers(0, 4, 300)
    assert probe_bound(x, labels, cv=5, n_components=64, C=1e-6) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("n", [500, 5000])
def test_counts_without_their_correction_would_be_too_large(n):
    """160 pairs of independent values: the counted estimate has a bias of 15 * 9 / 2n nats, of which most must go."""
    rng = np.random.default_rng(0)
    draws = [
        binned_estimate(rng.normal(size=(n, 2)), rng.integers(0, 10, n), n_components=2, bins=4) for _ in range(20)
    ]
    assert np.mean(draws) == pytest.approx(0.0, abs=0.25 * 15 * 9 / (2 * n))


@pytest.mark.parametrize("n", [500, 2000])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_label_written_into_the_vector_is_worth_its_entropy(estimator, n):
    """Four classes; the bins' correction adds 3 / 2n, a penalised probe stays a little short."""
    labels = np.arange(n) % 4
    x = 5.0 * labels[:, None] + 0.01 * np.random.default_rng(0).normal(size=(n, 1))
    found = mutual_information(x[None], labels, estimator=estimator, C=1e5)
    assert found[0] == pytest.approx(np.log(4), abs=4 / n + (0.02 if estimator == "probe" else 0.0))


def test_a_label_of_unequal_shares_is_worth_its_entropy():
    labels = np.repeat([0, 1, 2, 3], [40, 30, 20, 10])
    x = 5.0 * np.eye(4)[labels] + 0.01 * np.random.default_rng(0).normal(size=(100, 4))
    entropy = stats.entropy([40, 30, 20, 10])
    assert mutual_information(x[None], labels, C=1000.0)[0] == pytest.approx(entropy, abs=0.05)
    assert 0.8 * entropy < mutual_information(x[None], labels)[0] <= entropy
    assert mutual_information(x[None], labels, estimator="nearest_neighbors")[0] == pytest.approx(entropy, abs=0.05)


def test_neighbours_agree_with_scikit_learn_in_one_dimension():
    points, labels = CHANNELS["plain"].sent(300)
    expected = mutual_info_classif(points[0], labels, n_neighbors=4, random_state=0)
    assert mutual_information(points, labels, estimator="nearest_neighbors", n_neighbors=4) == pytest.approx(
        expected, abs=1e-9
    )


def test_bins_agree_with_a_count_by_hand():
    x, labels = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])[:, None], np.array([0, 0, 0, 1, 1, 1, 1, 1])
    counts = np.array([[3, 1], [0, 4]]) / 8
    plain = stats.entropy(counts.ravel(), np.outer(counts.sum(axis=1), counts.sum(axis=0)).ravel())
    corrected = plain + (2 + 2 - 3 - 1) / 16
    assert binned_estimate(x, labels, n_components=1, bins=2) == pytest.approx(corrected)
    assert binned_estimate(x, labels, n_components=1, bins=8) == pytest.approx(
        stats.entropy([3, 5]) + (8 + 2 - 8 - 1) / 16
    )


def test_more_noise_means_less_information():
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 4
    x = np.array([np.eye(4)[labels] + noise * rng.normal(size=(200, 4)) for noise in (0.2, 0.5, 1.0, 3.0)])
    for estimator in ESTIMATORS:
        assert (np.diff(mutual_information(x, labels, estimator=estimator)) < 0).all()


def test_without_a_number_of_components_each_estimator_takes_its_own():
    rng = np.random.default_rng(0)
    labels = np.arange(300) % 3
    x = rng.normal(size=(1, 300, 100)) + 0.2 * labels[:, None]
    assert set(COMPONENTS) == set(ESTIMATORS)
    for estimator, components in COMPONENTS.items():
        own = mutual_information(x, labels, estimator=estimator)
        assert own == mutual_information(x, labels, estimator=estimator, n_components=components)
        assert own != mutual_information(x, labels, estimator=estimator, n_components=components + 1)


def test_a_class_the_probe_never_saw_costs_a_finite_number_of_nats():
    assert np.isfinite(probe_bound(np.zeros((20, 1)), np.arange(20), cv=5, n_components=1, C=1.0))


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_odd_labels_and_constant_channels_are_no_trouble(estimator):
    x = np.zeros((1, 20, 3))
    x[0, :, 0] = np.arange(20)
    for labels in ([0] * 20, [0] * 19 + [7], list(range(20)), [5] * 10 + [-3] * 10):
        found = mutual_information(x, np.array(labels), estimator=estimator)
        assert np.isfinite(found).all()
        assert 0 <= found[0] <= np.log(20)
    assert mutual_information(0 * x, np.arange(20) % 2, estimator=estimator)[0] == pytest.approx(0.0, abs=0.05)


def test_impossible_options_are_refused():
    points, labels = CHANNELS["plain"].sent(10)
    with pytest.raises(ValueError, match="unknown estimator 'guess'"):
        mutual_information(points, labels, estimator="guess")
    for options in ({"cv": 1}, {"cv": 11}, {"n_components": 0}, {"C": 0.0}, {"n_neighbors": 0}, {"bins": 1}):
        with pytest.raises(ValueError, match="mutual information needs") as refusal:
            mutual_information(points, labels, **options)
        assert "\n" not in str(refusal.value)
