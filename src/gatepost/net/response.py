"""Reads the answers of an HTTP/1.1 server from bytes, within bounds. No I/O: `http1` feeds it."""

from __future__ import annotations

from functools import cached_property

import httptools

from gatepost.errors import ConnectionClosed, GarbledAnswer

MAX_HEADER_BYTES = 16 * 1024
"""Bytes of the headers of one answer, and of all that comes before its body; what most servers accept themselves."""

MAX_INTERIM_ANSWERS = 8
"""1xx answers before the real one: a 100 and a few 103 occur, an endless row is an attack."""

FRAMING_FACTOR = 8
"""Bytes on the wire for one byte of the body: a chunk of one byte takes six. Beyond it, only padding is coming."""

FRAMING_HEADERS = frozenset({"content-length", "transfer-encoding"})

Fields = list[tuple[bytes, bytes]]


class Response:
    """One answer. `truncated` says that its body went on beyond what was kept."""

    def __init__(self, status: int, fields: Fields, body: bytes, truncated: bool) -> None:
        self.status = status
        self.body = body
        self.truncated = truncated
        self._fields = fields

    @cached_property
    def headers(self) -> dict[str, str]:
        """By lower-case name; values of a repeated header are joined by commas (RFC 9110 section 5.3)."""
        headers: dict[str, str] = {}
        for raw_name, raw_value in self._fields:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return headers


class ResponseReader:
    """Reads one answer after the other from one connection: `begin`, then `feed` until it gives a response.

    After a response, `reusable` says whether the connection can carry another exchange.
    """

    def __init__(self, max_body: int) -> None:
        self._max_body = max_body
        self._max_received = MAX_HEADER_BYTES + FRAMING_FACTOR * max_body
        self._parser = httptools.HttpResponseParser(self)
        self.reusable = True
        self.begin()

    def begin(self) -> None:
        """Gets ready for the next answer."""
        self._response: Response | None = None
        self._fields: Fields = []
        self._chunks: list[bytes] = []
        self._received = 0
        self._body_bytes = 0
        self._interim = 0
        self._in_body = False

    def feed(self, data: bytes) -> Response | None:
        """Takes bytes in; returns the response once it is complete or cut off. Raises GarbledAnswer."""
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self.reusable = False
            if self._response is None:
                raise _garbled(error) from error
        if self._response is None:
            self._check_received()
        return self._response

    def end(self) -> Response:
        """The other side ended the connection; returns the answer if that is how its end is told.

        Raises ConnectionClosed when no byte of it came, GarbledAnswer when it is incomplete.
        """
        self.reusable = False
        if not self._received:
            raise ConnectionClosed
        response = self._complete(truncated=False)
        if not self._in_body or not FRAMING_HEADERS.isdisjoint(response.headers):
            raise GarbledAnswer("the connection was closed in the middle of the answer")
        return response

    def _check_received(self) -> None:
        if not self._in_body and self._received > MAX_HEADER_BYTES:
            raise GarbledAnswer(f"the headers of the answer have more than {MAX_HEADER_BYTES} bytes")
        if self._received > self._max_received:
            self._cut()

    def _complete(self, truncated: bool) -> Response:
        self._response = Response(self._parser.get_status_code(), self._fields, b"".join(self._chunks), truncated)
        return self._response

    def _cut(self) -> None:
        self.reusable = False
        self._complete(truncated=True)

    # What the parser calls; an exception stops it

    def on_message_begin(self) -> None:
        if self._response is not None:
            raise _UnaskedBytes

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_body:  # trailers are dropped: nobody asked for them
            self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_body = True
        if self._received > MAX_HEADER_BYTES and _size(self._fields) > MAX_HEADER_BYTES:
            raise GarbledAnswer(f"the headers of the answer have more than {MAX_HEADER_BYTES} bytes")

    def on_body(self, data: bytes) -> None:
        room = self._max_body - self._body_bytes
        self._body_bytes += len(data)
        if len(data) > room:
            self._chunks.append(data[:room])
            self._cut()
            raise _UnaskedBytes
        self._chunks.append(data)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:
            self.reusable = self._parser.should_keep_alive()
            self._complete(truncated=False)
        else:
            self._pass_over(status)

    def _pass_over(self, status: int) -> None:
        """Drops an interim answer (RFC 9110 section 15.2)."""
        self._interim += 1
        if self._interim > MAX_INTERIM_ANSWERS:
            raise GarbledAnswer(f"more than {MAX_INTERIM_ANSWERS} interim answers")
        if status < 100 or status == 101:
            raise GarbledAnswer(f"answered {status}, which nobody asked for")
        self._fields = []
        self._in_body = False


class _UnaskedBytes(Exception):
    """Stops the parser: what follows is not wanted."""


def _size(fields: Fields) -> int:
    """Bytes of headers on the wire: a name, a colon, a space, a value and an end of line each."""
    return sum(len(name) + len(value) + 4 for name, value in fields)


def _garbled(error: httptools.HttpParserError) -> GarbledAnswer:
    if isinstance(error.__context__, GarbledAnswer):
        return error.__context__
    return GarbledAnswer(f"not an HTTP answer: {error}")
