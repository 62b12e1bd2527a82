"""publish PROFILE: the parameters, lock and reports of a finished run to results/PROFILE, where git keeps them."""

from slim.orchestration.profiles import publish as published
from stages import run


def publish(profile: str) -> None:
    print(f"{published(profile)} holds what runs/{profile} found: commit it")


if __name__ == "__main__":
    run(publish)
