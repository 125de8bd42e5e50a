"""Order per key through the whole service: over `kill -9`, overflow into the store, and a pause."""

from __future__ import annotations

import itertools
from collections import defaultdict
from pathlib import Path

import pytest

from tests.e2e.service_process import ServiceProcess, running, wait_for
from tests.e2e.webhook_log import receiving

KEYS = 20
ROUNDS = 5
BATCHES = 40
"""Batches of 100 in each round: 4,000 notifications, twice the room of a lane."""

PACE_MS = 2
ARRIVAL_LIMIT = 60.0
"""Seconds until everything must have arrived; it takes a few."""


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_nothing_overtakes_another_of_its_key(tmp_path: Path) -> None:
    numbers = itertools.count()
    with receiving(tmp_path / "received") as receiver, running(tmp_path) as service:
        endpoint = service.api.post("/v1/endpoints", {"url": receiver.url, "concurrency": 64})["id"]
        receiver.set_pace(PACE_MS)
        for _ in range(ROUNDS):
            _send(service, numbers)
            service.kill()
            service.start()
        service.api.post(f"/v1/endpoints/{endpoint}/pause")
        _send(service, numbers)
        service.api.post(f"/v1/endpoints/{endpoint}/resume")
        wait_for(lambda: service.api.get("/v1/status")["backlog"] == 0, ARRIVAL_LIMIT, "the last delivery")
    _check(tmp_path / "received", next(numbers))


def _send(service: ServiceProcess, numbers: itertools.count[int]) -> None:
    for _ in range(BATCHES):
        batch = [_notification(number) for number in itertools.islice(numbers, 100)]
        assert service.api.post("/v1/notifications/batch", batch)["accepted"] == 100


def _notification(number: int) -> dict[str, object]:
    payload = {"number": number}
    return {"topic": "orders", "type": "order.paid", "payload": payload, "ordering_key": f"key-{number % KEYS}"}


def _check(log: Path, count: int) -> None:
    """What came is compared by its first arrival: after a kill some come again."""
    arrived = dict.fromkeys(int(line.split()[0]) for line in log.read_text().splitlines())
    assert len(arrived) == count
    lines: defaultdict[int, list[int]] = defaultdict(list)
    for number in arrived:
        lines[number % KEYS].append(number)
    assert all(line == sorted(line) for line in lines.values())
