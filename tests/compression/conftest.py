"""What the tests of compressors share."""

import hashlib

import pytest

import slim.compression.onnx.export
from slim.compression.onnx.export import export


@pytest.fixture(autouse=True, scope="session")
def _exported_once():
    """The exporter takes seconds, so the same model is exported once."""
    made = {}

    def once(classifier, inputs):
        tensors = [each.numpy().tobytes() for each in classifier.model.state_dict().values()]
        content = [str(classifier.model.config.to_dict()).encode(), *tensors]
        key = hashlib.sha256(b"".join(content)).digest()
        if key not in made:
            made[key] = export(classifier, inputs)
        return made[key]

    slim.compression.onnx.export.export = once
    yield
    slim.compression.onnx.export.export = export
