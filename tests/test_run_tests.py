"""scripts/run_tests.py stops where something fails, with that exit code, and leaves no server behind."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import run_tests

NOTE = "import sys; open(sys.argv[1], 'a').write(sys.argv[2] + ' '); sys.exit(int(sys.argv[3]))"


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs with steps that only note their name; the names given end with status 3. Returns what was noted."""
    notes = tmp_path / "notes"
    script = tmp_path / "servers.py"
    script.write_text(f"import sys; open({str(notes)!r}, 'a').write(sys.argv[1] + ' ')")

    def run(words: list[str], *failing: str) -> str:
        def step(name: str) -> run_tests.Step:
            return (sys.executable, "-c", NOTE, str(notes), name, "3" if name in failing else "0")

        monkeypatch.setattr(run_tests, "CHECKS", (step("lint"), step("types")))
        monkeypatch.setattr(run_tests, "SERVERS", (sys.executable, str(script)))
        monkeypatch.setattr(run_tests, "READERS", step("readers"))
        monkeypatch.setattr(run_tests, "pytest", lambda arguments: step("pytest"))
        assert run_tests.main(words) == (3 if failing else 0)
        return notes.read_text() if notes.exists() else ""

    return run


def test_every_step_runs_in_order(steps: Callable[..., str]) -> None:
    assert steps([]) == "lint types install readers up pytest down "


def test_quick_leaves_the_servers_out(steps: Callable[..., str]) -> None:
    assert steps(["--quick"]) == "lint types pytest "


def test_list_runs_nothing(steps: Callable[..., str]) -> None:
    assert steps(["--list"]) == ""


def test_a_check_that_fails_ends_the_run(steps: Callable[..., str]) -> None:
    assert steps([], "lint") == "lint "


def test_servers_are_stopped_when_tests_fail(steps: Callable[..., str]) -> None:
    assert steps([], "pytest") == "lint types install readers up pytest down "


def test_other_words_go_to_pytest() -> None:
    assert run_tests.pytest(["-k", "x"])[-2:] == ("-k", "x")
