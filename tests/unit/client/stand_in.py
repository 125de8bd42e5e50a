"""A real HTTP server that speaks the answers of the API: what was told to it, or an empty acceptance of everything."""

from __future__ import annotations

import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
from msgspec import Struct


class Received(Struct):
    """One request as it arrived; names of headers are lower-case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Reply(Struct):
    status: int = 200
    body: Any = None
    headers: dict[str, str] = {}


Answering = Reply | Callable[[Received], Reply]


class StandIn:
    """Answers `METHOD /path` (query left out) with what was put there, the last of it again and again."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.url = ""
        self._answers: defaultdict[str, deque[Answering]] = defaultdict(deque)
        self._changed = threading.Condition()

    def answer(self, route: str, *replies: Answering) -> None:
        self._answers[route].extend(replies)

    def wait_for(self, requests: int) -> None:
        """Waits until so many requests have arrived."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.received) >= requests, timeout=10)

    def reply_to(self, received: Received) -> Reply:
        with self._changed:
            self.received.append(received)
            self._changed.notify_all()
            waiting = self._answers[f"{received.method} {received.path.partition('?')[0]}"]
            if not waiting:
                return Reply(404, {"code": "no-such-route", "status": 404, "title": "nothing here", "detail": ""})
            answering = waiting.popleft() if len(waiting) > 1 else waiting[0]
        return answering if isinstance(answering, Reply) else answering(received)


def problem(status: int, code: str, detail: str = "because", **extra: Any) -> Reply:
    return Reply(status, {"type": f"/problems/{code}", "code": code, "status": status, "detail": detail, **extra})


def accept_batch(received: Received) -> Reply:
    """Accepts every item whose topic is not `refused`; ids are the payloads, so that order shows."""
    items = [msgspec.json.decode(line) for line in received.body.splitlines()]
    refusal = {"problem": {"code": "invalid-field", "status": 422, "detail": "no"}}
    results = [refusal if i["topic"] == "refused" else {"id": f"ntf_{i['payload']}", "deliveries": 1} for i in items]
    return Reply(202, {"accepted": len(results), "refused": 0, "durability": "group", "results": results})


@contextmanager
def standing_in(tls: ssl.SSLContext | None = None) -> Iterator[StandIn]:
    """Runs one on a free port of this machine."""
    stand_in = StandIn()
    server = _Server(("127.0.0.1", 0), _handler(stand_in))
    stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        stand_in.url = stand_in.url.replace("http://", "https://")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is part of the tests."""


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(self.command, self.path, headers, body, self.client_address[1])
            reply = stand_in.reply_to(received)
            encoded = reply.body if isinstance(reply.body, bytes) else msgspec.json.encode(reply.body)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names the library looks for

        def log_message(self, format: str, *arguments: object) -> None:
            """Tests need no log."""

    return Handler
