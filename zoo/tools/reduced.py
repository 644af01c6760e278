"""A measure of a preset of Fashion-MNIST that needs no data but what the package carries."""

from keras_san.data import sample
from keras_san.metrics.evaluation import Evaluation
from keras_san.presets import load_preset

COUNT = 200
EXTRACTOR = "fashionmnistclassifier"


def reduced_measures(preset):
    """Fréchet distance and class fidelity of a few images against the package's sample.

    They say nothing to compare models by: they tell whether the weights are still those that were
    published.
    """
    model = load_preset(preset, load_discriminator=False)
    measures = ("fd", "fidelity") if model.num_classes else ("fd",)
    real = sample(image_size=model.image_shape[0], resize="pad")
    evaluation = Evaluation(real, measures, count=COUNT, extractor=EXTRACTOR, batch_size=50)
    return {result.measure: float(f"{result.value:.6g}") for result in evaluation.of(model)}
