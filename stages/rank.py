"""rank DATASET STRATEGY: one signal scores the layers of every seed's teacher, and orders their removal."""

from slim.family import find
from slim.files import write_json
from slim.observation import Observation
from slim.orders import ranking
from slim.params import load
from stages import run


def rank(dataset: str, strategy: str) -> None:
    params = load()
    options = dict(params.strategies[strategy])
    prune_first = options.pop("prune_first")
    signal = find("signals", strategy)
    rankings = {
        str(seed): ranking(signal(Observation.load(f"data/observations/{dataset}/{seed}.npz"), **options), prune_first)
        for seed in params.grid.seeds
    }
    write_json({"strategy": strategy, "seeds": rankings}, f"data/orders/{dataset}/{strategy}.json")


if __name__ == "__main__":
    run(rank)
