"""A lane: everything about one endpoint on its way out. One stuck endpoint holds up its own lane only."""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Callable
from itertools import chain

from gatepost.notify.concurrency import Allowance
from gatepost.notify.delivery import Delivery
from gatepost.notify.endpoint import Endpoint
from gatepost.notify.notification import MAX_PAYLOAD_BYTES, Notification
from gatepost.notify.store import Claim

ROOM = 2_000
"""Deliveries that one lane keeps in memory; the rest waits in the store's due index."""

ROOM_BYTES = 4 * 1024 * 1024
"""Bytes of payloads that one lane keeps in memory: 64 of the largest, 2,000 of the usual size."""

FOOTHOLD_BYTES = MAX_PAYLOAD_BYTES
"""Bytes that a lane may keep whatever the others keep, so that stuck endpoints never stop another one."""

LINE = 100
"""Deliveries of one ordering key that a lane keeps in memory: a stuck key must not take the room of the others."""

LATE_EVERY = 8
"""One turn in so many is for a retry while first attempts wait too: they go first, and no retry starves."""

LOW_WATER = 0.5
"""Below this share of its room the lane asks the store for more, at the next look."""

RUNS_LOW = 0.25
"""Below this share it asks at once: an endpoint that answers quickly takes the rest before the next look."""


