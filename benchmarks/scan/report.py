"""SCAN.md from what a run found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from benchmarks.goals import Goal
from benchmarks.report import VERDICTS
from benchmarks.scan.cost import Cost
from benchmarks.scan.goals import goals
from benchmarks.scan.results import Costs, Results, Row
from benchmarks.scan.sizes import LARGE_OPERATIONS, SMALL_FILES
from tests.seeded.measure import share
from tests.seeded.plant import Seed

METHOD = """\
- The clean documents (`tests/seeded/documents/`) are secured in the respects that their README lists. Four of the six
  were not written for this.
- `tests/seeded/` plants one misconfiguration at a time in them. A scanner has found it when it says something of the
  right kind, at the planted place or around or in it, that it does not say about the clean document; Checkov names no
  place, so any finding of the right kind counts. `expectations.py` has the rules of each scanner that count, for the
  rivals any that could mean it.
- The families of faults are those of the rule lists of Spectral's OWASP ruleset, Checkov, KICS and 42Crunch, and some
  that none of them has. Gatepost's rules were written with the families known, the rivals' were not.
- What is said about the clean documents is noise.
- A fault is repaired when `gatepost scan --fix` has edited the document, the finding is gone, and
  `openapi-spec-validator` accepts what is there now. No rival repairs anything.
- CPU seconds and peak memory are of the scanner's process and all that it starts, in the same run."""


def markdown(results: Results) -> str:
    """The whole page."""
    return "\n\n".join(_sections(results)) + "\n"


def _sections(results: Results) -> Iterator[str]:
    yield "# Scanners\n\nWritten by `python3 benchmarks/scan/run.py`; do not edit."
    yield _table(("", "measured on"), list(results.machine.items()))
    for name, reason in results.missing.items():
        yield f"Not measured: {name}: {reason}."
    if results.rows:
        yield f"## {len(results.seeds)} planted faults"
        yield _overview(results.rows)
        yield "Found, by category of the OWASP API Security Top 10, version of the standard and shape:"
        yield _parts(results)
    if results.bill is not None:
        yield "## Cost"
        yield _costs(results.bill.scanners)
        yield _growth("small files", results.bill.by_files)
        yield _growth("operations", results.bill.by_operations)
    if results.rows:
        yield "## Missed by Gatepost, also with `--strict`"
        yield _missed(results)
    if results.rows or results.bill is not None:
        yield "## Goals"
        yield _table(("goal", "measured", "met"), [_goal(goal) for goal in goals(results)])
    yield f"## How\n\n{METHOD}"


def _overview(rows: Sequence[Row]) -> str:
    columns = ("", "found", "of what it has rules for", "noise: findings on the clean", "repaired", "of the mechanical")
    return _table(columns, [_overview_row(row) for row in rows])


def _overview_row(row: Row) -> tuple[str, ...]:
    return (
        row.title,
        _percent(row.measured.recall()),
        _percent(row.known),
        f"{row.measured.noise_count:,}",
        _percent(row.fixed()),
        _percent(row.fixed(without_business=True)),
    )


def _parts(results: Results) -> str:
    by: tuple[Callable[[Seed], str], ...] = (
        lambda seed: seed.owasp,
        lambda seed: seed.version,
        lambda seed: seed.shape,
    )
    lines = []
    for key in by:
        groups = sorted({key(each.planted.seed) for each in results.seeds}, key=_natural)
        lines += [_part(group, key, results.rows) for group in groups]
    return _table(("", "planted", *(row.title for row in results.rows)), lines)


def _part(group: str, key: Callable[[Seed], str], rows: Sequence[Row]) -> tuple[str, ...]:
    found = [[each.found for each in row.measured.outcomes if key(each.planted.seed) == group] for row in rows]
    return (group, str(len(found[0])), *(_percent(share(each)) for each in found))


def _natural(text: str) -> tuple[int, str]:
    return len(text.partition(":")[0]) if ":" in text else 0, text


def _costs(scanners: Sequence[Costs]) -> str:
    columns = ("", f"{LARGE_OPERATIONS} operations, 3 MB of YAML", "peak", f"{SMALL_FILES:,} small files", "peak")
    return _table(columns, [(each.title, *_cells(each.large), *_cells(each.small)) for each in scanners])


def _cells(cost: Cost) -> tuple[str, str]:
    return f"{cost.cpu_s:.1f} CPU s", f"{cost.peak_mib:,.0f} MiB"


def _growth(what: str, costs: Mapping[int, Cost]) -> str:
    columns = (what, "CPU s", "ms each", "peak")
    rows = [
        (f"{count:,}", f"{cost.cpu_s:.2f}", f"{cost.cpu_s / count * 1000:.2f}", f"{cost.peak_mib:,.0f} MiB")
        for count, cost in costs.items()
    ]
    return _table(columns, rows)


def _missed(results: Results) -> str:
    strict = results.rows[1] if len(results.rows) > 1 else results.rows[0]
    missed = [f"- {each.document}: {each.seed.name}" for each in strict.measured.missed()]
    return "\n".join(missed) or "Nothing."


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _goal(goal: Goal) -> tuple[str, ...]:
    measured = "not measured" if goal.value is None else f"{goal.value:,.2f} {goal.unit}".rstrip()
    return (goal.promise, measured, VERDICTS[goal.holds])


def _percent(part: float | None) -> str:
    return "-" if part is None else f"{part:.1%}"
