"""DVC's plots: every template draws its table, and the pipeline names columns that there are."""

import json
from pathlib import Path

import pandas as pd
import pytest
import vl_convert
import yaml
from dvc_render.vega import VegaRenderer

from slim.orchestration.offline_plots import VEGA_LITE
from slim.report.tables._write import write_table
from tests.figures.frames import Frames

TEMPLATES = Path(__file__).parents[2] / ".dvc" / "plots"


PLOTS = {
    "accuracy_by_depth": ("curves", "removed", "test_accuracy"),
    "bars": ("shapley", "layer", "shapley"),
    "differences": ("distillation", "over_control", "variant"),
    "dots": ("ranks", "mean_rank", "strategy"),
    "heat_map": ("orders", "layer", "removed_at"),
    "heat_map_signed": ("signals", "layer", "z"),
    "intervals": ("results", "accuracy", "model"),
    "kept_layers": ("depths", "layers", "kept"),
    "maxima": ("maxima", "dataset", "accuracy"),
    "noise": ("noise", "budget", "spread"),
    "pairs": ("interactions", "first", "interaction"),
    "recovered_regret": ("recovered_regret", "budget", "test_regret"),
    "recovery": ("recovered", "kept", "test_accuracy"),
    "recovery_correlations": ("recovery_correlations", "rho", "predictor"),
    "schedules": ("schedules", "iterative_regret", "strategy"),
    "search": ("search", "evaluations", "test_regret"),
    "sensitivity": ("sensitivity", "test_regret", "strategy"),
    "weights": ("weights", "weight", "signal"),
}
"""Template of DVC -> a table it is for, and the columns that dvc.yaml would give as x and y."""


def filled(template, frame, folder, revisions=("workspace",)):
    """What DVC would draw of a CSV with a template, as Vega-Lite; values are texts, as DVC reads them."""
    table, x, y = PLOTS[template]
    write_table(frame, folder / f"{table}.csv")
    rows = pd.read_csv(folder / f"{table}.csv", dtype=str, keep_default_na=False).to_dict("records")
    points = [{"rev": revision, **row} for revision in revisions for row in rows]
    return json.loads(
        VegaRenderer(points, "plot", template=template, template_dir=str(TEMPLATES), x=x, y=y).partial_html()
    )


def test_every_template_is_tried():
    assert {path.stem for path in TEMPLATES.glob("*.json")} == set(PLOTS)


@pytest.mark.parametrize("template", PLOTS)
def test_a_template_draws_its_table_of_one_revision_and_of_two(template, tmp_path):
    frame = getattr(Frames(2, 1, 3), PLOTS[template][0])()
    for revisions in (("workspace",), ("HEAD", "workspace")):
        spec = filled(template, frame, tmp_path, revisions)
        assert "DVC_METRIC" not in json.dumps(spec)
        drawing = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)
        assert "NaN" not in drawing and "undefined" not in drawing
        assert all(name in drawing for name in revisions)
        assert template == "dots" or all(dataset in drawing for dataset in ("library", "section"))


def test_a_heat_map_prints_means_over_seeds(tmp_path):
    frame = Frames(1, 2, 2).orders()
    frame = frame[frame["strategy"] == "ridge"].assign(removed_at=[1, 2, 2, 2])
    drawing = vl_convert.vegalite_to_svg(filled("heat_map", frame, tmp_path), vl_version=VEGA_LITE)
    assert ">1.5</text>" in drawing and ">2</text>" in drawing


def test_the_plots_of_the_pipeline_have_templates_and_columns():
    for plot in yaml.safe_load((TEMPLATES.parents[1] / "dvc.yaml").read_text(encoding="utf-8"))["plots"]:
        ((name, how),) = plot.items()
        path, y = next(iter(how["y"].items())) if isinstance(how["y"], dict) else (name, how["y"])
        assert how["template"] in PLOTS, name
        columns = getattr(Frames(1, 1, 3), Path(path).stem)().columns
        assert {how["x"], y} <= set(columns), name
