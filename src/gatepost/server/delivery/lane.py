"""A lane: everything about one endpoint on its way out. One stuck endpoint holds up its own lane only."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from gatepost.notify.delivery import Delivery
from gatepost.notify.endpoint import Endpoint

ROOM = 2_000
"""Deliveries that one lane keeps in memory; the rest waits in the store's due index."""

LOW_WATER = ROOM // 2
"""Below this the lane asks the store for more: half full keeps the endpoint busy while the claim is written."""


class Lane:
    """The queue of one endpoint.

    `more` says that the store holds waiting deliveries that may be due; `wake_at` when the next becomes due
    (milliseconds); until `paused_until` the endpoint has asked to be left alone.
    """

    __slots__ = (
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
        self.sending = 0
        self.slow_downs = 0
        self.paused_until = 0
        self.wake_at: int | None = None
        self.more = False
        self.claiming = False

    def reserve(self, now: int) -> bool:
        """Takes a place for a delivery that is about to be accepted, if it can be sent without the due index.

        Once something waits in the store, later deliveries queue up behind it there.
        """
        if self.more or self.endpoint.state != "active" or now < self.paused_until:
            return False
        if self.reserved + len(self.queue) >= ROOM:
            self.more = True
            return False
        self.reserved += 1
        return True

    def wants_claim(self) -> bool:
        """Whether to ask the store for due deliveries now."""
        return (
            self.more
            and not self.claiming
            and self.endpoint.state == "active"
            and len(self.queue) + self.reserved < LOW_WATER
        )

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
