"""Writes `step.npz`: one training step of a tiny GAN, computed by NumPy-seeded plain PyTorch.

    python tests/golden/make_step.py

It shares no code with keras_san: convolutions, spectral norm, SAN head, losses, Adam and the
moving average are written out here, in float64. `tests/conformance/test_step.py` holds every
backend to it.
"""

import pathlib

import numpy as np
import torch
from torch.nn import functional

LATENT_DIM, WIDTH, BATCH = 6, 4, 8
LEARNING_RATE, BETA_1, BETA_2, EPSILON = 0.01, 0.5, 0.9, 1e-4
HALF_LIFE = 40.0
LOSSES = ("hinge", "saturating", "non_saturating", "least_squares", "wasserstein")
LOSSES += ("lsgan", "relativistic", "relativistic_average")
NAMES = {
    "generator": ("dense/kernel", "dense/bias", "up/kernel", "up/bias"),
    "discriminator": ("conv/kernel", "conv/bias", "head/kernel", "head/scale", "head/bias"),
}


def initial_weights():
    """Weights in Keras's layouts, and the spectral norm's vector."""
    random = np.random.RandomState(7)
    draw = lambda *shape: random.normal(scale=0.4, size=shape)  # noqa: E731
    kernel = draw(4 * 4 * WIDTH, 1)
    return {
        "dense/kernel": draw(LATENT_DIM, 4 * 4 * WIDTH),
        "dense/bias": draw(4 * 4 * WIDTH),
        "up/kernel": draw(4, 4, 1, WIDTH),
        "up/bias": draw(1),
        "conv/kernel": draw(4, 4, 1, WIDTH),
        "conv/bias": draw(WIDTH),
        "conv/vector": draw(WIDTH),
        "head/kernel": kernel / np.linalg.norm(kernel),
        "head/scale": np.array([1.3]),
        "head/bias": draw(4 * 4 * WIDTH),
    }


def inputs():
    """Real images in [-1, 1] and the latents of both updates."""
    random = np.random.RandomState(11)
    return {
        "images": random.uniform(-1, 1, (BATCH, 8, 8, 1)),
        "discriminator_latents": random.normal(size=(BATCH, LATENT_DIM)),
        "generator_latents": random.normal(size=(BATCH, LATENT_DIM)),
    }


def generate(w, latents):
    """Dense, ReLU, transposed convolution, tanh; channels-first."""
    x = torch.relu(latents @ w["dense/kernel"] + w["dense/bias"])
    x = x.reshape(-1, 4, 4, WIDTH).permute(0, 3, 1, 2)
    kernel = w["up/kernel"].permute(3, 2, 0, 1)
    return torch.tanh(functional.conv_transpose2d(x, kernel, w["up/bias"], stride=2, padding=1))


def features(w, images):
    """Spectrally normalised strided convolution and LeakyReLU, flattened channels-last."""
    matrix = w["conv/kernel"].reshape(-1, WIDTH).T
    with torch.no_grad():
        right = functional.normalize(w["conv/vector"] @ matrix, dim=0)
        left = functional.normalize(matrix @ right, dim=0)
    sigma = left @ matrix @ right
    kernel = (w["conv/kernel"] / sigma).permute(3, 2, 0, 1)
    x = functional.conv2d(images, kernel, w["conv/bias"], stride=2, padding=1)
    x = functional.leaky_relu(x, 0.2).permute(0, 2, 3, 1)
    return x.reshape(len(x), -1), left


def head(w, x):
    """`(fun, dir)`."""
    direction = w["head/kernel"] / w["head/kernel"].norm()
    x = x + w["head/bias"]
    fun = (x @ direction.detach()) * w["head/scale"]
    return fun, (x.detach() @ direction) * w["head/scale"].detach()


