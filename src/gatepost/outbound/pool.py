"""Keep-alive connections: each lane has its own, and all lanes together have a bounded number."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from gatepost.errors import Unavailable
from gatepost.guard.egress import Target
from gatepost.net.connector import Connector
from gatepost.net.http1 import Connection, Limits
from gatepost.outbound.turns import Turns

FOOTHOLD = 8
"""Connections that a lane may have however many the others have."""

RESERVED = 0.25
"""The share of all places kept for lanes that have less than their foothold: those that hang with many connections open
must not stop the others."""


class Lane:
    """The connections to one endpoint of a tenant. Lanes share nothing, even when they lead to the same host."""

    __slots__ = ("closed", "idle", "places", "target", "tenant")

    def __init__(self, target: Target, tenant: str) -> None:
        self.target = target
        self.tenant = tenant
        self.idle: list[Connection] = []
        self.places = 0
        self.closed = False


Waiter = asyncio.Future[Connection | None]
"""Gets a connection of its lane, or None: a place in which to open one."""


class ConnectionPool:
    """Opens connections and keeps those that can be used again.

    When every place is taken, the connection that was idle longest is closed; when none is idle, callers wait:
    tenants take turns, and within a tenant its lanes.
    """

    def __init__(self, connector: Connector, limits: Limits, max_connections: int) -> None:
        self._connector = connector
        self._limits = limits
        self._places = max_connections
        self._reserved = int(max_connections * RESERVED)
        self._closed = False
        self._open: dict[Connection, Lane] = {}
        self._idle: OrderedDict[Connection, Lane] = OrderedDict()
        self._waiting: Turns[Lane, Waiter] = Turns()

    def take(self, lane: Lane) -> Connection | None:
        """The connection of this lane that was used last, if one is idle."""
        while lane.idle:
            connection = lane.idle.pop()
            del self._idle[connection]
            if connection.is_idle:
                return connection
        return None

    async def open(self, lane: Lane, deadline: float) -> Connection:
        """A new connection, or one of this lane that came back while waiting for a place.

        Raises Unavailable when there was no place before `deadline`, and what `Connector.connect` raises.
        """
        if self._places > 0 and self._may_grow(lane):
            self._give_place(lane)
        elif (handed_over := await self._wait(lane, deadline)) is not None:
            return handed_over
        try:
            return await self._connect(lane, deadline)
        except BaseException:
            self._free_place(lane)
            raise

    def give_back(self, connection: Connection) -> None:
        """Takes a connection back after its exchange, whatever came of that."""
        lane = self._open.get(connection)
        if lane is None:
            return
        if lane.closed or not connection.is_idle:
            connection.close()
        elif (turn := self._waiting.first(lambda each: each is lane or self._may_grow(each, one_more=1))) is None:
            lane.idle.append(connection)
            self._idle[connection] = lane
        elif turn[1] is lane:
            self._waiting.take(*turn).set_result(connection)
        else:
            connection.close()  # its place goes to whose turn it is

    def close_lane(self, lane: Lane) -> None:
        """Closes what is idle now, and what is in use as soon as it comes back."""
        lane.closed = True
        for connection in lane.idle:
            connection.close()

    async def aclose(self) -> None:
        """Closes every connection, also those still to be made; exchanges that are under way fail."""
        self._closed = True
        for connection in self._open:
            connection.close()
        if self._open:
            await asyncio.wait([connection.closed for connection in self._open])

    async def _connect(self, lane: Lane, deadline: float) -> Connection:
        target = lane.target
        connection = await self._connector.connect(
            target.host, target.port, tls=target.tls, limits=self._limits, deadline=deadline
        )
        self._open[connection] = lane
        connection.closed.add_done_callback(lambda _: self._ended(connection))
        if self._closed:
            connection.close()
        return connection

    def _ended(self, connection: Connection) -> None:
        lane = self._open.pop(connection)
        if self._idle.pop(connection, None) is not None:
            lane.idle.remove(connection)
        self._free_place(lane)

    # Waiting for a place

    async def _wait(self, lane: Lane, deadline: float) -> Connection | None:
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._waiting.add(lane.tenant, lane, waiter)
        self._close_longest_idle()
        try:
            async with asyncio.timeout_at(deadline):
                return await waiter
        except BaseException as error:
            self._stop_waiting(lane, waiter)
            if isinstance(error, TimeoutError):
                raise Unavailable("every connection is taken") from None
            raise

    def _close_longest_idle(self) -> None:
        if self._idle:
            connection, lane = self._idle.popitem(last=False)
            lane.idle.remove(connection)
            connection.close()

    def _stop_waiting(self, lane: Lane, waiter: Waiter) -> None:
        if waiter.cancelled():
            self._waiting.remove(lane.tenant, lane, waiter)
        elif (handed_over := waiter.result()) is not None:
            self.give_back(handed_over)
        else:
            self._free_place(lane)

    # Places

    def _may_grow(self, lane: Lane, one_more: int = 0) -> bool:
        """Whether a lane may have another place, with `one_more` free; those of idle connections can be had too."""
        return lane.places < FOOTHOLD or self._places + len(self._idle) + one_more > self._reserved

    def _give_place(self, lane: Lane) -> None:
        self._places -= 1
        lane.places += 1

    def _free_place(self, lane: Lane) -> None:
        """Takes a place back and gives it to whose turn it is."""
        self._places += 1
        lane.places -= 1
        turn = self._waiting.first(self._may_grow)
        if turn is not None:
            self._give_place(turn[1])
            self._waiting.take(*turn).set_result(None)
