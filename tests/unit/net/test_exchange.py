"""A request that was answered leaves nothing for the garbage collector."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from gatepost.net.exchange import CLOSE, EXCHANGE, Exchange
from gatepost.net.takeover import Reader, Wire


class Transport:
    def __init__(self) -> None:
        self.written = b""
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True


class Flow:
    write_paused = False


class Event:
    def set(self) -> None: ...


class Cycle:
    """The parts of uvicorn's cycle that an exchange touches; the real one is in test_server."""

    def __init__(self) -> None:
        self.transport = Transport()
        self.flow = Flow()
        self.message_event = Event()
        self.keep_alive = True
        self.disconnected = self.response_started = self.response_complete = False
        self.waiting_for_100_continue = False
        self.scope: dict[str, Any] = {"extensions": {EXCHANGE: Exchange(self, no_reader)}}
        self.done = 0

    def on_response(self) -> None:
        self.done += 1


def no_reader(reader: Reader) -> Wire:
    raise AssertionError(reader)


def exchange_of(cycle: Cycle) -> Exchange:
    exchange: Exchange = cycle.scope["extensions"][EXCHANGE]
    return exchange


def test_an_answer_is_one_write() -> None:
    cycle = Cycle()
    assert exchange_of(cycle).answer(200, [(b"content-length", b"2")], b"ok")
    assert cycle.transport.written == b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    assert (cycle.response_complete, cycle.done, cycle.transport.closed) == (True, 1, False)


def test_an_answer_that_closes_closes() -> None:
    cycle = Cycle()
    assert exchange_of(cycle).answer(413, [CLOSE], b"")
    assert cycle.transport.closed
    assert cycle.transport.written.count(b"connection: close") == 1


def test_a_second_answer_goes_nowhere() -> None:
    cycle = Cycle()
    exchange = exchange_of(cycle)
    exchange.answer(200, [], b"")
    assert not exchange.answer(200, [], b"again")
    assert b"again" not in cycle.transport.written


def test_a_header_that_would_be_two_is_refused() -> None:
    with pytest.raises(ValueError, match="line break"):
        exchange_of(Cycle()).answer(200, [(b"x", b"1\r\ny: 2")], b"")


def test_nothing_is_left_for_the_garbage_collector() -> None:
    gc.disable()
    try:
        cycle = Cycle()
        gone = weakref.ref(cycle)
        exchange_of(cycle).answer(200, [], b"")
        del cycle
        assert gone() is None
    finally:
        gc.enable()
