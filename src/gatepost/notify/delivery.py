"""Deliveries: one notification on its way to one endpoint, and the attempts made."""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct

from gatepost.clock import rfc3339
from gatepost.notify.notification import Notification

MAX_ANSWER_BYTES = 4096
"""Bytes of a receiver's answer that an attempt keeps: enough to read an error, too few to fill a disk."""


class State(IntEnum):
    """Where a delivery stands. Those up to SENDING are open; the numbers are stored, so they never change.

    A held one waits behind another of its ordering key; a parked one was set aside by its endpoint's `on_stuck`.
    """

    HELD = -1
    WAITING = 0
    SENDING = 1
    DELIVERED = 2
    DEAD = 3
    CANCELLED = 4
    EXPIRED = 5
    SUPERSEDED = 6
    PARKED = 7

    @property
    def label(self) -> str:
        return self.name.lower()


class Delivery(Struct):
    """One notification on its way to one endpoint.

    `attempts` were made so far in the present run through the retry schedule, `spent` in runs before it:
    a dead letter that is retried starts a new run. `key` is the ordering key whose order it keeps.
    """

    notification: Notification
    endpoint: str
    attempts: int = 0
    spent: int = 0
    key: str | None = None


class Outcome(Struct, frozen=True):
    """What one attempt came to. `error` is a stable code when no usable answer came, and `detail` what it means here.

    `retry_after` is in seconds, `duration_ms` in milliseconds.
    """

    status: int | None
    error: str | None
    answer: bytes
    retry_after: float | None
    duration_ms: int
    detail: str = ""

    @property
    def succeeded(self) -> bool:
        return self.error is None and self.status is not None and 200 <= self.status < 300


class Attempt(Struct, frozen=True):
    """One request made for a delivery, as it is kept. `at` is in milliseconds since 1970 UTC."""

    id: str
    at: int
    duration_ms: int
    status: int | None
    error: str | None
    answer: bytes
    detail: str = ""


class Finished(Struct, frozen=True):
    """A step of a delivery to be written down: the new state, when it is due again, and the attempt if one was made.

    One in order that goes on waiting holds back those behind it, unless it goes on `out_of_order`.
    """

    delivery: Delivery
    state: State
    due_at: int
    attempt: Attempt | None = None
    out_of_order: bool = False


def webhook_body(notification: Notification) -> bytes:
    """The body of a webhook as Standard Webhooks lays it out: type, timestamp, data; and the topic.

    The payload goes in as the bytes that came, so that its numbers stay exact.
    """
    head = (
        f'{{"type":"{notification.type}","timestamp":"{rfc3339(notification.accepted_at)}",'
        f'"topic":"{notification.topic}","data":'
    )
    return head.encode() + notification.payload + b"}"
