"""Results of the benchmarks: a CSV that grows, and the table that a README shows of it."""

import csv
import datetime
import importlib
import os
import pathlib
import platform

COLUMNS = (
    "date",
    "backend",
    "network",
    "compiled",
    "plain",
    "width",
    "batch_size",
    "precision",
    "ours_ms",
    "plain_ms",
    "ratio",
    "ours_iqr_ms",
    "plain_iqr_ms",
    "san_over_dense",
    "blocks",
    "steps",
    "threads",
    "cpu",
    "versions",
)
# A new measurement of the same thing takes the place of the old one.
KEY = ("backend", "network", "compiled", "plain", "width", "batch_size", "precision")
KEY += ("threads", "cpu")


def read(path):
    """The rows of a CSV, none if there is no such file."""
    path = pathlib.Path(path)
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def merge(path, row, columns=COLUMNS, key=KEY):
    """Puts a row into a CSV, in the place of an older one of the same measurement."""
    path = pathlib.Path(path)
    row = {name: str(row[name]) for name in columns}
    kept = [old for old in read(path) if any(old[name] != row[name] for name in key)]
    rows = sorted([*kept, row], key=lambda row: [row[name] for name in key])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def line(row):
    """A row for a person."""
    return (
        f"{row['backend']} {row['network']} {row['precision']}: "
        f"ours {row['ours_ms']} ms (iqr {row['ours_iqr_ms']}), "
        f"plain {row['plain_ms']} ms (iqr {row['plain_iqr_ms']}), "
        f"ratio {row['ratio']}, SAN over dense {row['san_over_dense']}"
    )


def table(rows):
    """The rows as a Markdown table."""
    lines = [
        "| network | batch | precision | backend | ours, ms | plain, ms | ratio "
        "| SAN head costs | threads | measured |",
        "|" + "---|" * 10,
    ]
    for row in sorted(rows, key=lambda row: (row["network"], row["precision"], row["backend"])):
        cost = 100.0 * (float(row["san_over_dense"]) - 1.0)
        lines.append(
            f"| {row['network']}, width {row['width']} | {row['batch_size']} "
            f"| {row['precision']} | {row['backend']}{', compiled' * (row['compiled'] == 'yes')} "
            f"| {row['ours_ms']} ± {row['ours_iqr_ms']} "
            f"| {row['plain_ms']} ± {row['plain_iqr_ms']} ({row['plain']}) "
            f"| {float(row['ratio']):.2f} | {cost:+.1f} % "
            f"| {row['threads']} | {row['date']}, {row['cpu']}, {row['versions']} |"
        )
    return "\n".join(lines)


def rewrite(readme, rows):
    """Puts the table of step times between the markers of a Markdown file."""
    put(readme, "step_time", table(rows))


def put(page, name, text):
    """Puts a text between the markers `NAME begin` and `NAME end` of a Markdown file."""
    page = pathlib.Path(page)
    begin, end = f"<!-- {name} begin -->", f"<!-- {name} end -->"
    old = page.read_text("utf-8")
    if begin not in old or end not in old:
        raise ValueError(f"{page} has no lines {begin!r} and {end!r} to put the table between.")
    before, rest = old.split(begin, 1)
    after = rest.split(end, 1)[1]
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", "utf-8")


def markdown(rows, columns):
    """Rows as a Markdown table.

    Args:
        rows: list of dicts.
        columns: dict of heading to format string over the columns of the CSV.
    """
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    for row in rows:
        lines.append(f"| {' | '.join(cell.format(**row) for cell in columns.values())} |")
    return "\n".join(lines)


# The last columns of every CSV: when, and on what.
FACTS = ("threads", "date", "cpu", "versions")


def facts(*packages):
    """What every row says about the run: date, backend, threads, processor, versions.

    Args:
        *packages: names of packages whose versions matter, beside Keras and the backend.
    """
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    names = dict.fromkeys(("keras", backend, *packages))
    versions = [f"{name} {importlib.import_module(name).__version__}" for name in names]
    return {
        "date": datetime.date.today().isoformat(),
        "backend": backend,
        "threads": len(os.sched_getaffinity(0)),
        "cpu": processor(),
        "versions": " ".join(versions),
    }


def processor():
    """The name of the processor."""
    information = pathlib.Path("/proc/cpuinfo")
    if information.exists():
        for entry in information.read_text("utf-8").splitlines():
            if entry.startswith("model name"):
                return entry.split(":", 1)[1].strip().replace(",", " ")
    return platform.processor() or platform.machine()
