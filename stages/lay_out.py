"""lay_out [PROFILE]: check the parameters of a profile, then bring its folder up to date with the working tree."""

from slim.config import check
from slim.orchestration.profiles import DEFAULT, merged
from slim.orchestration.profiles import lay_out as laid_out
from stages import run


def lay_out(profile: str = DEFAULT) -> None:
    check(merged(profile), "params.yaml" if profile == DEFAULT else f"params.yaml with profiles/{profile}.yaml")
    laid_out(profile)


if __name__ == "__main__":
    run(lay_out)
