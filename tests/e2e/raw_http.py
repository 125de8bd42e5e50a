"""HTTP/1.1 by hand: exactly the bytes that a test wants on the wire, and every answer read to its last byte."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Any, Self

import msgspec

HOST = "127.0.0.1"
ANSWER_LIMIT = 20.0
"""Seconds until an answer must have come: far beyond any honest one."""


class Answer(msgspec.Struct, frozen=True):
    """What came back; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return msgspec.json.decode(self.body)


class Wire:
    """One connection to loopback."""

    def __init__(self, port: int, timeout: float = ANSWER_LIMIT) -> None:
        self._socket = socket.create_connection((HOST, port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def end(self) -> None:
        """Says that nothing more will be sent; answers may still come."""
        self._socket.shutdown(socket.SHUT_WR)

    def answer(self, *, without_body: bool = False) -> Answer:
        """The next answer on this connection. Raises ConnectionError when there is none, or half of one.

        `without_body` for answers to HEAD, which announce a body and have none.
        """
        status = self._line().split(b" ", 2)
        headers = {}
        while line := self._line():
            name, _, value = line.partition(b":")
            headers[name.decode().lower()] = value.strip().decode("latin-1")
        size = 0 if without_body else int(headers.get("content-length", "0"))
        body = self._file.read(size)
        if len(body) < size:
            raise ConnectionError("the connection ended in the middle of an answer")
        return Answer(int(status[1]), headers, body)

    def read(self, count: int) -> bytes:
        """So many bytes of whatever follows an answer. Raises ConnectionError."""
        data = self._file.read(count)
        if len(data) < count:
            raise ConnectionError("the connection ended early")
        return data

    def is_over(self) -> bool:
        """Whether the other side ends the connection without another byte."""
        try:
            return self._file.read(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _line(self) -> bytes:
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the connection ended before an answer")
        return line[:-2]


def request(method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
    """The bytes of a well-formed request; a body is announced as JSON unless the headers say something else."""
    fields = {"host": HOST}
    if body is not None:
        fields |= {"content-type": "application/json", "content-length": str(len(body))}
    fields |= headers or {}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + (body or b"")


def exchange(port: int, data: bytes) -> Answer:
    """Sends the bytes on a connection of their own and reads one answer."""
    with Wire(port) as wire:
        wire.send(data)
        return wire.answer()


class Api:
    """The API under one key; each call has a connection of its own."""

    def __init__(self, port: int, key: str) -> None:
        self.port = port
        self.key = key

    def call(self, method: str, path: str, document: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """Sends a document as JSON; bytes go as they are."""
        body = document if isinstance(document, bytes | None) else msgspec.json.encode(document)
        return exchange(self.port, request(method, path, body, self.credentials | (headers or {})))

    def get(self, path: str) -> Any:
        """The document at a path, which must be there."""
        answer = self.call("GET", path)
        assert answer.status == 200, answer
        return answer.document

    def post(self, path: str, document: Any = None, headers: dict[str, str] | None = None) -> Any:
        """What an accepted POST gives back."""
        answer = self.call("POST", path, document, headers)
        assert answer.status in (200, 201, 202), answer
        return answer.document

    @property
    def credentials(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}
