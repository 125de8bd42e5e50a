"""Performs requests with the standard library, over connections that are kept and may be used by any thread."""

from __future__ import annotations

import selectors
import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead

from gatepost.client.service import Service
from gatepost.client.wire import MAX_ANSWER_BYTES, Answer, Request
from gatepost.errors import ConnectFailed, ConnectionClosed, DeliveryFailed, DeliveryTimeout, GarbledAnswer

MAX_IDLE = 16
"""Connections kept for the next request."""

MAX_PORTION_BYTES = 64 * 1024
"""Bytes of a stream that are read at once."""


class Connections:
    """Connections to one service. `timeout` in seconds is for connecting, and for each silence of the service."""

    def __init__(self, service: Service, timeout: float, context: ssl.SSLContext | None) -> None:
        self._service = service
        self._timeout = timeout
        self._context = context
        self._idle: deque[HTTPConnection] = deque()  # its pop and append are atomic

    def send(self, request: Request) -> Answer:
        """Makes one request. Raises a `DeliveryFailed` when no answer came."""
        connection = self._take() or self._connect()
        try:
            answer = self._exchange(connection, request)
        except BaseException:
            connection.close()
            raise
        if connection.sock is not None and len(self._idle) < MAX_IDLE:
            self._idle.append(connection)
        return answer

    def open(self, request: Request, silence: float) -> AnswerStream:
        """Makes one request on a connection of its own, whose answer is read as it comes.

        `silence` in seconds is how long it may say nothing. Raises a `DeliveryFailed` when no answer came.
        """
        connection = self._connect()
        try:
            connection.sock.settimeout(silence)
            with _failures(silence):
                return AnswerStream(connection, self._begin(connection, request), silence)
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> HTTPConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if _is_alive(connection):
                return connection
            connection.close()
        return None

    def _connect(self) -> HTTPConnection:
        service = self._service
        connection: HTTPConnection
        if service.tls:
            connection = HTTPSConnection(service.host, service.port, timeout=self._timeout, context=self._context)
        else:
            connection = HTTPConnection(service.host, service.port, timeout=self._timeout)
        try:
            connection.connect()
        except OSError as error:
            raise ConnectFailed(f"no connection to {service.authority}: {error}") from error
        return connection

    def _exchange(self, connection: HTTPConnection, request: Request) -> Answer:
        with _failures(self._timeout):
            response = self._begin(connection, request)
            body = response.read(MAX_ANSWER_BYTES + 1)
        if len(body) > MAX_ANSWER_BYTES:
            raise GarbledAnswer(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
        return Answer(response.status, _fields(response), body)

    def _begin(self, connection: HTTPConnection, request: Request) -> HTTPResponse:
        path = self._service.prefix + request.path
        connection.request(request.method, path, request.body or None, self._service.headers(request))
        return connection.getresponse()


class AnswerStream:
    """An answer without an end, read as it comes. `silence` in seconds is how long it may say nothing."""

    def __init__(self, connection: HTTPConnection, response: HTTPResponse, silence: float) -> None:
        self.status = response.status
        self.headers = _fields(response)
        self._connection = connection
        self._response = response
        self._silence = silence

    def read(self) -> bytes:
        """What has come, at least a byte. Raises a `DeliveryFailed`, also at the end."""
        with _failures(self._silence):
            try:
                data = self._response.read1(MAX_PORTION_BYTES)
            except IncompleteRead:
                data = b""
        if not data:
            raise ConnectionClosed("the stream ended")
        return data

    def close(self) -> None:
        self._response.close()
        self._connection.close()


@contextmanager
def _failures(timeout: float) -> Iterator[None]:
    """Names what goes wrong with a connection in our own words."""
    try:
        yield
    except TimeoutError as error:
        raise DeliveryTimeout(f"the service said nothing for {timeout:g} s") from error
    except OSError as error:
        raise DeliveryFailed(f"the connection to the service broke: {error}") from error
    except HTTPException as error:
        raise GarbledAnswer(f"the service did not answer in HTTP: {error!r}") from error


def _fields(response: HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}


def _is_alive(connection: HTTPConnection) -> bool:
    """Whether an idle connection can be used: one that has something to read was closed by the other side."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection.sock, selectors.EVENT_READ)
        return not selector.select(0)
