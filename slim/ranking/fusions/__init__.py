"""One file a fusion: many signals and measured removals in, one removal order out."""
