"""One request under way in our own server, with what ASGI has no words for: an answer in one write, and a take-over.

Knows the inside of uvicorn's request cycle, like `net/server.py`; `tests/unit/net/test_server.py` is the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from gatepost.net.takeover import Reader, Wire

EXCHANGE = "gatepost.exchange"
"""The name of an `Exchange` in `scope["extensions"]`."""

CLOSE = (b"connection", b"close")
"""The header of an answer after which the connection is of no more use."""

_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode("ascii")
    for status in HTTPStatus
    if status >= HTTPStatus.OK
}


class Exchange:
    """What the application may do with the request at hand, instead of sending ASGI messages."""

    __slots__ = ("_cycle", "_hand_over")

    def __init__(self, cycle: Any, hand_over: Callable[[Reader], Wire]) -> None:
        self._cycle = cycle
        self._hand_over = hand_over

    def answer(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> bool:
        """Writes a whole answer at once; ASGI's two messages are two writes, each header searched for what is ours.

        False when it must go the usual way: the client is gone or reads too slowly. Raises ValueError for a header
        that would be two.
        """
        cycle = self._cycle
        if cycle is None or cycle.disconnected or cycle.response_started or cycle.flow.write_paused:
            return False
        fields = [b"%b: %b\r\n" % header for header in headers]
        if CLOSE in headers:
            cycle.keep_alive = False
        elif not cycle.keep_alive:
            fields.append(b"connection: close\r\n")
        head = b"".join(fields)
        if head.count(b"\n") != len(fields) or head.count(b"\r") != len(fields):
            raise ValueError("a header has a line break")
        cycle.transport.write(b"".join((_STATUS_LINES[status], head, b"\r\n", body)))
        self._complete()
        return True

    def take_over(self, reader: Reader) -> Wire:
        """Ends HTTP on this connection: what comes goes to `reader`, and nothing but the reader writes.

        For answers that never end. The application returns without having sent anything.
        """
        cycle = self._release()
        cycle.disconnected = True  # uvicorn must neither miss an answer nor add one
        cycle.response_complete = True
        return self._hand_over(reader)

    def _release(self) -> Any:
        """Lets go of the cycle: it holds the scope, which holds this, and each request would leave a knot behind."""
        cycle, self._cycle = self._cycle, None
        return cycle

    def _complete(self) -> None:
        """What uvicorn does after the last byte of an answer."""
        cycle = self._release()
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()
