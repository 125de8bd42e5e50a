"""What is measured, and in which order: rows take turns, round after round, so that all see the same machine."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct, structs

from gatepost.cli.loadtest.load import Plan
from gatepost.cli.loadtest.measure import Measured, ReceiverProcess, receiver, warm_up
from gatepost.cli.loadtest.service import BATCH, Service, service
from gatepost.clock import Clock

PACE_PER_S = 5_000
"""Single POSTs a second at which the time to a 202 is looked at: half of what a small machine carries, or less."""

Measure = Callable[[Path, ReceiverProcess, float, Clock], Measured]
"""Starts what is to be measured with its files in a directory, sends for so many seconds, and ends it."""


class Row(Struct, frozen=True):
    """One thing to measure. `expected_per_s` is what it must reach itself for a comparison with it to be fair."""

    name: str
    title: str
    measure: Measure
    expected_per_s: float = 0.0


def interleaved(
    rows: Sequence[Row], rounds: int, seconds: float, clock: Clock, say: Callable[[str], None]
) -> dict[str, list[Measured]]:
    """Every row once in each round; the measurements of each by its name, in order of rounds."""
    found: dict[str, list[Measured]] = {row.name: [] for row in rows}
    for number in range(1, rounds + 1):
        for row in rows:
            say(f"round {number} of {rounds}: {row.title} ...")
            found[row.name].append(_once(row, seconds, clock))
    return found


def _once(row: Row, seconds: float, clock: Clock) -> Measured:
    with tempfile.TemporaryDirectory(prefix="gatepost-bench-") as scratch:
        place = Path(scratch)
        with receiver(place) as receiving:  # ends last, so that what is measured can drain to it
            return row.measure(place, receiving, seconds, clock)


def _gatepost(plan: Callable[[Service, float], Plan]) -> Measure:
    def measure(scratch: Path, receiving: ReceiverProcess, seconds: float, clock: Clock) -> Measured:
        with service(scratch, receiving, clock) as running:
            return running.measure(warm_up(plan(running, seconds), receiving, clock), receiving, clock)

    return measure


def _singles(running: Service, seconds: float) -> Plan:
    return running.plan(seconds=seconds)


def _batches(running: Service, seconds: float) -> Plan:
    return running.plan(seconds=seconds, batch=BATCH)


def _paced(running: Service, seconds: float) -> Plan:
    return structs.replace(running.plan(seconds=seconds), rate=PACE_PER_S)


SINGLES = Row("singles", "Gatepost, single POSTs", _gatepost(_singles))
BATCHES = Row("batches", f"Gatepost, batches of {BATCH}", _gatepost(_batches))
PACED = Row("paced", f"Gatepost, {PACE_PER_S:,} single POSTs a second", _gatepost(_paced))
GATEPOST = (SINGLES, BATCHES, PACED)
