"""One file a baseline: `name(train, splits, *, options) -> logits a split`, a model that is no transformer."""
