"""reproduced: which numbers of this run lie in the intervals of results/benchmark; to reports/reproduced.json.

No stage of DVC: it says so after every `make repro`, whatever was rerun, and never fails a run.
"""

from pathlib import Path

from slim.config import check, load
from slim.orchestration.reproduction import REPRODUCED, changed, read_tables, reproduction
from slim.utils.io import read_yaml, write_json
from stages import run

COMMITTED = Path("results/benchmark")


def reproduced() -> None:
    if not COMMITTED.is_dir():
        print(f"{COMMITTED} is not there: nothing to compare with")
        return
    table = reproduction(read_tables("reports"), read_tables(COMMITTED / "reports"))
    write_json(table.to_dict("records"), "reports/reproduced.json")
    if table.empty:
        print(f"{COMMITTED} has no dataset and recipe of this run: nothing to compare with")
        return
    print(f"Accuracies and differences in points, beside the intervals of {COMMITTED} (over seeds and test items):")
    for row in table.to_dict("records"):
        interval = f"[{100 * row['low']:5.1f}, {100 * row['high']:5.1f}]"
        print(f"  {row['dataset']:15} {row['number']:42} {100 * row['here']:5.1f}  {interval}  {row['verdict']}")
    print(f"{(table['verdict'] == REPRODUCED).sum()} of {len(table)} are reproduced.")
    # Sections that it may lack, being older, and that no number depends on.
    later = {"benchmark": load().benchmark.model_dump(), "ship": {"recipe": "teacher"}}
    theirs = read_yaml(COMMITTED / "params.yaml") | later
    if keys := changed(load().model_dump(), check(theirs, COMMITTED / "params.yaml").model_dump()):
        print(f"params.yaml differs from that run in {', '.join(keys)}: so may the numbers.")


if __name__ == "__main__":
    run(reproduced)
