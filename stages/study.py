"""study: what a short training restores, what predicts it, and what schedules and ways to teach change."""

from typing import Any

from slim.config import load
from slim.report.figures._drawn import STUDY, drawn
from slim.report.figures._style import write_pngs
from slim.report.study import _read as read
from slim.report.study._choices import choices
from slim.report.study.distillation import distillation
from slim.report.study.noise import noise
from slim.report.study.page import page
from slim.report.study.recovered import recovered
from slim.report.study.recovered_regret import recovered_regret
from slim.report.study.recovery_correlations import recovery_correlations
from slim.report.study.schedules import schedules
from slim.report.study.sentences import sentences
from slim.report.tables._write import write_tables
from slim.utils.grid import runs
from slim.utils.io import write_json, write_text
from stages import run


def study() -> None:
    params = load()
    wanted = runs(**params.grid.model_dump())
    budgets = {name: budget.model_dump() for name, budget in params.budgets.items()}
    sure: dict[str, Any] = {"resamples": params.evaluate.resamples, "level": params.evaluate.level}
    found = read.read_runs(wanted, budgets, params.strategies)
    chosen = choices(found, list(params.strategies), params.fusions)
    tables = {
        "recovered": recovered(found, budgets),
        "noise": noise(found, **sure),
        "recovery_correlations": recovery_correlations(found, chosen, **sure),
        "recovered_regret": recovered_regret(found, chosen, **sure),
        "schedules": schedules(found, chosen, **sure),
        "distillation": distillation(read.read_distillations(wanted), params.distillations, **sure),
    }
    said, pictures = sentences(tables), drawn(tables, STUDY)
    write_tables(tables, "reports/study")
    write_pngs(pictures, "reports/study/figures")
    write_json(said, "reports/study/sentences.json")
    write_text(page(tables, said, pictures, level=params.evaluate.level), "reports/study.html")


if __name__ == "__main__":
    run(study)
