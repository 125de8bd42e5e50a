"""The inside of a running service on a real store, with a clock moved by hand and a channel that answers as told."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from gatepost.guard.egress import EgressRules
from gatepost.notify.delivery import Outcome, State
from gatepost.notify.endpoint import Endpoint
from gatepost.notify.notification import Submission
from gatepost.notify.routing import Routing
from gatepost.notify.store import Receipt
from gatepost.server.delivery.local import LocalEngine
from gatepost.server.endpoints import Endpoints
from gatepost.server.health import HealthKeeper
from gatepost.server.intake import Intake, IntakeLimits
from gatepost.stores.sqlite import SqliteStore
from tests.contract.steps import TENANT
from tests.samples import an_endpoint, an_outcome
from tests.unit.clocks import HandClock
from tests.vaults import open_vault

PATIENCE_S = 10.0
"""Real seconds after which what is waited for is taken never to come; far above what it needs on a busy machine."""

DISABLE_AFTER_MS = 1_000_000
LIMITS = IntakeLimits(backlog=1_000_000, idempotency_ms=3_600_000, allow_memory=False)


class ScriptedChannel:
    """Stands in for the way out. What it was given, how often at once, and what it answers."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.bodies: list[bytes] = []
        self.keys: list[tuple[str, ...]] = []
        self.forgotten: list[str] = []
        self.in_flight: Counter[str] = Counter()
        self.most_in_flight: Counter[str] = Counter()
        self._answers: defaultdict[str, deque[Outcome | Exception]] = defaultdict(deque)
        self._held: dict[str, asyncio.Event] = {}

    def answer(self, endpoint: Endpoint, *outcomes: Outcome | Exception) -> None:
        """Gives these outcomes one after another, and the last one from then on."""
        self._answers[endpoint.id] = deque(outcomes)

    def hold(self, endpoint: Endpoint) -> asyncio.Event:
        """Keeps every request to the endpoint hanging until the event is set."""
        return self._held.setdefault(endpoint.id, asyncio.Event())

    def to(self, endpoint: Endpoint) -> list[str]:
        """The notifications that were sent to an endpoint, in order."""
        return [own_id for own_id, to in self.sent if to == endpoint.id]

    async def send(self, endpoint: Endpoint, message_id: str, body: bytes, keys: tuple[str, ...]) -> Outcome:
        self.sent.append((message_id, endpoint.id))
        self.bodies.append(body)
        self.keys.append(keys)
        self.in_flight[endpoint.id] += 1
        self.most_in_flight[endpoint.id] = max(self.most_in_flight[endpoint.id], self.in_flight[endpoint.id])
        try:
            return await self._outcome(endpoint.id)
        finally:
            self.in_flight[endpoint.id] -= 1

    async def _outcome(self, endpoint: str) -> Outcome:
        if endpoint in self._held:
            await self._held[endpoint].wait()
        else:
            await asyncio.sleep(0)
        answers = self._answers[endpoint]
        outcome = answers.popleft() if len(answers) > 1 else (answers[0] if answers else an_outcome())
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def forget(self, endpoint: str) -> None:
        self.forgotten.append(endpoint)


class House:
    """A service without its doors: store, routing, engine, intake, endpoints and health, wired as in `server.app`."""

    def __init__(self, directory: Path, clock: HandClock, limits: IntakeLimits = LIMITS) -> None:
        self.clock = clock
        self.store = SqliteStore(directory, open_vault())
        self.channel = ScriptedChannel()
        self.routing = Routing()
        self.engine = LocalEngine(self.store, self.channel, clock)
        self.intake = Intake(self.store, self.routing, self.engine, clock, limits)
        self.endpoints = Endpoints(self.store, self.routing, self.engine, EgressRules(()), clock)
        self.keeper = HealthKeeper(self.routing, self.endpoints.keep, self.intake.announce, clock, DISABLE_AFTER_MS)

    async def start(self) -> House:
        known = await self.store.endpoints()
        for endpoint in known:
            self.routing.put(endpoint)
        await self.engine.start(known, self.keeper.judge)
        return self

    async def stop(self, timeout: float = 5) -> None:
        self.make_room()
        await self.engine.drain(timeout)
        await self.store.aclose()

    async def endpoint(self, **changes: Any) -> Endpoint:
        """Adds one."""
        endpoint = an_endpoint(self.clock, TENANT, **changes)
        await self.store.put_endpoint(endpoint)
        self.routing.put(endpoint)
        self.engine.put(endpoint)
        return endpoint

    async def change(self, endpoint: Endpoint, **changes: Any) -> Endpoint:
        return await self.endpoints.change(TENANT, endpoint.id, **changes)

    async def send(self, count: int = 1, **fields: Any) -> list[str]:
        """Accepts so many notifications in one request; returns their ids."""
        submission = a_submission(**fields)
        taken = await self.intake.accept(TENANT, [submission] * count)
        return [result.id for result in taken.results if isinstance(result, Receipt)]

    async def look(self, rounds: int = 1) -> None:
        """Lets the engine look for what is due, and whatever follows from it run."""
        for _ in range(rounds):
            await self.engine._look()
            await asyncio.sleep(0)

    async def until(self, condition: Callable[[], object], *, looking: bool = True) -> None:
        """Goes on until it is so."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "what the test waits for does not come"
            if looking:
                await self.engine._look()
            await asyncio.sleep(0.001)

    async def all_delivered(self, count: int) -> None:
        await self.until(lambda: self.store.totals.delivered == count)

    async def attempts(self, count: int) -> None:
        """Waits until so many requests were made and nothing is in flight any more."""
        await self.until(lambda: len(self.channel.sent) == count and not self.engine._tasks)

    async def settled(self) -> None:
        """Waits until nothing is in flight and every outcome is written."""
        await self.until(lambda: not self.engine._tasks)

    def fill_disk(self) -> None:
        (pages,) = self.store._writer.execute("PRAGMA page_count").fetchone()
        self.store._writer.execute(f"PRAGMA max_page_count = {pages}")

    def make_room(self) -> None:
        self.store._writer.execute("PRAGMA max_page_count = 1000000")

    async def state(self, notification: str, endpoint: Endpoint) -> State:
        view = await self.store.find(TENANT, notification)
        assert view is not None
        return next(delivery.state for delivery in view.deliveries if delivery.endpoint == endpoint.id)


def a_submission(**fields: Any) -> Submission:
    usual: dict[str, Any] = {"topic": "orders", "type": "order.paid", "payload": msgspec.Raw(b'{"total": 0.10}')}
    return Submission(**usual | fields)


def later(clock: HandClock, seconds: float) -> datetime:
    return datetime.fromtimestamp(clock.now() / 1000 + seconds, UTC)
