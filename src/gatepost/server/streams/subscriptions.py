"""Durable subscriptions while the service runs: who listens by them, and how far each has come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from gatepost.clock import Clock
from gatepost.errors import GatepostError, InvalidParameter, NotFound
from gatepost.notify.stream import Position, Recovery
from gatepost.notify.subscription import Acknowledgement, Progress, Subscription, SubscriptionStore, settled
from gatepost.server.streams.endings import CHANGED, TAKEN_OVER, Ending
from gatepost.server.streams.feed import Feed, Outlet, Source
from gatepost.server.streams.hub import Frame, Interest

NOTE_S = 1.0
"""Seconds for which progress is gathered: one row a second for each subscriber, however much it is sent."""

SETTLE_EVERY = 60
"""Rounds of notes between two in which the silent ones move on too, and those that nobody uses are forgotten."""

_NOTHING = -1  # before every place of a log

_log = logging.getLogger(__name__)


class NamedFeed(Feed):
    """A feed by a durable subscription; there is one at a time, and a newer one takes over."""

    __slots__ = ("_subscriptions", "acknowledged", "name", "noted", "tenant")

    def __init__(
        self,
        subscriptions: Subscriptions,
        subscription: Subscription,
        recovery: Recovery,
        listener: Outlet,
        frame: Frame,
        own_id: int,
    ) -> None:
        interest = Interest(subscription.tenant, subscription.topics, frame)
        super().__init__(subscriptions.source, listener, interest, recovery.after, own_id)
        self.tenant = subscription.tenant
        self.name = subscription.name
        # A gap counts as something that was sent: it is told again until it is acknowledged.
        self.acknowledged = recovery.after if recovery.complete else _NOTHING
        self.noted = recovery.after
        self._subscriptions = subscriptions

    def start(self) -> None:
        self._subscriptions.attach(self)
        super().start()

    def stop(self) -> None:
        super().stop()
        self._subscriptions.detach(self)

    def progress(self, epoch: str, now: int) -> Progress:
        seen = self.seen()
        return Progress(self.tenant, self.name, epoch, seen, settled(self.acknowledged, self.sent, seen), now)


class Subscriptions:
    """Durable subscriptions of all tenants."""

    def __init__(self, store: SubscriptionStore, source: Source, clock: Clock) -> None:
        self.source = source
        self._store = store
        self._clock = clock
        self._feeds: dict[tuple[str, str], NamedFeed] = {}
        self._parting: list[Progress] = []

    # What people ask for

    async def all(self, tenant: str) -> list[Subscription]:
        return await self._store.subscriptions(tenant)

    async def find(self, tenant: str, name: str) -> Subscription:
        """Raises `NotFound`."""
        found = await self._store.subscription(tenant, name)
        if found is None:
            raise NotFound("there is no such subscription")
        return found

    async def put(self, tenant: str, name: str, topics: tuple[str, ...]) -> Subscription:
        """Makes one that begins now, or changes the topics of one; whoever listens by it has to come back.

        Raises `QuotaExceeded`.
        """
        before = await self._store.subscription(tenant, name)
        here, now = self.source.hub.published, self._clock.now()
        await self._store.put_subscription(
            Subscription(tenant, name, topics, self.source.store.epoch, here, here, created_at=now, used_at=now)
        )
        if before is not None and before.topics != topics:
            self._end(tenant, name, CHANGED)
        return await self.find(tenant, name)

    async def delete(self, tenant: str, name: str) -> None:
        """Raises `NotFound`."""
        if not await self._store.delete_subscription(tenant, name):
            raise NotFound("there is no such subscription")
        self._end(tenant, name, CHANGED)

    async def acknowledge(self, tenant: str, name: str, position: Position) -> Subscription:
        """Everything up to `position` is done with.

        Raises `NotFound`, and `InvalidParameter` for a place that is not of this log.
        """
        if position.epoch != self.source.store.epoch or position.seq > self.source.hub.published:
            raise InvalidParameter("position: not a place of this log")
        await self.find(tenant, name)
        await self._store.acknowledge(Acknowledgement(tenant, name, position.epoch, position.seq, self._clock.now()))
        feed = self._feeds.get((tenant, name))
        if feed is not None:
            feed.acknowledged = max(feed.acknowledged, position.seq)
        return await self.find(tenant, name)

    def feed_of(self, tenant: str, name: str) -> NamedFeed | None:
        """Whoever listens by it now."""
        return self._feeds.get((tenant, name))

    # What connections ask for

    def recovery(self, subscription: Subscription) -> Recovery:
        """From where it goes on: what was sent and not acknowledged comes again."""
        return self.source.recover(Position(subscription.epoch, subscription.acknowledged))

    def feed(
        self, subscription: Subscription, recovery: Recovery, listener: Outlet, frame: Frame, own_id: int = 0
    ) -> NamedFeed:
        return NamedFeed(self, subscription, recovery, listener, frame, own_id)

    def attach(self, feed: NamedFeed) -> None:
        self._end(feed.tenant, feed.name, TAKEN_OVER)
        self._feeds[feed.tenant, feed.name] = feed

    def detach(self, feed: NamedFeed) -> None:
        if self._feeds.get((feed.tenant, feed.name)) is feed:
            del self._feeds[feed.tenant, feed.name]
            self._parting.append(feed.progress(self.source.store.epoch, self._clock.now()))

    def _end(self, tenant: str, name: str, ending: Ending) -> None:
        feed = self._feeds.get((tenant, name))
        if feed is not None:
            feed.listener.end_feed(feed, ending)

    # Progress, written behind

    async def note_for_ever(self, keep_s: float) -> None:
        """Writes down who has come further, and forgets what was not used for `keep_s` seconds; until cancelled."""
        rounds = 0
        while True:
            await asyncio.sleep(NOTE_S)
            rounds += 1
            with _no_loss():
                settling = rounds % SETTLE_EVERY == 0
                await self.note(everyone=settling)
                if settling:
                    await self._store.forget_subscriptions(self._clock.now() - round(keep_s * 1000))

    async def aclose(self) -> None:
        """The last round, once nobody listens any more."""
        with _no_loss():
            await self.note()

    async def note(self, *, everyone: bool = False) -> None:
        """One round. Progress that is lost in a crash is sent again: nothing that was acknowledged is."""
        epoch, now = self.source.store.epoch, self._clock.now()
        moved = [feed for feed in self._feeds.values() if everyone or feed.sent > feed.noted]
        progress = [feed.progress(epoch, now) for feed in moved]  # which may end one, and that one parts
        for feed in moved:
            feed.noted = feed.sent
        parting, self._parting = self._parting, []
        if progress or parting:
            await self._store.note_progress([*progress, *parting])


@contextmanager
def _no_loss() -> Iterator[None]:
    """Progress that cannot be written is a nuisance and no more: what it would have spared is sent again."""
    try:
        yield
    except GatepostError as error:
        _log.warning("the progress of subscribers cannot be written now: %s", error.detail)
