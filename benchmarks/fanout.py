"""Fan-out: one message to many subscribers. The client is here; the rows of servers join with the streams.

`subscribers` runs the program in `clients/subscribers.c`: thousands of connections in one process, well under a core.
A server's row publishes payloads that hold `mark(number)` once everyone is subscribed, and reads the `FanOut`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import msgspec
from msgspec import Struct

from benchmarks.built import Missing, built, program, step
from gatepost.cli.loadtest.processes import Process, running

SOURCE = Path(__file__).resolve().parent / "clients" / "subscribers.c"
WEBSOCKET_KEY = "Z2F0ZXBvc3QgYmVuY2htYXJr"
"""The 16 bytes in base64 that a WebSocket handshake must hold (RFC 6455 section 4.1); they keep nothing secret."""


class Subscription(Struct, frozen=True):
    """How each connection subscribes: the handshake, what it says then (WebSocket), and what tells that it worked."""

    handshake: str
    speech: str = ""
    wanted: str = ""


class Message(Struct, frozen=True):
    """How one message spread, in milliseconds from its publication."""

    received: int
    p50_ms: float
    p99_ms: float
    last_ms: float


class FanOut(Struct, frozen=True):
    """What all saw. `seconds` run from the first publication to the last arrival; `cpu_s` is what the client used."""

    subscribers: int
    received: int
    missing: int
    seconds: float
    cpu_s: float
    messages: tuple[Message, ...]

    @property
    def per_s(self) -> float:
        """Messages that reached a subscriber, a second: the figure of a burst."""
        return self.received / self.seconds if self.seconds > 0 else 0.0


def server_sent_events(path: str, headers: Mapping[str, str]) -> Subscription:
    return Subscription(_request(path, {"Accept": "text/event-stream", **headers}))


def websocket(path: str, headers: Mapping[str, str], speech: str = "", wanted: str = "") -> Subscription:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    return Subscription(_request(path, {**upgrade, "Sec-WebSocket-Key": WEBSOCKET_KEY, **headers}), speech, wanted)


def mark(number: int) -> str:
    """A JSON member that tells the client which message it sees, and when it was published: now."""
    return f'"mark":"{number:010d}-{time.monotonic_ns():020d}"'


@contextmanager
def subscribers(
    subscription: Subscription, port: int, count: int, *, messages: int, limit_s: float, log: Path
) -> Iterator[Process]:
    """Runs the client while the block runs, which begins when all are subscribed.

    Raises `Missing` without a C compiler, or when not all were subscribed.
    """
    command = [str(_client()), str(port), str(count), str(messages), str(limit_s)]
    with running(command, log, piped=True) as process:
        given = cast("IO[bytes]", process.stdin)
        given.write("\0".join(msgspec.structs.astuple(subscription)).encode())
        given.close()
        said = cast("IO[bytes]", process.stdout).readline()
        if said != f"ready {count}\n".encode():
            raise Missing(f"not all were subscribed: {log.read_text().strip() or said.decode().strip()}")
        yield process


def report(process: Process) -> FanOut:
    """Waits until everyone has everything, or the client's time is over."""
    out = cast("IO[bytes]", process.stdout).read()
    return msgspec.json.decode(out, type=FanOut)


def _client() -> Path:
    def compile_client(place: Path) -> None:
        step(program("cc"), "-O2", "-Wall", "-Wextra", "-Werror", "-o", place / "subscribers", SOURCE)

    return built("clients", [SOURCE], compile_client) / "subscribers"


def _request(path: str, headers: Mapping[str, str]) -> str:
    fields = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "127.0.0.1", **headers}.items())
    return f"GET {path} HTTP/1.1\r\n{fields}\r\n"
