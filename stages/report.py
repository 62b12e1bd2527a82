"""report: measurements become tables, figures, claims, a page, and the numbers that `dvc metrics diff` compares."""

from slim.config import load
from slim.report.claims import claims
from slim.report.figures import draw
from slim.report.figures.style import write_pngs
from slim.report.page import headline, metrics, report_page, summary
from slim.report.read import read_measurements
from slim.report.tables import report_tables, write_tables
from slim.utils.io import write_json, write_jsons, write_text
from stages import run


def report() -> None:
    params = load()
    level = params.evaluate.level
    recipes = ["teacher", *params.prune, *params.distill, *params.compress, *params.baselines]
    grid = params.grid
    measured = read_measurements(grid.datasets, grid.seeds, recipes, params.strategies, params.fusions)
    tables = report_tables(measured, resamples=params.evaluate.resamples, level=level)
    ledger = claims(*(tables[name] for name in ("curves", "maxima", "orders", "recipes", "comparisons")))
    write_tables(tables, "reports")
    write_pngs(draw(tables), "reports/figures")
    write_json(ledger, "reports/claims.json")
    write_jsons(metrics(tables["recipes"]), "reports/metrics")
    write_json(headline(tables), "reports/headline.json")
    shipped = params.ship.recipe
    write_text(summary(tables, level, shipped), "reports/summary.md")
    write_text(report_page(tables, ledger, measured.cards, level, shipped), "reports/index.html")


if __name__ == "__main__":
    run(report)
