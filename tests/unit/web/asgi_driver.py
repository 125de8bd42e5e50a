"""A plain ASGI server in miniature: one exchange, exactly the messages a test wants."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from gatepost.web.asgi import Doorway, Message


class Response(msgspec.Struct):
    """What the application sent; `status` 0 when it sent nothing."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = []
    body: bytes = b""

    def header(self, name: str) -> str:
        (value,) = [value for key, value in self.headers if key == name.encode()]
        return value.decode()

    @property
    def problem(self) -> str:
        """The code of the problem document."""
        code: str = msgspec.json.decode(self.body)["code"]
        return code


def chunks(*bodies: bytes) -> list[Message]:
    """A body in pieces, the last of which says so."""
    *more, last = bodies
    pieces = [{"type": "http.request", "body": body, "more_body": True} for body in more]
    return [*pieces, {"type": "http.request", "body": last, "more_body": False}]


GONE: Message = {"type": "http.disconnect"}


class Exchange:
    """Runs one request; `unread` holds the messages that the application did not ask for."""

    def __init__(self, messages: Iterable[Message] = ()) -> None:
        self.unread = list(messages) or chunks(b"")
        self.response = Response()
        self.ended = False

    async def receive(self) -> Message:
        return self.unread.pop(0)

    async def send(self, message: Message) -> None:
        assert not self.ended, "nothing may follow the end of the body"
        if message["type"] == "http.response.start":
            assert self.response.status == 0
            self.response.status = message["status"]
            self.response.headers = list(message["headers"])
        else:
            assert self.response.status, "the body came before the head"
            self.response.body += message.get("body", b"")
            self.ended = not message.get("more_body", False)

    async def run(self, app: Doorway, method: str, target: str, headers: dict[str, str], **scope: Any) -> Response:
        path, _, query = target.partition("?")
        asked: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
            "client": ("192.0.2.1", 4711),
            "server": ("192.0.2.2", 80),
        }
        await app(asked | scope, self.receive, self.send)
        return self.response


async def request(
    app: Doorway, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"", **scope: Any
) -> Response:
    """The whole exchange with a body in one piece."""
    return await Exchange(chunks(body)).run(app, method, target, headers or {}, **scope)
