"""One file a compressor: a model in, a smaller model out."""
