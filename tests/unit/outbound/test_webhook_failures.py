"""Webhooks to receivers that do everything wrong: each becomes an outcome, and nothing worse."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from gatepost.errors import NameNotResolved
from gatepost.guard.egress import EgressRules
from gatepost.net.connector import Connector
from gatepost.net.tls import client_context
from gatepost.notify.delivery import MAX_ANSWER_BYTES
from gatepost.outbound import webhook
from gatepost.outbound.webhook import WebhookChannel
from tests.unit.net.receivers import HOST, OK, Peer, Script, always, closes_early, hangs, once, receiver, then_waits
from tests.unit.outbound.senders import BODY, HASTY, KEY, LOOPBACK, Endpoint, channel, endpoint


@pytest.mark.parametrize(
    "script",
    [
        hangs,
        then_waits(b"HTTP/1.1 200 OK\r\nx: "),
        then_waits(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok"),
    ],
)
async def test_an_answer_that_does_not_come_is_not_waited_for(script: Script) -> None:
    async with receiver(script) as there, channel(HASTY) as sender:
        outcome = await sender.send(endpoint(there), "ntf_1", BODY, (KEY,))
    assert (outcome.status, outcome.error, outcome.succeeded) == (None, "timeout", False)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (closes_early, "connection-closed"),
        (once(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok"), "garbled-answer"),
        (once(b"SMTP ready\r\n"), "garbled-answer"),
        (once(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 10_000), "garbled-answer"),
        (once(b"HTTP/1.1 102 Processing\r\n\r\n" * 100), "garbled-answer"),
        (once(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"), "garbled-answer"),
    ],
)
async def test_a_bad_answer_becomes_an_outcome(script: Script, code: str) -> None:
    async with receiver(script) as there, channel() as sender:
        outcome = await sender.send(endpoint(there), "ntf_1", BODY, (KEY,))
    assert (outcome.status, outcome.error, outcome.succeeded) == (None, code, False)
    assert outcome.detail
    assert there.connections == 1


async def test_an_answer_that_trickles_is_ended() -> None:
    async def trickles(peer: Peer) -> None:
        await peer.request()
        for byte in OK * 100:
            await peer.send(bytes([byte]))
            await asyncio.sleep(0.02)  # so that the first answer alone takes many times what is allowed

    async with receiver(trickles) as there, channel(HASTY) as sender:
        assert (await sender.send(endpoint(there), "ntf_1", BODY, (KEY,))).error == "timeout"


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok", False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more", False),
        (OK + OK, False),
    ],
)
async def test_an_odd_but_whole_answer_counts(answer: bytes, kept: bool) -> None:
    async with receiver(always(answer)) as there, channel() as sender:
        for _ in range(2):
            assert (await sender.send(endpoint(there), "ntf_1", BODY, (KEY,))).succeeded
        assert there.connections == (1 if kept else 2)


async def test_an_answer_without_a_length_counts() -> None:
    async with receiver(once(b"HTTP/1.0 200 OK\r\n\r\nok")) as there, channel() as sender:
        outcome = await sender.send(endpoint(there), "ntf_1", BODY, (KEY,))
    assert (outcome.status, outcome.answer) == (200, b"ok")


async def test_a_huge_answer_is_cut_and_not_read_on() -> None:
    size = 100 * 1024 * 1024

    async def pours(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
        for _ in range(size // 65536):
            await peer.send(b"x" * 65536)

    async with receiver(pours) as there, channel(webhook.LIMITS) as sender:
        outcome = await sender.send(endpoint(there), "ntf_1", BODY, (KEY,))
    assert (outcome.status, outcome.answer) == (200, b"x" * MAX_ANSWER_BYTES)
    assert there.sent < size / 10


# Connections that were closed meanwhile


async def test_a_connection_that_the_receiver_closed_is_not_used_again() -> None:
    async with receiver(once(OK)) as there, channel() as sender:
        for _ in range(3):
            assert (await sender.send(endpoint(there), "ntf_1", BODY, (KEY,))).succeeded
            await there.idle()
        assert len(there.requests) == there.connections == 3


async def test_a_connection_that_turns_out_to_be_stale_is_replaced_once() -> None:
    async def closes_on_the_second(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK)
        await peer.request()

    async with receiver(closes_on_the_second) as there, channel() as sender:
        for _ in range(3):
            assert (await sender.send(endpoint(there), "ntf_1", BODY, (KEY,))).succeeded
        assert there.connections == 3
        assert len(there.requests) == 5
        there.script = closes_early
        assert (await sender.send(endpoint(there), "ntf_1", BODY, (KEY,))).error == "connection-closed"
        assert there.connections == 4


async def test_a_used_connection_that_answers_garbage_is_not_tried_again() -> None:
    async def then_garbage(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK)
        await peer.request()
        await peer.send(b"?")

    async with receiver(then_garbage) as there, channel() as sender:
        await sender.send(endpoint(there), "ntf_1", BODY, (KEY,))
        assert (await sender.send(endpoint(there), "ntf_1", BODY, (KEY,))).error == "garbled-answer"
        assert len(there.requests) == 2


# What never gets as far as a receiver


@pytest.mark.parametrize("host", [HOST, "localhost", "[::ffff:127.0.0.1]"])
async def test_a_refused_address_becomes_an_outcome(host: str) -> None:
    async with receiver(hangs) as canary, channel(connector=Connector(EgressRules())) as sender:
        outcome = await sender.send(Endpoint(f"http://{host}:{canary.port}/"), "ntf_1", BODY, (KEY,))
        assert (outcome.status, outcome.error) == (None, "address-refused")
        assert canary.connections == 0


async def test_a_name_without_address_becomes_an_outcome() -> None:
    async def no_such_name(host: str) -> list[str]:
        raise NameNotResolved(f"{host} has no address")

    async with channel(connector=Connector(LOOPBACK, resolve=no_such_name)) as sender:
        outcome = await sender.send(Endpoint("http://gone.example/"), "ntf_1", BODY, (KEY,))
    assert (outcome.error, outcome.detail) == ("name-not-resolved", "gone.example has no address")


async def test_nobody_listening_becomes_an_outcome() -> None:
    async with receiver(hangs) as there:
        pass
    async with channel() as sender:
        assert (await sender.send(endpoint(there), "ntf_1", BODY, (KEY,))).error == "connect-failed"


@pytest.mark.parametrize(
    ("url", "message_id", "keys"),
    [
        ("ftp://example.com/", "ntf_1", (KEY,)),
        ("http://127.1/", "ntf_1", (KEY,)),
        (f"http://{HOST}/", "ntf_1\r\nx: y", (KEY,)),
        (f"http://{HOST}/", "ntf.1", (KEY,)),
        (f"http://{HOST}/", "ntf_1", ("whsec_?",)),
        (f"http://{HOST}/", "ntf_1", ()),
    ],
)
async def test_what_cannot_be_sent_becomes_an_outcome(url: str, message_id: str, keys: tuple[str, ...]) -> None:
    async with channel() as sender:
        outcome = await sender.send(Endpoint(url), message_id, BODY, keys)
    assert outcome.error == "invalid-field"


# TLS


def tls_server(ca: trustme.CA, name: str, not_after: datetime | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(name, not_after=not_after).configure_cert(context)
    return context


@asynccontextmanager
async def tls_channel(ca: trustme.CA) -> AsyncIterator[WebhookChannel]:
    async def resolve(host: str) -> list[str]:
        return [HOST]

    trusting = client_context()
    ca.configure_trust(trusting)
    async with channel(connector=Connector(LOOPBACK, tls=trusting, resolve=resolve)) as sender:
        yield sender


async def test_https() -> None:
    ca = trustme.CA()
    async with receiver(always(OK), tls=tls_server(ca, "hooks.example")) as there, tls_channel(ca) as sender:
        for _ in range(2):
            to = Endpoint(f"https://hooks.example:{there.port}/")
            assert (await sender.send(to, "ntf_1", BODY, (KEY,))).succeeded
        assert there.connections == 1
        assert there.requests[0].headers["host"] == f"hooks.example:{there.port}"


@pytest.mark.parametrize(
    ("own_authority", "name", "days", "reason"),
    [
        (True, "other.example", 1, "Hostname mismatch"),
        (False, "hooks.example", 1, "certificate"),
        (True, "hooks.example", -1, "certificate has expired"),
    ],
)
async def test_a_bad_certificate_becomes_an_outcome(own_authority: bool, name: str, days: int, reason: str) -> None:
    ca = trustme.CA()
    server = tls_server(ca if own_authority else trustme.CA(), name, datetime.now(UTC) + timedelta(days=days))
    async with receiver(always(OK), tls=server) as there, tls_channel(ca) as sender:
        outcome = await sender.send(Endpoint(f"https://hooks.example:{there.port}/"), "ntf_1", BODY, (KEY,))
    assert outcome.error == "tls-failed"
    assert reason in outcome.detail
    assert there.requests == []


async def test_the_wrong_scheme_becomes_an_outcome() -> None:
    ca = trustme.CA()
    async with tls_channel(ca) as sender:
        async with receiver(once(OK), tls=tls_server(ca, "hooks.example")) as there:
            outcome = await sender.send(Endpoint(f"http://hooks.example:{there.port}/"), "ntf_1", BODY, (KEY,))
            assert outcome.error in ("garbled-answer", "connection-closed")
        async with receiver(answers_in_plain_text) as there:
            outcome = await sender.send(Endpoint(f"https://hooks.example:{there.port}/"), "ntf_1", BODY, (KEY,))
            assert outcome.error == "tls-failed"


async def answers_in_plain_text(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
    await peer.gone()
