"""`python -m slim.report.readme`: put the summary of results/benchmark between the markers of README.md."""

import re
from pathlib import Path

from slim.utils.io import write_text

START, END = "<!-- results: generated, do not edit -->", "<!-- end of results -->"
RESULTS = Path("results/benchmark/reports")


def with_results(readme: str, summary: str) -> str:
    """The README with the summary between its markers. Raises ValueError when the markers are not both there."""
    if readme.count(START) != 1 or readme.count(END) != 1:
        raise ValueError(f"README.md must hold '{START}' and '{END}' once each")
    block = summary.strip().replace("](figures/", f"]({RESULTS}/figures/")
    return re.sub(f"{START}.*{END}", lambda _: f"{START}\n\n{block}\n\n{END}", readme, flags=re.DOTALL)


if __name__ == "__main__":
    page, results = Path("README.md"), RESULTS / "summary.md"
    write_text(with_results(page.read_text(encoding="utf-8"), results.read_text(encoding="utf-8")), page)
