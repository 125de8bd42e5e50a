"""What the service needs from whatever keeps its notifications; every engine in `stores/` implements it.

All of it works on sets. A coroutine returns only after what it wrote is on disk (durability `group`);
when the disk is full it raises `StorageFull` and nothing of the call was kept.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from gatepost.notify.delivery import Attempt, Delivery, Finished, State
from gatepost.notify.endpoint import Endpoint
from gatepost.notify.notification import Notification
from gatepost.notify.replay import Candidate


class Refusal(Struct, frozen=True, tag="refused"):
    """An item of a batch that was not accepted: the stable code and what its problem document says."""

    code: str
    detail: str
    errors: tuple[tuple[str, str], ...] = ()


class Receipt(Struct, frozen=True, tag="accepted"):
    """An accepted notification: its id and how many deliveries follow from it."""

    id: str
    deliveries: int


Result = Receipt | Refusal


class Planned(Struct, frozen=True):
    """A notification with its fan-out plan.

    `now` are the endpoints whose delivery the calling process takes over itself as soon as this is on disk;
    `later` are those that wait in the due index from `due_at` (milliseconds) on. `held` are those of `now` that the
    store found to be behind others of their ordering key: they are not taken over after all.
    """

    notification: Notification
    now: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    due_at: int = 0
    held: tuple[str, ...] = ()

    @property
    def deliveries(self) -> int:
        return len(self.now) + len(self.later) + len(self.held)


class IdempotencyKey(Struct, frozen=True):
    """`digest` stands for tenant, route and key; `fingerprint` for the body that came with it."""

    digest: bytes
    fingerprint: bytes
    expires_at: int


class Acceptance(Struct, frozen=True):
    """All that one request wants accepted, in its order, with the items refused before they got here."""

    tenant: str
    items: tuple[Planned | Refusal, ...]
    idempotency: IdempotencyKey | None = None


class Accepted(Struct, frozen=True):
    """What became of an `Acceptance`: a result for each item, and which items were new.

    Only the deliveries of `fresh` may be started: the others were accepted before.
    """

    results: tuple[Result, ...]
    fresh: tuple[Planned, ...]


class Claim(Struct, frozen=True):
    """A wish for deliveries of an endpoint that are due: `limit` at most, and none beyond `max_bytes` of payloads."""

    tenant: str
    endpoint: str
    limit: int
    max_bytes: int


class Totals(Struct):
    """Counters over the life of the data, kept on every write so that nothing ever has to count rows.

    `seq` is the last place given in the log, `forgotten` the newest of which the payload is gone. `payload_bytes`,
    `deliveries`, `attempts` and `backlog` say what is there now, the others what ever was.
    """

    commits: int = 0
    seq: int = 0
    accepted: int = 0
    delivered: int = 0
    dead: int = 0
    backlog: int = 0
    payload_bytes: int = 0
    deliveries: int = 0
    attempts: int = 0
    forgotten: int = 0


class DeliveryView(Struct, frozen=True):
    """A delivery as people ask for it."""

    notification: str
    topic: str
    type: str
    endpoint: str
    state: State
    due_at: int
    attempts: int


class AttemptView(Struct, frozen=True):
    """An attempt as people ask for it; `number` counts from 1 over all runs through the schedule."""

    endpoint: str
    number: int
    attempt: Attempt


class NotificationView(Struct, frozen=True):
    """A notification with all that became of it. `payload` is None once retention has removed it."""

    notification: Notification
    payload: bytes | None
    deliveries: tuple[DeliveryView, ...] = ()
    attempts: tuple[AttemptView, ...] = ()


class Page(Struct, frozen=True):
    """A page of a list and the id from which the next one goes on, or None at the end."""

    items: tuple[NotificationView, ...] | tuple[DeliveryView, ...]
    next: str | None


class Filter(Struct, frozen=True):
    """Which notifications to list: newest first, below the id `before`. Times in milliseconds."""

    topic: str | None = None
    type: str | None = None
    since: int | None = None
    until: int | None = None


class LogPortion(Struct, frozen=True):
    """A part of the log up to place `seen`; whole, but for what retention has removed up to place `forgotten`."""

    notifications: tuple[Notification, ...]
    seen: int
    forgotten: int


class Keep(Struct, frozen=True):
    """How much history stays: nothing older than the times (milliseconds since 1970), nothing beyond the amounts.

    What is still to be delivered is never removed.
    """

    payloads_since: int
    payload_bytes: int
    deliveries_since: int
    deliveries: int
    attempts_since: int
    attempts: int
    now: int


class NotificationStore(Protocol):
    """Keeps notifications, deliveries, attempts and idempotency keys."""

    @property
    def totals(self) -> Totals: ...

    def accept(self, acceptance: Acceptance) -> Future[Accepted]:
        """Queues at once for the next commit; the future raises `IdempotencyMismatch` or `StorageFull`.

        Raises `Unavailable` at once when too much waits to be written.
        """
        ...

    async def finish(self, steps: Sequence[Finished]) -> frozenset[str]:
        """Writes down what became of deliveries.

        One in order that goes on waiting takes everything of its key back from the caller; one that is over lets the
        next of its key go. Returns the endpoints for which such a one waits now.
        """
        ...

    async def claim(self, claims: Sequence[Claim], now: int) -> list[Delivery]:
        """Takes over due deliveries, longest due first; each is given to one caller only.

        Those held behind one of them come along right after it, in order.
        """
        ...

    async def next_due(self) -> dict[tuple[str, str], int]:
        """For each (tenant, endpoint) with waiting deliveries: when the first is due."""
        ...

    async def next_due_of(self, endpoints: Sequence[tuple[str, str]]) -> dict[str, int]:
        """The same for some (tenant, endpoint) pairs, by endpoint."""
        ...

    async def cancel(self, tenant: str, notification: str, withdrawn: Sequence[str]) -> int:
        """Cancels what waits, and what the caller withdrew from its own queue; returns how many deliveries."""
        ...

    async def retry(self, tenant: str, notification: str, endpoint: str, now: int) -> bool:
        """Makes a dead or parked delivery due again with a fresh schedule; False when there is none."""
        ...

    async def clear_endpoint(self, tenant: str, endpoint: str) -> int:
        """Cancels every waiting delivery of an endpoint that is being deleted; returns how many."""
        ...

    async def candidates(
        self, tenant: str, endpoint: str, since: int, until: int, after: str | None, limit: int
    ) -> list[Candidate]:
        """A portion of what was accepted from `since` on and before `until`, oldest first, beyond the id `after`.

        Each with how it stands with an endpoint.
        """
        ...

    async def replay(self, tenant: str, endpoint: str, wanted: Sequence[tuple[int, int]]) -> int:
        """Makes deliveries due, each (place in the log, when), new ones or closed ones anew; returns how many.

        What is still open, or has lost its payload, is passed over.
        """
        ...

    async def find(self, tenant: str, notification: str) -> NotificationView | None: ...

    async def page(self, tenant: str, wanted: Filter, before: str | None, limit: int) -> Page: ...

    async def deliveries(self, tenant: str, state: State, endpoint: str, after: str | None, limit: int) -> Page:
        """Deliveries of an endpoint that are dead, parked, or (any open state) still open."""
        ...

    async def parked_by_tenant(self) -> dict[str, int]:
        """How many deliveries are parked, tenant by tenant; from some thousands on not all are counted."""
        ...

    @property
    def epoch(self) -> str:
        """The identity of the log: another one after data was replaced or given up."""
        ...

    async def read_log(self, tenant: str, after: int, until: int) -> LogPortion:
        """What a tenant got accepted after one place in the log and up to another: a portion of it, in order."""
        ...

    async def prune(self, keep: Keep) -> bool:
        """Removes one small portion of old history; True when there may be more to remove at once."""
        ...


class EndpointStore(Protocol):
    """Keeps endpoints."""

    async def endpoints(self) -> list[Endpoint]: ...

    async def put_endpoint(self, endpoint: Endpoint) -> None: ...

    async def delete_endpoint(self, tenant: str, endpoint: str) -> None: ...
