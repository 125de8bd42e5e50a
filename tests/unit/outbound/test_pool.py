"""The bound on all connections together, and who waits for whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gatepost.errors import ConnectFailed, Unavailable
from gatepost.guard.egress import Target
from gatepost.net.connector import Connector
from gatepost.net.http1 import Connection, Limits
from gatepost.outbound.pool import FOOTHOLD, ConnectionPool, Lane
from tests.unit.net.receivers import HOST, OK, Receiver, always, receiver

REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
LIMITS = Limits(connect_s=5, read_s=5, total_s=5, idle_s=5)


@asynccontextmanager
async def pool_of(places: int) -> AsyncIterator[ConnectionPool]:
    pool = ConnectionPool(Connector(None), LIMITS, places)
    try:
        yield pool
    finally:
        await pool.aclose()


def lane(there: Receiver, tenant: str = "ten_1") -> Lane:
    return Lane(Target("http", HOST, there.port, "/"), tenant)


def soon(seconds: float = 5.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def waiting(pool: ConnectionPool, lane: Lane) -> asyncio.Task[Connection]:
    """Someone who waits for a place."""
    task = asyncio.create_task(pool.open(lane, soon()))
    await asyncio.sleep(0)
    return task


async def test_the_connection_used_last_is_taken_first() -> None:
    async with receiver(always(OK)) as there, pool_of(5) as pool:
        here = lane(there)
        older, newer = await pool.open(here, soon()), await pool.open(here, soon())
        assert pool.take(here) is None
        pool.give_back(older)
        pool.give_back(newer)
        assert pool.take(here) is newer
        assert pool.take(here) is older
        assert pool.take(here) is None


async def test_when_all_places_are_taken_the_longest_idle_connection_makes_room() -> None:
    async with receiver(always(OK)) as there, pool_of(2) as pool:
        first, second, third = lane(there), lane(there), lane(there)
        idle_longest, idle = await pool.open(first, soon()), await pool.open(second, soon())
        pool.give_back(idle_longest)
        pool.give_back(idle)
        assert (await pool.open(third, soon())).is_idle
        await idle_longest.closed
        assert pool.take(first) is None
        assert pool.take(second) is idle


async def test_when_none_is_idle_callers_wait_for_a_place() -> None:
    async with receiver(always(OK)) as there, pool_of(1) as pool:
        first, second = lane(there), lane(there)
        connection = await pool.open(first, soon())
        waiter = await waiting(pool, second)
        assert not waiter.done()
        pool.give_back(connection)
        assert (await waiter) is not connection
        assert connection.closed.done()


async def test_a_connection_is_handed_to_the_first_in_line_of_its_lane() -> None:
    async with receiver(always(OK)) as there, pool_of(1) as pool:
        here = lane(there)
        connection = await pool.open(here, soon())
        waiter = await waiting(pool, here)
        pool.give_back(connection)
        assert (await waiter) is connection
        assert there.connections == 1


async def test_a_lane_in_use_does_not_overtake_another_that_waits() -> None:
    async with receiver(always(OK)) as there, pool_of(1) as pool:
        busy, patient = lane(there), lane(there)
        connection = await pool.open(busy, soon())
        first, second = await waiting(pool, patient), await waiting(pool, busy)
        pool.give_back(connection)
        connection = await first
        assert not second.done()
        pool.give_back(connection)
        await second


async def test_who_waits_too_long_is_told() -> None:
    async with receiver(always(OK)) as there, pool_of(1) as pool:
        connection = await pool.open(lane(there), soon())
        with pytest.raises(Unavailable):
            await pool.open(lane(there), soon(0.02))
        pool.give_back(connection)
        assert await pool.open(lane(there), soon())


@pytest.mark.parametrize("same_lane", [True, False])
async def test_a_place_given_to_someone_who_leaves_at_that_moment_is_not_lost(same_lane: bool) -> None:
    async with receiver(always(OK)) as there, pool_of(1) as pool:
        here = lane(there)
        connection = await pool.open(here, soon())
        waiter = await waiting(pool, here if same_lane else lane(there))
        pool.give_back(connection)
        if not same_lane:
            await connection.closed
            await asyncio.sleep(0)
        waiter.cancel()
        await asyncio.wait([waiter])
        assert await pool.open(lane(there), soon(1))


async def test_failed_connections_keep_no_place() -> None:
    async with receiver(always(OK)) as there:
        gone = lane(there)
    async with receiver(always(OK)) as there, pool_of(2) as pool:
        for _ in range(5):
            with pytest.raises(ConnectFailed):
                await pool.open(gone, soon())
        assert await pool.open(lane(there), soon(1))


async def test_closed_connections_keep_no_place() -> None:
    async with receiver(always(OK)) as there, pool_of(2) as pool:
        here = lane(there)
        for _ in range(5):
            connection = await pool.open(here, soon(1))
            connection.close()
            pool.give_back(connection)
        await connection.closed
        assert pool.take(here) is None


async def test_a_closed_lane_keeps_nothing() -> None:
    async with receiver(always(OK)) as there, pool_of(5) as pool:
        here = lane(there)
        idle, in_use = await pool.open(here, soon()), await pool.open(here, soon())
        pool.give_back(idle)
        pool.close_lane(here)
        assert pool.take(here) is None
        assert (await in_use.send(REQUEST)).status == 200
        pool.give_back(in_use)
        assert not in_use.is_idle
        assert pool.take(here) is None


async def test_many_callers_in_few_places_all_get_their_turn() -> None:
    async with receiver(always(OK)) as there, pool_of(3) as pool:
        lanes = [lane(there) for _ in range(5)]

        async def exchange(number: int) -> int:
            here = lanes[number % len(lanes)]
            connection = pool.take(here) or await pool.open(here, soon())
            try:
                return (await connection.send(REQUEST)).status
            finally:
                pool.give_back(connection)

        assert set(await asyncio.gather(*[exchange(number) for number in range(100)])) == {200}


async def test_a_tenant_with_many_waiting_lets_the_others_have_their_turn() -> None:
    async with receiver(always(OK)) as there, pool_of(1) as pool:
        greedy, modest = lane(there), lane(there, "ten_2")
        taken = await pool.open(greedy, soon())
        crowd = [await waiting(pool, greedy) for _ in range(3)]
        other = await waiting(pool, modest)
        pool.give_back(taken)
        pool.give_back(await crowd[0])
        pool.give_back(await other)
        assert not any(each.done() for each in crowd[1:])
        for each in crowd[1:]:
            pool.give_back(await each)


async def test_the_last_places_are_for_lanes_that_have_few() -> None:
    async with receiver(always(OK)) as there, pool_of(4 * FOOTHOLD) as pool:
        hanging, modest = lane(there), lane(there)
        for _ in range(3 * FOOTHOLD):
            await pool.open(hanging, soon())
        one_more = await waiting(pool, hanging)
        taken = [await pool.open(modest, soon()) for _ in range(FOOTHOLD)]
        assert not one_more.done()
        taken[0].close()
        other = await pool.open(lane(there), soon())
        assert not one_more.done()
        for each in (*taken[1:], other):
            each.close()
        one_more.cancel()


async def test_idle_connections_of_others_do_not_keep_a_lane_from_growing() -> None:
    async with receiver(always(OK)) as there, pool_of(4 * FOOTHOLD) as pool:
        idle = [await pool.open(lane(there), soon()) for _ in range(4 * FOOTHOLD)]
        for each in idle:
            pool.give_back(each)
        busy = lane(there)
        taken = [await pool.open(busy, soon()) for _ in range(3 * FOOTHOLD)]
        assert len(set(taken)) == 3 * FOOTHOLD
