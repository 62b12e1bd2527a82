"""One file a baseline: `name(train, splits, *, ...) -> logits a split`, a model that is no transformer."""
