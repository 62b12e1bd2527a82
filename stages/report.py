"""report: all measurements become tables, figures, a page, and the numbers that `dvc metrics diff` compares."""

from slim.figures._style import write_pngs
from slim.figures.accuracy_by_depth import accuracy_by_depth
from slim.figures.models import models as models_figure
from slim.figures.regret_by_depth import regret_by_depth
from slim.files import write_json, write_jsons, write_text
from slim.page import page
from slim.params import load
from slim.summary import by_strategy, headline, summary
from slim.tables import _read as read
from slim.tables._write import write_tables
from slim.tables.curves import curves
from slim.tables.fits import fits
from slim.tables.maxima import maxima
from slim.tables.models import models
from slim.tables.regret import regret
from slim.tables.results import results
from stages import run


def report() -> None:
    params = load()
    datasets, students = params.grid.datasets, list(params.students)
    found = results(read.read_results(datasets, params.grid.seeds, students))
    lines = curves(read.read_curves(datasets, [*params.strategies, *params.fusions]), params.fusions)
    best, fitted = maxima(lines), fits(read.read_fits(params.fusions))
    pictures = {"accuracy_by_depth": accuracy_by_depth(lines), "regret_by_depth": regret_by_depth(lines),
                "models": models_figure(found, models(found))}  # fmt: skip
    tables = {"results": found, "curves": lines, "maxima": best, "fits": fitted, "regret": regret(lines)}
    write_tables(tables, "reports")
    write_pngs(pictures, "reports/figures")
    write_jsons(by_strategy(best), "reports/metrics")
    write_json(headline(found, best, student=students[0]), "reports/headline.json")
    write_text(summary(found, best, lines), "reports/summary.md")
    write_text(page(read.read_cards(datasets), found, lines, best, fitted, list(pictures)), "reports/index.html")


if __name__ == "__main__":
    run(report)
