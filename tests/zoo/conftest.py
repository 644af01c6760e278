"""The tools of the zoo are scripts: their folder is put on the path."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "zoo" / "tools"))


@pytest.fixture
def empty_pages(tmp_path):
    """The pages that show tables of the zoo, without a table, under `tmp_path`."""
    import zoo_files

    for page, (name, _) in zoo_files.PAGES.items():
        (tmp_path / page).parent.mkdir(parents=True, exist_ok=True)
        text = f"before\n<!-- {name} begin -->\n\n<!-- {name} end -->\nafter\n"
        (tmp_path / page).write_text(text, "utf-8")
