"""What the service answers, as typed values. Fields that this version does not know are passed over."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct

from gatepost.crypto.secret import Secret

Item = TypeVar("Item")


class Page(Struct, Generic[Item], frozen=True):
    """One page of a list; `next` is the cursor of the page after it."""

    data: tuple[Item, ...]
    next: str | None = None


class ProblemField(Struct, frozen=True):
    """One thing wrong at one place of the body; `pointer` is a JSON Pointer (RFC 6901)."""

    detail: str
    pointer: str = ""


class Problem(Struct, frozen=True):
    """Why something was refused (RFC 9457). `code` is stable, `detail` is for people."""

    code: str
    status: int
    title: str = ""
    detail: str = ""
    errors: tuple[ProblemField, ...] = ()
    retry_after: float | None = None


class Accepted(Struct, frozen=True):
    """A notification was accepted. `durability` says what held when the service said so."""

    id: str
    durability: Literal["group", "memory"]
    deliveries: int


class SendResult(Struct, frozen=True):
    """What became of one item of `send_many`: accepted under `id`, or refused for the reason in `problem`."""

    id: str | None = None
    deliveries: int = 0
    problem: Problem | None = None

    @property
    def accepted(self) -> bool:
        return self.problem is None


class BatchAnswer(Struct, frozen=True):
    """The results of one batch, in the order of its items."""

    results: tuple[SendResult, ...]


class Progress(Struct, frozen=True):
    """How far `send_many` has come."""

    accepted: int = 0
    refused: int = 0


class Attempt(Struct, frozen=True):
    """One try at a delivery. `status` is the receiver's, `error` a code when no answer came."""

    id: str
    number: int
    at: datetime
    duration_ms: int
    status: int | None = None
    error: str | None = None
    answer: str = ""


DeliveryState = Literal[
    "held", "waiting", "sending", "delivered", "dead", "cancelled", "expired", "superseded", "parked"
]

OnStuck = Literal["block", "park", "skip"]
"""Those behind one that fails under the same ordering key wait for it, wait for a few attempts, or go on at once."""


class Delivery(Struct, frozen=True):
    """The way of one notification to one endpoint, with every attempt that was made."""

    endpoint: str
    state: DeliveryState
    due_at: datetime
    attempts: tuple[Attempt, ...] = ()


class ListedDelivery(Struct, frozen=True):
    """A delivery as lists show it; `attempts` counts them."""

    notification: str
    topic: str
    type: str
    endpoint: str
    state: DeliveryState
    due_at: datetime
    attempts: int


class Notification(Struct, frozen=True):
    """An accepted notification. Lists leave `payload` and `deliveries` out, retention removes payloads first."""

    id: str
    topic: str
    type: str
    accepted_at: datetime
    payload: Any = None
    producer_id: str | None = None
    ordering_key: str | None = None
    collapse_key: str | None = None
    deliver_at: datetime | None = None
    expires_at: datetime | None = None
    deliveries: tuple[Delivery, ...] = ()


class Cancelled(Struct, frozen=True):
    """How many deliveries of a notification were stopped; the others were sent or are being sent."""

    id: str
    cancelled: int


class Endpoint(Struct, frozen=True):
    """A receiver of webhooks. `secret` and `public_key` are there only when they were just made.

    `failing_since` is when its present, unbroken run of failures began.
    """

    id: str
    url: str
    topics: tuple[str, ...]
    types: tuple[str, ...]
    state: Literal["active", "paused", "disabled"]
    concurrency: int
    created_at: datetime
    on_stuck: OnStuck = "block"
    park_after: int = 3
    retry: tuple[float, ...] | None = None
    description: str = ""
    signature: Literal["v1", "v1a"] = "v1"
    failing_since: datetime | None = None
    secret: Secret[str] | None = None
    public_key: str | None = None


class Counts(Struct, frozen=True):
    """How the notifications of a window stand with an endpoint; `missed` and `failed` ones can be replayed."""

    missed: int
    failed: int
    delivered: int
    open: int
    withdrawn: int
    expired: int
    forgotten: int


class Replay(Struct, frozen=True):
    """What a replay found and made due, and when the last is due. With `next` there is more: give it as `cursor`."""

    counts: Counts
    replayed: int
    dry_run: bool
    ends_at: datetime
    next: str | None


class Explanation(Struct, frozen=True):
    """Why an endpoint got a notification or did not; `reason` is the state of the delivery if there is one."""

    notification: str
    endpoint: str
    reason: str
    detail: str
    due_at: datetime | None
    attempts: tuple[Attempt, ...]


class RotatedSecret(Struct, frozen=True):
    """A new signing secret; the old one signs beside it until `old_secret_ends_at`."""

    secret: Secret[str]
    old_secret_ends_at: datetime | None = None
    public_key: str | None = None


class ApiKey(Struct, frozen=True):
    """An API key. `start` is enough to recognise it; `key` is the whole of it, once, when it was just made."""

    id: str
    name: str
    scopes: tuple[str, ...]
    start: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    key: Secret[str] | None = None


class Tenant(Struct, frozen=True):
    """A tenant: everything that belongs to one customer of the service."""

    id: str
    name: str
    created_at: datetime
    suspended_at: datetime | None = None


class SealKey(Struct, frozen=True):
    """A key of the service's keyring: `primary` seals, `enabled` still opens, `destroyed` is gone."""

    id: int
    state: str
    created_at: datetime


class Me(Struct, frozen=True):
    """Who the API key belongs to and what it may do."""

    tenant: str
    key: str
    scopes: tuple[str, ...]


class Status(Struct, frozen=True):
    """Counters over the life of the data directory, what waits now, and how long the process runs, in seconds.

    `parked` deliveries wait for somebody; they are counted by tenant, and 10,000 of them at most.
    """

    version: str
    uptime_s: float
    accepted: int
    delivered: int
    dead: int
    backlog: int
    payload_bytes: int
    parked: dict[str, int] = {}


class Received(Struct, frozen=True):
    """A notification as a listener gets it. `position` is its place: keep it, and a later `subscribe` goes on there."""

    position: str
    id: str
    topic: str
    type: str
    timestamp: datetime
    data: Any


class Gap(Struct, frozen=True):
    """Some of what was missed is no longer kept by the service; what is still there follows."""

    position: str
    reason: str


class Presence(Struct, frozen=True):
    """Who listens to a topic at the moment; those without a name are only counted."""

    topic: str
    listeners: int
    names: tuple[str, ...] = ()


class StreamToken(Struct, frozen=True):
    """Lets a browser listen to `topics` until `expires_at`, without an API key."""

    token: Secret[str]
    topics: tuple[str, ...]
    expires_at: datetime


class DurableSubscription(Struct, frozen=True):
    """A subscription whose place the service keeps.

    Everything up to `acknowledged` is done with, everything up to `delivered` was sent at least once. `behind` counts
    the places after `acknowledged`, of whatever topic. `connected`: someone listens by it now.
    """

    name: str
    topics: tuple[str, ...]
    acknowledged: str
    delivered: str
    behind: int
    connected: bool
    created_at: datetime
    acknowledged_at: datetime | None = None
