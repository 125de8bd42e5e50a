"""One measurement: load goes in at one end, the receiver counts at the other, and nothing is believed in between."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import msgspec
from msgspec import Struct, structs

from gatepost.cli.loadtest.load import ANSWER_LIMIT_S, Plan, Report
from gatepost.cli.loadtest.processes import START_LIMIT_S, Process, running
from gatepost.cli.loadtest.receiver import Tally
from gatepost.clock import Clock
from gatepost.errors import StartRefused

LOOK_EVERY_S = 0.05

PATIENCE_S = 20.0
"""Seconds without anything new after which what has not arrived counts as lost."""

Drive = Callable[[], Report]
"""Sends, and says what it sent."""


class Measured(Struct, frozen=True):
    """What one measurement came to. `seconds` run from the first request to the last delivery, and `per_s` is
    deliveries over that time. `cpu_us` is the service's CPU per notification, where it is one process."""

    accepted: int
    delivered: int
    failed: int
    lost: int
    duplicates: int
    seconds: float
    per_s: float
    accepted_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float | None = None


class ReceiverProcess:
    """The receiver, as the measurement sees it."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.port: int = msgspec.json.decode(self._line(), type=dict[str, int])["port"]

    def tally(self) -> Tally:
        pipe = cast("IO[bytes]", self._process.stdin)
        pipe.write(b"\n")
        pipe.flush()
        return msgspec.json.decode(self._line(), type=Tally)

    def _line(self) -> bytes:
        return cast("IO[bytes]", self._process.stdout).readline()


@contextmanager
def receiver(scratch: Path) -> Iterator[ReceiverProcess]:
    """Runs a receiver that has seen nothing yet."""
    command = [sys.executable, "-m", "gatepost.cli.loadtest.receiver"]
    with running(command, scratch / "receiver.log", piped=True) as process:
        yield ReceiverProcess(process)


def load(plan: Plan) -> Report:
    """Runs the load generator in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "gatepost.cli.loadtest.load"],
        input=msgspec.json.encode(plan) + b"\n",  # not an argument: it holds the API key
        stdout=subprocess.PIPE,
        timeout=START_LIMIT_S + plan.seconds + 2 * ANSWER_LIMIT_S,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=Report)


def warm_up(plan: Plan, receiving: ReceiverProcess, clock: Clock) -> Plan:
    """Sends the first few of a plan and waits for them, so that everything is connected; gives the rest of the plan.

    Raises `StartRefused` when they do not arrive.
    """
    count = plan.connections * plan.batch
    first = load(structs.replace(plan, count=count, seconds=START_LIMIT_S, rate=None))
    if _arrival(receiving, count, clock).delivered < count:
        raise StartRefused(f"{count} notifications to warm up: {first.accepted} accepted, and not all of them arrived")
    return structs.replace(plan, first=plan.first + count)


def measure(drive: Drive, receiving: ReceiverProcess, clock: Clock) -> Measured:
    """Drives, then waits until all that was accepted has arrived or nothing more does."""
    before = receiving.tally()
    report = drive()
    after = _arrival(receiving, before.delivered + report.accepted, clock)
    delivered = after.delivered - before.delivered
    seconds = max(after.last_at - report.started_at, 0.0)
    return Measured(
        accepted=report.accepted,
        delivered=delivered,
        failed=report.failed,
        lost=max(report.accepted - delivered, 0),
        duplicates=after.duplicates - before.duplicates,
        seconds=seconds,
        per_s=rate(delivered, seconds),
        accepted_per_s=rate(report.accepted, report.ended_at - report.started_at),
        p50_ms=report.p50_ms,
        p99_ms=report.p99_ms,
    )


def rate(count: int, seconds: float) -> float:
    return count / seconds if seconds > 0 else 0.0


def _arrival(receiving: ReceiverProcess, expected: int, clock: Clock) -> Tally:
    tally, changed = receiving.tally(), clock.monotonic()
    while tally.delivered < expected and clock.monotonic() - changed < PATIENCE_S:
        time.sleep(LOOK_EVERY_S)
        latest = receiving.tally()
        if latest.delivered != tally.delivered:
            changed = clock.monotonic()
        tally = latest
    return tally
