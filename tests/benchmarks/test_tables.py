"""The tables of the benchmarks: every program is there and writes the columns that are shown."""

import importlib
import pathlib
import string

import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def repository_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))


def test_every_table_shows_columns_that_its_program_writes():
    from benchmarks.tables import TABLES

    for name, table in TABLES.items():
        program = importlib.import_module(f"benchmarks.{table.program or name}")
        columns = getattr(program, table.written)
        for cell in table.columns.values():
            shown = {field for _, field, _, _ in string.Formatter().parse(cell) if field}
            assert shown <= set(columns), name
        row = dict.fromkeys(columns, "1")
        assert table.text([row, row]).count("\n") == 3


def test_the_page_holds_the_tables(tmp_path):
    from benchmarks import results, tables

    page = tmp_path / "README.md"
    text = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
    page.write_text(text, "utf-8")
    # The page that is kept is the one that the CSVs give.
    tables.rewrite(page)
    assert page.read_text("utf-8") == text
    with pytest.raises(ValueError, match="no lines '<!-- other begin -->'"):
        results.put(page, "other", "")


def test_every_program_exists():
    from benchmarks.run import PROGRAMS

    for name, arguments in PROGRAMS.items():
        assert (ROOT / "benchmarks" / f"{name}.py").is_file()
        assert any(arguments(backend) for backend in ("tensorflow", "jax", "torch"))
