"""Make fine-tuned transformers small, and say honestly by how much."""
