"""Presets on the Hugging Face Hub."""

import re

from keras_san.presets import layout

PREFIX = "hf://"


def download(source):
    """Downloads `hf://owner/name` (or finds it in the local cache) and returns its folder."""
    repository = source.removeprefix(PREFIX)
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        raise ValueError(f"{source!r} is not an address; expected 'hf://owner/name'.")
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise ImportError(
            f"Loading {source!r} needs huggingface_hub, which is not installed. "
            "Install it with `pip install huggingface_hub`."
        ) from error
    files = [layout.CONFIG, layout.CARD, layout.RECIPE, layout.HISTORY, layout.SAMPLES]
    files.append(layout.STATISTICS)
    files += [layout.weights_file(network) for network in layout.NETWORKS]
    return snapshot_download(repo_id=repository, allow_patterns=files)
