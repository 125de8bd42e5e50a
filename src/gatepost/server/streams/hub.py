"""The hub: brings every accepted notification to those who listen to its topic.

Feeds that want the same are one group. A topic is matched once for the group, an event is framed once, and all
that comes within one turn of the loop is joined once and written to each connection in one go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import count
from typing import Protocol

from msgspec import Struct

from gatepost import topics
from gatepost.clock import Clock
from gatepost.notify.notification import RESERVED_TOPIC, Notification
from gatepost.server.streams.endings import REVOKED, STOPPING, SUSPENDED, Ending

MAX_LISTENERS = 50_000
"""Connections of one process: at 20 KB each, all the memory that a small machine has."""

MAX_FEEDS = 200_000
"""Feeds of all connections together, at half a KB each: one WebSocket may hold many."""

HEARTBEAT_S = 15
"""Seconds between signs of life: below the minute after which common proxies cut a silent connection."""

Frame = Callable[[Notification], bytes]
"""Turns a notification into the bytes that a kind of feed gets. Equal ones must give equal bytes."""


class Interest(Struct, frozen=True):
    """What feeds have in common to be one group."""

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
    """A connection of someone who listens."""

    @property
    def tenant(self) -> str: ...

    @property
    def key(self) -> str:
        """The API key it listens by, or that its token was made with."""
        ...

    @property
    def name(self) -> str:
        """What it calls itself; may be empty."""
        ...

    def beat(self) -> None:
        """Gives a sign of life."""
        ...

    def end(self, ending: Ending) -> None:
        """Ends the connection and says why. Leaves the hub by itself."""
        ...


class Member(Protocol):
    """A feed: one interest of one connection."""

    @property
    def listener(self) -> Listener: ...

    def write(self, data: bytes, seq: int) -> None:
        """Takes all frames up to place `seq` of the log. Must not wait; a slow connection ends itself."""
        ...


class _Group:
    """Feeds with the same interest, and what they are owed at the end of this turn."""

    __slots__ = ("interest", "members", "owed", "owed_seq")

    def __init__(self, interest: Interest) -> None:
        self.interest = interest
        self.members: dict[Member, None] = {}  # as they came: a set would jump about in memory at each event
        self.owed: list[bytes] = []
        self.owed_seq = 0

    def owe(self, notification: Notification) -> None:
        self.owed.append(self.interest.frame(notification))
        self.owed_seq = notification.seq

    def flush(self) -> None:
        if self.owed:
            data = b"".join(self.owed)
            self.owed.clear()
            for member in tuple(self.members):
                member.write(data, self.owed_seq)


class _Tenant:
    """The groups of one tenant. Those that name their topics are found by name, only patterns have to be matched."""

    __slots__ = ("by_topic", "groups", "with_patterns")

    def __init__(self) -> None:
        self.groups: dict[Interest, _Group] = {}
        self.by_topic: dict[str, dict[_Group, None]] = {}
        self.with_patterns: dict[_Group, None] = {}

    def group(self, interest: Interest) -> _Group:
        group = self.groups.get(interest)
        if group is None:
            group = self.groups[interest] = _Group(interest)
            for place in self._places(interest):
                place[group] = None
        return group

    def remove(self, group: _Group) -> None:
        del self.groups[group.interest]
        for place in self._places(group.interest):
            del place[group]
        for topic in group.interest.patterns:
            if not self.by_topic.get(topic, True):
                del self.by_topic[topic]

    def hearing(self, topic: str) -> Iterator[_Group]:
        yield from self.by_topic.get(topic, ())
        for group in self.with_patterns:
            if group.interest.hears(topic):
                yield group

    def _places(self, interest: Interest) -> list[dict[_Group, None]]:
        if any("*" in pattern for pattern in interest.patterns):
            return [self.with_patterns]
        return [self.by_topic.setdefault(topic, {}) for topic in interest.patterns]


class Hub:
    """Everyone who listens to this process. `published` is the newest place in the log that was brought to them."""

    def __init__(self, published: int) -> None:
        self.published = published
        self._tenants: dict[str, _Tenant] = {}
        self._owing: list[_Group] = []
        self._feeds = 0
        self._listeners: dict[Listener, int] = {}  # and the second of the heartbeat at which it is its turn
        self._turns = count()

    @property
    def is_full(self) -> bool:
        return len(self._listeners) >= MAX_LISTENERS or self._feeds >= MAX_FEEDS

    # Connections

    def enter(self, listener: Listener) -> None:
        """From now on the connection gets heartbeats, and ends with its key, its tenant or the service."""
        self._listeners[listener] = next(self._turns) % HEARTBEAT_S

    def exit(self, listener: Listener) -> None:
        """Lets a connection go; one that is not there is no error, for it may be lost at any time."""
        self._listeners.pop(listener, None)

    def end_key(self, key: str) -> None:
        """Ends what was opened by a key that is no longer in force."""
        for listener in [each for each in self._listeners if each.key == key]:
            listener.end(REVOKED)

    def end_tenant(self, tenant: str) -> None:
        for listener in [each for each in self._listeners if each.tenant == tenant]:
            listener.end(SUSPENDED)

    async def beat_for_ever(self, clock: Clock) -> None:
        """Gives every connection a sign of life in turn, until it is cancelled."""
        while True:
            await asyncio.sleep(1)
            self.beat(int(clock.monotonic()) % HEARTBEAT_S)

    def beat(self, turn: int) -> None:
        """Those whose turn it is: all at once would hold up everything else."""
        for listener in [each for each, mine in self._listeners.items() if mine == turn]:
            listener.beat()

    def close(self) -> None:
        for listener in list(self._listeners):
            listener.end(STOPPING)

    # Feeds

    def join(self, member: Member, interest: Interest) -> None:
        """Adds a feed that has seen everything up to `published`, and gets everything after it."""
        group = self._tenants.setdefault(interest.tenant, _Tenant()).group(interest)
        group.flush()  # what the others are still owed, the new one has seen
        group.members[member] = None
        self._feeds += 1

    def leave(self, member: Member, interest: Interest) -> None:
        """Lets a feed go; one that is not there is no error."""
        tenant = self._tenants.get(interest.tenant)
        group = None if tenant is None else tenant.groups.get(interest)
        if tenant is None or group is None or member not in group.members:
            return
        del group.members[member]
        self._feeds -= 1
        if not group.members:
            tenant.remove(group)
            if not tenant.groups:
                del self._tenants[interest.tenant]

    def settle(self, interest: Interest) -> int:
        """Brings its members at once what they are owed; returns the place up to which they have all there is."""
        tenant = self._tenants.get(interest.tenant)
        group = None if tenant is None else tenant.groups.get(interest)
        if group is not None:
            group.flush()
        return self.published

    def publish(self, notification: Notification) -> None:
        """Brings a notification that is on disk to all who hear its topic; to be called in the order of the log."""
        self.published = notification.seq
        tenant = self._tenants.get(notification.tenant)
        if tenant is None:
            return
        for group in tenant.hearing(notification.topic):
            if not group.owed:
                self._will_flush(group)
            group.owe(notification)

    def listeners(self, tenant: str, topic: str) -> set[Listener]:
        """All who listen to a topic."""
        groups = self._tenants[tenant].hearing(topic) if tenant in self._tenants else ()
        return {member.listener for group in groups for member in group.members}

    def _will_flush(self, group: _Group) -> None:
        if not self._owing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._owing.append(group)

    def _flush(self) -> None:
        owing, self._owing = self._owing, []
        for group in owing:
            group.flush()
