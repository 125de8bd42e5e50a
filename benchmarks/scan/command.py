"""The command: which scanners run on what, and where the results go."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.built import Missing
from benchmarks.scan.cost import Cost, cost
from benchmarks.scan.report import markdown
from benchmarks.scan.results import Bill, Costs, Results, Row
from benchmarks.scan.scanners import AT_ONCE, ENVIRONMENT, GATEPOST, RIVALS, Scanner, gatepost
from benchmarks.scan.sizes import LARGE_OPERATIONS, SMALL_FILES, large_document, small_files
from benchmarks.versions import versions
from gatepost.cli.loadtest.machine import Neighbours, describe
from gatepost.clock import SystemClock
from tests.seeded.measure import Planted, measure, repaired, written

PAGE = Path(__file__).resolve().parent.parent / "SCAN.md"

STEPS = 4
"""Sizes at which the growth of the cost is looked at, each twice the one before."""

PARTS = {
    "spectral": ("@stoplight/spectral-cli", "@stoplight/spectral-owasp-ruleset"),
    "redocly": ("@redocly/cli",),
    "checkov": ("checkov",),
}
"""The packages of a rival that matter."""


def run(words: Sequence[str]) -> int:
    """Returns the exit code."""
    given = _parser().parse_args(words)
    clock = SystemClock()
    neighbours, machine = Neighbours(clock), describe(clock)
    rivals, missing = _prepared()
    with TemporaryDirectory() as scratch:
        rows = () if given.without_seeds else _rows(Path(scratch, "seeds"), rivals, given.without_fixes)
        bill = None if given.without_costs else _bill(Path(scratch, "costs"), rivals)
    machine |= neighbours.describe() | {rival.name: versions(rival.name, PARTS[rival.name]) for rival in rivals}
    page = markdown(Results(machine, missing, rows, bill))
    sys.stdout.write(page)
    if not (given.without_seeds or given.without_costs or given.without_fixes):
        PAGE.write_text(page)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/scan/run.py", description="gatepost scan beside its peers.")
    parser.add_argument("--without-seeds", action="store_true", help="measure only what it costs")
    parser.add_argument("--without-costs", action="store_true", help="measure only what is found")
    parser.add_argument("--without-fixes", action="store_true", help="do not try what --fix repairs")
    return parser


def _prepared() -> tuple[list[Scanner], dict[str, str]]:
    """The rivals that run here, and for each other one what is missing."""
    ready, missing = [], {}
    for rival in RIVALS:
        try:
            rival.command([])
            ready.append(rival)
        except Missing as reason:
            missing[rival.title] = str(reason)
    return ready, missing


def _rows(folder: Path, rivals: Sequence[Scanner], without_fixes: bool) -> Sequence[Row]:
    folder.mkdir()
    clean, seeds = written(folder)
    rows = []
    for scanner in (gatepost(), gatepost("--strict"), *rivals):
        _say(f"{scanner.title}: {len(seeds)} seeds")
        measured = measure(scanner.name, scanner, clean, seeds)
        rows.append(Row(scanner.name, scanner.title, measured))
    if not without_fixes:
        rows[1] = _with_repairs(rows[1], clean, seeds, folder / "fixed")
    return rows


def _with_repairs(row: Row, clean: Sequence[Path], seeds: Sequence[Planted], folder: Path) -> Row:
    _say(f"{row.title}: repairs")
    folder.mkdir()
    names = repaired(row.name, gatepost("--strict"), _fix, row.measured, folder)
    return Row(row.name, row.title, row.measured, frozenset(names))


def _fix(files: Sequence[Path]) -> None:
    """Edits the documents in place."""
    for start in range(0, len(files), AT_ONCE):
        subprocess.run(
            [GATEPOST, "scan", "--fix", *map(str, files[start : start + AT_ONCE])], capture_output=True, check=False
        )


def _bill(folder: Path, rivals: Sequence[Scanner]) -> Bill:
    folder.mkdir()
    large, small = [_large(folder, LARGE_OPERATIONS)], small_files(folder)
    costs = []
    for scanner in (gatepost(), gatepost("--strict"), *rivals):
        _say(f"{scanner.title}: cost")
        costs.append(Costs(scanner.name, scanner.title, _cost(scanner, large), _cost(scanner, small)))
    return Bill(
        scanners=costs,
        by_files={count: _cost(gatepost(), small[:count]) for count in _doubling(SMALL_FILES)},
        by_operations={count: _cost(gatepost(), [_large(folder, count)]) for count in _doubling(LARGE_OPERATIONS)},
        start=cost([GATEPOST, "--version"], ENVIRONMENT),
    )


def _large(folder: Path, operations: int) -> Path:
    file = folder / f"large-{operations}.yaml"
    file.write_text(large_document(operations))
    return file


def _doubling(most: int) -> list[int]:
    return [most >> step for step in range(STEPS)][::-1]


def _cost(scanner: Scanner, files: Sequence[Path]) -> Cost:
    return cost(scanner.command(files), ENVIRONMENT)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
