"""The hub: brings every accepted notification to those who listen to its topic.

Listeners that want the same are one group. A topic is matched once for the group, an event is framed once, and all
that comes within one turn of the loop is joined once and written to each listener in one go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Protocol

from msgspec import Struct

from gatepost import topics
from gatepost.clock import Clock
from gatepost.notify.notification import RESERVED_TOPIC, Notification

MAX_LISTENERS = 50_000
"""Listeners of one process: at 30 KB each, all the memory that a small machine has."""

HEARTBEAT_S = 15.0
"""Seconds between signs of life: below the minute after which common proxies cut a silent connection."""

Frame = Callable[[Notification], bytes]
"""Turns a notification into the bytes that a kind of listener gets."""


class Interest(Struct, frozen=True):
    """What listeners have in common to be one group."""

    tenant: str
    patterns: tuple[str, ...]
    frame: Frame

    def hears(self, topic: str) -> bool:
        """Whether it gets the topic; Gatepost's own topics only if it names them."""
        patterns = self.patterns
        if topic.partition(".")[0] == RESERVED_TOPIC:
            patterns = tuple(pattern for pattern in patterns if pattern.partition(".")[0] == RESERVED_TOPIC)
        return any(topics.matches(pattern, topic) for pattern in patterns)


class Listener(Protocol):
    """Someone who listens."""

    @property
    def key(self) -> str:
        """The API key it listens by, or that its token was made with."""
        ...

    @property
    def name(self) -> str:
        """What it calls itself; may be empty."""
        ...

    def write(self, data: bytes, seq: int) -> None:
        """Takes all frames up to place `seq` of the log. Must not wait; a slow one ends itself."""
        ...

    def beat(self, now: int) -> None:
        """Gives a sign of life; `now` in milliseconds."""
        ...

    def end(self, reason: str) -> None:
        """Ends the connection and says why. Leaves the hub by itself."""
        ...


class _Group:
    """Listeners with the same interest, and what they are owed at the end of this turn."""

    __slots__ = ("interest", "listeners", "owed")

    def __init__(self, interest: Interest) -> None:
        self.interest = interest
        self.listeners: set[Listener] = set()
        self.owed: list[bytes] = []

    def flush(self, seq: int) -> None:
        if self.owed:
            data = b"".join(self.owed)
            self.owed.clear()
            for listener in tuple(self.listeners):
                listener.write(data, seq)


class Hub:
    """Everyone who listens to this process. `published` is the newest place in the log that was brought to them."""

    def __init__(self, published: int) -> None:
        self.published = published
        self._groups: dict[str, dict[Interest, _Group]] = {}
        self._owing: list[_Group] = []
        self._count = 0

    @property
    def is_full(self) -> bool:
        return self._count >= MAX_LISTENERS

    def join(self, listener: Listener, interest: Interest) -> None:
        """Adds a listener that has seen everything up to `published`, and gets everything after it."""
        group = self._groups.setdefault(interest.tenant, {}).setdefault(interest, _Group(interest))
        group.flush(self.published)  # what the others are still owed, the new one has seen
        group.listeners.add(listener)
        self._count += 1

    def leave(self, listener: Listener, interest: Interest) -> None:
        """Lets a listener go; one that is not there is no error, for a connection may be lost at any time."""
        groups = self._groups.get(interest.tenant, {})
        group = groups.get(interest)
        if group is None or listener not in group.listeners:
            return
        group.listeners.remove(listener)
        self._count -= 1
        if not group.listeners:
            del groups[interest]
            if not groups:
                del self._groups[interest.tenant]

    def publish(self, notification: Notification) -> None:
        """Brings a notification that is on disk to all who hear its topic; to be called in the order of the log."""
        self.published = notification.seq
        for group in self._groups.get(notification.tenant, {}).values():
            if group.interest.hears(notification.topic):
                if not group.owed:
                    self._owe(group)
                group.owed.append(group.interest.frame(notification))

    def listeners(self, tenant: str, topic: str) -> list[Listener]:
        """All who listen to a topic."""
        groups = self._groups.get(tenant, {}).values()
        return [listener for group in groups if group.interest.hears(topic) for listener in group.listeners]

    def end_key(self, key: str) -> None:
        """Ends what was opened by a key that is no longer in force."""
        for listener in [each for each in self._all() if each.key == key]:
            listener.end("the API key is no longer in force")

    def end_tenant(self, tenant: str) -> None:
        groups = self._groups.get(tenant, {}).values()
        for listener in [listener for group in groups for listener in group.listeners]:
            listener.end("the tenant is suspended")

    async def beat_for_ever(self, clock: Clock) -> None:
        """Gives every listener signs of life, until it is cancelled."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            for listener in list(self._all()):
                listener.beat(clock.now())

    def close(self) -> None:
        for listener in list(self._all()):
            listener.end("the service is stopping")

    def _owe(self, group: _Group) -> None:
        if not self._owing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._owing.append(group)

    def _flush(self) -> None:
        owing, self._owing = self._owing, []
        for group in owing:
            group.flush(self.published)

    def _all(self) -> Iterator[Listener]:
        for groups in self._groups.values():
            for group in groups.values():
                yield from group.listeners
