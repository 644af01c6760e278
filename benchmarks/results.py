"""Results of the benchmarks: a CSV that grows, and the table that a README shows of it."""

import csv
import pathlib
import platform

COLUMNS = (
    "date",
    "backend",
    "network",
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
KEY = ("backend", "network", "width", "batch_size", "precision", "threads", "cpu")
BEGIN, END = "<!-- step_time begin -->", "<!-- step_time end -->"


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
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in sorted(rows, key=lambda row: (row["network"], row["precision"], row["backend"])):
        cost = 100.0 * (float(row["san_over_dense"]) - 1.0)
        lines.append(
            f"| {row['network']}, width {row['width']} | {row['batch_size']} "
            f"| {row['precision']} | {row['backend']} "
            f"| {row['ours_ms']} ± {row['ours_iqr_ms']} "
            f"| {row['plain_ms']} ± {row['plain_iqr_ms']} "
            f"| {float(row['ratio']):.2f} | {cost:+.1f} % "
            f"| {row['threads']} | {row['date']}, {row['cpu']}, {row['versions']} |"
        )
    return "\n".join(lines)


def rewrite(readme, rows):
    """Puts the table between the markers of a Markdown file."""
    readme = pathlib.Path(readme)
    text = readme.read_text("utf-8")
    if BEGIN not in text or END not in text:
        raise ValueError(f"{readme} has no lines {BEGIN!r} and {END!r} to put the table between.")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    readme.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{after}", "utf-8")


def processor():
    """The name of the processor."""
    information = pathlib.Path("/proc/cpuinfo")
    if information.exists():
        for entry in information.read_text("utf-8").splitlines():
            if entry.startswith("model name"):
                return entry.split(":", 1)[1].strip().replace(",", " ")
    return platform.processor() or platform.machine()
