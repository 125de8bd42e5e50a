"""The ASGI doorway under a real uvicorn, spoken to over raw sockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn

from gatepost.guard import Admission
from gatepost.web.asgi import Doorway
from gatepost.web.problem import Answer
from tests.unit.guard.gatehouse import BODY, Gatehouse

DEADLINE = 10.0
"""Seconds for anything to happen; on time it takes milliseconds."""


class Line:
    """One TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def write(self, head: str, body: bytes = b"") -> None:
        self.writer.write(head.replace("\n", "\r\n").encode("latin-1") + body)

    async def response(self, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
        async with asyncio.timeout(DEADLINE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status, *fields = head.rstrip("\r\n").split("\r\n")
            headers = {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}
            length = 0 if method == "HEAD" else int(headers.get("content-length", 0))
            return int(status.split()[1]), headers, await self.reader.readexactly(length)

    async def ask(self, head: str, body: bytes = b"", method: str = "GET") -> tuple[int, dict[str, str], bytes]:
        self.write(head, body)
        return await self.response(method)

    async def is_closed(self) -> bool:
        async with asyncio.timeout(DEADLINE):
            return await self.reader.read() == b""


class Running:
    """A doorway behind uvicorn."""

    def __init__(self, port: int, house: Gatehouse) -> None:
        self.port = port
        self.key = house.key()
        self.good = f"Host: x\nAuthorization: Bearer {self.key}\n"
        self.lines: list[Line] = []

    async def connect(self) -> Line:
        self.lines.append(Line(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self.lines[-1]

    async def hang_up(self) -> None:
        for line in self.lines:
            line.writer.close()
            with contextlib.suppress(OSError):
                await line.writer.wait_closed()


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[Running]:
    house = Gatehouse()

    async def answer(admission: Admission) -> Answer:
        return Answer(200, admission.body or admission.request.path.encode())

    app = Doorway(house.gate, house.facts(), answer)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http="httptools", log_config=None, timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    running = Running(listener.getsockname()[1], house)
    yield running
    await running.hang_up()
    server.should_exit = True
    await task


def post(running: Running, *fields: str) -> str:
    return "\n".join(
        ["POST /v1/notifications HTTP/1.1", running.good + "Content-Type: application/json", *fields, "", ""]
    )


async def test_one_connection_serves_good_and_bad_requests_in_turn(running: Running) -> None:
    line = await running.connect()
    stranger = post(running, f"Content-Length: {len(BODY)}").replace(running.key, "gp_live_guess")
    known = post(running, f"Content-Length: {len(BODY)}")
    for _ in range(3):
        assert (await line.ask(stranger, BODY))[0] == 401
        assert (await line.ask(known, BODY))[::2] == (200, BODY)


async def test_requests_sent_at_once_are_answered_in_order(running: Running) -> None:
    line = await running.connect()
    line.write(
        f"GET /v1/me HTTP/1.1\n{running.good}\nGET /v1/me HTTP/1.1\nHost: x\n\nGET /healthz HTTP/1.1\nHost: x\n\n"
    )
    assert [(await line.response())[0] for _ in range(3)] == [200, 401, 200]


async def test_a_body_announced_too_large_is_refused_before_it_is_sent(running: Running) -> None:
    line = await running.connect()
    status, headers, _ = await line.ask(post(running, "Content-Length: 1000000000"))
    assert (status, headers["content-type"]) == (413, "application/problem+json")


async def test_an_endless_body_is_refused_while_it_is_being_sent(running: Running) -> None:
    line = await running.connect()
    line.write(post(running, "Transfer-Encoding: chunked"))
    for _ in range(100):
        line.write("64\n" + "x" * 100 + "\n")
    assert (await line.response())[0] == 413


async def test_a_stranger_who_waits_for_a_word_is_not_asked_to_continue(running: Running) -> None:
    waiting = post(running, "Content-Length: 10", "Expect: 100-continue")
    line = await running.connect()
    assert (await line.ask(waiting.replace(running.key, "gp_live_guess")))[0] == 401
    line = await running.connect()
    assert (await line.ask(waiting))[0] == 100


async def test_http_1_0_is_answered_and_the_connection_closed(running: Running) -> None:
    line = await running.connect()
    status, headers, body = await line.ask("GET /healthz HTTP/1.0\n\n")
    assert (status, headers["content-length"], body) == (200, "8", b"/healthz")
    assert await line.is_closed()


async def test_head_leaves_the_connection_in_step(running: Running) -> None:
    line = await running.connect()
    status, headers, _ = await line.ask("HEAD /healthz HTTP/1.1\nHost: x\n\n", method="HEAD")
    assert (status, headers["content-length"]) == (200, "8")
    assert (await line.ask("GET /healthz HTTP/1.1\nHost: x\n\n"))[2] == b"/healthz"


async def test_a_client_that_hangs_up_mid_body_harms_nobody(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(5):
        line = await running.connect()
        line.write(post(running, f"Content-Length: {len(BODY)}"), BODY[:10])
        await line.writer.drain()
        line.writer.transport.abort()
    line = await running.connect()
    assert (await line.ask("GET /healthz HTTP/1.1\nHost: x\n\n"))[0] == 200
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/v1/notifications/caf%C3%A9", 200),
        ("/v1/notifications/a%2Fb", 404),
        ("/v1/%2e%2e/v1/me", 404),
        ("/v1/./me", 404),
        ("//v1/me", 404),
        ("/v1/me;x", 404),
        ("/v1/me%00", 404),
        ("http://x/v1/me", 200),
        ("/v1/me?x=1", 400),
    ],
)
async def test_targets_as_they_come_over_the_wire(running: Running, target: str, status: int) -> None:
    line = await running.connect()
    assert (await line.ask(f"GET {target} HTTP/1.1\n{running.good}\n"))[0] == status


async def test_two_framings_of_one_body_never_reach_a_handler(running: Running) -> None:
    line = await running.connect()
    smuggled = post(running, f"Content-Length: {len(BODY)}", "Transfer-Encoding: chunked")
    assert (await line.ask(smuggled, BODY))[0] == 400
