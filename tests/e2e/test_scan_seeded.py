"""`gatepost scan` finds what was planted and says nothing about what is clean."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.scan.scanners import gatepost
from tests.seeded.measure import measure, written
from tests.seeded.plant import DOCUMENTS, clean_documents

RECALL = 0.95
"""What the project promises."""

NAMES = sorted(clean_documents())


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_said_about_a_clean_document(name: str) -> None:
    assert gatepost()([DOCUMENTS / name]) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_what_was_planted_is_found(name: str, tmp_path: Path) -> None:
    clean, seeds = written(tmp_path, [name])
    found = measure("gatepost", gatepost("--strict"), clean, seeds)
    assert found.recall() >= RECALL, [planted.seed.name for planted in found.missed()]
