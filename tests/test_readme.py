"""Every ```sh block of README.md does what a reader who types it would see.

One fresh copy of the project for the whole README, one shell for each section. A block under `<!-- not run: reason -->`
is skipped with its reason. `./gatepost test` is asked for its plan only: it is what runs these tests.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from tests.readme_shell import ROOT, Block, Shell, blocks, commands, fresh_copy

README = ROOT / "README.md"
TEXT = README.read_text() if README.exists() else ""
BLOCKS = blocks(TEXT)
SECTIONS = [(name, list(group)) for name, group in itertools.groupby(BLOCKS, key=lambda block: block.section)]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fresh_copy(tmp_path_factory.mktemp("readme") / "gatepost")


def test_the_readme_has_commands() -> None:
    assert any(not block.not_run for block in BLOCKS)


def test_no_command_hides_under_another_label() -> None:
    assert re.findall(r"^```(?:bash|shell|zsh|console|shell-session)$", TEXT, re.MULTILINE) == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("section", "of_section"), SECTIONS, ids=[name for name, _ in SECTIONS])
def test_section(section: str, of_section: list[Block], copy: Path, tmp_path: Path, subtests: pytest.Subtests) -> None:
    with Shell(copy, home=tmp_path) as shell:
        for block in of_section:
            if block.not_run:
                with subtests.test(line=block.line):
                    pytest.skip(f"README.md:{block.line} is not run: {block.not_run}")
            else:
                for command in commands(block.text):
                    shell.run(command)
