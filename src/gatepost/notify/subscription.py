"""Durable subscriptions: the service keeps the place of a subscriber, and it goes on there after days offline."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Annotated, Protocol

from msgspec import Meta, Struct

MAX_SUBSCRIPTIONS = 1_000
"""Of one tenant: one for each of its consuming programs, not for each of its users."""

SubscriptionName = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_.:@-]+\Z")]


class Subscription(Struct, frozen=True):
    """A named place in the log. Times in milliseconds since 1970 UTC.

    Everything up to `acknowledged` is done with, everything up to `delivered` was sent at least once; both are places
    of the log `epoch`. `used_at` is when someone listened or acknowledged last.
    """

    tenant: str
    name: str
    topics: tuple[str, ...]
    epoch: str
    acknowledged: int
    delivered: int
    created_at: int
    used_at: int
    acknowledged_at: int | None = None


class Acknowledgement(Struct, frozen=True):
    """Everything up to a place is done with, at a time in milliseconds."""

    tenant: str
    name: str
    epoch: str
    seq: int
    at: int


class Progress(Struct, frozen=True):
    """How far a subscriber has come: everything up to `delivered` was sent, up to `settled` nothing is left to do."""

    tenant: str
    name: str
    epoch: str
    delivered: int
    settled: int
    at: int


def settled(acknowledged: int, sent: int, seen: int) -> int:
    """Up to which place nothing is left to do, for a subscriber that was sent nothing after `sent`.

    Who acknowledged all it was sent has done all there is up to `seen`. Without this, one that rarely gets anything
    would be told of a gap for what it never wanted.
    """
    return max(acknowledged, seen) if acknowledged >= sent else acknowledged


class SubscriptionStore(Protocol):
    """What the service needs from whatever keeps its durable subscriptions. Writes return once they are on disk."""

    async def subscriptions(self, tenant: str) -> list[Subscription]:
        """All of a tenant, by name."""
        ...

    async def subscription(self, tenant: str, name: str) -> Subscription | None: ...

    def put_subscription(self, subscription: Subscription) -> Awaitable[None]:
        """Makes it; of one that exists only the topics change. Raises `QuotaExceeded`."""
        ...

    def delete_subscription(self, tenant: str, name: str) -> Awaitable[bool]:
        """False when there is none."""
        ...

    def acknowledge(self, acknowledgement: Acknowledgement) -> Awaitable[None]:
        """Moves on to a place, never back; a place of another log counts as on."""
        ...

    def note_progress(self, progress: Sequence[Progress]) -> Awaitable[None]:
        """Moves on, never back; what belongs to another log is passed by."""
        ...

    def forget_subscriptions(self, unused_since: int) -> Awaitable[int]:
        """Deletes those that were not used since a time in milliseconds; returns how many."""
        ...
