"""The heads that an architecture offers by name."""

import keras

from keras_san.layers.classifier_head import ClassifierHead
from keras_san.layers.projection import Projection
from keras_san.layers.reconstruction_head import ReconstructionHead
from keras_san.layers.san_dense import SANDense
from keras_san.layers.san_projection import SANProjection
from keras_san.layers.spectral_normalization import SpectralNormalization
from keras_san.layers.unit_sphere import UnitDirection


def make_head(head, num_classes=0, initializer=None, use_bias=True, spectral_normalization=False):
    """The last layer of a discriminator: one of `HEADS`, conditional with `num_classes`.

    - `"san"`: `SANDense`; with classes `SANProjection`, a direction a class;
    - `"san_shared"`: the same, but the direction of a class is that of `w + w_y`;
    - `"dense"`: the ordinary GAN's `Dense`; with classes `Projection`, `<w, h> + <w_y, h>`;
    - `"san_classifier"`, `"dense_classifier"`: a score without labels, and class logits (AC-GAN);
    - `"auto_encoder"`: the score is how well the image is reconstructed (BEGAN).

    Args:
        head: string, one of `HEADS`.
        num_classes: int, 0 for an unconditional head. Defaults to `0`.
        initializer: of the kernel, or of the rows with `num_classes`; None for the layer's own.
        use_bias: bool. Defaults to `True`.
        spectral_normalization: bool, whether the trunk has it. The ordinary GAN's head then has it
            too, which gives it unit norm; the SAN head starts with the scale of one that equals
            it, and counts it in `"sqrt"` units: the scale is all that can grow there, and must
            not lag (see `keras_san.layers.SANHead`). Defaults to `False`.

    Raises:
        ValueError: if the head is unknown.
    """
    if head not in _HEADS:
        raise ValueError(f"Unknown head: {head!r}. Expected one of {', '.join(map(repr, HEADS))}.")
    return _HEADS[head](num_classes, initializer, use_bias, spectral_normalization)


def _san(num_classes, initializer, use_bias, spectral_normalization, shared=False):
    if num_classes:
        return SANProjection(
            num_classes,
            shared=shared,
            embeddings_initializer=initializer,
            scale_unit=_scale_unit(spectral_normalization),
            name="head",
        )
    initializer = keras.initializers.get(initializer or "glorot_uniform")
    return SANDense(
        1,
        use_bias=use_bias,
        kernel_initializer=UnitDirection(initializer) if spectral_normalization else initializer,
        scale_unit=_scale_unit(spectral_normalization),
        name="head",
    )


def _scale_unit(spectral_normalization):
    return "sqrt" if spectral_normalization else 1.0


def _san_shared(*arguments):
    return _san(*arguments, shared=True)


def _dense(num_classes, initializer, use_bias, spectral_normalization):
    if num_classes:
        return Projection(
            num_classes,
            use_bias=use_bias,
            embeddings_initializer=initializer,
            spectral_normalization=spectral_normalization,
            name="head",
        )
    dense = keras.layers.Dense(
        1, use_bias=use_bias, kernel_initializer=initializer or "glorot_uniform", name="head"
    )
    return SpectralNormalization(dense, name="head") if spectral_normalization else dense


def _classifier(num_classes, initializer, use_bias, spectral_normalization, head="dense"):
    if not num_classes:
        raise ValueError(f"The head '{head}_classifier' needs classes: give `num_classes`.")
    return ClassifierHead(
        num_classes,
        head,
        kernel_initializer=initializer or "glorot_uniform",
        scale_unit=_scale_unit(spectral_normalization),
        use_bias=use_bias,
        spectral_normalization=spectral_normalization,
        name="head",
    )


def _san_classifier(*arguments):
    return _classifier(*arguments, head="san")


def _auto_encoder(*arguments):
    return ReconstructionHead(name="head")


_HEADS = {
    "san": _san,
    "dense": _dense,
    "san_shared": _san_shared,
    "san_classifier": _san_classifier,
    "dense_classifier": _classifier,
    "auto_encoder": _auto_encoder,
}
HEADS = tuple(_HEADS)
