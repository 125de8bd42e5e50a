"""A lane: everything about one endpoint on its way out. One stuck endpoint holds up its own lane only."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from gatepost.notify.delivery import Delivery
from gatepost.notify.endpoint import Endpoint
from gatepost.notify.notification import MAX_PAYLOAD_BYTES
from gatepost.notify.store import Claim

ROOM = 2_000
"""Deliveries that one lane keeps in memory; the rest waits in the store's due index."""

ROOM_BYTES = 4 * 1024 * 1024
"""Bytes of payloads that one lane keeps in memory: 64 of the largest, 2,000 of the usual size."""

FOOTHOLD_BYTES = MAX_PAYLOAD_BYTES
"""Bytes that a lane may keep whatever the others keep, so that stuck endpoints never stop another one."""

LOW_WATER = 0.5
"""Below this share of its room the lane asks the store for more: it stays busy while the claim is written."""


class Lane:
    """The queue of one endpoint.

    `more` says that the store holds waiting deliveries that may be due; `wake_at` when the next becomes due
    (milliseconds); until `paused_until` the endpoint has asked to be left alone. `bytes` counts the payloads of
    what is queued or reserved.
    """

    __slots__ = (
        "bytes",
        "claiming",
        "endpoint",
        "more",
        "paused_until",
        "queue",
        "reserved",
        "sending",
        "slow_downs",
        "wake_at",
    )

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.queue: deque[Delivery] = deque()
        self.reserved = 0
        self.bytes = 0
        self.sending = 0
        self.slow_downs = 0
        self.paused_until = 0
        self.wake_at: int | None = None
        self.more = False
        self.claiming = False

    def reserve(self, size: int, now: int) -> bool:
        """Takes a place for a delivery that is about to be accepted, if it can be sent without the due index.

        Once something waits in the store, later deliveries queue up behind it there.
        """
        if self.more or self.endpoint.state != "active" or now < self.paused_until:
            return False
        if self.reserved + len(self.queue) >= ROOM or self.bytes + size > ROOM_BYTES:
            return False
        self.reserved += 1
        self.bytes += size
        return True

    def wants_claim(self, now: int) -> bool:
        """Whether to ask the store for due deliveries now."""
        return (
            self.more
            and not self.claiming
            and self.endpoint.state == "active"
            and now >= self.paused_until
            and self.reserved + len(self.queue) < ROOM * LOW_WATER
            and self.bytes < ROOM_BYTES * LOW_WATER
        )

    def claim(self, share: int) -> Claim:
        """What to ask the store for when `share` bytes of the memory of all lanes are there for this one."""
        free = min(max(share, FOOTHOLD_BYTES - self.bytes), ROOM_BYTES - self.bytes)
        return Claim(self.endpoint.tenant, self.endpoint.id, ROOM - self.reserved - len(self.queue), free)

    def ready(self, now: int) -> bool:
        """Whether there is something that may be sent now."""
        return bool(self.queue) and self.endpoint.state == "active" and now >= self.paused_until

    def pause(self, now: int, seconds: float) -> None:
        """Leaves the endpoint alone. All that were in flight together fail together: that counts as once."""
        if now >= self.paused_until:
            self.slow_downs += 1
        self.paused_until = max(self.paused_until, now + round(seconds * 1000))

    def withdraw(self, notification: str) -> list[Delivery]:
        """Takes the deliveries of a notification out of the queue; those in flight cannot be taken back."""
        withdrawn = [delivery for delivery in self.queue if delivery.notification.id == notification]
        self.keep(delivery for delivery in self.queue if delivery.notification.id != notification)
        return withdrawn

    def empty(self) -> list[Delivery]:
        """Takes everything out of the queue."""
        taken = list(self.queue)
        self.queue.clear()
        return taken

    def keep(self, deliveries: Iterable[Delivery]) -> None:
        self.queue = deque(deliveries)

    def due_at(self, moment: int) -> None:
        """Notes that something in the store becomes due at `moment`."""
        if self.wake_at is None or moment < self.wake_at:
            self.wake_at = moment
