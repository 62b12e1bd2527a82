"""report: measurements become tables, figures, claims, a page, and the numbers that `dvc metrics diff` compares."""

from slim.config import load
from slim.report.claims import claims
from slim.report.figures._drawn import drawn
from slim.report.figures._style import write_pngs
from slim.report.in_short import in_short
from slim.report.page import page
from slim.report.summary import by_strategy, headline, summary
from slim.report.tables import _read as read
from slim.report.tables._made import made
from slim.report.tables._write import write_tables
from slim.utils.grid import runs
from slim.utils.io import write_json, write_jsons, write_text
from stages import run


def report() -> None:
    params = load()
    datasets, seeds, sure = params.grid.datasets, params.grid.seeds, params.evaluate
    students, names = list(params.students), [*params.strategies, *params.fusions]
    wanted, target = runs(datasets, seeds), params.prune.target
    tables = made(
        measured=read.read_results(datasets, seeds, students),
        pruned=read.read_curves(datasets, names),
        recipes=read.read_recipes(names, params.prune.rules()),
        ranked=read.read_orders(params.strategies),
        fused=read.read_fused(params.fusions),
        fitted=read.read_fits(params.fusions),
        raw=read.read_lattices(wanted),
        target=read.read_lattices(wanted, f"data/lattice/{target}"),
        resamples=sure.resamples,
        level=sure.level,
    )
    found, best, pictures = tables["results"], tables["maxima"], drawn(tables)
    ledger = claims(tables["curves"], best, found, tables["orders"])
    said = in_short(tables, ledger, student=students[0], level=sure.level)
    write_tables(tables, "reports")
    write_pngs(pictures, "reports/figures")
    write_jsons(by_strategy(best), "reports/metrics")
    write_json(headline(found, best, student=students[0]), "reports/headline.json")
    write_json(ledger, "reports/claims.json")
    write_text(summary(found, best, said), "reports/summary.md")
    text = page(read.read_cards(datasets), tables, ledger, said, pictures, target=target, level=sure.level)
    write_text(text, "reports/index.html")


if __name__ == "__main__":
    run(report)