class Lane:
    """The queue of one endpoint.

    `late` are the retries in it. `more` says that the store holds deliveries that had no room here, `wake_at` when the
    next becomes due there (milliseconds). Until `paused_until` the endpoint has asked to be left alone. `bytes` counts
    the payloads of what is queued or reserved. `lines` has an entry for each ordering key of which something is queued
    or in flight, with those that wait behind it for their turn; `behind` counts these.
    """

    __slots__ = (
        "_turn",
        "allowance",
        "behind",
        "bytes",
        "claiming",
        "endpoint",
        "late",
        "lines",
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
        self.late: deque[Delivery] = deque()
        self.lines: dict[str, deque[Delivery]] = {}
        self.behind = 0
        self.reserved = 0
        self.bytes = 0
        self.sending = 0
        self.slow_downs = 0
        self.paused_until = 0
        self.wake_at: int | None = None
        self.more = False
        self.claiming = False
        self.allowance = Allowance()
        self._turn = 0

    @property
    def taken(self) -> int:
        """Places that are not free."""
        return self.reserved + self.queued + self.behind

    @property
    def queued(self) -> int:
        """Deliveries whose turn may come now."""
        return len(self.queue) + len(self.late)

    @property
    def allowed(self) -> int:
        """Requests that may be in flight."""
        return self.allowance.within(self.endpoint.concurrency)

    def reserve(self, size: int, now: int) -> bool:
        """Takes a place for a delivery that is about to be accepted, if it can be sent without the due index.

        Once something had no room, later deliveries queue up behind it in the store.
        """
        if self.more or self.endpoint.state != "active" or now < self.paused_until:
            return False
        if self.taken >= ROOM or self.bytes + size > ROOM_BYTES:
            return False
        self.reserved += 1
        self.bytes += size
        return True

    def wants_claim(self, now: int) -> bool:
        """Whether to ask the store for due deliveries now."""
        return (
            (self.more or (self.wake_at is not None and self.wake_at <= now))
            and not self.claiming
            and self.endpoint.state == "active"
            and now >= self.paused_until
            and self.taken < ROOM * LOW_WATER
            and self.bytes < ROOM_BYTES * LOW_WATER
        )

    def runs_low(self, now: int) -> bool:
        """Whether to ask the store at once, as the lane might be empty before the next look."""
        return self.taken < ROOM * RUNS_LOW and self.wants_claim(now)

    def claim(self, share: int) -> Claim:
        """What to ask the store for when `share` bytes of the memory of all lanes are there for this one."""
        room = ROOM if self.more else round(ROOM * LOW_WATER)  # retries leave room for what is yet to be accepted
        free = min(max(share, FOOTHOLD_BYTES - self.bytes), ROOM_BYTES - self.bytes)
        return Claim(self.endpoint.tenant, self.endpoint.id, room - self.taken, free)

    def ready(self, now: int) -> bool:
        """Whether there is something that may be sent now."""
        return self.queued > 0 and self.endpoint.state == "active" and now >= self.paused_until

    def has_line_for(self, key: str) -> bool:
        """Whether one more with this ordering key may wait here for its turn."""
        return len(self.lines.get(key, ())) < LINE

    def enqueue(self, delivery: Delivery) -> None:
        """Queues a delivery: behind those of its ordering key that are not over yet."""
        if delivery.key is not None:
            line = self.lines.get(delivery.key)
            if line is not None:
                insort(line, delivery, key=_place_in_log)  # at the end, but for what was retried by hand
                self.behind += 1
                return
            self.lines[delivery.key] = deque()
        self._append(delivery)

    def take(self) -> Delivery:
        """Takes out what goes next."""
        self._turn += 1
        if self.late and (not self.queue or self._turn % LATE_EVERY == 0):
            return self.late.popleft()
        return self.queue.popleft()

    def advance(self, key: str) -> None:
        """One of this ordering key is over: the next in its line is queued, at the end, so that keys take turns."""
        line = self.lines.pop(key, None)
        if line:
            self._append(line.popleft())
            self.behind -= 1
            self.lines[key] = line

    def clear_line(self, key: str) -> deque[Delivery]:
        """Takes out what waits behind one of this ordering key, and ends its line."""
        line = self.lines.pop(key, deque())
        self.behind -= len(line)
        return line

    def pause(self, now: int, seconds: float) -> None:
        """Leaves the endpoint alone. All that were in flight together fail together: that counts as once."""
        if now >= self.paused_until:
            self.slow_downs += 1
        self.paused_until = max(self.paused_until, now + round(seconds * 1000))

    def withdraw(self, notification: str) -> list[Delivery]:
        """Takes the deliveries of a notification out of the queue; those in flight cannot be taken back."""
        return self._remove(lambda each: each.id == notification)

    def supersede(self, newer: Notification) -> list[Delivery]:
        """Takes out what waits here and has the same topic and collapse key as a newer notification."""
        if not self.taken:
            return []
        what = (newer.topic, newer.collapse_key)
        return self._remove(lambda each: (each.topic, each.collapse_key) == what and each.seq < newer.seq)

    def _remove(self, unwanted: Callable[[Notification], bool]) -> list[Delivery]:
        withdrawn = _remove_from(self.queue, unwanted) + _remove_from(self.late, unwanted)
        for delivery in withdrawn:
            if delivery.key is not None:
                self.advance(delivery.key)
        for line in self.lines.values():
            in_line = _remove_from(line, unwanted)
            self.behind -= len(in_line)
            withdrawn += in_line
        return withdrawn

    def empty(self) -> list[Delivery]:
        """Takes everything out of the queue."""
        taken = [*self.queue, *self.late, *chain.from_iterable(self.lines.values())]
        self.queue.clear()
        self.late.clear()
        self.lines.clear()
        self.behind = 0
        return taken

    def _append(self, delivery: Delivery) -> None:
        (self.late if delivery.attempts else self.queue).append(delivery)

    def due_at(self, moment: int) -> None:
        """Notes that something in the store becomes due at `moment`."""
        if self.wake_at is None or moment < self.wake_at:
            self.wake_at = moment


def _place_in_log(delivery: Delivery) -> int:
    return delivery.notification.seq


def _remove_from(queue: deque[Delivery], unwanted: Callable[[Notification], bool]) -> list[Delivery]:
    removed = [delivery for delivery in queue if unwanted(delivery.notification)]
    for delivery in removed:
        queue.remove(delivery)
    return removed
