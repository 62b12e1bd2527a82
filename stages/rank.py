"""rank STRATEGY: one signal scores the layers of every run's teacher, and orders their removal."""

from slim.family import find
from slim.files import write_json
from slim.observation import Observation
from slim.orders import ranking
from slim.params import load
from slim.runs import runs
from stages import run


def rank(strategy: str) -> None:
    params = load()
    options = dict(params.strategies[strategy])
    prune_first = options.pop("prune_first")
    signal = find("signals", strategy)
    observations = {r: Observation.load(f"data/observations/{r}.npz") for r in runs(**params.grid.model_dump())}
    rankings = {r: ranking(signal(seen, **options), prune_first) for r, seen in observations.items()}
    write_json({"strategy": strategy, "runs": rankings}, f"data/orders/{strategy}.json")


if __name__ == "__main__":
    run(rank)
