"""The table of the feature sizes: its columns are written, and the page shows the CSV."""

import string

from benchmarks import feature_size, results


def test_the_table_shows_columns_that_are_written(tmp_path):
    fields = {
        field
        for cell in feature_size.TABLE.values()
        for _, field, _, _ in string.Formatter().parse(cell)
        if field
    }
    assert fields <= set(feature_size.COLUMNS) and set(feature_size.KEY) <= set(
        feature_size.COLUMNS
    )
    page, rows = tmp_path / "page.md", tmp_path / "rows.csv"
    page.write_text(feature_size.PAGE.read_text("utf-8"), "utf-8")
    for size, kid in ((128, "0.3"), (64, "0.2"), (128, "0.1")):
        row = dict.fromkeys(feature_size.COLUMNS, "1") | {"feature_size": size, "kid": kid}
        results.merge(rows, row, feature_size.COLUMNS, feature_size.KEY)
    feature_size.main(["--table-only", "--out", str(rows), "--page", str(page)])
    lines = [line for line in page.read_text("utf-8").splitlines() if line.startswith("| 64 |")]
    assert len(lines) == 1 and "| 0.2 ± 1 |" in lines[0]
    assert "| 0.3 ± 1 |" not in page.read_text("utf-8")


def test_the_page_is_that_of_the_results(tmp_path):
    page = tmp_path / "page.md"
    text = feature_size.PAGE.read_text("utf-8")
    page.write_text(text, "utf-8")
    feature_size.main(["--table-only", "--page", str(page)])
    assert page.read_text("utf-8") == text
