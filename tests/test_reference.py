"""The pages made from the code say what the code says."""

from __future__ import annotations

import pytest

from reference import FOLDER, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == PAGES[name](), "run scripts/reference.py"
