"""Every signal: the promises of the family, then each against a closed form or an independent witness."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.feature_selection import mutual_info_classif

from slim.family import find, names
from slim.mutual_information import mutual_information, probe_bound
from slim.observation import Observation
from tests.builders import arrays, observation, permuted

SIGNALS = [
    "activation_inhibition",
    "activation_intensity",
    "activation_energy",
    "mi_task_relevance",
    "mi_prediction_relevance",
    "gradient_magnitude",
    "gradient_fisher",
    "weight_magnitude",
    "weight_sparsity",
    "weight_entropy",
    "attention_weight",
    "attention_entropy",
]
CONTROLS = ["random", "top_first", "every_other"]
DEALT_INTO_FOLDS = {"mi_task_relevance", "mi_prediction_relevance"}


# --- the family ---


def test_the_twelve_signals_and_the_controls_are_all_there():
    assert names("signals") == sorted(SIGNALS + CONTROLS)


def test_finding_signals_and_fusions_loads_no_heavy_library():
    code = (
        "import sys; from slim.family import find, names\n"
        "for family in ('signals', 'fusions'):\n"
        "    for name in names(family): find(family, name)\n"
        "import slim.removals, slim.pruning\n"
        "print(*sorted({'torch', 'transformers', 'pandas', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"


@pytest.mark.parametrize("name", names("signals"))
@pytest.mark.parametrize("layers", [1, 5])
def test_a_signal_scores_every_layer_and_leaves_its_input_alone(name, layers):
    seen = observation(layers)
    before = arrays(seen)
    scores = find("signals", name)(seen)
    assert scores.shape == ((10, layers) if name == "random" else (layers,))
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(find("signals", name)(seen), scores)
    for key, array in before.items():
        np.testing.assert_array_equal(getattr(seen, key), array)


@pytest.mark.parametrize("name", sorted(set(names("signals")) - DEALT_INTO_FOLDS))
def test_the_order_of_the_texts_does_not_matter(name):
    seen = observation()
    np.testing.assert_allclose(find("signals", name)(permuted(seen)), find("signals", name)(seen), rtol=1e-12)


# --- activations ---


def activations(rows: list[list[float]], example_of_token: list[int]) -> Observation:
    """One layer whose output is `rows` [tokens, channels], and whose update is twice that."""
    a = np.array([[rows], np.multiply(2, [rows])])
    return replace(
        observation(1, len(set(example_of_token))),
        example_of_token=np.array(example_of_token),
        channel_mean=a.mean(axis=-1).astype(np.float32),
        row_norm=np.linalg.norm(a, axis=-1).astype(np.float32),
    )


@pytest.mark.parametrize(
    ("name", "output", "update"),
    [
        ("activation_inhibition", 13 / 6, 13 / 3),
        ("activation_intensity", 11 / 3, 22 / 3),
        ("activation_energy", 25.5, 102.0),
    ],
)
def test_activation_signals_of_two_texts_with_three_tokens(name, output, update):
    seen = activations([[3.0, 4.0], [0.0, -1.0], [3.0, 4.0]], [0, 0, 1])
    signal = find("signals", name)
    assert signal(seen) == pytest.approx(output)
    assert signal(seen, site="update") == pytest.approx(update)
    with pytest.raises(ValueError, match="unknown site 'input'"):
        signal(seen, site="input")


def test_energy_counts_whole_texts():
    a = np.random.default_rng(0).normal(size=(5, 3))
    texts = [a[:2], a[2:]]
    expected = np.mean([np.linalg.norm(text, "fro") ** 2 for text in texts])
    assert find("signals", "activation_energy")(activations(a.tolist(), [0, 0, 1, 1, 1])) == pytest.approx(expected)


# --- gradients ---


def test_gradient_signals_are_means_over_batches_and_over_texts():
    seen = observation()
    assert find("signals", "gradient_magnitude")(seen)[2] == pytest.approx(sum(seen.gradient_batch_norm[2]) / 5)
    assert find("signals", "gradient_fisher")(seen)[2] == pytest.approx(sum(seen.gradient_example_square[2]) / 40)


# --- weights ---


def weighing(*layers: list[float]) -> Observation:
    return replace(observation(len(layers)), weights=np.array(layers, dtype=np.float32))


def test_weight_magnitude_is_a_root_mean_square():
    assert find("signals", "weight_magnitude")(weighing([3, -4], [0, 2])) == pytest.approx([12.5**0.5, 2**0.5])


def test_weight_sparsity_compares_with_all_layers_and_is_strict():
    seen = weighing([1, -1, 1, 1], [0.5, -0.25, 0, np.sqrt(4 - 0.3125)])  # root mean square of all: 1
    sparsity = find("signals", "weight_sparsity")
    assert sparsity(seen, threshold=0.5).tolist() == [0.0, 0.5]  # 0.5 itself is not below
    assert sparsity(seen, threshold=0.0).tolist() == [0.0, 0.0]
    assert sparsity(seen, threshold=1.1).tolist() == [1.0, 0.75]
    with pytest.raises(ValueError, match="at least 0"):
        sparsity(seen, threshold=-1)


def test_weight_entropy_agrees_with_scipy_on_common_bins():
    seen = observation()
    edges = np.linspace(seen.weights.min(), seen.weights.max(), 33)
    expected = [stats.entropy(np.histogram(w, edges)[0]) for w in seen.weights]
    assert find("signals", "weight_entropy")(seen, bins=32) == pytest.approx(expected, rel=1e-3)


def test_weight_entropy_in_closed_form():
    entropy = find("signals", "weight_entropy")
    assert entropy(weighing([0, 1, 2, 3], [3, 3, 3, 3]), bins=4) == pytest.approx([np.log(4), 0.0])
    assert entropy(weighing([7, 7], [7, 7])).tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="at least 2"):
        entropy(weighing([0, 1]), bins=1)


# --- attention ---


def test_attention_signals_of_hand_made_rows():
    """One head looks at one key only, the other at all three alike; a text of one token has no choice."""
    sharp, even = [0.0, 1.0, 0.0], [1 / 3, 1 / 3, 1 / 3]
    rows = np.array([[[sharp] * 3, [even] * 3], [[sharp] * 3, [sharp] * 3]])  # [2 layers, 2 heads, 3 queries, 3 keys]
    single = np.ones((2, 2, 1))
    seen = replace(
        observation(2),
        attention_max=np.concatenate([rows.max(axis=-1), single], axis=2).astype(np.float32),
        attention_entropy=np.concatenate([stats.entropy(rows, axis=-1), 0 * single], axis=2).astype(np.float32),
        keys=np.array([3, 3, 3, 1]),
    )
    assert find("signals", "attention_weight")(seen) == pytest.approx([6 / 8, 1.0])
    assert find("signals", "attention_entropy")(seen) == pytest.approx([0.5, 0.0])


def test_attention_entropy_needs_a_choice_of_keys():
    pair = replace(observation(1), attention_entropy=np.log([[[2.0, 2.0, 1.0]]]), keys=np.array([2, 4, 1]))
    assert find("signals", "attention_entropy")(pair) == pytest.approx([0.75])
    with pytest.raises(ValueError, match="more than one key"):
        find("signals", "attention_entropy")(replace(observation(), keys=np.ones_like(observation().keys)))


# --- mutual information ---


def two_gaussians(n: int, distance: float) -> tuple[np.ndarray, np.ndarray, float]:
    """[1, n, 1] points around -distance/2 or +distance/2, which of both, and their mutual information in nats."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 2
    points = rng.normal(size=n) + distance * (labels - 0.5)
    grid = np.linspace(-12, 12, 20001)
    given = stats.norm.pdf(grid, distance / 2)
    mixed = (given + stats.norm.pdf(grid, -distance / 2)) / 2
    nats = np.sum(given * np.log(given / mixed)) * (grid[1] - grid[0])
    return points[None, :, None], labels, float(nats)


