"""Store suite: whatever is done in whatever order, the totals say what counting the rows says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gatepost.notify.delivery import Delivery, State
from gatepost.notify.notification import Notification
from gatepost.notify.store import Acceptance, IdempotencyKey, Keep, Planned
from tests.contract.engines import ENGINES, Counted, Engine, Store
from tests.contract.steps import ENDPOINT, LARGE, OTHER_ENDPOINT, OTHER_TENANT, TENANT, claim
from tests.samples import a_notification, a_step
from tests.unit.clocks import HandClock

T = TypeVar("T")

TENANTS = st.sampled_from([TENANT, OTHER_TENANT])
ENDPOINTS = st.sampled_from([ENDPOINT, OTHER_ENDPOINT])
PLANS = st.dictionaries(ENDPOINTS, st.sampled_from([State.WAITING, State.SENDING]))
ENDS = st.sampled_from([State.DELIVERED, State.DEAD, State.WAITING, State.EXPIRED, State.CANCELLED])
ONE_OF_FEW = st.none() | st.integers(0, 2)
BOUNDS = st.sampled_from([0, 2, LARGE])


class Totals(RuleBasedStateMachine):
    """Does to one store whatever the service does, in any order."""

    engine: Engine
    store: Store

    @initialize(engine=st.sampled_from(sorted(ENGINES)))
    def open(self, engine: str) -> None:
        self.directory = TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.clock = HandClock()
        self.accepted: list[Notification] = []
        self.sending: list[Delivery] = []
        self.engine = ENGINES[engine](Path(self.directory.name))
        self.store = self.run(self.engine.open())

    def run(self, work: Awaitable[T]) -> T:
        async def working() -> T:
            return await work

        return self.runner.run(working())

    @rule(tenant=TENANTS, plan=PLANS, collapse=st.booleans(), own=ONE_OF_FEW, key=ONE_OF_FEW)
    def accept(self, tenant: str, plan: dict[str, State], collapse: bool, own: int | None, key: int | None) -> None:
        notification = a_notification(
            self.clock,
            tenant,
            collapse_key="cart" if collapse else None,
            producer_id=None if own is None else f"own-{own}",
        )
        now, later = ([to for to, state in plan.items() if state is each] for each in (State.SENDING, State.WAITING))
        planned = Planned(notification, tuple(now), tuple(later), self.clock.now())
        expires_at = self.clock.now() + 2000
        idempotency = None if key is None else IdempotencyKey(f"{tenant}{key}".encode()[-16:], b"body", expires_at)

        async def accepting() -> None:
            fresh = (await self.store.accept(Acceptance(tenant, (planned,), idempotency))).fresh
            self.accepted += [each.notification for each in fresh]
            self.sending += [Delivery(each.notification, endpoint) for each in fresh for endpoint in each.now]

        self.run(accepting())

    @rule(tenant=TENANTS, endpoint=ENDPOINTS, limit=st.integers(1, 3))
    def claim(self, tenant: str, endpoint: str, limit: int) -> None:
        self.sending += self.run(claim(self.store, self.clock, endpoint, tenant=tenant, limit=limit))

    @precondition(lambda self: self.sending)
    @rule(ends=st.lists(ENDS, min_size=1, max_size=4))
    def finish(self, ends: list[State]) -> None:
        taken, self.sending = self.sending[: len(ends)], self.sending[len(ends) :]
        steps = [a_step(self.clock, each, end, self.clock.now()) for each, end in zip(taken, ends, strict=False)]
        self.run(self.store.finish(steps))

    @precondition(lambda self: self.accepted)
    @rule(data=st.data(), endpoint=ENDPOINTS)
    def cancel(self, data: st.DataObject, endpoint: str) -> None:
        notification = data.draw(st.sampled_from(self.accepted))
        withdrawn = [each for each in self.sending if each.notification is notification and each.endpoint == endpoint]
        self.sending = [each for each in self.sending if each not in withdrawn]
        endpoints = [each.endpoint for each in withdrawn]
        self.run(self.store.cancel(notification.tenant, notification.id, endpoints))

    @precondition(lambda self: self.accepted)
    @rule(data=st.data(), endpoint=ENDPOINTS)
    def retry(self, data: st.DataObject, endpoint: str) -> None:
        notification = data.draw(st.sampled_from(self.accepted))
        self.run(self.store.retry(notification.tenant, notification.id, endpoint, self.clock.now()))

    @rule(tenant=TENANTS, endpoint=ENDPOINTS)
    def clear_endpoint(self, tenant: str, endpoint: str) -> None:
        self.run(self.store.clear_endpoint(tenant, endpoint))

    @rule(payload_bytes=BOUNDS, deliveries=BOUNDS, attempts=BOUNDS, age=st.integers(0, 3))
    def prune(self, payload_bytes: int, deliveries: int, attempts: int, age: int) -> None:
        since = self.clock.now() - age * 1000
        keep = Keep(since, payload_bytes, since, deliveries, since, attempts, self.clock.now())
        while self.run(self.store.prune(keep)):
            pass

    @rule(tenant=TENANTS)
    def destroy_tenant(self, tenant: str) -> None:
        self.run(self.store.destroy_tenant(tenant))

    @rule()
    def reopen(self) -> None:
        self.run(self.store.aclose())
        self.store = self.run(self.engine.open())
        self.sending.clear()

    @rule()
    def wait(self) -> None:
        self.clock.advance(1)

    @invariant()
    def totals_are_what_counting_says(self) -> None:
        totals = self.store.totals
        kept = Counted(totals.backlog, totals.payload_bytes, totals.deliveries, totals.attempts)
        assert kept == self.engine.counted()

    def teardown(self) -> None:
        self.run(self.store.aclose())
        self.runner.close()
        self.directory.cleanup()


TestTotals = Totals.TestCase
TestTotals.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
