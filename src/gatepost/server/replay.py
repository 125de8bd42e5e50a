"""Replays to an endpoint what it did not get: one notification, or a window of them at a bounded rate."""

from __future__ import annotations

import asyncio

from msgspec import Struct

from gatepost.clock import Clock
from gatepost.errors import BacklogFull, Conflict
from gatepost.notify.delivery import State
from gatepost.notify.endpoint import Endpoint
from gatepost.notify.replay import Candidate, Counts, concerns, judge
from gatepost.notify.store import NotificationStore, NotificationView
from gatepost.server.delivery.local import LocalEngine

PORTION = 500
"""Notifications looked at in one go: a few milliseconds of the event loop."""

PORTIONS = 100
"""Portions that one request looks at; the next request goes on from there."""

BACKLOG_SHARE = 0.5
"""The share of the backlog limit up to which a replay fills it: the rest is for what is accepted meanwhile."""

RETRY_AFTER_S = 10
"""Seconds after which a replay that found no room may find some."""


class Window(Struct, frozen=True):
    """What to replay: accepted from `since` on and before `until` (milliseconds), of some topics, `rate` a second.

    `after` is the notification from which to go on, `starts_at` when the first becomes due.
    """

    since: int
    until: int
    topics: tuple[str, ...] | None
    rate: int
    starts_at: int
    after: str | None = None


class Replayed(Struct, frozen=True):
    """What was found, how many deliveries became due, when the last will be, and from where to go on if not all."""

    counts: Counts
    replayed: int
    ends_at: int
    next: str | None


class Replayer:
    """Makes deliveries due that were missed or failed, while less than a share of `backlog_limit` is open."""

    def __init__(self, store: NotificationStore, engine: LocalEngine, clock: Clock, backlog_limit: int) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock
        self._backlog = int(backlog_limit * BACKLOG_SHARE)

    async def window(self, endpoint: Endpoint, window: Window, *, dry_run: bool) -> Replayed:
        """Looks through a window, oldest first, a portion at a time; whatever it made is on disk when it returns.

        It ends early when the backlog is full enough. Raises `BacklogFull` when it is so from the beginning.
        """
        room = self._looking_only if dry_run else self._room
        if room() == 0:
            raise BacklogFull("too much waits to be delivered for a replay to add to it", retry_after=RETRY_AFTER_S)
        counts, made, after = Counts(), 0, window.after
        for _ in range(PORTIONS):
            portion = room()
            found = await self._store.candidates(
                endpoint.tenant, endpoint.id, window.since, window.until, after, portion
            )
            wanted = [each for each in found if self._counted(endpoint, window, each, counts)]
            if wanted and not dry_run:
                made += await self._replay(endpoint, window, wanted, made)
            after = found[-1].id if len(found) == portion else None
            if after is None or room() == 0:
                break
            await asyncio.sleep(0)
        return Replayed(counts, made, _due_at(window, made), after)

    async def one(self, endpoint: Endpoint, view: NotificationView) -> None:
        """Sends one notification to an endpoint again, or for the first time. Raises `Conflict` where it cannot be."""
        notification, now = view.notification, self._clock.now()
        states = [delivery.state for delivery in view.deliveries if delivery.endpoint == endpoint.id]
        if states and states[0] <= State.SENDING:
            raise Conflict("it is on its way to this endpoint already")
        if notification.expires_at is not None and notification.expires_at <= now:
            raise Conflict("it has expired")
        if not await self._store.replay(endpoint.tenant, endpoint.id, [(notification.seq, now)]):
            raise Conflict("its payload is no longer kept")
        self._engine.wake(endpoint.id, now)

    def _room(self) -> int:
        """How many may be looked at next: if all of them become due, the backlog is as full as it may be."""
        return max(0, min(PORTION, self._backlog - self._store.totals.backlog))

    def _looking_only(self) -> int:
        return PORTION

    def _counted(self, endpoint: Endpoint, window: Window, candidate: Candidate, counts: Counts) -> bool:
        """Counts a candidate if the endpoint wants it; says whether it can be replayed."""
        if not concerns(endpoint, window.topics, candidate):
            return False
        kind = judge(candidate, self._clock.now())
        counts.add(kind)
        return kind in ("missed", "failed")

    async def _replay(self, endpoint: Endpoint, window: Window, wanted: list[Candidate], before: int) -> int:
        due = [(each.seq, _due_at(window, before + place)) for place, each in enumerate(wanted)]
        made = await self._store.replay(endpoint.tenant, endpoint.id, due)
        self._engine.wake(endpoint.id, due[0][1])
        return made


def _due_at(window: Window, place: int) -> int:
    return window.starts_at + place * 1000 // window.rate
