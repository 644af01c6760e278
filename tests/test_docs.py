"""Every python block of the pages in docs/ runs as it stands."""

import re
from pathlib import Path

import pytest
from test_readme import run_blocks, user_folder

from keras_san import augment, losses, penalties

__all__ = ["user_folder"]

ROOT = Path(__file__).parents[1]

# The how-to needs a file of the user's: tests/convert/test_how_to.py runs it with a stand-in.
PAGES = [
    page
    for page in sorted((ROOT / "docs").glob("*.md"))
    if page.name != "how_to_bring_your_own_pytorch_generator.md"
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_runs(page, user_folder):
    run_blocks(page.read_text("utf-8"), page.name)


def test_every_objective_has_a_row():
    """CONTRIBUTING asks for it: what can be named is in the tables of the page."""
    lines = (ROOT / "docs" / "objectives.md").read_text("utf-8").splitlines()
    named = {name for line in lines if line.startswith("| `") for name in words(line)}
    registered = [losses.names(), losses.aliases(), penalties.names(), augment.names()]
    assert not {name for names in registered for name in names} - named


def words(line):
    """What stands in code in the first cell of a row."""
    return re.findall(r"`([a-z0-9_]+)", line.split("|")[1])
