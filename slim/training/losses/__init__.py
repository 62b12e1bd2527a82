"""Terms of the distillation objective."""
