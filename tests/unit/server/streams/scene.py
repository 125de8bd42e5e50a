"""A hub over a real store, and listeners whose wire is a tape: everything written can be read back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from gatepost.guard.request import Principal
from gatepost.guard.scopes import parse_all
from gatepost.net.takeover import Reader, Wire
from gatepost.notify.notification import Notification
from gatepost.notify.store import Keep, Planned
from gatepost.notify.stream import Position
from gatepost.server.streams.feed import Feed, Outlet, Source
from gatepost.server.streams.hub import Frame, Hub, Interest
from gatepost.server.streams.sse import EventStream
from gatepost.stores.sqlite import SqliteStore
from tests.samples import a_notification, an_acceptance
from tests.unit.clocks import HandClock
from tests.vaults import open_vault

TENANT = "ten_" + "1" * 32
OTHER_TENANT = "ten_" + "2" * 32
KEY = "key_" + "1" * 32


class Tape(asyncio.Transport):
    """A transport whose other side reads all at once, or nothing while `unread` says so."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.writes = 0
        self.unread = 0
        self.is_closed = False
        self.is_aborted = False
        self.is_paused = False
        self.readable = asyncio.Event()
        self.readable.set()

    def write(self, data: Any) -> None:
        assert not self.is_closed
        self.written += data
        self.writes += 1

    def get_write_buffer_size(self) -> int:
        return self.unread

    def close(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def is_closing(self) -> bool:
        return self.is_closed

    def abort(self) -> None:
        self.is_aborted = True

    async def drain(self) -> None:
        await self.readable.wait()

    def take_over(self, _: Reader) -> Wire:
        return Wire(self, self.drain)


class Event(msgspec.Struct, frozen=True):
    """One block of an event stream."""

    id: str | None
    name: str
    data: Any
    retry: str | None


def events(tape: Tape) -> list[Event]:
    """What came after the head, block by block; the field rules of WHATWG HTML section 9.2.6."""
    _, _, body = bytes(tape.written).partition(b"\r\n\r\n")
    return [_event(block.decode()) for block in body.split(b"\n\n") if block]


def _event(block: str) -> Event:
    fields = {}
    for line in re.split(r"\r\n|\n|\r", block):
        name, _, value = line.partition(":")
        assert name not in fields, f"two lines of {name}"
        fields[name] = value.removeprefix(" ")
    data = fields.get("data")
    parsed = None if data is None else msgspec.json.decode(data)
    return Event(fields.get("id"), fields.get("event", "message"), parsed, fields.get("retry"))


def received(tape: Tape) -> list[int]:
    """The places of the notifications that came, in order."""
    return [int((event.id or "").partition("-")[2]) for event in events(tape) if event.name == "message" and event.data]


class Scene:
    """Accepts, publishes, prunes; the order of things is the test's."""

    def __init__(self, store: SqliteStore) -> None:
        self.clock = HandClock()
        self.store = store
        self.hub = Hub(store.totals.seq)
        self.source = Source(self.hub, store, self.clock)

    async def accept(self, topic: str = "orders", **fields: Any) -> Notification:
        """Accepts and publishes one notification."""
        tenant = fields.pop("tenant", TENANT)
        notification = a_notification(self.clock, tenant, topic=topic, **fields)
        await self.store.accept(an_acceptance(Planned(notification)))
        self.hub.publish(notification)
        return notification

    async def forget(self) -> None:
        """Removes every payload there is."""
        far = self.clock.now() + 1
        while await self.store.prune(Keep(far, 1 << 40, 0, 1 << 40, 0, 1 << 40, self.clock.now())):
            pass

    def position(self, seq: int) -> Position:
        return Position(self.store.epoch, seq)

    def listen(
        self,
        *patterns: str,
        after: int | None = None,
        until: int | None = None,
        name: str = "",
        origin: str | None = None,
        **changes: Any,
    ) -> tuple[EventStream, Tape]:
        tape = Tape()
        who: dict[str, Any] = {"tenant": TENANT, "key": KEY, "scopes": parse_all(["*:*"]), "until": until}
        recovery = self.source.recover(None if after is None else self.position(after))
        principal = Principal(**who | changes)

        def feed(outlet: Outlet, frame: Frame) -> Feed:
            return Feed(self.source, outlet, Interest(principal.tenant, patterns or ("orders",), frame), recovery.after)

        stream = EventStream(self.source, principal, recovery, feed, name=name, origin=origin)
        stream.start(tape.take_over)
        return stream, tape


async def turns(count: int = 3) -> None:
    """Lets the loop go round."""
    for _ in range(count):
        await asyncio.sleep(0)


@asynccontextmanager
async def a_scene(directory: Path) -> AsyncIterator[Scene]:
    store = SqliteStore(directory, open_vault())
    try:
        yield Scene(store)
    finally:
        await store.aclose()
