"""The table of fine-tuning: its columns are written, the page shows the CSV, and starts differ."""

import string

from benchmarks import fine_tuning, results


def test_the_table_shows_columns_that_are_written(tmp_path):
    cells = [string.Formatter().parse(cell) for cell in fine_tuning.TABLE.values()]
    fields = {field for cell in cells for _, field, _, _ in cell if field}
    assert (fields - {"start"}) | set(fine_tuning.KEY) <= set(fine_tuning.COLUMNS)
    page, rows = tmp_path / "page.md", tmp_path / "rows.csv"
    page.write_text(fine_tuning.PAGE.read_text("utf-8"), "utf-8")
    for way in ("nothing", "free", "frozen"):
        row = dict.fromkeys(fine_tuning.COLUMNS, "1") | {"way": way, "command": f"begin {way}"}
        results.merge(rows, row, fine_tuning.COLUMNS, fine_tuning.KEY)
    fine_tuning.main(["--table-only", "--out", str(rows), "--page", str(page)])
    text = page.read_text("utf-8")
    places = [text.index(cell) for cell in ("| `1`, 1 layers frozen |", "| `1` |", "| nothing |")]
    assert places == sorted(places) and "begin free" in text


def test_the_page_is_that_of_the_results(tmp_path):
    page = tmp_path / "page.md"
    text = fine_tuning.PAGE.read_text("utf-8")
    page.write_text(text, "utf-8")
    fine_tuning.main(["--table-only", "--page", str(page)])
    assert page.read_text("utf-8") == text


def test_from_nothing_the_networks_are_those_of_the_preset():
    options = fine_tuning.parse_arguments(["--preset", "dcgan_cifar10_jpeg_32"])
    words = fine_tuning.words_of("nothing", options)
    assert "dcgan_cifar10_jpeg_32" not in words and "--initial-preset" not in words
    assert words[words.index("--width") + 1] == "32" and "--conditional" in words
    assert fine_tuning.words_of("frozen", options)[-2:] == ["--freeze-layers", "4"]
