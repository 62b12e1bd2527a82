"""The model that fits: on the front, chosen on validation, or the nearest."""

import subprocess
import sys

import pandas as pd
import pytest

from slim.shipping.pick import BYTES, SECONDS, Limits, amount, candidates, front, pick

RESULTS = pd.DataFrame(
    [
        ("a", seed, recipe, "baseline" if recipe == "linear" else "prune", size, validation + seed / 100, test)
        for seed in (0, 1)
        for recipe, size, validation, test in (
            ("teacher", 90e6, 0.86, 0.85),
            ("half", 70e6, 0.70, 0.99),  # beaten by `small` in everything but test
            ("small", 35e6, 0.80, 0.79),
            ("tiny", 5e6, 0.75, 0.74),
            ("linear", 0.1e6, 0.79, 0.80),
        )
    ],
    columns=["dataset", "seed", "recipe", "stage", "bytes", "validation_accuracy", "accuracy"],
)
TIMES = pd.DataFrame({"recipe": ["teacher", "small", "half", "tiny"], "short_p50": [0.009, 0.004, 0.0045, 0.005]})
TABLE = candidates(RESULTS, "a", TIMES)


def test_candidates_are_means_over_seeds_of_models_that_can_be_taken():
    assert list(TABLE["recipe"]) == ["teacher", "half", "small", "tiny"]
    assert TABLE.set_index("recipe").loc["small", "validation_accuracy"] == pytest.approx(0.805)
    assert list(TABLE["seed"]) == [1, 1, 1, 1]
    assert "p50" not in candidates(RESULTS, "a")
    with pytest.raises(ValueError, match="there is no dataset 'b': choose from a"):
        candidates(RESULTS, "b")


def test_the_front_leaves_out_what_another_beats():
    assert list(front(TABLE)["recipe"]) == ["teacher", "small", "tiny"]
    assert list(front(TABLE.drop(columns="p50"))["recipe"]) == ["teacher", "small", "tiny"]
    twins = pd.concat([TABLE, TABLE])
    assert len(front(twins)) == 6  # equals do not beat each other


@pytest.mark.parametrize(
    ("limits", "recipe", "fits"),
    [
        (Limits(), "teacher", True),
        (Limits(max_bytes=40e6), "small", True),
        (Limits(max_bytes=40e6, max_p50=0.0045), "small", True),
        (Limits(max_bytes=6e6, min_accuracy=0.7), "tiny", True),
        (Limits(max_bytes=4.9e6), "tiny", False),
        (Limits(max_bytes=5e6, min_accuracy=0.99), "tiny", False),
        (Limits(max_p50=0.004, min_accuracy=0.85), "small", False),
    ],
)
def test_the_most_accurate_that_fits_else_the_nearest(limits, recipe, fits):
    choice = pick(TABLE, limits)
    assert (choice.row["recipe"], choice.fits) == (recipe, fits)


def test_what_was_not_timed_keeps_no_limit_of_time():
    choice = pick(candidates(RESULTS, "a", TIMES.head(1)), Limits(max_p50=0.01))
    assert choice.row["recipe"] == "teacher" and choice.fits
    assert not pick(candidates(RESULTS, "a"), Limits(max_p50=0.01)).fits


def test_without_models_it_says_what_to_run():
    with pytest.raises(ValueError, match="run `dvc repro evaluate report`"):
        pick(TABLE.head(0), Limits())


def test_amounts_have_units():
    assert amount("5MB", BYTES) == 5e6 and amount("1.5 MiB", BYTES) == 1.5 * 2**20 and amount("800", BYTES) == 800
    assert amount("2ms", SECONDS) == pytest.approx(0.002) and amount(".5 s", SECONDS) == 0.5
    for wrong in ("", "fast", "5 lightyears", "-1MB", "0MB"):
        with pytest.raises(ValueError, match="is no amount"):
            amount(wrong, BYTES)


@pytest.fixture
def run(tmp_path):
    """The folder of a run with its results and one model."""
    (tmp_path / "reports").mkdir()
    RESULTS.to_csv(tmp_path / "reports/results.csv", index=False)
    (tmp_path / "models/small/a/1").mkdir(parents=True)
    (tmp_path / "models/small/a/1/weights").write_text("1")
    return tmp_path


def command(run, *words):
    words = [sys.executable, "-m", "slim", "pick", *words, "--run", str(run)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_the_command_names_and_copies_the_model(run):
    done = command(run, "a", "--max-bytes", "40MB", "--copy-to", str(run / "mine"))
    assert (done.returncode, done.stdout) == (
        0,
        "small, seed 1: 35.0 MB, 80.5 % on validation, 79.0 % on test\n",
    )
    assert (run / "mine/weights").read_text() == "1"
    again = command(run, "a", "--max-bytes", "40MB", "--copy-to", str(run / "mine"))
    assert again.stderr == f"pick: {run}/mine is there already: name a new folder\n"


def test_the_command_refuses_in_one_line(run):
    for words, line in {
        ("a", "--max-bytes", "1MB"): "no model keeps these limits; the nearest is tiny, seed 1: 5.0 MB, 75.5 % on "
        "validation, 74.0 % on test",
        ("a", "--max-p50", "2ms"): f"{run}/reports/latency.csv is not there, and without it no time is known: run "
        "`dvc repro benchmark`",
        ("b",): "there is no dataset 'b': choose from a",
        ("a", "--max-bytes", "much"): "'much' is no amount: give a positive number and one of B, KB, MB, GB, KIB, "
        "MIB, GIB",
        ("a", "--copy-to", "x"): f"{run}/models/teacher/a/1 is not there: run `dvc checkout` in {run}",
    }.items():
        done = command(run, *words)
        assert (done.returncode, done.stderr) == (1, f"pick: {line}\n")
    (run / "reports/results.csv").unlink()
    assert command(run, "a").stderr == f"pick: {run}/reports/results.csv is not there: run `dvc repro report`\n"
