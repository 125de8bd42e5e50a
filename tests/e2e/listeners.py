"""Listeners on raw sockets: server-sent events by hand, and WebSocket by the public `websockets` client."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.e2e.raw_http import HOST, Api, request

PATIENCE = 20.0
"""Seconds until what must come has come: far beyond any honest wait."""


class Event(msgspec.Struct, frozen=True):
    id: str | None
    name: str
    data: Any


class EventSource:
    """One event stream. Blocks without data are passed by, as a browser does, but for their id."""

    def __init__(self, api: Api, headers: dict[str, str] | None = None, *, key: bool = True, **query: str) -> None:
        self._socket = socket.create_connection((HOST, api.port), PATIENCE)
        self._file = self._socket.makefile("rb")
        fields = (api.credentials if key else {}) | {"accept": "text/event-stream"} | (headers or {})
        self._socket.sendall(request("GET", f"/v1/stream?{urlencode(query)}", None, fields))
        self.status = int(self._file.readline().split()[1])
        self.headers = dict(self._header_lines())
        self.last_id = ""

    def event(self) -> Event:
        """The next event with data. Raises ConnectionError at the end."""
        while True:
            fields = self._block()
            self.last_id = fields.get("id", self.last_id)
            if "data" in fields:
                return Event(fields.get("id"), fields.get("event", "message"), msgspec.json.decode(fields["data"]))

    def numbers(self, count: int) -> list[int]:
        """What the payloads of the next notifications say."""
        return [self.event().data["data"]["n"] for _ in range(count)]

    def ready(self) -> Self:
        """Returns once it has a place: what is accepted from now on is heard."""
        while not self.last_id:
            self.last_id = self._block().get("id", "")
        return self

    def body(self) -> bytes:
        return self._file.read(int(self.headers["content-length"]))

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _header_lines(self) -> list[tuple[str, str]]:
        found = []
        while line := self._file.readline().rstrip(b"\r\n"):
            name, _, value = line.decode("latin-1").partition(": ")
            found.append((name.lower(), value))
        return found

    def _block(self) -> dict[str, str]:
        fields = {}
        while (line := self._file.readline()) != b"\n":
            if not line:
                raise ConnectionError("the stream is over")
            name, _, value = line.decode().rstrip("\n").partition(":")
            fields[name] = value.removeprefix(" ")
        return fields

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Socket:
    """One WebSocket."""

    def __init__(self, api: Api, **options: Any) -> None:
        self._opened = ExitStack()
        address = f"ws://{HOST}:{api.port}/v1/ws"
        self._connection = self._opened.enter_context(connect(address, compression=None, **options))
        self.key = api.key

    def say(self, kind: str, **fields: Any) -> None:
        self._connection.send(msgspec.json.encode({"type": kind} | fields).decode())

    def send(self, data: Any) -> None:
        self._connection.send(data)

    def hear(self) -> Any:
        return msgspec.json.decode(self._connection.recv(PATIENCE))

    def ask(self, kind: str, **fields: Any) -> Any:
        self.say(kind, **fields)
        return self.hear()

    def connected(self, token: str | None = None) -> Self:
        answer = self.ask("connect", token=token or self.key)
        assert answer["type"] == "connected", answer
        return self

    def numbers(self, count: int) -> list[int]:
        return [self.hear()["notification"]["data"]["n"] for _ in range(count)]

    def close_code(self) -> int | None:
        """How the other side ends it; whatever comes before is passed by."""
        try:
            while True:
                self._connection.recv(PATIENCE)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None

    def close(self) -> None:
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def publish(api: Api, *numbers: int, topic: str = "orders.eu") -> list[str]:
    """Sends notifications that say a number each; returns their ids."""
    batch = [{"topic": topic, "type": "order.paid", "payload": {"n": number}} for number in numbers]
    return [result["id"] for result in api.post("/v1/notifications/batch", batch)["results"]]
