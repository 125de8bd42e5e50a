"""The way in: from what a producer sent to what is on disk and handed to the delivery engine."""

from __future__ import annotations

from asyncio import Future, shield
from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from gatepost.clock import Clock, new_id
from gatepost.crypto.digests import fingerprint
from gatepost.errors import BacklogFull, DurabilityNotAllowed, GatepostError, IdempotencyRunning
from gatepost.notify.notification import Notification, Submission, milliseconds
from gatepost.notify.routing import Routing
from gatepost.notify.store import (
    Acceptance,
    Accepted,
    IdempotencyKey,
    NotificationStore,
    Planned,
    Receipt,
    Refusal,
    Result,
)
from gatepost.server.delivery.local import LocalEngine

Durability = Literal["group", "memory"]


class Idempotency(Struct, frozen=True):
    """An Idempotency-Key as it came: the route it came to, the key, and the whole body."""

    route: str
    key: str
    body: bytes


class Taken(Struct, frozen=True):
    """What became of a request, and the durability that held when it was answered."""

    results: tuple[Result, ...]
    durability: Durability


class IntakeLimits(Struct, frozen=True):
    """`backlog` open deliveries at most; idempotency keys are remembered for `idempotency_ms` milliseconds."""

    backlog: int
    idempotency_ms: int
    allow_memory: bool


Publish = Callable[[Notification], None]
"""Told of every notification once it is on disk, in the order of the log."""


def unheard(_: Notification) -> None:
    """Nobody listens."""