@pytest.mark.parametrize("estimator", ["probe", "neighbours"])
@pytest.mark.parametrize("distance", [0.0, 1.0, 2.0, 4.0])
def test_both_estimators_know_two_gaussians(estimator, distance):
    x, labels, nats = two_gaussians(2000, distance)
    found = mutual_information(x, labels, estimator=estimator, c=1.0)
    assert found == pytest.approx([nats], abs=0.05)


def test_neighbours_agree_with_scikit_learn_in_one_dimension():
    x, labels, _ = two_gaussians(300, 1.5)
    expected = mutual_info_classif(x[0], labels, n_neighbors=4, random_state=0)
    assert mutual_information(x, labels, estimator="neighbours", neighbours=4) == pytest.approx(expected, abs=1e-9)


def test_a_label_written_into_the_vector_is_worth_its_entropy():
    labels = np.repeat([0, 1, 2, 3], [40, 30, 20, 10])
    x = 5.0 * np.eye(4)[labels] + 0.01 * np.random.default_rng(0).normal(size=(100, 4))
    entropy = stats.entropy([40, 30, 20, 10])
    assert mutual_information(x[None], labels, c=1000.0)[0] == pytest.approx(entropy, abs=0.05)
    assert 0.8 * entropy < mutual_information(x[None], labels)[0] <= entropy


