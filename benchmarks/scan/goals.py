"""What the project promises about its scanner, held against a run."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.goals import Goal
from benchmarks.scan.results import Bill, Costs, Results, Row

RECALL = 95.0
REPAIRED = 60.0
REPAIRED_MECHANICAL = 90.0
"""Percent: of what was planted, of what was found, of what was found and needs no knowledge of the business."""

LARGE_CPU_S = 10.0
LARGE_PEAK_MIB = 500.0
START_CPU_S = 0.15
GROWTH = 1.25
"""Times the cost of each file among few that it may cost among many: more is not linear."""


def goals(results: Results) -> Iterator[Goal]:
    """Those that this run measured, or could have."""
    if results.rows:
        default, strict, *_ = results.rows
        yield from _findings(default, strict)
    if results.bill is not None:
        yield from _costs(results.bill)


def _findings(default: Row, strict: Row) -> Iterator[Goal]:
    yield Goal("found of what was planted", strict.measured.recall() * 100, "%", least=RECALL)
    yield Goal("findings on clean documents", float(default.measured.noise_count), "", most=0.0)
    yield Goal("repaired of what was found", _percent(strict.fixed()), "%", least=REPAIRED)
    mechanical = _percent(strict.fixed(without_business=True))
    yield Goal("repaired of what needs no knowledge of the business", mechanical, "%", least=REPAIRED_MECHANICAL)


def _costs(bill: Bill) -> Iterator[Goal]:
    ours = bill.scanners[0]
    redocly = next((each for each in bill.scanners if each.name == "redocly"), None)
    yield Goal("300 operations, 3 MB of YAML", ours.large.cpu_s, "CPU s", most=LARGE_CPU_S)
    yield Goal("its peak", ours.large.peak_mib, "MiB", most=LARGE_PEAK_MIB)
    yield Goal("Redocly's CPU seconds on it, in ours", _ratio(redocly, ours), "times", least=1.0)
    few, many = min(bill.by_files), max(bill.by_files)
    start = bill.start.cpu_s
    each = [(bill.by_files[count].cpu_s - start) / count for count in (few, many)]
    yield Goal(f"a file of {many:,}, in one of {few:,}", each[1] / each[0], "times", most=GROWTH)
    yield Goal("`gatepost --version`", start, "CPU s", most=START_CPU_S)


def _ratio(theirs: Costs | None, ours: Costs) -> float | None:
    return None if theirs is None else theirs.large.cpu_s / ours.large.cpu_s


def _percent(part: float | None) -> float | None:
    return None if part is None else part * 100
