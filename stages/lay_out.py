"""lay_out [PROFILE]: the folder in which a profile runs, up to date with the working tree, its parameters checked."""

from slim.config import load
from slim.orchestration.profiles import lay_out as laid_out
from stages import run


def lay_out(profile: str = "laptop") -> None:
    load(laid_out(profile) / "params.yaml")


if __name__ == "__main__":
    run(lay_out)
