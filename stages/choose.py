"""choose STUDENT: which layers a student keeps in every run, by the best of its strategies on validation."""

from slim.config import load
from slim.subsets.choices import best_recipe
from slim.utils.grid import runs
from slim.utils.io import write_jsons
from stages import run


def choose(student: str) -> None:
    params = load()
    strategies, depth = params.students[student], params.distill.depth
    every = runs(**params.grid.model_dump())
    write_jsons({r: best_recipe("data/prune", strategies, depth, r) for r in every}, f"data/recipes/{student}")


if __name__ == "__main__":
    run(choose)
