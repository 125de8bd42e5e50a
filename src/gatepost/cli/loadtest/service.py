"""Gatepost as the thing that is measured: a service of its own with its defaults, and one endpoint."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct, structs

from gatepost.cli.loadtest import processes
from gatepost.cli.loadtest.load import Plan
from gatepost.cli.loadtest.measure import Measured, ReceiverProcess, load, measure
from gatepost.client.sync import Client
from gatepost.clock import Clock
from gatepost.crypto.secret import Secret

NO_LIMIT = "900000/s burst 900000"
"""The limiter runs for each request and must not be what is measured."""

BATCH = 100
"""Notifications in a batch: more gains little and waits longer."""

MAX_NOTIFICATIONS = 10_000_000
"""Bound of a run that is ended by time."""

_READY = re.compile(r"^listening on http://.*:(\d+)$", re.MULTILINE)


class Service(Struct, frozen=True):
    """A running service: one process with its data in a directory of its own."""

    pid: int
    port: int
    key: Secret[str]
    data: Path

    def plan(self, *, batch: int = 1, seconds: float, count: int = MAX_NOTIFICATIONS) -> Plan:
        """Load for it: single POSTs or batches, as fast as they are answered."""
        return Plan(
            port=self.port,
            path="/v1/notifications" if batch == 1 else "/v1/notifications/batch",
            headers={"authorization": f"Bearer {self.key.reveal()}"},
            batch=batch,
            seconds=seconds,
            count=count,
        )

    def measure(self, plan: Plan, receiving: ReceiverProcess, clock: Clock) -> Measured:
        """Also says what a notification cost the service in CPU."""
        before = processes.cpu_seconds(self.pid)
        measured = measure(lambda: load(plan), receiving, clock)
        after = processes.cpu_seconds(self.pid)
        if before is None or after is None or not measured.delivered:
            return measured
        return structs.replace(measured, cpu_us=(after - before) * 1e6 / measured.delivered)


@contextmanager
def service(scratch: Path, receiving: ReceiverProcess, clock: Clock) -> Iterator[Service]:
    """Runs a service with an empty data directory in `scratch` and the receiver as its one endpoint."""
    log, key_file, data = scratch / "service.log", scratch / "first-key", scratch / "data"
    command = [sys.executable, "-m", "gatepost.cli.main", "serve", "--port", "0", "--limit", NO_LIMIT]
    command += ["--data-dir", str(data), "--first-key-file", str(key_file), "--allow-networks", "127.0.0.0/8"]
    with processes.running(command, log, directory=scratch) as process:
        port = processes.wait_for(process, lambda: _port(log), log, clock)
        key = Secret(key_file.read_text("ascii").strip())
        with Client(f"http://127.0.0.1:{port}", api_key=key) as client:
            client.create_endpoint(f"http://127.0.0.1:{receiving.port}/hook", topics=["orders.*"])
        yield Service(process.pid, port, key, data)


def _port(log: Path) -> int | None:
    found = _READY.search(log.read_text())
    return int(found[1]) if found else None
