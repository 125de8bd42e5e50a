"""`gatepost bench`: how much this machine carries, end to end.

The clone's `benchmarks/run.py` measures the same rows with the same code (`cli/loadtest/`) beside its peers. The load
generator and the receiver are Python, as they cost less than a tenth of what they measure and need no compiler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Option

from gatepost.cli import terminal
from gatepost.cli.options import Json

if TYPE_CHECKING:
    from gatepost.cli.loadtest.measure import Measured


def bench(
    rounds: Annotated[int, Option(min=1, max=20, metavar="N", help="How often each is measured.")] = 3,
    seconds: Annotated[float, Option(min=0.5, max=600, metavar="S", help="How long each sends.")] = 5.0,
    as_json: Json = False,
) -> None:
    """Measure how much this machine carries: accepted, on disk, delivered to a receiver that counts.

    Runs a service of its own with the defaults; key, limit, validation, fsync, signatures and history are on.
    """
    from gatepost.cli.loadtest.machine import Neighbours, describe
    from gatepost.cli.loadtest.processes import clean_up_on_signals
    from gatepost.cli.loadtest.rows import GATEPOST, interleaved
    from gatepost.clock import SystemClock

    clean_up_on_signals()
    clock = SystemClock()
    machine, neighbours = describe(clock), Neighbours(clock)
    found = interleaved(GATEPOST, rounds, seconds, clock, terminal.notice)
    machine |= neighbours.describe()
    if as_json:
        terminal.document({"machine": machine, "rows": found})
    else:
        terminal.facts(machine)
        terminal.table(_COLUMNS, [[row.title, *_cells(found[row.name])] for row in GATEPOST], right=_COLUMNS[1:])
    if any(each.lost for measured in found.values() for each in measured):
        terminal.fail("accepted notifications were lost", "run it again, and report it if it happens again")


_COLUMNS = ("", "delivered/s", "from", "to", "p50 of the 202", "p99 of the 202", "CPU each", "lost", "twice")


def _cells(measured: list[Measured]) -> list[str]:
    from gatepost.cli.loadtest.figures import spread

    delivered = spread([each.per_s for each in measured])
    cpu = [each.cpu_us for each in measured if each.cpu_us is not None]
    return [
        f"{delivered.median:,.0f}",
        f"{delivered.low:,.0f}",
        f"{delivered.high:,.0f}",
        f"{spread([each.p50_ms for each in measured]).median:.1f} ms",
        f"{spread([each.p99_ms for each in measured]).median:.1f} ms",
        f"{spread(cpu).median:.0f} us" if cpu else "-",
        f"{sum(each.lost for each in measured):,}",
        f"{sum(each.duplicates for each in measured):,}",
    ]
