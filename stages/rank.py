"""rank STRATEGY: one signal scores the layers of every run's teacher, and orders their removal."""

from slim.config import load
from slim.ranking.rankings import rankings
from slim.utils.grid import runs
from slim.utils.io import write_json
from stages import run


def rank(strategy: str) -> None:
    params = load()
    schedule, options = params.rank.schedule, params.strategies[strategy]
    found = rankings(strategy, options, schedule, runs(**params.grid.model_dump()), f"data/signals/{schedule}")
    write_json({"strategy": strategy} | found, f"data/orders/{strategy}.json")


if __name__ == "__main__":
    run(rank)
