"""The tables of benchmarks/README.md: which CSV each is made of, and how."""

import dataclasses
import pathlib
from collections.abc import Callable

from benchmarks import results

FOLDER = pathlib.Path(__file__).parent / "results"


@dataclasses.dataclass(frozen=True)
class Table:
    """A table between the markers of its name.

    Args:
        columns: dict of heading to format string over the columns of `results/NAME.csv`.
        order: function of a row to what the rows are sorted by.
        program: string, the module that writes the CSV. Defaults to the table's name.
        written: string, the name of that module's list of columns. Defaults to `"COLUMNS"`.
    """

    columns: dict[str, str]
    order: Callable
    program: str | None = None
    written: str = "COLUMNS"

    def text(self, rows):
        """The rows as Markdown."""
        return results.markdown(sorted(rows, key=self.order), self.columns)


_FACTS = {"threads": "{threads}", "measured": "{date}, {cpu}, {versions}"}

TABLES = {
    "sampling": Table(
        {
            "network": "{network}, width {width}",
            "backend": "{backend}",
            "batch": "{batch_size}",
            "ours, ms": "{ours_ms} ± {ours_iqr_ms}",
            "bare, ms": "{bare_ms} ± {bare_iqr_ms}",
            "ratio": "{ratio}",
            **_FACTS,
        },
        lambda row: (row["network"], row["backend"], int(row["batch_size"])),
    ),
    "startup": Table(
        {
            "what": "{what}",
            "backend": "{backend}",
            "value": "{value} ± {iqr} {unit}",
            "processes": "{repeats}",
            **_FACTS,
        },
        lambda row: (row["what"], row["backend"]),
    ),
    "input_pipeline": Table(
        {
            "data set": "{source}",
            "backend": "{backend}",
            "read alone, images/s": "{supply_images_per_second} ± {supply_iqr}",
            "step's demand, images/s": "{demand_images_per_second}",
            "supply / demand": "{supply_over_demand}",
            "fit from it / from memory": "{fit_over_demand}",
            **_FACTS,
        },
        lambda row: (row["source"], row["backend"]),
    ),
    "scaling": Table(
        {
            "varied": "{varied}",
            "backend": "{backend}",
            "devices": "{devices}",
            "batch": "{batch_size}",
            "resolution": "{resolution}",
            "width": "{width}",
            "step, ms": "{step_ms} ± {iqr_ms}",
            "GFLOP a step": "{training_gflops}",
            **_FACTS,
        },
        lambda row: (
            row["varied"],
            row["backend"],
            *(int(row[name]) for name in ("devices", "batch_size", "resolution", "width")),
        ),
    ),
    "precision": Table(
        {
            "backend": "{backend}",
            "precision": "{precision}",
            "steps": "{step}",
            "discriminator loss": "{discriminator_loss}",
            "generator loss": "{generator_loss}",
            "not finite": "{not_finite}",
            "loss scales (generator, discriminator)": (
                "{generator_loss_scale}, {discriminator_loss_scale}"
            ),
            "measured": "{date}, {cpu}, {versions}",
        },
        lambda row: (row["backend"], row["precision"], int(row["step"])),
    ),
    "architectures": Table(
        {
            "network": "{network}, {resolution} x {resolution}, width {width}, "
            "{num_classes} classes",
            "backend": "{backend}",
            "batch": "{batch_size}",
            "parameters of G, D": "{generator_parameters}, {discriminator_parameters}",
            "GFLOP an image generated, trained on": "{generated_gflops}, {training_gflops}",
            "images/s of training": "{training_images_per_second}",
            "images/s of sampling": "{sampling_images_per_second}",
            "peak memory, MiB": "{peak_memory_mib}",
            **_FACTS,
        },
        lambda row: (row["network"], int(row["resolution"]), row["backend"]),
        written="NETWORK_COLUMNS",
    ),
    "blocks": Table(
        {
            "block": "{block}, {channels} channels at {size} x {size}",
            "backend": "{backend}",
            "batch": "{batch_size}",
            "training, ms": "{training_ms}, plain {plain_training_ms}",
            "ratio": "{training_ratio}",
            "inference, ms": "{inference_ms}, plain {plain_inference_ms}",
            "ratio of inference": "{inference_ratio}",
            **_FACTS,
        },
        lambda row: (row["block"], row["backend"]),
        program="architectures",
        written="BLOCK_COLUMNS",
    ),
    "metrics": Table(
        {
            "network": "{extractor}",
            "backend": "{backend}",
            "images": "{images}, batch {batch_size}",
            "ours, images/s": "{ours_images_per_second}",
            "torch-fidelity, images/s": "{theirs_images_per_second}",
            "ratio": "{ratio}",
            **_FACTS,
        },
        lambda row: row["backend"],
    ),
    "metrics_memory": Table(
        {
            "measure": "{measure}",
            "features": "{count} x {dimension}",
            "peak memory, GiB": "{peak_gib}",
            "seconds": "{seconds}",
            **_FACTS,
        },
        lambda row: row["measure"],
        program="metrics",
        written="MEMORY_COLUMNS",
    ),
    "planning": Table(
        {
            "network": "{network}, {resolution} x {resolution}",
            "batch": "{batch_size}",
            "TFLOP a step": "{tflop_per_step}",
            "GB moved": "{gb_moved_per_step}",
            "GB held, of the device": "{gb_held}, {gb_of_device}",
            "device": "{device}",
            "ms a step, estimated": "{step_ms_at_least}",
            "bound by": "{bound_by}",
            "images/s, estimated": "{images_per_second_at_most}",
            "peaks": "{peak_tflops} TFLOP/s, {peak_tb_per_second} TB/s ({source})",
        },
        lambda row: (row["network"], row["device"]),
    ),
}

ALL = ("step_time", *TABLES)


def rewrite(page, names=ALL):
    """Puts tables, each from its CSV, between their markers in a Markdown file."""
    for name in names:
        rows = results.read(FOLDER / f"{name}.csv")
        if name == "step_time":
            results.rewrite(page, rows)
        else:
            results.put(page, name, TABLES[name].text(rows) if rows else "Not measured yet.")
