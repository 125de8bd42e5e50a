"""The doorway for ASGI servers: uvicorn, hypercorn, granian and whatever mounts an ASGI application."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from gatepost.errors import GatepostError, Internal, InvalidSetting, MethodNotAllowed, TooLarge, Unavailable
from gatepost.guard import (
    Admission,
    Facts,
    FindKey,
    Gate,
    Headers,
    ReadBody,
    Refusal,
    Request,
    TakeLimits,
    decide_async,
    decoded_path,
)
from gatepost.net.exchange import CLOSE, EXCHANGE, Exchange
from gatepost.net.takeover import TakeOver
from gatepost.web.problem import Answer, problem

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Lifecycle = Callable[[], Awaitable[None]]

ON_EVERY_ANSWER = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
WITHOUT_CONTENT = frozenset({204, 304})
"""Statuses whose answer has neither body nor content-length (RFC 9110 sections 8.6, 15.3.5 and 15.4.5)."""

POLICY_VIOLATION = 1008
"""Close code for a WebSocket that nobody invited (RFC 6455 section 7.4.1); before the handshake it is a 403."""

_log = logging.getLogger(__name__)


class Endless(msgspec.Struct, frozen=True):
    """An answer that never ends: `start` takes the connection over and writes everything itself."""

    start: Callable[[TakeOver], None]


class ClientGone(Exception):  # not of our tree: nobody is left to be told
    """The client closed the connection before its body was complete."""


def log_defect(error: Exception) -> None:
    _log.error("a request ended in an exception that nobody expected", exc_info=error)


async def nothing() -> None:
    """The start-up and shutdown of an application that needs neither."""


class Doorway:
    """An ASGI application: the gate in front, `answer` behind it.

    `facts` answer the asks of the gate (FindKey, TakeLimits); the body is read here. `answer` gets every Admission.
    A GatepostError becomes a problem document. Any other exception goes to `on_error` and the client learns nothing.
    """

    def __init__(
        self,
        gate: Gate,
        facts: Facts,
        answer: Callable[[Admission], Awaitable[Answer | Endless]],
        on_error: Callable[[Exception], None] = log_defect,
        *,
        startup: Lifecycle = nothing,
        shutdown: Lifecycle = nothing,
    ) -> None:
        """Raises InvalidSetting when an ask of the gate would find nobody to answer it."""
        unanswered = [ask.__name__ for ask in (FindKey, TakeLimits) if ask not in facts]
        if unanswered:
            raise InvalidSetting(f"no fact answers {' and '.join(unanswered)}")
        self._gate = gate
        self._facts = facts
        self._answer = answer
        self._on_error = on_error
        self._lifecycle = {"lifespan.startup": startup, "lifespan.shutdown": shutdown}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            await self._http(scope, receive, send)
        elif kind == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            answer = await self._admit(scope, receive)
        except ClientGone:
            return
        except GatepostError as error:
            answer = problem(error)
        except Exception as error:  # noqa: BLE001 - the outermost edge: a defect of one request ends there
            self._on_error(error)
            answer = problem(Internal())
        if isinstance(answer, Endless):
            return
        with contextlib.suppress(OSError):  # the client left before the answer (ASGI specification, "Send event")
            await _send(answer, scope, send)

    async def _admit(self, scope: Message, receive: Receive) -> Answer | Endless:
        request = _request(scope)
        matched = self._gate.route(request.method, request.path)
        facts = {**self._facts, ReadBody: lambda ask: _read(receive, ask.max_bytes)}
        decision = await decide_async(self._gate.steps(request, matched), facts)
        if isinstance(decision, Refusal):
            return problem(decision.error, (*decision.headers, *_end_of(decision.error)))
        answer = await self._answer(decision)
        if isinstance(answer, Endless):
            _start(answer, scope)
        return answer

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        phase = ""
        while phase != "lifespan.shutdown":
            phase = (await receive())["type"]
            try:
                await self._lifecycle[phase]()
            except Exception as error:  # noqa: BLE001 - the server is told, and decides
                self._on_error(error)
                await send({"type": f"{phase}.failed", "message": "see the log"})
                return
            await send({"type": f"{phase}.complete"})


def _start(answer: Endless, scope: Message) -> None:
    if scope["method"] == "HEAD":
        raise MethodNotAllowed(("GET",))  # there is nothing to be told about it without its body
    exchange = _exchange(scope)
    if exchange is None:
        raise Unavailable("this server cannot hand over connections; streams need Gatepost's own")
    answer.start(exchange.take_over)


def _end_of(error: GatepostError) -> tuple[tuple[bytes, bytes], ...]:
    """After a body that is not going to be read, the connection is of no more use (RFC 9110 section 15.5.14)."""
    return (CLOSE,) if isinstance(error, TooLarge) else ()


def _request(scope: Message) -> Request:
    raw_path = scope.get("raw_path")  # optional in ASGI; without it the server has decoded the path already
    client = scope.get("client")
    return Request(
        scope["method"],
        scope["path"] if raw_path is None else decoded_path(raw_path),
        scope["query_string"].decode("latin-1"),
        Headers(scope["headers"]),
        client[0] if client else "",
    )


async def _read(receive: Receive, max_bytes: int) -> bytes:
    """The whole body, or more than `max_bytes` of it. Raises ClientGone."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = message.get("body", b"")
        return body
    gathered = bytearray()  # not a list: a body that comes byte by byte must not cost more than its bytes
    while message["type"] == "http.request":
        gathered += message.get("body", b"")
        if len(gathered) > max_bytes or not message.get("more_body"):
            return bytes(gathered)
        message = await receive()
    raise ClientGone


def _exchange(scope: Message) -> Exchange | None:
    """The request as our own server has it; None in any other."""
    extensions = scope.get("extensions")
    return extensions.get(EXCHANGE) if extensions else None


async def _send(answer: Answer, scope: Message, send: Send) -> None:
    headers = [*ON_EVERY_ANSWER, *answer.headers]
    if answer.status not in WITHOUT_CONTENT:
        headers.append((b"content-type", answer.media_type.encode()))
        headers.append((b"content-length", b"%d" % len(answer.body)))
    body = b"" if scope["method"] == "HEAD" else answer.body
    exchange = _exchange(scope)
    if exchange is not None and exchange.answer(answer.status, headers, body):
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
