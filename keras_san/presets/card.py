"""The model card of a preset."""

from collections.abc import Mapping

from keras_san.presets.class_names import are_numbers
from keras_san.presets.layout import SAMPLES, weights_file

_CARD = """\
---
{header}
---

# {name}

![64 images of the seeds 0 to 63]({samples})

## What it is

{what}

## How to use it

By its name, or by the path of this folder:

```python
import keras_san

model = keras_san.SANModel.from_preset("{name}")
images = model.generate(16, seed=0)
```

## Training data and licence

{data}

## Recipe

{recipe}

## Metrics

{metrics}

## Limits

{limits}
"""


def model_card(config, recipe):
    """Writes the card of a preset from its config and the recipe of its training.

    Args:
        config: Dictionary, the preset's config.
        recipe: Dictionary of training options; may be empty.

    Returns:
        The card as Markdown, with the metadata block that the Hugging Face Hub reads.
    """
    return _CARD.format(
        header=_header(config),
        name=config["name"],
        samples=SAMPLES,
        what=_what(config),
        data=_data(config),
        recipe=_recipe(recipe),
        metrics=_metrics(config["metrics"]),
        limits=_limits(config),
    )


def _header(config):
    lines = ["library_name: keras-san", "tags: [keras, gan, image-generation]"]
    weights = config["license"]["weights"]
    if weights:
        # The Hub knows a list of names; what SPDX calls a LicenseRef goes beside it.
        names = weights.lower().split(" and ")
        is_own = any(name.startswith("licenseref-") for name in names)
        named = ["license: other", f"license_name: {weights.lower()}"]
        known = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
        lines += named if is_own else [f"license: {known}"]
    return "\n".join(lines)


def _what(config):
    height, width, channels = config["image_shape"]
    generator = config["generator"]["class_name"]
    discriminator = config["discriminator"]["class_name"]
    parameters = config["parameters"]
    classes = config["num_classes"]
    seen = config["images_seen"]
    trained = f"trained on {seen:,} images" if seen else "not trained by keras-san"
    left_out = (
        ""
        if weights_file("generator") in config["files"]
        else ("\nIt holds the averaged generator; the one that it averages is left out.")
    )
    kind = f"A generator of images of {classes} classes" if classes else "A generator of images"
    return (
        f"{kind}, {height} x {width} pixels with {channels} channel{'s' if channels > 1 else ''}, "
        f"{trained}.\n"
        f"`{generator}` has {parameters['generator']:,} trainable parameters, `{discriminator}` "
        f"{parameters['discriminator']:,}.\n"
        f"Saved by keras-san {config['versions']['keras_san']} with Keras "
        f"{config['versions']['keras']}; it loads on TensorFlow, JAX and PyTorch."
        f"{left_out}"
    )


def _data(config):
    data = config["data"]
    rows = [
        ("Data set", data.get("name")),
        ("Images", data.get("num_images")),
        ("Licence of the data", data.get("license")),
        ("sha256 of the data", data.get("sha256")),
        ("Licence of the code", config["license"]["code"]),
        ("Licence of the weights", config["license"]["weights"]),
    ]
    if not are_numbers(names := data.get("class_names") or []):
        listed = ", ".join(f"{number} {name}" for number, name in enumerate(names))
        rows.insert(2, ("Classes", listed))
    return _table(("", ""), [(name, "not stated" if fact is None else fact) for name, fact in rows])


def _recipe(recipe):
    if not recipe:
        return "Not stated."
    options = {}
    for key, value in recipe.items():
        if isinstance(value, Mapping):
            options |= {f"{key}: {name}": fact for name, fact in value.items()}
        elif key != "command":
            options[key] = value
    parts = []
    if "command" in recipe:
        parts.append(f"```bash\n{recipe['command']}\n```")
    if options:
        parts.append(_table(("Option", "Value"), options.items()))
    return "\n\n".join(parts)


def _metrics(metrics):
    if not metrics:
        return "None measured."
    rows = [(name, result["value"], result["protocol"]) for name, result in metrics.items()]
    return _table(("Metric", "Value", "Protocol"), rows)


def _limits(config):
    return (
        "The model draws what its data set holds, with that set's gaps and biases, and nothing "
        f"else; it knows images of {config['image_shape'][0]} x {config['image_shape'][1]} pixels "
        "only. Some seeds give faulty images.\n"
        "A preset holds the networks without the state of the training: no optimizer, no loss. "
        "Large weights may be stored in half precision."
    )


def _table(titles, rows):
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def _cell(value):
    return str(value).replace("|", "\\|").replace("\n", " ")
