"""`./gatepost test [--quick] [--list] [pytest arguments]`: every check of the project, cheapest first.

Stops at the first step that fails, with its exit code. `--quick` leaves the real servers out, `--list` only says
what would run. All other words go to pytest: `./gatepost test --quick -k topics -n 0`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
SERVERS = (PYTHON, "scripts/servers.py")
READERS = (PYTHON, "scripts/foreign_readers.py", "install")
WORKERS = 2
"""Processes that run tests: the end-to-end tests start more of their own."""

Step = tuple[str, ...]

CHECKS: tuple[Step, ...] = (
    (PYTHON, "-m", "ruff", "check"),
    (PYTHON, "-m", "ruff", "format", "--check"),
    (PYTHON, "-m", "mypy"),
)


def pytest(arguments: Sequence[str]) -> Step:
    # One file stays in one worker: what a file starts for its tests is started once.
    return (PYTHON, "-m", "pytest", "-n", str(WORKERS), "--dist", "loadfile", *arguments)


def title(step: Step) -> str:
    return " ".join(step).replace(f"{PYTHON} -m ", "").replace(f"{PYTHON} ", "")


def run(step: Step) -> int:
    print(f"\n== {title(step)}", flush=True)
    started = time.monotonic()
    status = subprocess.run(step, cwd=ROOT, check=False).returncode
    if "pytest" not in step:  # which says so itself, in the closing line that must stay the last
        print(f"   {time.monotonic() - started:.1f} s", flush=True)
    return status


def run_checks() -> int:
    return next((status for status in map(run, CHECKS) if status), 0)


def run_pytest(arguments: Sequence[str], quick: bool) -> int:
    if quick:
        return run(pytest(arguments))
    # None of these steps is judged: what a missing server means is said, or counted as a failure, by the tests.
    run((*SERVERS, "install"))
    run(READERS)
    try:
        run((*SERVERS, "up"))
        return run(pytest(arguments))
    finally:
        subprocess.run([*SERVERS, "down"], cwd=ROOT, check=False)


def main(words: Sequence[str]) -> int:
    quick = "--quick" in words
    arguments = [word for word in words if word not in ("--quick", "--list")]
    if "--list" in words:
        servers = () if quick else ((*SERVERS, "install"), READERS, (*SERVERS, "up"))
        print(*(title(step) for step in (*CHECKS, *servers, pytest(arguments))), sep="\n")
        return 0
    return run_checks() or run_pytest(arguments, quick)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
