"""The stage writes what it promises, and the same bytes twice."""

import json
import re

from dvc_render.html import HTML
from dvc_render.vega import VegaRenderer

from slim.orchestration.offline_plots import offline_page
from slim.report.figures._drawn import FIGURES
from tests._synthetic import STRATEGIES
from tests.report.made_up import ROOT

TEMPLATES = ROOT / ".dvc" / "plots"
TABLES = (
    "results", "curves", "maxima", "fits", "regret", "comparisons", "ranks", "depths", "orders", "signals",
    "signal_correlations", "weights", "learned", "sensitivity", "shapley", "interactions", "search",
)  # fmt: skip


def test_the_stage_writes_what_it_promises(twice):
    tables = [f"{name}.csv" for name in TABLES]
    pictures = [f"figures/{name}.png" for name in FIGURES]
    metrics = [f"metrics/{strategy}.json" for strategy in STRATEGIES]
    others = ["index.html", "summary.md", "headline.json", "claims.json"]
    assert sorted(twice[0]) == sorted([*tables, *pictures, *metrics, *others])


def test_two_runs_write_the_same_bytes(twice):
    assert twice[0] == twice[1]


def test_tables_have_unix_ends_and_no_word_for_missing(twice):
    for name in (name for name in twice[0] if name.endswith(".csv")):
        text = twice[0][name].decode()
        assert "\r" not in text and text.endswith("\n"), name
        assert not re.search(r"(^|,)(nan|NaN|None|<NA>)(,|$)", text, re.MULTILINE), name


def test_the_plot_template_is_filled_and_the_offline_page_loads_nothing(lines, tmp_path):
    points = [{"rev": "workspace", **row} for row in lines.head(50).astype(str).to_dict("records")]
    plot = VegaRenderer(
        points, "curves", template="accuracy_by_depth", template_dir=str(TEMPLATES), x="removed", y="test_accuracy"
    )
    spec = json.loads(plot.partial_html())
    assert "DVC_METRIC" not in json.dumps(spec) and len(spec["data"]["values"]) == 50
    page = HTML(offline_page()).with_scripts(plot.SCRIPTS).with_element(plot.generate_html()).embed()
    assert "vegaEmbed=" in page and not re.search(r"<(script|link)[^>]*(src|href)=", page)
