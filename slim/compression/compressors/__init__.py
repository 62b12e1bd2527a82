"""One file a compressor: `name(model, context, *, ...) -> model`, with the annotations as its schema.

The annotations of the model and of what is returned name the kinds of model that a compressor takes and gives.
They are strings, so that options can be checked without importing a deep-learning library.
"""
