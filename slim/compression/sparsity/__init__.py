"""Which single weights of matrices stay."""
