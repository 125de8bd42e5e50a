"""Performs requests with the standard library, over connections that are kept and may be used by any thread."""

from __future__ import annotations

import selectors
import ssl
from collections import deque
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from gatepost.client.service import Service
from gatepost.client.wire import MAX_ANSWER_BYTES, Answer, Request
from gatepost.errors import ConnectFailed, DeliveryFailed, DeliveryTimeout, GarbledAnswer

MAX_IDLE = 16
"""Connections kept for the next request."""


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
        try:
            path = self._service.prefix + request.path
            connection.request(request.method, path, request.body or None, self._service.headers(request))
            response = connection.getresponse()
            body = response.read(MAX_ANSWER_BYTES + 1)
        except TimeoutError as error:
            raise DeliveryTimeout(f"the service did not answer within {self._timeout:g} s") from error
        except OSError as error:
            raise DeliveryFailed(f"the connection to the service broke: {error}") from error
        except HTTPException as error:
            raise GarbledAnswer(f"the service did not answer in HTTP: {error!r}") from error
        if len(body) > MAX_ANSWER_BYTES:
            raise GarbledAnswer(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


def _is_alive(connection: HTTPConnection) -> bool:
    """Whether an idle connection can be used: one that has something to read was closed by the other side."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection.sock, selectors.EVENT_READ)
        return not selector.select(0)
