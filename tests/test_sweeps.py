"""The page of sweeps: what it says of a compressor, and its figure, from tables like a run's; its profile has them."""

import pandas as pd
import pytest

from benchmarks import depth_width, sweeps
from slim.orchestration.profiles import merged
from slim.report.tables.comparisons import ALL


@pytest.fixture
def tables():
    """Every recipe of every sweep, 1 MB more at each size, two points below the teacher; cur is worse at two sizes."""
    rows, compared = [{"recipe": "teacher", "bytes": 9e7, "accuracy": 0.86}], []
    for lines in sweeps.SWEEPS["compressors"].values():
        control = list(lines.values())[1]
        for sweep in lines.values():
            for size in sweep.sizes:
                for name in {sweep.before.format(size), sweep.after.format(size)}:
                    rows.append({"recipe": name, "bytes": 5e7 + 1e4 * size, "accuracy": 0.84})
                if sweep is not control:
                    compared.append({"recipe": sweep.after.format(size), "reference": control.after.format(size),
                                     "difference": -0.01, "low": -0.02, "high": 0.001, "stable": True,
                                     "verdict": "worse" if size in (48, 96) else "undecided"})  # fmt: skip
    recipes = pd.DataFrame(rows).assign(dataset=ALL, seeds=3)
    return recipes, pd.DataFrame(compared).assign(dataset=ALL, against="control")


def test_it_counts_verdicts_and_shows_every_size(tables):
    text = sweeps.page("compressors", *tables)
    assert "- cur against its control, of 3 sizes: worse at 2, undecided at 1." in text
    assert "- merge_ffn against its control, of 3 sizes: undecided at 3." in text
    assert "| cur_48_fused | 50.5 | 84.0 | 84.0 | svd_48_tuned | −1.0 [−2.0, +0.1] | worse | True |" in text
    assert "| svd_48_tuned | 50.5 | 84.0 | 84.0 |  |  |  |  |" in text


def test_each_compressor_has_a_panel_with_a_line_before_and_one_after_training(tables):
    axes = sweeps.sweeps("compressors", tables[0]).axes
    assert [each.get_title(loc="left") or each.get_title() for each in axes] == list(sweeps.SWEEPS["compressors"])
    assert [len(each.lines) for each in axes] == [
        1 + 2 * len(lines) for lines in sweeps.SWEEPS["compressors"].values()
    ]


@pytest.mark.parametrize("profile", sorted(sweeps.SWEEPS))
def test_the_profile_has_every_recipe_and_each_compressor_names_its_control(profile):
    params = merged(profile)
    recipes = {**params["prune"], **params["distill"], **params["compress"]}
    for lines in sweeps.SWEEPS[profile].values():
        own, control = list(lines.values())[:2]
        for sweep in lines.values():
            assert {*sweep.names(sweep.before), *sweep.names(sweep.after)} <= set(recipes)
        for after, plain in zip(own.names(own.after), control.names(control.after), strict=True):
            assert recipes[after]["control"] == plain


def test_a_narrow_model_is_beside_the_best_shallow_one_that_is_no_slower():
    times = {"teacher": 8.0, "layers_30_tuned": 2.0, "layers_50_tuned": 4.0, "layers_70_tuned": 6.0}
    times |= {f"{kind}_{size}_tuned": 4.0 + i for kind in ("fisher", "heads") for i, size in enumerate(sweeps.KEPT)}
    accuracy = dict.fromkeys(times, 0.8) | {"layers_30_tuned": 0.85, "layers_50_tuned": 0.9, "fisher_70_tuned": 0.95}
    times["heads_30_tuned"] = 1.0
    rows = pd.DataFrame([
        {"recipe": name, "bytes": 1e6, "accuracy": accuracy[name], "short_p50": p50 / 1e3, "short_p90": p50 / 1e3,
         "long_p50": p50 / 1e3, "batch_p50": 0.032}
        for name, p50 in times.items()
    ])  # fmt: skip
    found = depth_width.faster_and_better(rows)
    assert (
        found["fisher_30_tuned"] == found["fisher_70_tuned"] == "layers_50_tuned" and found["heads_30_tuned"] == "none"
    )
    about = {"threads": 1, "processor": "x", "instructions": ["avx2"]}
    text = depth_width.page({"PyTorch": rows}, about, "movie_reviews")
    assert "Of 6 narrow models, 4 have one with fewer layers" in text  # all but heads_30 and the better fisher_70
    assert "| fisher_70_tuned | 1.0 | 95.0 | 6.00 | 6.00 | 6.00 | 1000 | layers_50_tuned 90.0 |" in text
