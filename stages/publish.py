"""publish PROFILE: the parameters, lock and reports of a finished run to results/PROFILE, where git keeps them."""

from pathlib import Path

from slim.orchestration.profiles import publish as published
from stages import run


def publish(profile: str) -> None:
    study = ["study"] if Path("runs", profile, "reports/study.html").is_file() else []
    print(f"{published(profile, ['report', *study])} holds what runs/{profile} found: commit it")


if __name__ == "__main__":
    run(publish)
