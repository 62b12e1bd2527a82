"""study: what a short training restores to sets of layers, what predicts it, and what measuring again changes."""

from functools import partial

from slim.config import load
from slim.report.figures import STUDY, draw
from slim.report.figures.style import write_pngs
from slim.report.page import study_page
from slim.report.tables import write_tables
from slim.report.tables.recovery import read_runs, study_tables
from slim.subsets.on_demand import lattice_with
from slim.utils.grid import runs
from slim.utils.io import write_text
from stages import run


def study() -> None:
    params = load()
    wanted = runs(params.grid.datasets, params.grid.seeds)
    raw = partial(lattice_with, target="raw", runtime=params.runtime.model_dump())
    tables = study_tables(read_runs(wanted, list(params.budgets), params.strategies, raw), params.fusions)
    write_tables(tables, "reports/study")
    write_pngs(draw(tables, STUDY), "reports/study/figures")
    write_text(study_page(tables), "reports/study.html")


if __name__ == "__main__":
    run(study)
