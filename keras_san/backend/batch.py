"""What Keras hands to a step."""

import keras


def images_and_labels(data):
    """Images and labels, or None for these, of a batch in Keras's order."""
    images, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
    if weights is not None:
        raise ValueError(
            "Training takes images and labels, but the batch has a third part, or `sample_weight` "
            "or `class_weight` was given. The losses of a GAN weigh all images alike: leave it "
            "out, or repeat the images that shall count more."
        )
    return images, labels
