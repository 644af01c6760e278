"""Every python block of the pages in docs/ runs as it stands."""

from pathlib import Path

import pytest
from test_readme import run_blocks, user_folder

__all__ = ["user_folder"]

PAGES = sorted((Path(__file__).parents[1] / "docs").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_runs(page, user_folder):
    run_blocks(page.read_text("utf-8"), page.name)
