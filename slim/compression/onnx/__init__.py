"""From PyTorch to ONNX, and from float32 to few bits."""
