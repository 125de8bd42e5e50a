"""`kill -9` at random moments under load: what was acknowledged arrives, under one id.

Two logs are compared and nothing else: the producer's of its 202s, and the receiver's of its webhooks. What the
service says about itself is not asked.
"""

from __future__ import annotations

import itertools
import os
import random
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec
import pytest

from tests.e2e.raw_http import Api, Wire, request
from tests.e2e.service_process import POLL_S, ServiceProcess, running, wait_for
from tests.e2e.webhook_log import WebhookLog, receiving

ROUNDS = 20
IN_FLIGHT = 2_000
"""Notifications that were acknowledged and have not arrived, at each kill at least."""

NEW_IN_ROUND = 500
"""Acknowledged since the start of the round before it may end: the service is under load when it is killed."""

LONGEST_WAIT_S = 0.3
"""The kill comes at a random moment in this span after the conditions are met."""

BATCH = 50
CONCURRENCY = 32
MAX_DUPLICATES = 10 * CONCURRENCY
"""Webhooks that one kill may repeat: those on the wire, and those whose outcome waited for a slow disk."""

PACE_MS = 30
"""The receiver takes this long, so that at most about a thousand a second arrive and a backlog builds up."""

ROUND_LIMIT = 30.0
"""Seconds until a round is in full swing; it takes one on an idle machine."""

QUIET_S = 3.0
"""Seconds without a webhook after which no more are expected; retries of the schedule are not: all are answered."""


class Post(msgspec.Struct, frozen=True):
    """One request of the producer: the path, the body, and the numbers in it."""

    path: str
    body: bytes
    numbers: tuple[int, ...]

    def wire_form(self, api: Api) -> bytes:
        key = {"idempotency-key": f"{self.path}-{self.numbers[0]}"}
        return request("POST", self.path, self.body, api.credentials | key)


def posts(numbers: Iterator[int], batch: int | None) -> Iterator[Post]:
    """Single notifications, or batches of them, for ever."""
    while True:
        if batch is None:
            number = next(numbers)
            yield Post("/v1/notifications", msgspec.json.encode(notification(number)), (number,))
        else:
            taken = tuple(itertools.islice(numbers, batch))
            yield Post("/v1/notifications/batch", msgspec.json.encode(list(map(notification, taken))), taken)


def notification(number: int) -> dict[str, object]:
    return {"topic": "orders.paid", "type": "order.paid", "payload": {"number": number, "amount": "12.50"}}


class Producer:
    """Sends one request after the other until the connection breaks, and notes what was acknowledged.

    What was not answered is sent again in the next round, under the same idempotency key.
    """

    def __init__(self, source: Iterator[Post], log: BinaryIO) -> None:
        self.acknowledged = 0
        self.unanswered: Post | None = None
        self._source = source
        self._log = log
        self._failure: Exception | None = None
        self._thread = threading.Thread()

    def start(self, api: Api) -> None:
        self._thread = threading.Thread(target=self._run, args=(api,))
        self._thread.start()

    def join(self) -> None:
        """Waits for the end of the round; raises what went wrong in it."""
        self._thread.join()
        self.check()

    def check(self) -> None:
        """Raises what went wrong so far."""
        if self._failure is not None:
            raise self._failure

    def _run(self, api: Api) -> None:
        try:
            with Wire(api.port) as wire:
                while True:
                    self._exchange(wire, api)
        except OSError:
            return  # the service is gone
        except Exception as failure:  # noqa: BLE001 - raised by `check`
            self._failure = failure

    def _exchange(self, wire: Wire, api: Api) -> None:
        post = self.unanswered = self.unanswered or next(self._source)
        wire.send(post.wire_form(api))
        answer = wire.answer()
        assert answer.status == 202, answer
        ids = [result["id"] for result in answer.document.get("results", [answer.document])]
        lines = (f"{number} {own_id}\n" for number, own_id in zip(post.numbers, ids, strict=True))
        self._log.write("".join(lines).encode())
        self.acknowledged += len(ids)
        self.unanswered = None


