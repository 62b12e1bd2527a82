"""README and docs are true: results are the report's, the picture is the pipeline, every place and option exists."""

import csv
import inspect
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
import yaml
from dvc.exceptions import ReproductionError
from dvc.repo import Repo

from slim.config import Params, load
from slim.orchestration.dvc_graph import RECIPES, graph, verb
from slim.orchestration.profiles import WHOLE
from slim.report.figures import FIGURES, STUDY
from slim.report.readme import END, START, with_results
from slim.report.tables.recovery import study_tables
from slim.report.tables.results import COLUMNS
from slim.utils.registry import find, names
from tests.imports import ROOT

README = (ROOT / "README.md").read_text()
PAGES = {path.name: path.read_text() for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]}
DVC = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())
OWN = ("runs", ".archives", ".ckpt", ".dvc")
"""Folders that git ignores, beside those of `outputs`."""
SAID = "reports/reproduced.json"
"""What the end of every run writes, no stage of DVC."""
NOT_SET = ("", "all", "none", "by suffix", "see below")
"""How tables write that an option has no value of its own."""


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 200


def test_the_results_are_those_of_the_committed_benchmark():
    assert with_results(README, (ROOT / "results/benchmark/reports/summary.md").read_text()) == README
    assert len(yaml.safe_load((ROOT / "results/benchmark/params.yaml").read_text())["grid"]["seeds"]) >= 3


def test_only_what_stands_between_the_markers_is_replaced():
    assert with_results(f"a{START}old{END}b", "new \\1\n") == f"a{START}\n\nnew \\1\n\n{END}b"
    with pytest.raises(ValueError, match="once each"):
        with_results("no markers", "new")


def test_the_picture_is_the_pipeline(monkeypatch):
    monkeypatch.chdir(ROOT)
    pairs = [["recipes" if verb(end) in RECIPES else verb(end) for end in edge] for edge in graph().edges]
    shown = nx.transitive_reduction(nx.DiGraph((read, reader) for reader, read in pairs if read != reader))
    named = {"recipes": f"recipes[{', '.join(RECIPES)}]"}
    lines = [
        f"  {stage} --> {' & '.join(named.get(each, each) for each in sorted(shown[stage]))}"
        for stage in nx.lexicographical_topological_sort(shown)
        if shown[stage]
    ]
    picture = re.search(r"```mermaid\n(.*?)\n```", README, re.DOTALL)[1]
    assert picture.splitlines() == ["flowchart TD", *lines]


def test_every_place_on_the_file_map_exists_and_no_room_is_missing():
    block = re.search(r"## File map\n\n```text\n(.*?)```", README, re.DOTALL)[1]
    places, parents = set(), {0: Path()}
    for line in block.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        for word in re.match(r"\s*(\S+(?:  \S+)*)   ", line)[1].split():
            # Below a room stand its folders, by the last name of the line above.
            parent = next(p for p in (parents[depth], *reversed(parents.values())) if (ROOT / p / word).exists())
            places.add(parent / word)
            parents = {d: p for d, p in parents.items() if d <= depth} | {depth + 1: parent / word.split("/")[0]}
    rooms = {path.parent.relative_to(ROOT) for path in (ROOT / "slim").glob("**/__init__.py")}
    assert rooms <= places
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tops = {Path(file.split("/")[0]) for file in tracked.split()}
    elsewhere = {"README.md", "LICENSE", "CITATION.cff", ".gitignore", ".dvcignore", ".dvc"}
    assert {str(top) for top in tops - places} <= elsewhere


def code(page: str) -> Iterator[str]:
    """The pieces of code of a page: lines of shell, and what stands between backticks."""
    for block in re.findall(r"```bash\n(.*?)```", page, re.DOTALL):
        yield from block.splitlines()
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page, flags=re.DOTALL))


def outputs() -> list[list[str]]:
    """What the stages write, a list of parts each, * for what differs between items."""
    stages = [stage.get("do", stage) for stage in DVC.values()]
    outs = [out for stage in stages for out in (*stage.get("outs", []), *stage.get("metrics", []))]
    paths = [next(iter(out)) if isinstance(out, dict) else out for out in outs]
    return [re.sub(r"\$\{[^}]+\}", "*", path).split("/") for path in paths]


def written(path: str) -> bool:
    """Whether a path is, or lies in, or holds something that a stage writes."""
    parts = re.sub(r"<\w+>", "*", path).strip("/").split("/")
    return any(
        all("*" in (a, b) or a == b or ("*" in a and Path(b).match(a)) or ("*" in b and Path(a).match(b))
            for a, b in zip(parts, out, strict=False))
        for out in outputs()
    )  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_every_path_exists_or_is_written_by_a_stage(page):
    folder = ROOT if page == "README.md" else ROOT / "docs"
    for link in re.findall(r"\]\(((?!https?:)[^)#]+)\)", PAGES[page]):
        assert (folder / link).exists() or written(link), link
    for path in code(PAGES[page]):
        if not re.fullmatch(r"[\w.<>*-]+(/[\w.<>*-]*)+", path) or path.split("/")[0] in OWN or path == SAID:
            continue
        if path.split("/")[0] in {out[0] for out in outputs()}:
            assert written(path), path
        elif "my_" not in path:
            assert list(ROOT.glob(re.sub(r"<\w+>", "*", path))), path


