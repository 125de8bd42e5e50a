"""Listening by WebSocket: many subscriptions on one connection, each recovered from its own position."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from gatepost.clock import rfc3339
from gatepost.errors import Conflict, Forbidden, GatepostError, InvalidParameter, NotFound, QuotaExceeded
from gatepost.guard.request import Principal
from gatepost.net.websocket import Incoming, close_frame, ping_frame
from gatepost.notify.stream import Position, Recovery
from gatepost.server.streams.access import checked_name, checked_patterns, require_read, require_subscription
from gatepost.server.streams.connection import Connection
from gatepost.server.streams.endings import FAILED, UNAUTHENTICATED, Ending
from gatepost.server.streams.feed import Feed
from gatepost.server.streams.hub import Interest
from gatepost.server.streams.messages import (
    Acknowledge,
    Connect,
    Message,
    NotificationFrame,
    Refresh,
    Subscribe,
    Unsubscribe,
    complain,
    parse,
    say,
)
from gatepost.server.streams.subscriptions import NamedFeed, Subscriptions

CONNECT_S = 5.0
"""Seconds until the first message must have come and its credential been found good."""

MAX_STRANGERS = 1_000
"""Sockets that have shown no credential yet; beyond it the oldest goes, so that filling them keeps nobody out."""

MAX_SUBSCRIPTIONS = 100
"""Of one connection."""

MAX_WAITING = 16
"""Messages that wait for the one before them; beyond it the socket is not read."""

SILENT_BEATS = 3
"""Heartbeats without a sign of life from the other side, after which nobody is there any more."""

Identify = Callable[[str], Awaitable[Principal]]
"""Whose credential it is, by the checks of the gate; raises a GatepostError for a bad one."""

_log = logging.getLogger(__name__)


class Lobby:
    """Sockets that have shown no credential yet, oldest first."""

    def __init__(self) -> None:
        self._strangers: dict[WebSocket, None] = {}

    def enter(self, socket: WebSocket) -> None:
        if len(self._strangers) >= MAX_STRANGERS:
            next(iter(self._strangers)).end(UNAUTHENTICATED)
        self._strangers[socket] = None

    def leave(self, socket: WebSocket) -> None:
        self._strangers.pop(socket, None)


class WebSocket(Connection):
    """One listener by WebSocket."""

    def __init__(self, subscriptions: Subscriptions, lobby: Lobby, identify: Identify, handshake: bytes) -> None:
        super().__init__(subscriptions.source)
        self._subscriptions = subscriptions
        self._lobby = lobby
        self._identify = identify
        self._handshake = handshake
        self._incoming = Incoming()
        self._waiting: deque[str] = deque()
        self._answering: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._unanswered_beats = 0

    # What the server and the hub call

    def data_received(self, data: bytes) -> None:
        if self._wire is None:
            return
        self._unanswered_beats = 0
        self._waiting += self._incoming.receive(data)
        self.send(self._incoming.owed())
        if self._incoming.is_over:
            self._hang_up()
        elif self._waiting:
            self._answer()

    def beat(self) -> None:
        self._unanswered_beats += 1
        if self._unanswered_beats > SILENT_BEATS:
            self._hang_up()
        elif self._unanswered_beats > 1:
            self.send(self._sign_of_life())

    def tell_gap(self, feed: Feed) -> None:
        self.send(say("gap", id=feed.id, position=self._position(feed.position)))

    def end_feed(self, feed: Feed, ending: Ending) -> None:
        self._feeds.pop(feed.id, None)
        feed.stop()
        self.send(say("unsubscribed", id=feed.id, reason=ending.reason))

    def _opened(self) -> None:
        self._lobby.enter(self)
        self._deadline = asyncio.get_running_loop().call_later(CONNECT_S, self.end, UNAUTHENTICATED)
        self.send(self._handshake)

    def _sign_of_life(self) -> bytes:
        return ping_frame()

    def _last_words(self, ending: Ending) -> bytes:
        return close_frame(ending.code, ending.reason)

    def _detach(self) -> Any:
        self._lobby.leave(self)
        if self._deadline is not None:
            self._deadline.cancel()
        self._waiting.clear()
        return super()._detach()

    def _hang_up(self) -> None:
        wire = self._detach()
        if wire is not None:
            wire.transport.close()

    # The conversation: one message after the other

    def _answer(self) -> None:
        if self._wire is not None and len(self._waiting) > MAX_WAITING:
            self._wire.transport.pause_reading()
        if self._answering is None:
            self._answering = asyncio.create_task(self._answer_all())

    async def _answer_all(self) -> None:
        try:
            while self._waiting:
                await self._answer_one(self._waiting.popleft())
        except Exception:  # noqa: BLE001 - the outermost edge: a defect of one connection ends there
            _log.exception("a message ended in an exception that nobody expected")
            self.end(FAILED)
        self._answering = None
        if self._wire is not None:
            self._wire.transport.resume_reading()

    async def _answer_one(self, text: str) -> None:
        own_id = None
        try:
            message = parse(text)
            own_id = getattr(message, "id", None)
            await self._obey(message)
        except GatepostError as error:
            self.send(complain(error, own_id))
            if not self.key:
                self.end(UNAUTHENTICATED)

    async def _obey(self, message: Message) -> None:
        if not self.key and not isinstance(message, Connect):
            raise Forbidden(UNAUTHENTICATED.reason)
        match message:
            case Connect():
                await self._connect(message)
            case Refresh():
                await self._refresh(message)
            case Subscribe(subscription=None):
                self._subscribe(message)
            case Subscribe():
                await self._subscribe_by_name(message, message.subscription or "")
            case Unsubscribe():
                self._unsubscribe(message)
            case Acknowledge():
                await self._acknowledge(message)

    async def _connect(self, message: Connect) -> None:
        if self.key:
            raise Conflict("connected already; refresh changes the credential")
        name = checked_name(message.name)
        self._begin(await self._identify(message.token))
        self.name = name
        self._lobby.leave(self)
        if self._deadline is not None:
            self._deadline.cancel()

    async def _refresh(self, message: Refresh) -> None:
        principal = await self._identify(message.token)
        if principal.tenant != self.tenant:
            raise Forbidden("the credential is of another tenant")
        for feed in self._feeds.values():
            require = require_subscription if isinstance(feed, NamedFeed) else require_read
            require(principal, feed.interest.patterns)
        self._begin(principal)

    def _begin(self, principal: Principal) -> None:
        if self._wire is None:  # lost while the credential was looked up
            return
        self._belongs_to(principal)
        self.send(say("connected", expires_at=None if principal.until is None else rfc3339(principal.until)))

    def _subscribe(self, message: Subscribe) -> None:
        self._require_room(message.id)
        patterns = checked_patterns(self._principal, message.topics or ())
        recovery = self._source.recover(Position.parse(message.position) if message.position else None)
        interest = Interest(self.tenant, patterns, self._frame(message.id))
        self._welcome(Feed(self._source, self, interest, recovery.after, message.id), recovery)

    async def _subscribe_by_name(self, message: Subscribe, name: str) -> None:
        if message.topics is not None or message.position is not None:
            raise InvalidParameter("a durable subscription knows its topics and its position")
        subscription = await self._subscriptions.find(self.tenant, name)
        require_subscription(self._principal, subscription.topics)
        self._require_room(message.id)
        recovery = self._subscriptions.recovery(subscription)
        feed = self._subscriptions.feed(subscription, recovery, self, self._frame(message.id), message.id)
        self._welcome(feed, recovery)

    def _welcome(self, feed: Feed, recovery: Recovery) -> None:
        if self._wire is None:
            return
        position = self._position(recovery.after)
        self.send(say("subscribed", id=feed.id, position=position, recovered=recovery.complete))
        self._add(feed)

    def _unsubscribe(self, message: Unsubscribe) -> None:
        feed = self._feeds.pop(message.id, None)
        if feed is None:
            raise NotFound("nothing is subscribed by this id")
        feed.stop()
        self.send(say("unsubscribed", id=message.id))

    async def _acknowledge(self, message: Acknowledge) -> None:
        subscription = await self._subscriptions.find(self.tenant, message.subscription)
        require_subscription(self._principal, subscription.topics)
        position = Position.parse(message.position)
        done = await self._subscriptions.acknowledge(self.tenant, message.subscription, position)
        self.send(say("acknowledged", subscription=done.name, position=self._position(done.acknowledged)))

    def _require_room(self, own_id: int) -> None:
        if own_id in self._feeds:
            raise Conflict("something is subscribed by this id already")
        if len(self._feeds) >= MAX_SUBSCRIPTIONS or self._source.hub.is_full:
            raise QuotaExceeded(f"a connection has at most {MAX_SUBSCRIPTIONS} subscriptions, and all have a bound too")

    def _frame(self, own_id: int) -> NotificationFrame:
        return NotificationFrame(self._source.store.epoch, own_id)

    def _position(self, seq: int) -> str:
        return str(Position(self._source.store.epoch, seq))
