"""Every python block of the pages in docs/ runs as it stands."""

from pathlib import Path

import pytest
from test_readme import run_blocks, user_folder

__all__ = ["user_folder"]

# The how-to needs a file of the user's: tests/convert/test_how_to.py runs it with a stand-in.
PAGES = [
    page
    for page in sorted((Path(__file__).parents[1] / "docs").glob("*.md"))
    if page.name != "how_to_bring_your_own_pytorch_generator.md"
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_runs(page, user_folder):
    run_blocks(page.read_text("utf-8"), page.name)
