"""Sends the demo's notifications, watches them arrive, and counts at every station."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from gatepost.cli.demo_data import TOPICS, notifications
from gatepost.cli.demo_processes import ReceiverProcess
from gatepost.cli.demo_receiver import Report
from gatepost.client.aio import AsyncClient
from gatepost.client.results import Progress
from gatepost.clock import Clock
from gatepost.errors import GarbledAnswer
from gatepost.stores.sqlite.store import DATABASE

LOOK_EVERY_S = 0.1

PATIENCE_S = 30.0
"""Seconds without anything new after which what is missing counts as lost."""

Show = Callable[[str, int], None]
"""Moves one of the progress bars: its name, and how many are done."""


class Measured(Struct, frozen=True):
    """One run. `delivered`, `verified` and `duplicates` are what the receiver counted; rates are per second."""

    accepted: int
    on_disk: int
    delivered: int
    verified: int
    lost: int
    duplicates: int
    accepted_per_s: float
    delivered_per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float

    @property
    def sound(self) -> bool:
        """Whether everything arrived and was signed as it must be."""
        return self.lost == 0 and self.verified == self.delivered


async def measure(
    client: AsyncClient, receiver: ReceiverProcess, count: int, data_dir: Path, clock: Clock, show: Show
) -> Measured:
    """Registers the receiver, sends `count` notifications, and waits until all have arrived or nothing more does."""
    await _register(client, receiver)
    started, started_at = clock.monotonic(), clock.now()
    watching = asyncio.create_task(_watch(receiver, show))
    try:
        accepted = await _send(client, count, clock, show)
        accepting_s = clock.monotonic() - started
        await _arrival(receiver, accepted, clock)
    finally:
        watching.cancel()
    report = await receiver.report(with_latencies=True)
    show("delivered", report.verified)
    delivering_s = (report.last_at - started_at) / 1000
    return _measured(report, accepted, count_on_disk(data_dir), accepting_s, delivering_s)


def count_on_disk(data_dir: Path) -> int:
    """Notifications in the file itself, read past the service."""
    with closing(sqlite3.connect(f"file:{data_dir / DATABASE}?mode=ro", uri=True)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM notifications").fetchone()
        return int(count)


def _measured(report: Report, accepted: int, on_disk: int, accepting_s: float, delivering_s: float) -> Measured:
    return Measured(
        accepted=accepted,
        on_disk=on_disk,
        delivered=report.delivered,
        verified=report.verified,
        lost=accepted - report.verified,
        duplicates=report.duplicates,
        accepted_per_s=_rate(accepted, accepting_s),
        delivered_per_s=_rate(report.verified, delivering_s),
        p50_ms=report.p50_ms,
        p95_ms=report.p95_ms,
        p99_ms=report.p99_ms,
    )


def _rate(count: int, seconds: float) -> float:
    return round(count / seconds, 1) if seconds > 0 else 0.0


async def _register(client: AsyncClient, receiver: ReceiverProcess) -> None:
    endpoint = await client.create_endpoint(receiver.url, topics=[TOPICS], description="the receiver of the demo")
    if endpoint.secret is None:
        raise GarbledAnswer("the service made an endpoint and gave no secret")
    await receiver.trust(endpoint.secret)


async def _send(client: AsyncClient, count: int, clock: Clock, show: Show) -> int:
    accepted = 0

    def progress(now: Progress) -> None:
        show("accepted", now.accepted)

    async for result in client.send_many(notifications(count, clock), progress=progress):
        accepted += result.accepted
    return accepted


async def _watch(receiver: ReceiverProcess, show: Show) -> None:
    while True:
        show("delivered", (await receiver.report()).verified)
        await asyncio.sleep(LOOK_EVERY_S)


async def _arrival(receiver: ReceiverProcess, expected: int, clock: Clock) -> None:
    """Returns when so many were verified, or when nothing new came for a while."""
    seen, changed = -1, clock.monotonic()
    while clock.monotonic() - changed < PATIENCE_S:
        verified = (await receiver.report()).verified
        if verified >= expected:
            return
        if verified != seen:
            seen, changed = verified, clock.monotonic()
        await asyncio.sleep(LOOK_EVERY_S)