def discriminator_losses(name, fun_real, fun_fake, dir_real, dir_fake):
    """Both losses of the discriminator, from the table of the paper's objectives."""
    relu, soft = torch.relu, functional.softplus
    table = {
        "hinge": (relu(1 - fun_real) + relu(1 + fun_fake), -dir_real + dir_fake),
        "saturating": (soft(-fun_real) + soft(fun_fake), -soft(dir_real) + soft(dir_fake)),
        "non_saturating": (soft(-fun_real) + soft(fun_fake), soft(-dir_real) - soft(-dir_fake)),
        "least_squares": (
            soft(1 - fun_real) ** 2 + soft(fun_fake) ** 2,
            soft(1 - dir_real) ** 2 - soft(1 - dir_fake) ** 2,
        ),
        "wasserstein": (-fun_real + fun_fake, -dir_real + dir_fake),
        "lsgan": (
            (fun_real - 1) ** 2 + fun_fake**2,
            soft(1 - dir_real) ** 2 - soft(1 - dir_fake) ** 2,
        ),
        "relativistic": (soft(fun_fake - fun_real), -soft(dir_real - dir_fake)),
        "relativistic_average": (
            soft(fun_fake.mean() - fun_real) + soft(fun_fake - fun_real.mean()),
            -soft(dir_real.mean() - dir_fake) - soft(dir_real - dir_fake.mean()),
        ),
    }
    return [term.mean() for term in table[name]]


def generator_loss(name, fake, real):
    """The generator's loss; the relativistic ones look at real scores too."""
    soft = functional.softplus
    return {
        "hinge": -fake,
        "saturating": -soft(fake),
        "non_saturating": soft(-fake),
        "least_squares": soft(1 - fake) ** 2,
        "wasserstein": -fake,
        "lsgan": (fake - 1) ** 2,
        "relativistic": soft(real - fake),
        "relativistic_average": soft(real.mean() - fake) + soft(real - fake.mean()),
    }[name].mean()


def adam(parameters, gradients):
    """The first Adam step as Keras writes it: epsilon beside the uncorrected second moment."""
    alpha = LEARNING_RATE * np.sqrt(1 - BETA_2) / (1 - BETA_1)
    return [
        p.detach() - alpha * (1 - BETA_1) * g / (torch.sqrt((1 - BETA_2) * g * g) + EPSILON)
        for p, g in zip(parameters, gradients, strict=True)
    ]


def step(name):
    """Losses and new weights of one step, from the same start."""
    start, given = initial_weights(), inputs()
    w = {key: torch.tensor(value) for key, value in start.items()}
    for key in (*NAMES["generator"], *NAMES["discriminator"]):
        w[key].requires_grad_()
    images = torch.tensor(given["images"]).permute(0, 3, 1, 2)

    fake = generate(w, torch.tensor(given["discriminator_latents"])).detach()
    both, left = features(w, torch.cat([images, fake]))
    fun, direction = head(w, both)
    value, direction_loss = discriminator_losses(
        name, fun[:BATCH], fun[BATCH:], direction[:BATCH], direction[BATCH:]
    )
    out = {"discriminator_loss": value, "direction_loss": direction_loss}
    players = [w[key] for key in NAMES["discriminator"]]
    gradients = torch.autograd.grad(value + direction_loss, players)
    for key, new in zip(NAMES["discriminator"], adam(players, gradients), strict=True):
        w[key] = new.requires_grad_()
    w["head/kernel"] = (w["head/kernel"] / w["head/kernel"].norm()).detach().requires_grad_()
    w["conv/vector"] = left

    x, left = features(w, generate(w, torch.tensor(given["generator_latents"])))
    real, _ = features(w | {"conv/vector": left}, images)
    loss = generator_loss(name, head(w, x)[0], head(w, real)[0])
    out["generator_loss"] = loss
    players = [w[key] for key in NAMES["generator"]]
    for key, new in zip(
        NAMES["generator"], adam(players, torch.autograd.grad(loss, players)), strict=True
    ):
        w[key] = new
    out |= {f"new/{key}": tensor for key, tensor in w.items()}
    return {f"{name}/{key}": tensor.detach().numpy() for key, tensor in out.items()}


def main():
    """Writes the file beside this script."""
    arrays = {f"start/{key}": value for key, value in initial_weights().items()} | inputs()
    for name in LOSSES:
        arrays |= step(name)
    path = pathlib.Path(__file__).with_name("step.npz")
    np.savez_compressed(path, **arrays)
    print(f"wrote {path} ({path.stat().st_size} bytes)")
    latents = [np.random.RandomState(seed).standard_normal(LATENT_DIM) for seed in range(3, 7)]
    weights = {key: torch.tensor(value) for key, value in initial_weights().items()}
    images = generate(weights, torch.tensor(np.stack(latents))).permute(0, 2, 3, 1).numpy()
    path = pathlib.Path(__file__).with_name("images.npz")
    np.savez_compressed(path, images=np.rint((images + 1) * 127.5).astype("uint8"))
    print(f"wrote {path} ({path.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
