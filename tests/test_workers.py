"""Stages and, of stages that loop over seeds, seeds side by side: the same bytes as one after the other."""

from tests.project import ALL, DATASET, SEEDS, Project, first_run


def test_two_workers_from_an_empty_cache_write_the_same_bytes(tmp_path_factory, tmp_path):
    spread = Project(tmp_path / "project")
    spread.call("stages.work", "2", *ALL)
    first = first_run(tmp_path_factory)  # made meanwhile by the process that tests the pipeline
    entries = [f"{stage}-{name}" for stage in ("prune", "distill", "compress") for name in spread.params[stage]]
    seeds_apart = {f"stages.{part}-{DATASET}-{seed}" for part in ("evaluate", *entries) for seed in SEEDS}
    started = {log.name for log in spread.trace.iterdir() if not log.name.startswith("stages.work")}
    assert started == first.logs | seeds_apart
    one, two = first.digest, spread.digest()
    assert {name for name in one | two if one.get(name) != two.get(name)} == set()
