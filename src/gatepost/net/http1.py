"""The client's side of an HTTP/1.1 connection: one exchange at a time, with a deadline for everything."""

from __future__ import annotations

import asyncio
from typing import cast

from msgspec import Struct

from gatepost.errors import ConnectionClosed, DeliveryFailed, DeliveryTimeout, GarbledAnswer
from gatepost.net.response import Response, ResponseReader


class Limits(Struct, frozen=True):
    """What one connection may take. Times in seconds, the body in bytes."""

    connect_s: float = 10.0
    """Until the connection stands: name, TCP and TLS."""
    read_s: float = 15.0
    """Of silence in the middle of an exchange."""
    total_s: float = 30.0
    """For a whole exchange, however busy: this ends an answer that trickles."""
    idle_s: float = 60.0
    """Without an exchange until it is closed; common servers do so themselves after 5 to 75 s."""
    max_age_s: float = 300.0
    """After which no new exchange begins, so that changes of names and certificates are noticed."""
    max_body: int = 4096
    """Of an answer that is kept; what follows is cut off, and the connection with it."""


class Connection(asyncio.Protocol):
    """One connection. `send` starts an exchange; the next one may start when `is_idle` says so.

    One timer serves all its deadlines: it is set for the earliest, and when it fires it looks where that is now.
    So an exchange costs no timer of its own.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = self._loop.create_future()
        """Done when the connection has ended, by either side."""
        self._reader = ResponseReader(limits.max_body)
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Response] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._made_at = self._heard_at = self._deadline = self._loop.time()

    @property
    def is_idle(self) -> bool:
        """Whether an exchange may start."""
        return self._waiter is None and self._transport is not None

    def send(self, request: bytes, deadline: float | None = None) -> asyncio.Future[Response]:
        """Sends a whole request; the future gives the answer, or a DeliveryFailed.

        `deadline` is a moment of `loop.time()`, by default `total_s` from now. Whoever stops waiting for the
        future must `close` the connection: the answer would still be on its way.
        """
        waiter: asyncio.Future[Response] = self._loop.create_future()
        if self._transport is None:
            waiter.set_exception(ConnectionClosed())
            return waiter
        now = self._loop.time()
        self._heard_at = now
        self._deadline = now + self._limits.total_s if deadline is None else deadline
        self._waiter = waiter
        self._reader.begin()
        self._watch(min(now + self._limits.read_s, self._deadline))
        self._transport.write(request)
        return waiter

    def close(self) -> None:
        """Ends the connection at once; an exchange that is under way fails. `closed` tells when that is done."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()  # a polite end would wait for what a hostile side still sends

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # every TCP and TLS transport is one
        self._watch(self._loop.time() + self._limits.idle_s)

    def data_received(self, data: bytes) -> None:
        if self._waiter is None:
            self.close()  # bytes that nobody asked for would be taken for the next answer
            return
        self._heard_at = self._loop.time()
        try:
            response = self._reader.feed(data)
        except GarbledAnswer as error:
            self._fail(error)
        else:
            if response is not None:
                self._settle(response)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
        if self._waiter is not None:
            self._end(exc)
        if not self.closed.done():
            self.closed.set_result(None)

    def _end(self, error: Exception | None) -> None:
        try:
            response = self._reader.end()
            if error is not None:
                raise GarbledAnswer("the connection broke in the middle of the answer")
        except DeliveryFailed as failure:
            self._fail(failure)
        else:
            self._settle(response)

    def _settle(self, response: Response) -> None:
        waiter, self._waiter = self._waiter, None
        if not self._reader.reusable or self._heard_at - self._made_at >= self._limits.max_age_s:
            self.close()
        if waiter is not None and not waiter.done():
            waiter.set_result(response)

    def _fail(self, failure: DeliveryFailed) -> None:
        waiter, self._waiter = self._waiter, None
        self.close()
        if waiter is not None and not waiter.done():
            waiter.set_exception(failure)

    # Time

    def _watch(self, moment: float) -> None:
        """Makes the timer fire at `moment` or before."""
        if self._timer is not None:
            if self._timer.when() <= moment:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(moment, self._look)

    def _look(self) -> None:
        self._timer = None
        due = self._heard_at + self._limits.idle_s
        if self._waiter is not None:
            due = min(self._heard_at + self._limits.read_s, self._deadline)
        if due > self._loop.time():
            self._watch(due)
        elif self._waiter is None:
            self.close()
        else:
            self._fail(DeliveryTimeout(self._what_took_too_long()))

    def _what_took_too_long(self) -> str:
        if self._deadline <= self._loop.time():
            return "the answer was not complete in time"
        return f"nothing was heard for {self._limits.read_s:g} seconds"