def test_independent_vectors_are_worth_nothing():
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(3, 300, 100)), rng.integers(0, 4, 300)
    assert mutual_information(x, labels).tolist() == [0.0, 0.0, 0.0]
    assert probe_bound(x[0], labels, folds=5, components=64, c=1e-6) == pytest.approx(0.0, abs=0.01)


def test_more_noise_means_less_information():
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 4
    x = np.array([np.eye(4)[labels] + noise * rng.normal(size=(200, 4)) for noise in (0.2, 0.5, 1.0, 3.0)])
    for estimator in ("probe", "neighbours"):
        assert (np.diff(mutual_information(x, labels, estimator=estimator)) < 0).all()


def test_the_task_is_the_label_and_the_prediction_is_the_prediction():
    seen = observation()
    blind = replace(seen, predictions=np.zeros_like(seen.predictions))
    assert find("signals", "mi_prediction_relevance")(blind).tolist() == [0.0] * 4
    assert (find("signals", "mi_task_relevance")(blind) > 0).all()


def test_neighbours_do_not_see_the_order_of_the_texts():
    seen = observation()
    task = find("signals", "mi_task_relevance")
    there, back = task(seen, estimator="neighbours"), task(permuted(seen), estimator="neighbours")
    np.testing.assert_allclose(there, back, rtol=1e-9)


def test_a_class_the_probe_never_saw_costs_a_finite_number_of_nats():
    assert np.isfinite(probe_bound(np.zeros((20, 1)), np.arange(20), folds=5, components=1, c=1.0))


@pytest.mark.parametrize("estimator", ["probe", "neighbours"])
def test_odd_labels_and_constant_channels_are_no_trouble(estimator):
    x = np.zeros((1, 20, 3))
    x[0, :, 0] = np.arange(20)
    for labels in ([0] * 20, [0] * 19 + [7], list(range(20)), [5] * 10 + [-3] * 10):
        found = mutual_information(x, np.array(labels), estimator=estimator)
        assert np.isfinite(found).all()
        assert 0 <= found[0] <= np.log(20)
    assert mutual_information(0 * x, np.arange(20) % 2, estimator=estimator)[0] == pytest.approx(0.0, abs=0.05)


def test_impossible_options_are_refused():
    x, labels, _ = two_gaussians(10, 1.0)
    with pytest.raises(ValueError, match="unknown estimator 'guess'"):
        mutual_information(x, labels, estimator="guess")
    for options in ({"folds": 1}, {"folds": 11}, {"components": 0}, {"c": 0.0}, {"neighbours": 0}):
        with pytest.raises(ValueError, match="mutual information needs"):
            mutual_information(x, labels, **options)


# --- controls ---


def test_random_draws_permutations_that_depend_on_the_seed_alone():
    draw = find("signals", "random")
    drawn = draw(observation(6), draws=200)
    assert (np.sort(drawn, axis=1) == np.arange(6)).all()
    assert drawn.mean(axis=0) == pytest.approx([2.5] * 6, abs=0.5)
    np.testing.assert_array_equal(drawn[:10], draw(observation(6, seed=1), draws=10))
    assert (drawn[:10] != draw(observation(6), seed=1)).any()
    assert drawn[:2].tolist() == [[3, 2, 1, 0, 4, 5], [2, 3, 1, 5, 4, 0]]  # in every version of NumPy
    with pytest.raises(ValueError, match="at least 1"):
        draw(observation(6), draws=0)


def test_top_first_and_every_other_in_six_and_seven_layers():
    def order(name: str, layers: int) -> list[int]:
        return np.argsort(find("signals", name)(observation(layers))).tolist()

    assert order("top_first", 6) == [5, 4, 3, 2, 1, 0]
    assert order("every_other", 6) == [5, 3, 1, 2, 4, 0]
    assert order("every_other", 7) == [5, 3, 1, 6, 2, 4, 0]
    assert order("every_other", 12) == [11, 9, 7, 5, 3, 1, 10, 6, 2, 4, 8, 0]
