"""Writes `metrics.npz`: what other people's programs make of the same features.

    pip install scipy
    pip install --no-deps torch-fidelity tqdm tensorflow-gan tensorflow-hub==0.16.1 \
        tf-keras==2.21.0 tensorflow-probability==0.25.0 decorator dm-tree
    python tests/golden/make_metrics.py

It shares no code with keras_san. `tests/metrics/test_oracles.py` holds our measures to it, and
where these programs are installed compares with them at first hand.
"""

import importlib
import importlib.machinery
import importlib.util
import pathlib
import sys
import types

import numpy as np


def bypass(*packages):
    """Import modules of packages whose own `__init__` fails or asks for more than they need."""
    for name in packages:
        if name in sys.modules:
            continue
        parent, _, last = name.rpartition(".")
        if parent:
            folder = pathlib.Path(sys.modules[parent].__path__[0]) / last
        else:
            spec = importlib.util.find_spec(name)
            if spec is None:
                raise ImportError(f"{name} is not installed")
            folder = pathlib.Path(spec.submodule_search_locations[0])
        stub = importlib.machinery.ModuleSpec(name, None, is_package=True)
        stub.submodule_search_locations.append(str(folder))
        sys.modules[name] = importlib.util.module_from_spec(stub)


def inputs():
    """Features of two kinds, correlated, more samples than dimensions; and probabilities."""
    random = np.random.RandomState(3)
    mix = random.normal(size=(24, 24)) / 4
    real = np.abs(random.normal(size=(400, 24)) @ mix)
    fake = np.abs(random.normal(0.3, 1.2, size=(400, 24)) @ mix)
    logits = 2.0 * random.normal(size=(400, 7))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return {"real": real, "fake": fake, "probabilities": probabilities}


def torch_fidelity(real, fake, probabilities):
    """FID, KID over subsets, precision and recall, Inception Score."""
    bypass("torch_fidelity")
    # What reads images and downloads networks, which nothing here calls.
    unused = types.ModuleType("torch_fidelity.utils")
    unused.__getattr__ = lambda name: None
    sys.modules.setdefault(unused.__name__, unused)
    fid = importlib.import_module("torch_fidelity.metric_fid")
    kid = importlib.import_module("torch_fidelity.metric_kid")
    prc = importlib.import_module("torch_fidelity.metric_prc")
    isc = importlib.import_module("torch_fidelity.metric_isc")
    torch = importlib.import_module("torch")
    x, y = torch.tensor(real), torch.tensor(fake)
    statistics = [fid.fid_features_to_statistics(features) for features in (x, y)]
    # One subset that is the whole: no randomness is left.
    whole = dict(kid_subsets=1, kid_subset_size=len(real), rng_seed=0, verbose=False)
    kernel = kid.kid_features_to_metric(x, y, **whole)
    shares = prc.prc_features_to_metric(
        y, x, prc_neighborhood=3, prc_batch_size=1000, save_cpu_ram=False, verbose=False
    )
    score = isc.isc_features_to_metric(
        torch.tensor(np.log(probabilities)), splits=10, shuffle=False
    )
    return {
        "fd": fid.fid_statistics_to_metric(*statistics, False)["frechet_inception_distance"],
        "kid": kernel["kernel_inception_distance_mean"],
        "precision": shares["precision"],
        "recall": shares["recall"],
        "iss": score["inception_score_mean"],
    }


def tensorflow_gan(real, fake):
    """Fréchet distance and KID, in float64."""
    names = ("tensorflow_gan", "tensorflow_gan.python", "tensorflow_gan.python.eval")
    bypass(*names)
    metrics = importlib.import_module("tensorflow_gan.python.eval.classifier_metrics")
    tf = importlib.import_module("tensorflow")
    x, y = tf.constant(real), tf.constant(fake)
    return {
        "fd": float(metrics.frechet_classifier_distance_from_activations(x, y)),
        # One block: all pairs.
        "kid": float(
            metrics.kernel_classifier_distance_from_activations(
                x, y, max_block_size=len(real), dtype=tf.float64
            )
        ),
    }


def scipy_frechet(real, fake):
    """The textbook's formula, with a matrix square root."""
    linalg = importlib.import_module("scipy.linalg")
    covariances = [np.cov(features, rowvar=False) for features in (real, fake)]
    root = linalg.sqrtm(covariances[0] @ covariances[1]).real
    difference = real.mean(axis=0) - fake.mean(axis=0)
    return float(difference @ difference + np.trace(sum(covariances) - 2 * root))


def main():
    """Writes the file beside this script."""
    given = inputs()
    values = {f"torch_fidelity/{k}": v for k, v in torch_fidelity(**given).items()}
    pair = given["real"], given["fake"]
    values |= {f"tensorflow_gan/{k}": v for k, v in tensorflow_gan(*pair).items()}
    values["scipy/fd"] = scipy_frechet(*pair)
    path = pathlib.Path(__file__).with_name("metrics.npz")
    np.savez_compressed(path, **given, **{k: np.float64(v) for k, v in values.items()})
    print(f"wrote {path} ({path.stat().st_size} bytes)")
    for name, value in values.items():
        print(name, value)


if __name__ == "__main__":
    main()