class Load:
    """All producers together, and how far the receiver is behind them."""

    def __init__(self, producers: Sequence[Producer], receiver: WebhookLog) -> None:
        self._producers = producers
        self._receiver = receiver

    @property
    def acknowledged(self) -> int:
        return sum(producer.acknowledged for producer in self._producers)

    @property
    def in_flight(self) -> int:
        self._receiver.read_on()
        return self.acknowledged - len(self._receiver.ids)

    @property
    def unanswered(self) -> set[int]:
        posts = [producer.unanswered for producer in self._producers if producer.unanswered is not None]
        return {number for post in posts for number in post.numbers}

    def start(self, api: Api) -> None:
        for producer in self._producers:
            producer.start(api)

    def join(self) -> None:
        for producer in self._producers:
            producer.join()

    def under_way(self, service: ServiceProcess) -> None:
        """Starts the load, and returns once the service may be ended."""
        goal = self.acknowledged + NEW_IN_ROUND
        self.start(service.api)
        wait_for(lambda: self._has_reached(goal), ROUND_LIMIT, "the load")

    def _has_reached(self, goal: int) -> bool:
        for producer in self._producers:
            producer.check()
        return self.acknowledged >= goal and self.in_flight >= IN_FLIGHT


@pytest.fixture
def seed() -> int:
    """Of the moments at which the service is killed. A failure shows it; CRASH_SEED repeats it."""
    seed = int(os.environ.get("CRASH_SEED", time.time_ns() % 2**32))
    print(f"CRASH_SEED={seed}")
    return seed


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_acknowledged_is_lost(tmp_path: Path, seed: int) -> None:
    moments = random.Random(seed)
    log, sources = tmp_path / "sent", _sources()
    with (
        receiving(tmp_path / "received") as receiver,
        log.open("ab", buffering=0) as sent,
        running(tmp_path) as service,
    ):
        service.api.post("/v1/endpoints", {"url": receiver.url, "concurrency": CONCURRENCY})
        receiver.set_pace(PACE_MS)
        load = Load([Producer(source, sent) for source in sources], receiver)
        in_flight = [_crash(service, load, moments) for _ in range(ROUNDS)]
        load.under_way(service)
        assert service.stop() == 0
        load.join()
        receiver.set_pace(0)
        service.start()
        _wait_until_quiet(receiver)
        assert service.stop() == 0
    _compare(log, receiver, load.unanswered, in_flight)


def _sources() -> list[Iterator[Post]]:
    """Two producers of single notifications and one of batches; no number is used twice."""
    numbers = itertools.count()
    return [posts(numbers, None), posts(numbers, None), posts(numbers, BATCH)]


def _crash(service: ServiceProcess, load: Load, moments: random.Random) -> int:
    """One round: load, `kill -9`, start. Returns how many notifications were in flight at the kill."""
    load.under_way(service)
    time.sleep(moments.uniform(0, LONGEST_WAIT_S))
    in_flight = load.in_flight
    service.kill()
    load.join()
    service.start()
    return in_flight


def _wait_until_quiet(receiver: WebhookLog) -> None:
    """Until nothing has come for a while: all has arrived, or will never."""
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < QUIET_S:
        receiver.read_on()
        if receiver.count != seen:
            seen, since = receiver.count, time.monotonic()
        time.sleep(POLL_S)


def _compare(log: Path, receiver: WebhookLog, unanswered: set[int], in_flight: list[int]) -> None:
    sent = {int(number): own_id for number, own_id in (line.split() for line in log.read_text().splitlines())}
    duplicates = receiver.count - len(receiver.ids)
    print(f"{len(sent)} acknowledged, {duplicates} duplicates; in flight at the kills: {in_flight}")
    lost = sent.keys() - receiver.ids.keys()
    assert not lost
    assert receiver.ids.keys() - sent.keys() <= unanswered, "received what nobody sent"
    twice = {number: ids for number, ids in receiver.ids.items() if len(ids) > 1}
    assert not twice, "accepted twice, under ids of its own each time"
    assert all(receiver.ids[number] == {own_id} for number, own_id in sent.items()), "not the id of the 202"
    assert min(in_flight) >= IN_FLIGHT
    assert duplicates < ROUNDS * MAX_DUPLICATES
