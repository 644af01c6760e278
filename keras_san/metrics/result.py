"""Results: a number with the protocol it was measured by."""

import dataclasses

from keras_san.metrics.estimate import Estimate


@dataclasses.dataclass(frozen=True)
class Protocol:
    """How a number was measured: what must be equal for two numbers to be compared.

    Args:
        n_real: int, real images.
        n_fake: int, generated images.
        split: string, of the data, such as `"train"`.
        data_sha256: string, hash of the real data.
        image_shape: tuple `(height, width, channels)` of the images judged.
        extractor: string, its name.
        extractor_sha256: string, hash of its weights.
        resize: string, how images were brought to the extractor's size.
        data_resize: string, how the real images were brought to the size of the generated, such
            as `"crop"`.

    Example:

    ```python
    import keras_san

    protocol = keras_san.metrics.Protocol(10_000, 10_000, "train", extractor="effnetlite0")
    print(protocol.suffix)  # effnetlite0_10k_train
    ```
    """

    n_real: int
    n_fake: int
    split: str = "train"
    data_sha256: str = ""
    image_shape: tuple[int, ...] = ()
    extractor: str = ""
    extractor_sha256: str = ""
    resize: str = ""
    data_resize: str = ""
    extractor_input: str = ""
    held_out_sha256: str = ""
    n_held_out: int = 0

    @property
    def suffix(self):
        """What the name of a measure ends in."""
        count = _short(self.n_fake)
        if self.n_real != self.n_fake:
            count = f"{count}against{_short(self.n_real)}"
        return "_".join(part for part in (self.extractor, count, self.split) if part)

    def description(self):
        """The protocol in words, for a card."""
        size = " x ".join(map(str, self.image_shape[:2]))
        return (
            f"{self.n_fake:,} generated and {self.n_real:,} real images ({self.split}) of {size} "
            f"pixels, extractor {self.extractor} (sha256 {self.extractor_sha256[:12]}), resized by "
            f"{self.resize}"
        )


@dataclasses.dataclass(frozen=True)
class Result:
    """A measured number: its value, how well it is known, and the protocol it was measured by.

    Args:
        measure: string, such as `"kid"`.
        estimate: `Estimate`.
        protocol: `Protocol`.
        floor: `Estimate` of the same measure between two sets of real images, or `None`. Defaults
            to `None`.
        floor_count: int, images in each of those sets. Defaults to `0`.
        seed: int, of what was drawn. Defaults to `0`.
        seconds: float, that it took. Defaults to `0.0`.

    Example:

    ```python
    import keras_san

    protocol = keras_san.metrics.Protocol(10_000, 10_000, "train", extractor="effnetlite0")
    result = keras_san.metrics.Result("kid", keras_san.metrics.Estimate(0.01), protocol)
    assert result.name == "kid_effnetlite0_10k_train"
    ```
    """

    measure: str
    estimate: Estimate
    protocol: Protocol
    floor: Estimate | None = None
    floor_count: int = 0
    seed: int = 0
    seconds: float = 0.0

    @property
    def name(self):
        """The measure with its protocol, `kid_effnetlite0_10k_train`."""
        return f"{self.measure}_{self.protocol.suffix}"

    @property
    def value(self):
        """The number."""
        return self.estimate.value

    @property
    def standard_error(self):
        """Its standard error, or `None`."""
        return self.estimate.standard_error

    def as_dict(self):
        """Everything, as plain values for JSON."""
        floor = self.floor and {**dataclasses.asdict(self.floor), "count": self.floor_count}
        return {
            "name": self.name,
            "measure": self.measure,
            **dataclasses.asdict(self.estimate),
            "floor": floor,
            "protocol": dataclasses.asdict(self.protocol),
            "seed": self.seed,
            "seconds": round(self.seconds, 3),
        }


def results_table(rows):
    """A table of what was measured on several models, in Markdown.

    Use it to compare: it refuses numbers that were measured by different protocols.

    Args:
        rows: mapping from a name to a list of `Result`.

    Returns:
        string, a row a name and a column a measure; a value has its floor beside it, if any.

    Raises:
        ValueError: if there are no results, or two rows measured the same thing by different
            protocols.

    Example:

    ```python
    import keras_san
    from keras_san.metrics import Estimate, Protocol, Result

    protocol = Protocol(10_000, 10_000, "train", extractor="effnetlite0")
    print(
        keras_san.metrics.results_table(
            {
                "GAN": [Result("kid", Estimate(0.02, 0.001), protocol)],
                "SAN": [Result("kid", Estimate(0.01, 0.001), protocol)],
            }
        )
    )
    ```
    """
    protocols, columns = {}, {}
    for row, results in rows.items():
        for result in results:
            first, protocol = protocols.setdefault(result.measure, (row, result.protocol))
            if protocol != result.protocol:
                raise ValueError(
                    f"{result.measure} of {first!r} and of {row!r} were measured by different "
                    f"protocols and do not compare: {_difference(protocol, result.protocol)}. "
                    "Measure both in the same way."
                )
            columns.setdefault(result.measure, result)
    if not columns:
        raise ValueError("There are no results to show.")
    titles = ["", *(_title(result) for result in columns.values())]
    lines = [titles, ["---"] * len(titles)]
    for row, results in rows.items():
        found = {result.measure: result for result in results}
        lines.append([row, *(str(found[m].estimate) if m in found else "" for m in columns)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _title(result):
    floor = f" (real {result.floor.value:.4g})" if result.floor else ""
    return f"{result.name}{floor}"


def _difference(one, other):
    pairs = zip(dataclasses.asdict(one).items(), dataclasses.asdict(other).values(), strict=True)
    return ", ".join(f"{name} {a!r} and {b!r}" for (name, a), b in pairs if a != b)


def _short(count):
    return f"{count // 1000}k" if count >= 1000 and count % 1000 == 0 else str(count)