@pytest.mark.parametrize("page", PAGES)
def test_every_command_exists(page):
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for piece in code(PAGES[page]):
        command = piece.split("#")[0]
        for target in re.findall(r"(?:^|[ ;])make ((?:\w+=\S+ )*[a-z][a-z-]*)", command):
            assert target.split()[-1] in targets, piece
        for profile in re.findall(r"PROFILE=(\w+)", command):
            assert (ROOT / f"profiles/{profile}.yaml").exists(), piece
        for module in re.findall(r"python -m (\w+(?:\.\w+)*)", command):
            place = ROOT / module.replace(".", "/")
            assert place.is_dir() or place.with_suffix(".py").exists(), piece
        for stages in re.findall(r"dvc repro((?: [a-z]\w*(?:@\S+)?)+)", command):
            assert {verb(stage) for stage in stages.split()} <= set(DVC), piece


SNIPPETS = [(page, text) for page in PAGES for text in re.findall(r"```yaml\n(.*?)```", PAGES[page], re.DOTALL)]


@pytest.mark.parametrize(("page", "text"), SNIPPETS)
def test_every_snippet_of_parameters_is_accepted(page, text):
    Params(**merged(PARAMS, yaml.safe_load(text)))


def test_the_recipes_of_the_readme_are_those_of_params():
    snippets = [yaml.safe_load(text) for page, text in SNIPPETS if page == "README.md"]
    (shown,) = [snippet for snippet in snippets if "prune" in snippet]
    for section, entries in shown.items():
        assert entries.items() <= PARAMS[section].items()


def merged(ours: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with those of a snippet, as a profile changes them."""
    return dict(ours) | {
        key: merged(ours[key], value) if isinstance(ours.get(key), dict) and key not in WHOLE else value
        for key, value in changed.items()
    }


def tables(introduction: str) -> Iterator[tuple[str, list[list[str]]]]:
    """(what the parentheses match, the rows below the heading) of every table that follows a line of docs."""
    for page in PAGES.values():
        for found in re.finditer(rf"^{introduction}.*\n\n((?:\|.*\n)+)", page, re.MULTILINE):
            rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in found[2].splitlines()]
            yield found[1], rows[2:]


def named(rows: list[list[str]]) -> list[str]:
    """The names in the first column."""
    return [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]


OPTIONS = dict(tables(r"Options of `slim/(.*)\.py`"))
METHODS = dict(tables(r"Every file of `slim/(.*)/`"))


@pytest.mark.parametrize("method", OPTIONS)
def test_every_option_is_described_with_its_default_and_no_other(method):
    folder, name = method.rsplit("/", 1)
    parameters = inspect.signature(find(folder, name)).parameters.values()
    options = {option.name: option.default for option in parameters if option.kind is option.KEYWORD_ONLY}
    assert sorted(named(OPTIONS[method])) == sorted(options)
    for row in OPTIONS[method]:
        own = [options[name] for name in named([row])]
        shown = [value.strip("`") for value in row[1].split(", ")]
        if isinstance(own[0], tuple):
            assert [yaml.safe_load(each) for each in shown] == list(own[0]), row
            continue
        for default, text in zip(own, shown * len(own) if len(shown) == 1 else shown, strict=True):
            if default is not inspect.Parameter.empty and not (text in NOT_SET and not default):
                assert default == yaml.safe_load(text) or default == float(text), row


@pytest.mark.parametrize("folder", METHODS)
def test_every_method_is_described_and_no_other(folder):
    assert sorted(named(METHODS[folder])) == names(folder)


def test_the_directions_of_signals_are_those_of_params():
    rows = METHODS["ranking/signals"]
    shown = {named([row])[0]: row[3] for row in rows}
    assert shown == {name: options["prune_first"] for name, options in PARAMS["strategies"].items()}


def test_every_section_of_params_stage_column_table_and_figure_is_described_and_no_other():
    titles = r"(?:#+ )?(Sections of params\.yaml|Stages|(?:Columns of|Tables in|Figures in) `\S+`)"
    described = {title: set(named(rows)) for title, rows in tables(titles)}
    csvs = {Path(*out).stem for out in outputs() if out[0] == "reports" and out[-1].endswith(".csv")}
    assert described == {
        "Sections of params.yaml": set(Params.model_fields),
        "Stages": set(DVC),
        "Columns of `reports/results.csv`": set(COLUMNS),
        "Tables in `reports/`": csvs,
        "Figures in `reports/figures/`": set(FIGURES),
        "Tables in `reports/study/`": set(study_tables([], {})),
        "Figures in `reports/study/figures/`": set(STUDY),
    }


def test_the_committed_results_have_every_promised_row_and_column():
    params = load(ROOT / "params.yaml")
    with (ROOT / "reports/results.csv").open() as file:
        table = csv.DictReader(file)
        rows = [(row["dataset"], int(row["seed"]), row["recipe"]) for row in table]
        assert set(COLUMNS) <= set(table.fieldnames)
    recipes = ["teacher", *params.prune, *params.distill, *params.compress, *params.baselines]
    assert sorted(rows) == sorted((d, s, r) for d in params.grid.datasets for s in params.grid.seeds for r in recipes)


def test_the_committed_lock_and_reports_belong_to_the_committed_code_and_parameters(monkeypatch):
    """Without data: nothing would run, so what git keeps was made by exactly this code."""
    monkeypatch.chdir(ROOT)
    try:
        with Repo() as repo:
            targets = ["report", "ship", *(["study"] if (ROOT / "reports/study.html").is_file() else [])]
            outdated = repo.reproduce(targets=targets, dry=True, allow_missing=True)
    except ReproductionError as error:
        outdated = [error]
    assert not outdated, "run `make repro` (or `make study`) and commit dvc.lock and reports/"
