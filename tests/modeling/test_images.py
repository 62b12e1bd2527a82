"""Images become pixels, batch by batch, as the model's own processor makes them."""

from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from slim.modeling import model_io
from slim.training.trainer import examples
from slim.utils.image_files import decode_image
from tests import pico


def test_a_batch_holds_what_the_models_own_processor_makes_and_further_columns():
    images, processor = pico.images(5), pico.processor("vit")
    ((members, batch),) = pico.batch_of(images)
    expected = processor([decode_image(image) for image in images], return_tensors="pt")["pixel_values"]
    torch.testing.assert_close(batch["pixel_values"], expected)
    assert list(members) == [0, 1, 2, 3, 4] and set(batch) == {"pixel_values"}
    rows = examples(images, np.arange(5), processor, 16, teacher=np.ones((5, 3), np.float32))
    assert {"image", "labels", "teacher"} <= set(rows.column_names)


def test_photographs_of_any_size_and_colour_become_what_the_model_reads():
    files = []
    for mode, size, kind in (("RGB", (30, 20), "JPEG"), ("RGBA", (5, 9), "PNG"), ("L", (8, 8), "PNG")):
        file = BytesIO()
        Image.new(mode, size).save(file, format=kind)
        files.append(file.getvalue())
    ((_, batch),) = pico.batch_of(files)
    assert batch["pixel_values"].shape == (3, 3, 8, 8)


@pytest.mark.parametrize(("family", "inputs"), [("vit", pico.texts(3)), ("bert", pico.images(3))])
def test_a_model_that_reads_the_other_kind_is_refused_before_anything_runs(family, inputs):
    with pytest.raises(ValueError, match=r"the model reads (images|texts) and the dataset holds (texts|images)"):
        pico.classifier(family).logits(inputs)


@pytest.mark.parametrize("damage", ["absent", "size"])
def test_a_model_without_what_makes_its_images_is_refused(damage, tmp_path):
    pico.classifier("vit").save(tmp_path / "model", pico.images(3))
    processor = tmp_path / "model" / "preprocessor_config.json"
    if damage == "absent":
        processor.unlink()
    else:
        processor.write_text(processor.read_text().replace('"height": 8', '"height": 16'))
    with pytest.raises(ValueError, match=r"preprocessor_config\.json") as refusal:
        model_io.load(tmp_path / "model")
    assert "\n" not in str(refusal.value)
