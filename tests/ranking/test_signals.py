"""Every signal: what all promise, then each against a closed form or an independent witness."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from slim.ranking.layer_statistics import LayerStatistics
from slim.ranking.mutual_information import mutual_information
from slim.utils.registry import find, names
from tests.builders import arrays, permuted, statistics

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
BASELINES = ["random", "top_first", "every_other"]
CROSS_VALIDATED = {"mi_task_relevance", "mi_prediction_relevance"}


# --- every signal ---


def test_the_twelve_signals_and_the_baselines_are_all_there():
    assert names("ranking/signals") == sorted(SIGNALS + BASELINES)


def test_finding_signals_and_fusions_loads_no_heavy_library():
    code = (
        "import sys; from slim.utils.registry import find, names\n"
        "for folder in ('ranking/signals', 'ranking/fusions'):\n"
        "    for name in names(folder): find(folder, name)\n"
        "import slim.ranking.removals, slim.subsets.depth_rules\n"
        "print(*sorted({'torch', 'transformers', 'pandas', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"


@pytest.mark.parametrize("name", names("ranking/signals"))
@pytest.mark.parametrize("layers", [1, 5])
def test_a_signal_scores_every_layer_and_leaves_its_input_alone(name, layers):
    seen = statistics(layers)
    before = arrays(seen)
    scores = find("ranking/signals", name)(seen)
    assert scores.shape == ((10, layers) if name == "random" else (layers,))
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(find("ranking/signals", name)(seen), scores)
    for key, array in before.items():
        np.testing.assert_array_equal(getattr(seen, key), array)


@pytest.mark.parametrize("name", sorted(set(names("ranking/signals")) - CROSS_VALIDATED))
def test_the_order_of_the_texts_does_not_matter(name):
    seen = statistics()
    np.testing.assert_allclose(
        find("ranking/signals", name)(permuted(seen)), find("ranking/signals", name)(seen), rtol=1e-12
    )


# --- activations ---


def activations(rows: list[list[float]], example_of_token: list[int]) -> LayerStatistics:
    """One layer whose output is `rows` [tokens, channels], and whose update is twice that."""
    a = np.array([[rows], np.multiply(2, [rows])])
    return replace(
        statistics(1, len(set(example_of_token))),
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
    signal = find("ranking/signals", name)
    assert signal(seen) == pytest.approx(output)
    assert signal(seen, site="update") == pytest.approx(update)
    with pytest.raises(ValueError, match="unknown site 'input'"):
        signal(seen, site="input")


def test_energy_counts_whole_texts():
    a = np.random.default_rng(0).normal(size=(5, 3))
    texts = [a[:2], a[2:]]
    expected = np.mean([np.linalg.norm(text, "fro") ** 2 for text in texts])
    assert find("ranking/signals", "activation_energy")(activations(a.tolist(), [0, 0, 1, 1, 1])) == pytest.approx(
        expected
    )


# --- gradients ---


def test_gradient_signals_are_means_over_batches_and_over_texts():
    seen = statistics()
    assert find("ranking/signals", "gradient_magnitude")(seen)[2] == pytest.approx(
        sum(seen.gradient_batch_norm[2]) / 5
    )
    assert find("ranking/signals", "gradient_fisher")(seen)[2] == pytest.approx(
        sum(seen.gradient_example_square[2]) / 40
    )


# --- weights ---


def weighing(*layers: list[float]) -> LayerStatistics:
    return replace(statistics(len(layers)), weights=np.array(layers, dtype=np.float32))


def test_weight_magnitude_is_a_root_mean_square():
    assert find("ranking/signals", "weight_magnitude")(weighing([3, -4], [0, 2])) == pytest.approx([12.5**0.5, 2**0.5])


def test_weight_sparsity_compares_with_all_layers_and_is_strict():
    seen = weighing([1, -1, 1, 1], [0.5, -0.25, 0, np.sqrt(4 - 0.3125)])  # root mean square of all: 1
    sparsity = find("ranking/signals", "weight_sparsity")
    assert sparsity(seen, threshold=0.5).tolist() == [0.0, 0.5]  # 0.5 itself is not below
    assert sparsity(seen, threshold=0.0).tolist() == [0.0, 0.0]
    assert sparsity(seen, threshold=1.1).tolist() == [1.0, 0.75]
    with pytest.raises(ValueError, match="at least 0"):
        sparsity(seen, threshold=-1)


def test_weight_entropy_agrees_with_scipy_on_common_bins():
    seen = statistics()
    edges = np.linspace(seen.weights.min(), seen.weights.max(), 33)
    expected = [stats.entropy(np.histogram(w, edges)[0]) for w in seen.weights]
    assert find("ranking/signals", "weight_entropy")(seen, bins=32) == pytest.approx(expected, rel=1e-3)


def test_weight_entropy_in_closed_form():
    entropy = find("ranking/signals", "weight_entropy")
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
        statistics(2),
        attention_max=np.concatenate([rows.max(axis=-1), single], axis=2).astype(np.float32),
        attention_entropy=np.concatenate([stats.entropy(rows, axis=-1), 0 * single], axis=2).astype(np.float32),
        keys=np.array([3, 3, 3, 1]),
    )
    assert find("ranking/signals", "attention_weight")(seen) == pytest.approx([6 / 8, 1.0])
    assert find("ranking/signals", "attention_entropy")(seen) == pytest.approx([0.5, 0.0])


def test_attention_entropy_needs_a_choice_of_keys():
    pair = replace(statistics(1), attention_entropy=np.log([[[2.0, 2.0, 1.0]]]), keys=np.array([2, 4, 1]))
    assert find("ranking/signals", "attention_entropy")(pair) == pytest.approx([0.75])
    with pytest.raises(ValueError, match="more than one key"):
        find("ranking/signals", "attention_entropy")(replace(statistics(), keys=np.ones_like(statistics().keys)))


# --- mutual information (its estimators: test_mutual_information.py) ---


def test_the_task_is_the_label_and_the_prediction_is_the_prediction():
    seen = statistics()
    blind = replace(seen, predictions=np.zeros_like(seen.predictions))
    assert find("ranking/signals", "mi_prediction_relevance")(blind).tolist() == [0.0] * 4
    assert (find("ranking/signals", "mi_task_relevance")(blind) > 0).all()


@pytest.mark.parametrize("name", sorted(CROSS_VALIDATED))
@pytest.mark.parametrize("estimator", ["nearest_neighbors", "binned"])
def test_estimators_without_folds_do_not_see_the_order_of_the_texts(name, estimator):
    seen, signal = statistics(), find("ranking/signals", name)
    there, back = signal(seen, estimator=estimator), signal(permuted(seen), estimator=estimator)
    np.testing.assert_allclose(there, back, rtol=1e-9)


@pytest.mark.parametrize("name", sorted(CROSS_VALIDATED))
@pytest.mark.parametrize(
    "options",
    [
        {"cv": 4},
        {"n_components": 3},
        {"C": 1.0},
        {"estimator": "nearest_neighbors", "n_neighbors": 5},
        {"estimator": "binned", "bins": 3},
    ],
)
def test_every_option_of_mutual_information_reaches_it(name, options):
    seen = statistics(2)
    options = {"cv": 2} | options
    target = seen.labels if name == "mi_task_relevance" else seen.predictions
    expected = mutual_information(seen.pooled, target, **options)
    scores = find("ranking/signals", name)(seen, **options)
    assert scores.tolist() == expected.tolist()
    rest = {key: value for key, value in options.items() if key == "estimator"} | {"cv": 2}
    assert scores.tolist() != find("ranking/signals", name)(seen, **rest).tolist()


# --- baselines ---


def test_random_draws_permutations_that_depend_on_the_seed_alone():
    draw = find("ranking/signals", "random")
    drawn = draw(statistics(6), draws=200)
    assert (np.sort(drawn, axis=1) == np.arange(6)).all()
    assert drawn.mean(axis=0) == pytest.approx([2.5] * 6, abs=0.5)
    np.testing.assert_array_equal(drawn[:10], draw(statistics(6, seed=1), draws=10))
    assert (drawn[:10] != draw(statistics(6), seed=1)).any()
    assert drawn[:2].tolist() == [[3, 2, 1, 0, 4, 5], [2, 3, 1, 5, 4, 0]]  # in every version of NumPy
    with pytest.raises(ValueError, match="at least 1"):
        draw(statistics(6), draws=0)


def test_top_first_and_every_other_in_six_and_seven_layers():
    def order(name: str, layers: int) -> list[int]:
        return np.argsort(find("ranking/signals", name)(statistics(layers))).tolist()

    assert order("top_first", 6) == [5, 4, 3, 2, 1, 0]
    assert order("every_other", 6) == [5, 3, 1, 2, 4, 0]
    assert order("every_other", 7) == [5, 3, 1, 6, 2, 4, 0]
    assert order("every_other", 12) == [11, 9, 7, 5, 3, 1, 10, 6, 2, 4, 8, 0]
