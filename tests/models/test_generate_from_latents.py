"""Images of latents of one's own making."""

import numpy as np
import pytest
from linear_gan import linear_model

from keras_san.sampling import latents


@pytest.mark.parametrize("num_classes", [0, 3])
def test_latents_of_seeds_give_the_images_of_seeds(num_classes):
    model = linear_model(np.eye(4) / 4.0, np.ones(4), (2, 2, 1), num_classes)
    labels = [2, 0, 1] if num_classes else None
    images = model.generate_from_latents(latents([5, 6, 7], 4), labels, batch_size=2)
    np.testing.assert_array_equal(images, model.generate(seeds=[5, 6, 7], labels=labels))


def test_refusals():
    plain, conditional = (
        linear_model(np.eye(4), np.ones(4), (2, 2, 1), classes) for classes in (0, 3)
    )
    with pytest.raises(ValueError, match=r"shape \(count, 4\). Received: \(2, 3\)"):
        plain.generate_from_latents(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="unconditional"):
        plain.generate_from_latents(np.zeros((2, 4)), labels=0)
    with pytest.raises(ValueError, match="give labels"):
        conditional.generate_from_latents(np.zeros((2, 4)))
