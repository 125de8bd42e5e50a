"""WebSocket of the real service, spoken to by the public `websockets` client."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import time
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e.listeners import Socket, publish
from tests.e2e.raw_http import HOST, Api, Wire, request
from tests.e2e.service_process import ServiceProcess, running

HANDSHAKE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture
def api(running_service: ServiceProcess) -> Api:
    return running_service.api


@pytest.fixture
def ws(api: Api) -> Iterator[Socket]:
    with Socket(api) as ws:
        yield ws.connected()


def masked(opcode: int, data: bytes, *, fin: bool = True) -> bytes:
    """A frame of a client, with a mask of zeros."""
    head = bytes([opcode | 0x80 * fin])
    size = len(data)
    length = bytes([0x80 | size]) if size < 126 else struct.pack(">BH", 0xFE, size)
    return head + length + bytes(4) + data


@contextlib.contextmanager
def raw(api: Api) -> Iterator[Wire]:
    """An open WebSocket to write any bytes to."""
    with Wire(api.port) as wire:
        wire.send(request("GET", "/v1/ws", None, HANDSHAKE))
        answer = wire.answer()
        assert (answer.status, answer.headers["sec-websocket-accept"]) == (101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        yield wire


def close_code(wire: Wire) -> int:
    """The code of the close frame that comes next; RFC 6455 section 5.5.1."""
    first, size = wire.read(2)
    assert first == 0x88
    code: int = struct.unpack(">H", wire.read(size)[:2])[0]
    return code


def test_what_is_accepted_is_heard_live(api: Api, ws: Socket) -> None:
    subscribed = ws.ask("subscribe", id=1, topics=["orders.*"])
    assert (subscribed["type"], subscribed["id"], subscribed["recovered"]) == ("subscribed", 1, True)
    (own_id,) = publish(api, 1)
    message = ws.hear()
    assert (message["type"], message["subscription"]) == ("notification", 1)
    assert message["position"] == f"{subscribed['position'].partition('-')[0]}-1"
    assert message["notification"]["id"] == own_id
    assert message["notification"]["data"] == {"n": 1}


def test_one_connection_holds_many_subscriptions_and_lets_them_go(api: Api, ws: Socket) -> None:
    ws.ask("subscribe", id=1, topics=["a"])
    ws.ask("subscribe", id=2, topics=["b"])
    publish(api, 1, topic="a")
    publish(api, 2, topic="b")
    assert [(each["subscription"], each["notification"]["data"]["n"]) for each in (ws.hear(), ws.hear())] == [
        (1, 1),
        (2, 2),
    ]
    assert ws.ask("unsubscribe", id=1) == {"type": "unsubscribed", "id": 1}
    publish(api, 3, topic="a")
    publish(api, 4, topic="b")
    assert ws.numbers(1) == [4]


def test_who_comes_back_gets_what_was_missed_and_nothing_twice(api: Api) -> None:
    with Socket(api) as ws:
        ws.connected().ask("subscribe", id=1, topics=["orders.*"])
        publish(api, 0)
        position = ws.hear()["position"]
    publish(api, *range(1, 400))
    with Socket(api) as ws:
        answer = ws.connected().ask("subscribe", id=9, topics=["orders.*"], position=position)
        assert answer["recovered"]
        publish(api, 400)
        assert ws.numbers(400) == list(range(1, 401))


def test_a_position_of_another_log_is_not_recovered(ws: Socket) -> None:
    assert not ws.ask("subscribe", id=1, topics=["a"], position=f"{'0' * 16}-5")["recovered"]


def test_a_large_notification_comes_whole(api: Api, ws: Socket) -> None:
    ws.ask("subscribe", id=1, topics=["a"])
    for size in (10, 200, 60_000):
        api.post("/v1/notifications", {"topic": "a", "type": "t", "payload": {"x": "x" * size}})
        assert ws.hear()["notification"]["data"] == {"x": "x" * size}


# Who may


def test_nothing_is_said_to_who_shows_no_good_credential(api: Api) -> None:
    wrong = api.key[:-1] + ("y" if api.key.endswith("x") else "x")
    for token in ("", "gp_live_x", "gps_x.y", wrong):
        with Socket(api) as ws:
            assert ws.ask("connect", token=token)["problem"]["status"] in (401, 429)
            assert ws.close_code() == 4001


def test_who_subscribes_before_it_connects_is_cut_off(api: Api) -> None:
    with Socket(api) as ws:
        assert ws.ask("subscribe", id=1, topics=["a"])["id"] == 1
        assert ws.close_code() == 4001


@pytest.mark.slow
def test_who_shows_nothing_is_cut_off_in_time(api: Api) -> None:
    started = time.monotonic()
    with Socket(api) as ws:
        assert ws.close_code() == 4001
    assert 4 < time.monotonic() - started < 8


def test_a_stream_token_hears_its_topics_and_ends_on_time(api: Api) -> None:
    token = api.post("/v1/stream-tokens", {"topics": ["orders.*"], "life_seconds": 2})["token"]
    with Socket(api) as ws:
        assert ws.ask("connect", token=token)["expires_at"]
        assert ws.ask("subscribe", id=1, topics=["invoices"])["problem"]["code"] == "insufficient-scope"
        assert ws.ask("subscribe", id=2, topics=["orders.eu"])["type"] == "subscribed"
        assert ws.close_code() == 4009


def test_a_refresh_keeps_it_open(api: Api) -> None:
    short, narrow, other = (
        api.post("/v1/stream-tokens", {"topics": topics, "life_seconds": life})["token"]
        for topics, life in ((["a"], 1), (["b"], 60), (["a"], 60))
    )
    with Socket(api) as ws:
        ws.connected(short).ask("subscribe", id=1, topics=["a"])
        assert ws.ask("refresh", token=narrow)["problem"]["code"] == "insufficient-scope"
        assert ws.ask("refresh", token="gps_x")["problem"]["code"] == "unauthenticated"
        assert ws.ask("refresh", token=other)["type"] == "connected"
        time.sleep(1.2)  # beyond the end of the first token
        publish(api, 1, topic="a")
        assert ws.numbers(1) == [1]


def test_a_credential_of_another_tenant_cannot_refresh(api: Api, ws: Socket) -> None:
    tenant = api.post("/v1/tenants", {"name": "acme"})
    key = api.post(f"/v1/tenants/{tenant['id']}/keys", {"name": "k", "scopes": ["*:*"]})["key"]
    assert ws.ask("refresh", token=key)["problem"]["code"] == "forbidden"


def test_a_revoked_key_is_cut_off(api: Api) -> None:
    made = api.post("/v1/keys", {"name": "app", "scopes": ["notifications:read"]})
    with Socket(Api(api.port, made["key"])) as ws:
        ws.connected()
        api.call("DELETE", f"/v1/keys/{made['id']}")
        assert ws.close_code() == 4010


def test_a_service_that_stops_says_so(running_service: ServiceProcess) -> None:
    with Socket(running_service.api) as ws:
        ws.connected()
        running_service.signal(signal.SIGTERM)
        assert ws.close_code() == 1001
    assert running_service.wait() == 0


def test_pages_of_other_origins_may_not_open_one(
    running_service: ServiceProcess, tmp_path_factory: pytest.TempPathFactory
) -> None:
    port = running_service.port
    for origin, allowed in ((f"http://{HOST}:{port}", True), ("https://evil.example", False), ("null", False)):
        with Wire(port) as wire:
            wire.send(request("GET", "/v1/ws", None, HANDSHAKE | {"host": f"{HOST}:{port}", "origin": origin}))
            assert wire.answer().status == (101 if allowed else 403)
    with (
        running(tmp_path_factory.mktemp("s"), stream_origins="https://app.example") as service,
        Wire(service.port) as w,
    ):
        w.send(request("GET", "/v1/ws", None, HANDSHAKE | {"origin": "https://app.example"}))
        assert w.answer().status == 101


# What makes no sense


def test_what_is_wrong_is_told_with_its_id_and_the_connection_goes_on(ws: Socket) -> None:
    for fields, code in (
        ({"id": 3, "topics": ["a..b"]}, "invalid-field"),
        ({"id": 3, "topics": []}, "invalid-field"),
        ({"id": 3}, "invalid-parameter"),
        ({"id": -1, "topics": ["a"]}, "invalid-field"),
        ({"id": 3, "topics": ["a"], "position": "x"}, "invalid-parameter"),
        ({"id": 3, "subscription": "nobody"}, "not-found"),
        ({"id": 3, "subscription": "nobody", "topics": ["a"]}, "invalid-parameter"),
        ({"id": 3, "topics": ["a"], "extra": 1}, "unknown-field"),
    ):
        answer = ws.ask("subscribe", **fields)
        assert (answer["type"], answer["problem"]["code"]) == ("error", code), fields
    for text in ("", "{", "[]", '{"type":"other"}', '{"type":"connect","type":"connect"}', '{"a":' * 100_0):
        ws.send(text)
        assert ws.hear()["type"] == "error"
    assert ws.ask("subscribe", id=3, topics=["a"])["type"] == "subscribed"
    assert ws.ask("subscribe", id=3, topics=["b"])["problem"]["code"] == "conflict"
    assert ws.ask("unsubscribe", id=4)["problem"]["code"] == "not-found"
    assert ws.ask("connect", token="x")["problem"]["code"] == "conflict"


def test_subscriptions_of_a_connection_are_bounded(ws: Socket) -> None:
    for own_id in range(100):
        assert ws.ask("subscribe", id=own_id, topics=[f"t.{own_id}"])["type"] == "subscribed"
    assert ws.ask("subscribe", id=100, topics=["a"])["problem"]["code"] == "quota-exceeded"


def test_many_messages_at_once_are_answered_in_order(ws: Socket) -> None:
    for own_id in range(1000):
        ws.say("unsubscribe", id=own_id)
    assert [ws.hear()["id"] for _ in range(1000)] == list(range(1000))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"upgrade": "h2c", "connection": "Upgrade"},
        HANDSHAKE | {"sec-websocket-version": "8"},
        HANDSHAKE | {"sec-websocket-key": "short"},
    ],
)
def test_what_is_no_websocket_is_refused(api: Api, headers: dict[str, str]) -> None:
    with Wire(api.port) as wire:
        wire.send(request("GET", "/v1/ws", None, headers))
        assert wire.answer().status == 400


def test_a_query_is_refused(api: Api) -> None:
    with pytest.raises(InvalidStatus):
        Socket(Api(api.port, api.key), additional_headers={"sec-websocket-version": "x"})
    assert api.call("GET", "/v1/ws?token=x").status == 400


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x02{}", 1002),  # no mask
        (masked(0x2, b"binary"), 1003),
        (masked(0x1, b"\xff\xfe"), 1007),
        (masked(0x0, b"nothing to go on with"), 1002),
        (b"\x81\xff" + struct.pack(">Q", 1 << 40) + bytes(4), 1009),
        (masked(0x1, bytes(60_000), fin=False) + masked(0x0, bytes(6_000)), 1009),
        (masked(0x8, struct.pack(">H", 1000)), 1000),
        (masked(0xB, b""), 1002),
    ],
)
def test_who_breaks_the_rules_is_told_which_and_cut_off(api: Api, data: bytes, code: int) -> None:
    with raw(api) as wire:
        wire.send(data)
        assert close_code(wire) == code
        assert wire.is_over()


def test_fragments_and_pings_between_them(api: Api) -> None:
    text = b'{"type":"connect","token":"%b"}' % api.key.encode()
    with raw(api) as wire:
        for index, byte in enumerate(text):
            last = index == len(text) - 1
            wire.send(masked(0x1 if index == 0 else 0x0, bytes([byte]), fin=last))
        wire.send(masked(0x9, b"ping"))
        answers = wire.read(2 + 4)
        if answers[0] == 0x8A:  # the pong may come first: the credential takes a turn of the loop
            assert answers == b"\x8a\x04ping"
        else:
            assert answers[0] == 0x81


def test_connections_that_are_reset_leave_nothing_behind(api: Api) -> None:
    for _ in range(50):
        with socket.create_connection((HOST, api.port)) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.sendall(request("GET", "/v1/ws", None, HANDSHAKE) + os.urandom(100))
    assert api.get("/v1/presence?topic=a")["listeners"] == 0


@pytest.mark.slow
def test_three_hundred_sockets_get_a_burst_complete_and_in_order(api: Api) -> None:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(Socket(api)).connected() for _ in range(300)]
        for ws in sockets:
            ws.ask("subscribe", id=1, topics=["orders.*"])
        publish(api, *range(50))
        for ws in sockets:
            assert ws.numbers(50) == list(range(50))
