"""Exchanges over real sockets with receivers of every character."""

from __future__ import annotations

import asyncio

import pytest

from gatepost.errors import ConnectionClosed, DeliveryTimeout, GarbledAnswer
from gatepost.net.connector import Connector
from gatepost.net.http1 import Connection, Limits
from tests.unit.net.receivers import (
    HOST,
    OK,
    Peer,
    Receiver,
    always,
    closes_early,
    hangs,
    once,
    receiver,
    then_waits,
)

REQUEST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhi"
FAST = Limits(connect_s=5, read_s=0.03, total_s=5, idle_s=5)
PATIENT = Limits(connect_s=5, read_s=5, total_s=5, idle_s=5)


async def connected(to: Receiver, limits: Limits = PATIENT) -> Connection:
    return await Connector(None).connect(HOST, to.port, tls=False, limits=limits)


async def test_exchanges_follow_one_another_on_one_connection() -> None:
    async with receiver(always(OK)) as there:
        connection = await connected(there)
        for _ in range(3):
            response = await connection.send(REQUEST)
            assert (response.status, response.body) == (200, b"ok")
            assert connection.is_idle
        assert there.connections == 1
        assert [request.body for request in there.requests] == [b"hi"] * 3
        connection.close()
        await connection.closed


async def test_a_receiver_that_never_answers_is_given_up_after_its_silence() -> None:
    async with receiver(hangs) as there:
        connection = await connected(there, FAST)
        with pytest.raises(DeliveryTimeout, match="nothing was heard"):
            await connection.send(REQUEST)
        assert not connection.is_idle
        await connection.closed


async def test_a_receiver_that_stops_in_the_middle_of_its_headers_is_given_up() -> None:
    async with receiver(then_waits(b"HTTP/1.1 200 OK\r\ncontent-le")) as there:
        connection = await connected(there, FAST)
        with pytest.raises(DeliveryTimeout):
            await connection.send(REQUEST)


async def test_an_answer_that_trickles_is_ended_by_the_deadline() -> None:
    async def trickles(peer: Peer) -> None:
        await peer.request()
        for byte in OK * 1000:
            await peer.send(bytes([byte]))
            await asyncio.sleep(0.005)

    async with receiver(trickles) as there:
        connection = await connected(there, Limits(read_s=5, total_s=0.06))
        with pytest.raises(DeliveryTimeout, match="not complete"):
            await connection.send(REQUEST)
        assert there.sent < len(OK * 1000)


async def test_an_answer_that_trickles_fast_enough_is_read() -> None:
    async def trickles(peer: Peer) -> None:
        await peer.request()
        for byte in OK:
            await peer.send(bytes([byte]))
            await asyncio.sleep(0)
        await peer.gone()

    async with receiver(trickles) as there:
        connection = await connected(there)
        assert (await connection.send(REQUEST)).body == b"ok"
        connection.close()


async def test_a_deadline_may_be_nearer_than_the_limits() -> None:
    async with receiver(hangs) as there:
        connection = await connected(there)
        with pytest.raises(DeliveryTimeout):
            await connection.send(REQUEST, asyncio.get_running_loop().time() + 0.02)


async def test_a_later_exchange_gets_its_own_time() -> None:
    async def answers_late(peer: Peer) -> None:
        while True:
            await peer.request()
            await asyncio.sleep(0.05)
            await peer.send(OK)

    async with receiver(answers_late) as there:
        connection = await connected(there, Limits(read_s=0.3, total_s=0.3))
        for _ in range(8):
            assert (await connection.send(REQUEST)).status == 200
        connection.close()


async def test_a_close_before_any_answer_is_told_apart() -> None:
    async with receiver(closes_early) as there:
        connection = await connected(there)
        with pytest.raises(ConnectionClosed):
            await connection.send(REQUEST)
        await connection.closed
        with pytest.raises(ConnectionClosed):
            await connection.send(REQUEST)


