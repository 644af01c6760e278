"""The table of the few images: its columns are written, and the page shows the CSV."""

import string

from benchmarks import few_images, results


def test_the_table_shows_columns_that_are_written(tmp_path):
    cells = [string.Formatter().parse(cell) for cell in few_images.TABLE.values()]
    fields = {field for cell in cells for _, field, _, _ in cell if field}
    assert fields | set(few_images.KEY) <= set(few_images.COLUMNS)
    page, rows = tmp_path / "page.md", tmp_path / "rows.csv"
    page.write_text(few_images.PAGE.read_text("utf-8"), "utf-8")
    for images, command in (("200", "the-longer-run"), ("100", "the-shorter-run")):
        row = dict.fromkeys(few_images.COLUMNS, "1") | {"images": images, "command": command}
        results.merge(rows, row, few_images.COLUMNS, few_images.KEY)
    few_images.main(["--table-only", "--out", str(rows), "--page", str(page)])
    text = page.read_text("utf-8")
    assert "the-longer-run" in text and "the-shorter-run" not in text
    assert text.index("| 1 | 1 | 100 |") < text.index("| 1 | 1 | 200 |")


def test_the_page_is_that_of_the_results(tmp_path):
    page = tmp_path / "page.md"
    text = few_images.PAGE.read_text("utf-8")
    page.write_text(text, "utf-8")
    few_images.main(["--table-only", "--page", str(page)])
    assert page.read_text("utf-8") == text
