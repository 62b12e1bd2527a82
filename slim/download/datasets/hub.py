"""Datasets of the Hugging Face hub, as files of the catalogue describe them.

Only Parquet is fetched and read: no script of a repository ever runs, nothing is unpickled.
"""

from typing import TYPE_CHECKING

from slim.utils.option_types import Count, Seed

if TYPE_CHECKING:
    from slim.download.tables import Tables


def hub(
    *,
    path: str,
    train_rows: Count | None = None,
    validation_rows: Count | None = None,
    test_rows: Count | None = None,
    balanced: bool = True,
    pinned: bool = False,
    seed: Seed = 0,
) -> "Tables":
    """Rows of a dataset of the hub, cleaned (see slim/download/cleaning.py).

    `path` is its file in the catalogue. `*_rows` are drawn by a hash of the texts and the seed: with `balanced` as
    many of every class (all of a class that has fewer), else in the proportions of the classes; all rows without.
    Test rows come from the original test split and no other; validation rows from the original validation split or,
    where there is none, from train (a tenth of it, without `validation_rows`). Texts that a later split has too go.
    `pinned` refuses a revision that may change. Raises ValueError, in one line, when something is missing.
    """
    import pyarrow.parquet as pq

    from slim.download.catalogue import SplitName, read_hub_entry
    from slim.download.deduplication import separate
    from slim.download.hub_rows import (
        class_names,
        draw_rows,
        facts,
        fetch,
        hold_out,
        original_splits,
        parquet_files,
        print_differences,
    )
    from slim.download.tables import Tables, check, numbered

    entry = read_hub_entry(path)
    if pinned and entry.moving:
        raise ValueError(f"{path}: revision {entry.revision} may change: put a commit hash there, or drop `pinned`")
    folder = fetch(entry, path)
    names = class_names(entry, parquet_files(folder, entry, "train", path)[0], path)
    rows: dict[SplitName, int | None] = {"train": train_rows, "validation": validation_rows, "test": test_rows}
    splits, dropped = original_splits(entry, folder, names, rows, balanced, seed, path)
    counts = {split: sum(pq.read_metadata(file).num_rows for file in parquet_files(folder, entry, split, path))
              for split in splits}  # fmt: skip
    draw = seed + 1  # not that of `_pool`, else cleaning, which changes a text's hash, would decide who is drawn
    if "validation" not in splits:
        splits["train"], splits["validation"] = hold_out(splits["train"], rows["validation"], balanced, draw, names)
    separated, duplicates = separate({str(split): frame for split, frame in splits.items()}, near=False)
    drawn = {split: draw_rows(separated[split], rows[split], balanced, draw, names) for split in rows}
    print_differences(entry, counts, rows, drawn)
    return check(
        Tables(
            splits=numbered({str(split): frame for split, frame in drawn.items()}, names),
            labels=names,
            origin=f"hub: {entry.hub}{f' ({entry.config})' if entry.config else ''} at {folder.name}",
            licence=entry.licence,
            dropped={why: count for why, count in (dropped | duplicates).items() if count},
            facts={"hub": facts(entry, folder.name, counts)},
        )
    )