async def test_a_close_in_the_middle_of_the_answer_is_garbled() -> None:
    async with receiver(once(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nok")) as there:
        connection = await connected(there)
        with pytest.raises(GarbledAnswer):
            await connection.send(REQUEST)


async def test_an_answer_that_ends_with_the_connection_is_whole() -> None:
    async with receiver(once(b"HTTP/1.0 200 OK\r\n\r\nold style")) as there:
        connection = await connected(there)
        assert (await connection.send(REQUEST)).body == b"old style"
        assert not connection.is_idle


async def test_garbage_is_garbled_and_ends_the_connection() -> None:
    async with receiver(then_waits(b"SSH-2.0-OpenSSH_9.2\r\n")) as there:
        connection = await connected(there)
        with pytest.raises(GarbledAnswer):
            await connection.send(REQUEST)
        await connection.closed


async def test_no_more_of_a_huge_answer_is_read_than_the_socket_buffers_hold() -> None:
    size = 100 * 1024 * 1024

    async def pours(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
        for _ in range(size // 65536):
            await peer.send(b"x" * 65536)

    async with receiver(pours) as there:
        connection = await connected(there)
        response = await connection.send(REQUEST)
        assert (response.status, len(response.body), response.truncated) == (200, PATIENT.max_body, True)
        await connection.closed
        assert there.sent < size / 10


async def test_huge_headers_end_the_connection() -> None:
    async with receiver(then_waits(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100_000)) as there:
        connection = await connected(there)
        with pytest.raises(GarbledAnswer, match="headers"):
            await connection.send(REQUEST)
        await connection.closed


async def test_a_flood_of_interim_answers_ends_the_connection() -> None:
    async with receiver(then_waits(b"HTTP/1.1 102 Processing\r\n\r\n" * 1000 + OK)) as there:
        connection = await connected(there)
        with pytest.raises(GarbledAnswer, match="interim"):
            await connection.send(REQUEST)


async def test_a_second_answer_that_nobody_asked_for_ends_the_connection() -> None:
    async with receiver(then_waits(OK + OK.replace(b"200", b"500"))) as there:
        connection = await connected(there)
        assert (await connection.send(REQUEST)).status == 200
        assert not connection.is_idle
        await connection.closed


async def test_bytes_on_an_idle_connection_end_it() -> None:
    speak = asyncio.Event()

    async def speaks_later(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK)
        await speak.wait()
        await peer.send(OK)
        await peer.gone()

    async with receiver(speaks_later) as there:
        connection = await connected(there)
        await connection.send(REQUEST)
        assert connection.is_idle
        speak.set()
        await asyncio.wait_for(connection.closed, 5)


async def test_an_idle_connection_is_closed_after_its_time() -> None:
    async with receiver(always(OK)) as there:
        connection = await connected(there, Limits(idle_s=0.03))
        await connection.send(REQUEST)
        assert connection.is_idle
        await asyncio.wait_for(connection.closed, 5)


async def test_a_connection_that_is_never_used_is_closed_too() -> None:
    async with receiver(always(OK)) as there:
        connection = await connected(there, Limits(idle_s=0.03))
        await asyncio.wait_for(connection.closed, 5)


async def test_an_old_connection_carries_no_further_exchange() -> None:
    async with receiver(always(OK)) as there:
        connection = await connected(there, Limits(max_age_s=0))
        assert (await connection.send(REQUEST)).status == 200
        assert not connection.is_idle


async def test_closing_fails_the_exchange_under_way() -> None:
    async with receiver(hangs) as there:
        connection = await connected(there)
        exchange = connection.send(REQUEST)
        connection.close()
        with pytest.raises(ConnectionClosed):
            await exchange


async def test_an_answer_for_a_caller_who_left_harms_nobody() -> None:
    async with receiver(always(OK)) as there:
        connection = await connected(there)
        connection.send(REQUEST).cancel()
        assert not connection.is_idle
        connection.close()
        await connection.closed
