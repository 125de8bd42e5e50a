"""The lock files are what pyproject.toml asks for, pinned by hash, and name no place to download from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-test.lock")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
GROUPS = PROJECT["dependency-groups"]
OTHERS = [text for extra in EXTRAS.values() for text in extra if not text.startswith("gatepost[")]
RUN = [*PROJECT["project"]["dependencies"], *OTHERS, *GROUPS["build"]]


def pinned(lock: str) -> dict[str, str]:
    """Version by name."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


@pytest.mark.parametrize(
    ("lock", "requirement"),
    [*((LOCKS[0], text) for text in RUN), *((LOCKS[1], text) for text in GROUPS["test"])],
)
def test_a_lock_satisfies_pyproject(lock: str, requirement: str) -> None:
    wanted = Requirement(requirement)
    assert pinned(lock)[wanted.name] in wanted.specifier, "run scripts/lock"


def test_both_locks_agree() -> None:
    run, test = (pinned(lock) for lock in LOCKS)
    assert [name for name in run.keys() & test.keys() if run[name] != test[name]] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash_and_none_an_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    pins = re.findall(r"^\S+==.*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[^ #]", text, re.MULTILINE))
    assert "//" not in text


def test_the_extra_all_has_every_other() -> None:
    assert EXTRAS["all"] == [f"gatepost[{','.join(sorted(EXTRAS.keys() - {'all'}))}]"]