class Intake:
    """Accepts notifications: plans the fan-out, has all written in one commit, then starts what is due."""

    def __init__(
        self,
        store: NotificationStore,
        routing: Routing,
        engine: LocalEngine,
        clock: Clock,
        limits: IntakeLimits,
        publish: Publish = unheard,
    ) -> None:
        self._store = store
        self._routing = routing
        self._engine = engine
        self._clock = clock
        self._limits = limits
        self._running: set[bytes] = set()
        self._publish = publish

    async def accept(
        self,
        tenant: str,
        items: Sequence[Submission | Refusal],
        idempotency: Idempotency | None = None,
        durability: Durability = "group",
    ) -> Taken:
        """Accepts what can be accepted, with a result for each item in order.

        With `group` it returns once all is on disk; with `memory` as soon as it waits for the next commit, unless
        the answer depends on what was accepted before: what may be a repeat gets the answer of `group`.
        Raises `BacklogFull`, `DurabilityNotAllowed`, `IdempotencyRunning`, `IdempotencyMismatch` or `StorageFull`.
        """
        if durability == "memory" and not self._limits.allow_memory:
            raise DurabilityNotAllowed("durability memory must be allowed by the setting allow_memory")
        if self._store.totals.backlog >= self._limits.backlog:
            raise BacklogFull(retry_after=10)
        now = self._clock.now()
        key = None if idempotency is None else self._remember(tenant, idempotency, now)
        planned = tuple(item if isinstance(item, Refusal) else self._plan(tenant, item, now) for item in items)
        writing = self._write(Acceptance(tenant, planned, key))
        if durability == "memory" and key is None and not any(map(_may_repeat, planned)):
            return Taken(tuple(_promised(item) for item in planned), "memory")
        return Taken((await shield(writing)).results, "group")

    async def send_test(self, tenant: str, endpoint: str, submission: Submission) -> Receipt:
        """Accepts a notification for one endpoint only, whatever it subscribes to."""
        notification = self._notification(tenant, submission, self._clock.now())
        planned = Planned(notification, later=(endpoint,), due_at=notification.accepted_at)
        await shield(self._write(Acceptance(tenant, (planned,))))
        return Receipt(notification.id, 1)

    def announce(self, tenant: str, topic: str, event_type: str, payload: bytes) -> None:
        """Accepts one of Gatepost's own events; whoever subscribes to it hears of it."""
        now = self._clock.now()
        notification = Notification(
            id=new_id("ntf", self._clock),
            tenant=tenant,
            topic=topic,
            type=event_type,
            payload=payload,
            accepted_at=now,
            fingerprint=b"",
        )
        self._write(Acceptance(tenant, (self._place(notification, now),)))

    def _remember(self, tenant: str, idempotency: Idempotency, now: int) -> IdempotencyKey:
        digest = fingerprint(tenant.encode(), idempotency.route.encode(), idempotency.key.encode())
        if digest in self._running:
            raise IdempotencyRunning(retry_after=1)
        return IdempotencyKey(digest, fingerprint(idempotency.body), now + self._limits.idempotency_ms)

    def _plan(self, tenant: str, submission: Submission, now: int) -> Planned:
        return self._place(self._notification(tenant, submission, now), now)

    def _notification(self, tenant: str, submission: Submission, now: int) -> Notification:
        payload = bytes(submission.payload)
        return Notification(
            id=new_id("ntf", self._clock),
            tenant=tenant,
            topic=submission.topic,
            type=submission.type,
            payload=payload,
            accepted_at=now,
            fingerprint=b"" if submission.id is None else _print_of(submission, payload),
            producer_id=submission.id,
            ordering_key=submission.ordering_key,
            collapse_key=submission.collapse_key,
            deliver_at=milliseconds(submission.deliver_at),
            expires_at=milliseconds(submission.expires_at),
        )

    def _place(self, notification: Notification, now: int) -> Planned:
        """Which endpoints get it, and which of these deliveries the engine takes over straight from memory."""
        endpoints = self._routing.plan(notification.tenant, notification.topic, notification.type)
        due_at = max(now, notification.deliver_at or now)
        if due_at > now:
            return Planned(notification, later=tuple(endpoint.id for endpoint in endpoints), due_at=due_at)
        size, key = len(notification.payload), notification.ordering_key
        taken = tuple(endpoint.id for endpoint in endpoints if self._engine.reserve(endpoint, size, now, key))
        left = tuple(endpoint.id for endpoint in endpoints if endpoint.id not in taken)
        return Planned(notification, taken, left, due_at)

    def _write(self, acceptance: Acceptance) -> Future[Accepted]:
        try:
            writing = self._store.accept(acceptance)
        except GatepostError:
            self._release(acceptance, ())
            raise
        if acceptance.idempotency is not None:
            self._running.add(acceptance.idempotency.digest)
        # A callback and not code after an await, and whoever awaits it shields it: the client may be gone, the
        # notification is on disk all the same.
        writing.add_done_callback(lambda done: self._written(acceptance, done))
        return writing

    def _written(self, acceptance: Acceptance, done: Future[Accepted]) -> None:
        if acceptance.idempotency is not None:
            self._running.discard(acceptance.idempotency.digest)
        fresh = () if done.cancelled() or done.exception() is not None else done.result().fresh
        for planned in fresh:
            self._engine.hand_over(planned)
            self._publish(planned.notification)
        self._release(acceptance, fresh)

    def _release(self, acceptance: Acceptance, fresh: Sequence[Planned]) -> None:
        if len(fresh) == len(acceptance.items):
            return
        started = {planned.notification.id for planned in fresh}
        for item in acceptance.items:
            if isinstance(item, Planned) and item.notification.id not in started:
                self._engine.release(item)


def _may_repeat(item: Planned | Refusal) -> bool:
    return isinstance(item, Planned) and item.notification.producer_id is not None


def _promised(item: Planned | Refusal) -> Result:
    return item if isinstance(item, Refusal) else Receipt(item.notification.id, item.deliveries)


def _print_of(submission: Submission, payload: bytes) -> bytes:
    """Stands for everything that a repeat under the same id must repeat."""
    return fingerprint(
        submission.topic.encode(),
        submission.type.encode(),
        payload,
        (submission.ordering_key or "").encode(),
        (submission.collapse_key or "").encode(),
        str(milliseconds(submission.deliver_at)).encode(),
        str(milliseconds(submission.expires_at)).encode(),
    )
