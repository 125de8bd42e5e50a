"""The conversation by WebSocket: strangers, bounds, heartbeats. `tests/e2e/test_websocket.py` has the rest."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from gatepost.errors import Unauthenticated
from gatepost.guard.request import Principal
from gatepost.guard.scopes import parse_all
from gatepost.server.streams import websocket
from gatepost.server.streams.connection import MAX_UNSENT_BYTES
from gatepost.server.streams.subscriptions import Subscriptions
from gatepost.server.streams.websocket import MAX_WAITING, SILENT_BEATS, Lobby, WebSocket
from tests.unit.server.streams.scene import KEY, TENANT, Scene, Tape, turns

GOOD = "good"


class Caller:
    """The other side of a WebSocket; a credential is good or not."""

    def __init__(self, scene: Scene, lobby: Lobby) -> None:
        self.tape = Tape()
        self.may_identify = asyncio.Event()
        self.may_identify.set()
        self._client = ClientProtocol(parse_uri("ws://x/"), state=State.OPEN)
        self._read = 0
        subscriptions = Subscriptions(scene.store, scene.source, scene.clock)
        self.socket = WebSocket(subscriptions, lobby, self._identify, b"")
        self.socket.start(self.tape.take_over)

    async def _identify(self, credential: str) -> Principal:
        await self.may_identify.wait()
        if credential != GOOD:
            raise Unauthenticated
        return Principal(TENANT, KEY, parse_all(["*:*"]))

    def say(self, kind: str, **fields: Any) -> None:
        self._client.send_text(msgspec.json.encode({"type": kind} | fields))
        self.socket.data_received(b"".join(self._client.data_to_send()))

    def pong(self) -> None:
        self._client.send_pong(b"")
        self.socket.data_received(b"".join(self._client.data_to_send()))

    async def connect(self) -> None:
        self.say("connect", token=GOOD)
        await turns()
        assert [each["type"] for each in self.messages()] == ["connected"]

    def frames(self) -> list[Frame]:
        """What has come since the last look."""
        self._client.receive_data(bytes(self.tape.written[self._read :]))
        self._read = len(self.tape.written)
        return [event for event in self._client.events_received() if isinstance(event, Frame)]

    def messages(self) -> list[Any]:
        return [msgspec.json.decode(frame.data) for frame in self.frames() if frame.opcode is Opcode.TEXT]

    @property
    def close_code(self) -> int | None:
        self.frames()
        return None if self._client.close_rcvd is None else self._client.close_rcvd.code


async def test_when_strangers_are_too_many_the_oldest_goes(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "MAX_STRANGERS", 3)
    lobby = Lobby()
    known = Caller(scene, lobby)
    await known.connect()
    strangers = [Caller(scene, lobby) for _ in range(4)]
    assert [each.close_code for each in strangers] == [4001, None, None, None]
    assert known.close_code is None


async def test_a_stranger_has_a_while_and_no_longer(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "CONNECT_S", 0.0)
    caller = Caller(scene, Lobby())
    caller.may_identify.clear()
    caller.say("connect", token=GOOD)
    await turns(5)
    assert caller.close_code == 4001
    caller.may_identify.set()
    await turns(5)
    assert caller.tape.is_closed
    assert not scene.hub._listeners


async def test_messages_wait_for_the_one_before_and_too_many_stop_the_reading(scene: Scene) -> None:
    caller = Caller(scene, Lobby())
    caller.may_identify.clear()
    caller.say("connect", token=GOOD)
    await turns()
    for own_id in range(MAX_WAITING + 1):
        caller.say("subscribe", id=own_id, topics=["a"])
    pauses = [caller.tape.is_paused]
    caller.may_identify.set()
    await turns(5)
    assert [*pauses, caller.tape.is_paused] == [True, False]
    answers = caller.messages()
    assert answers[0]["type"] == "connected"
    assert [each["id"] for each in answers[1:]] == list(range(MAX_WAITING + 1))


async def test_who_is_silent_is_asked_and_who_does_not_answer_is_gone(scene: Scene) -> None:
    alive, dead = Caller(scene, Lobby()), Caller(scene, Lobby())
    for caller in (alive, dead):
        await caller.connect()
    for _ in range(SILENT_BEATS + 1):
        for caller in (alive, dead):
            caller.socket.beat()
        if any(frame.opcode is Opcode.PING for frame in alive.frames()):
            alive.pong()
    assert dead.tape.is_closed
    assert not alive.tape.is_closed


async def test_listeners_who_call_it_the_same_share_their_frames(scene: Scene) -> None:
    callers = [Caller(scene, Lobby()) for _ in range(3)]
    for caller, own_id in zip(callers, (1, 1, 2), strict=True):
        await caller.connect()
        caller.say("subscribe", id=own_id, topics=["orders"])
    await turns()
    assert len(scene.hub._tenants[TENANT].groups) == 2


async def test_a_slow_one_is_cut_off_with_all_its_feeds_and_others_go_on(scene: Scene) -> None:
    slow, quick = Caller(scene, Lobby()), Caller(scene, Lobby())
    for caller in (slow, quick):
        await caller.connect()
        for own_id in (1, 2):
            caller.say("subscribe", id=own_id, topics=["orders"])
        await turns()
        caller.frames()
    slow.tape.unread = MAX_UNSENT_BYTES + 1
    await scene.accept()
    await turns()
    assert slow.close_code == 4008
    assert {each["subscription"] for each in quick.messages()} == {1, 2}
    assert len(scene.hub.listeners(TENANT, "orders")) == 1


async def test_a_defect_ends_the_connection_and_is_logged(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caller = Caller(scene, Lobby())
    await caller.connect()
    monkeypatch.setattr(scene.hub, "join", None)
    caller.say("subscribe", id=1, topics=["a"])
    await turns()
    assert caller.close_code == 1011
    assert "nobody expected" in caplog.text
