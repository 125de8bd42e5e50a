"""The headline: so many notifications through one service, singles and batches, and whether the last cost more."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct, structs

from gatepost.cli.loadtest.measure import Measured, receiver
from gatepost.cli.loadtest.processes import peak_memory
from gatepost.cli.loadtest.service import BATCH, Service, service
from gatepost.clock import Clock

STORED_FIRST = 10_000
"""Notifications in the store when their cost is looked at first."""

PROBE = 20_000
"""Notifications whose cost is looked at: some seconds of CPU, of which the system counts hundredths."""

LEAST = STORED_FIRST + 2 * PROBE + BATCH
"""Notifications of the smallest run that has an early and a late part."""

LIMIT_S = 1_800.0
"""Seconds for one part of a headline run: a tenth of the speed that is reported."""


class Headline(Struct, frozen=True):
    """One run. `seconds` run from the first request to the last delivery; costs are CPU of the service for each
    notification, early with ten thousand stored and late with all."""

    title: str
    sent: int
    accepted: int
    delivered: int
    duplicates: int
    seconds: float
    peak_memory: int | None
    database_bytes: int
    early_cpu_us: float | None
    late_cpu_us: float | None

    @property
    def lost(self) -> int:
        return self.accepted - self.delivered


def headlines(count: int, clock: Clock, say: Callable[[str], None]) -> list[Headline]:
    """Singles and batches, each with a service of its own; `count` is rounded up to whole batches."""
    count = max(LEAST, -(-count // BATCH) * BATCH)
    found = []
    for title, batch in (("single POSTs", 1), (f"batches of {BATCH}", BATCH)):
        say(f"headline: {count:,} notifications, {title} ...")
        found.append(_headline(title, count, batch, clock))
    return found


def _headline(title: str, count: int, batch: int, clock: Clock) -> Headline:
    with tempfile.TemporaryDirectory(prefix="gatepost-bench-") as scratch:
        place = Path(scratch)
        with receiver(place) as receiving, service(place, receiving, clock) as running:

            def send(first: int, size: int) -> Measured:
                plan = running.plan(batch=batch, seconds=LIMIT_S, count=size)
                return running.measure(structs.replace(plan, first=first), receiving, clock)

            late = count - PROBE
            parts = [send(0, STORED_FIRST), early := send(STORED_FIRST, PROBE)]
            parts.append(send(STORED_FIRST + PROBE, late - STORED_FIRST - PROBE))
            parts.append(last := send(late, PROBE))
            return Headline(
                title=title,
                sent=count,
                accepted=sum(part.accepted for part in parts),
                delivered=sum(part.delivered for part in parts),
                duplicates=sum(part.duplicates for part in parts),
                seconds=sum(part.seconds for part in parts),
                peak_memory=peak_memory(running.pid),
                database_bytes=_size(running),
                early_cpu_us=early.cpu_us,
                late_cpu_us=last.cpu_us,
            )


def _size(running: Service) -> int:
    return sum(file.stat().st_size for file in running.data.iterdir() if file.is_file())
