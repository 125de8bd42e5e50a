"""The server's HTTP/1.1 protocol: uvicorn's, with the bounds that it lacks.

On its own, uvicorn reads a request head of any size, waits for the rest of a request for ever, adds trailers to the
headers, and takes the body of a request that asks for an unknown upgrade for the next request.
This relies on internals of uvicorn: its version is pinned, and `tests/unit/net/test_server.py` is the contract.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from gatepost.errors import GatepostError, HeadersTooLarge, InvalidInput, RequestTimeout
from gatepost.net.exchange import EXCHANGE, Exchange
from gatepost.net.takeover import Reader, Wire

FRAMING_FACTOR = 8
"""Bytes on the wire for one byte of a body: a chunk of one byte takes six. Beyond it, only padding is coming."""

_BETWEEN, _HEAD, _BODY = range(3)
"""What is being read: nothing, the request line and headers, or the body."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection of the server. A subclass may set other bounds."""

    max_header_bytes: ClassVar[int] = 16 * 1024
    """Of request line and headers together."""
    max_headers: ClassVar[int] = 100
    header_timeout_s: ClassVar[float] = 10.0
    """Seconds from the first byte of a request to the end of its headers, and from connecting to the first byte."""
    body_timeout_s: ClassVar[float] = 60.0
    """Seconds for the body: 8 MiB at 1.1 Mbit/s."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._reading = _HEAD
        self._refusal = HTTPStatus.BAD_REQUEST
        self._timer: asyncio.TimerHandle | None = None
        self._timer_for = _BETWEEN
        self._chunk = 0
        self._received = 0  # of this request; nothing of a chunk of data in which the one before it ended
        self._body_bytes = 0
        self._reader: Reader | None = None

    def _hand_over(self, reader: Reader) -> Wire:
        self._reader = reader
        self._unwatch()
        return Wire(self.transport, self.flow.drain)

    def shutdown(self) -> None:
        if self._reader is not None:
            self._reader.shutdown()
        else:
            super().shutdown()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)
        if self._reader is not None:
            self._reader.connection_lost()

    def data_received(self, data: bytes) -> None:
        if self._reader is not None:
            self._reader.data_received(data)
            return
        if self._reading == _BETWEEN:
            self._reading = _HEAD  # whatever comes now, an empty line too, has to become a request
        self._chunk = len(data)
        self._received += self._chunk
        super().data_received(data)
        if self._reading != _BETWEEN and not self.transport.is_closing():
            self._check_received()
            self._watch()

    def _unsupported_upgrade_warning(self) -> None:
        """A WebSocket is opened by taking the connection over; any other upgrade was answered as what it is without."""

    # What the parser calls; an exception stops it and leads to send_400_response

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._reading = _HEAD
        self._body_bytes = 0

    def on_headers_complete(self) -> None:
        self._check_head()
        self._reading = _BODY
        super().on_headers_complete()
        self.scope["extensions"] = {EXCHANGE: Exchange(self.cycle, self._hand_over)}  # type: ignore[dict-item]
        if not self.parser.should_upgrade():
            self.headers = []  # trailers go here, and not into the list that the application has already

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._reading = _BETWEEN
        self._received = 0
        self._unwatch()
        super().on_message_complete()

    # Bounds

    def _check_head(self) -> None:
        # Only a head in a large chunk of data needs to be measured.
        too_long = self._received + self._chunk > self.max_header_bytes and self._head_bytes() > self.max_header_bytes
        if too_long or len(self.headers) > self.max_headers:
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise _Refused
        if self.parser.should_upgrade() and not self._should_upgrade() and self._has_body():
            raise _Refused  # the parser would leave the body lying, to be read as the next request

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)

    def _has_body(self) -> bool:
        return any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers)

    def _check_received(self) -> None:
        if self._reading == _HEAD and self._received > self.max_header_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._received > self.max_header_bytes + FRAMING_FACTOR * self._body_bytes:
            self._refuse(HTTPStatus.BAD_REQUEST)

    # Time

    def _watch(self) -> None:
        """Sees to it that what is being read now ends in time; a byte now and then buys no more of it."""
        if self._timer is not None and self._timer_for == self._reading:
            return
        self._unwatch()
        seconds = self.header_timeout_s if self._reading == _HEAD else self.body_timeout_s
        self._timer_for = self._reading
        self._timer = self.loop.call_later(seconds, self._time_is_up)

    def _time_is_up(self) -> None:
        self._timer = None
        if self._reading == _HEAD and self.cycle and not self.cycle.response_complete:
            self._watch()  # a slow start of the next request must not cut off the answer to this one
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # Refusing

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._refusal)

    def _refuse(self, status: HTTPStatus) -> None:
        """Answers, unless that would be taken for the answer to another request, and closes the connection."""
        if self.transport.is_closing():
            return
        if self._may_answer():
            self.transport.write(_ANSWERS[status])
        if self.cycle:
            self.cycle.disconnected = True  # nothing that the application still sends may follow
        self.transport.close()

    def _may_answer(self) -> bool:
        if not self.cycle:
            return True
        if self._reading == _BODY:
            return not self.pipeline and not self.cycle.response_started
        return self.cycle.response_complete


class _Refused(Exception):
    """Stops the parser."""


def _answer(status: HTTPStatus, error: GatepostError) -> bytes:
    """A problem document (RFC 9457), and the end of the connection."""
    problem = {"type": f"/problems/{error.code}", "title": error.title, "status": status.value}
    body = msgspec.json.encode(problem | {"detail": error.detail, "code": error.code})
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "content-type: application/problem+json\r\n"
        f"content-length: {len(body)}\r\n"
        "connection: close\r\n"
        "\r\n"
    )
    return head.encode("ascii") + body


_ANSWERS = {
    status: _answer(status, error)
    for status, error in {
        HTTPStatus.BAD_REQUEST: InvalidInput("this is no HTTP/1.1 request, or one that can be read in two ways"),
        HTTPStatus.REQUEST_TIMEOUT: RequestTimeout(),
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: HeadersTooLarge(),
    }.items()
}
