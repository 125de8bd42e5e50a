"""Replays to an endpoint what it did not get: one notification, or a window of them at a bounded rate."""

from __future__ import annotations

import asyncio

from msgspec import Struct

from gatepost.clock import Clock
from gatepost.errors import Conflict
from gatepost.notify.delivery import State
from gatepost.notify.endpoint import Endpoint
from gatepost.notify.replay import Candidate, Counts, concerns, judge
from gatepost.notify.store import NotificationStore, NotificationView
from gatepost.server.delivery.local import LocalEngine

PORTION = 500
"""Notifications looked at in one go: a few milliseconds of the event loop."""

PORTIONS = 100
"""Portions that one request looks at; the next request goes on from there."""


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
    """Makes deliveries due that were missed or failed."""

    def __init__(self, store: NotificationStore, engine: LocalEngine, clock: Clock) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock

    async def window(self, endpoint: Endpoint, window: Window, *, dry_run: bool) -> Replayed:
        """Looks through a window, oldest first, a portion at a time; whatever it made is on disk when it returns."""
        counts, made, after = Counts(), 0, window.after
        for _ in range(PORTIONS):
            found = await self._store.candidates(
                endpoint.tenant, endpoint.id, window.since, window.until, after, PORTION
            )
            wanted = [each for each in found if self._counted(endpoint, window, each, counts)]
            if wanted and not dry_run:
                made += await self._replay(endpoint, window, wanted, made)
            after = found[-1].id if len(found) == PORTION else None
            if after is None:
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
