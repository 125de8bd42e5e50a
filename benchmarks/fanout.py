"""Fan-out: many subscribers in one process, as a measurement sees them.

`subscribers` runs the program in `clients/subscribers.c`: thousands of connections in one process, well under a core.
Once everyone is subscribed, whoever measures publishes what `message` makes and reads how it spread.
"""

from __future__ import annotations

import resource
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import msgspec
from msgspec import Struct

from benchmarks.built import Missing, built, program, step
from gatepost.cli.loadtest.notifications import NOTIFICATION_BYTES
from gatepost.cli.loadtest.processes import Process, running

SOURCE = Path(__file__).resolve().parent / "clients" / "subscribers.c"
WEBSOCKET_KEY = b64encode(b"gatepost-fan-out").decode()
"""The 16 bytes in base64 that a WebSocket handshake must hold (RFC 6455 section 4.1); they keep nothing secret."""

OTHER_FILES = 100
"""Files that a process has open beside its connections, at most."""

TOPIC = "news.flash"
_START = f'{{"topic":"{TOPIC}","type":"news.flash","payload":{{'
_NOTE = ',"note":"'
_END = '"}}'


class Subscription(Struct, frozen=True):
    """How each connection subscribes: the handshake, what it says then (WebSocket, one message a line), and what tells
    that it worked."""

    handshake: str
    speech: str = ""
    wanted: str = ""


class Message(Struct, frozen=True):
    """How one message spread, in milliseconds from its publication, which was at `published_s` of the clock."""

    received: int
    published_s: float
    p50_ms: float
    p99_ms: float
    last_ms: float

    @property
    def arrived_s(self) -> float:
        """When the last subscriber got it."""
        return self.published_s + self.last_ms / 1000


class FanOut(Struct, frozen=True):
    """What all saw. `cpu_s` is what the client used after all were subscribed."""

    subscribers: int
    received: int
    missing: int
    cpu_s: float
    messages: tuple[Message, ...]


def duration(messages: Sequence[Message]) -> float:
    """Seconds from the first publication to the last arrival; 0 when nothing arrived."""
    arrived = [message for message in messages if message.received]
    if not arrived:
        return 0.0
    return max(each.arrived_s for each in arrived) - min(each.published_s for each in arrived)


def server_sent_events(path: str, headers: Mapping[str, str]) -> Subscription:
    return Subscription(_request(path, {"Accept": "text/event-stream", **headers}))


def websocket(path: str, speech: str = "", wanted: str = "") -> Subscription:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    return Subscription(_request(path, {**upgrade, "Sec-WebSocket-Key": WEBSOCKET_KEY}), speech, wanted)


def message(number: int) -> bytes:
    """A notification of the usual length, marked with its number and the moment of its publication: now."""
    start = f'{_START}"mark":"{number:010d}-{time.monotonic_ns():020d}"{_NOTE}'
    return (start + "." * (NOTIFICATION_BYTES - len(start) - len(_END)) + _END).encode()


@contextmanager
def subscribers(
    subscription: Subscription, port: int, count: int, *, messages: int, limit_s: float, log: Path
) -> Iterator[Process]:
    """Runs the client while the block runs, which begins when all are subscribed.

    Raises `Missing` without a C compiler, or when not all were subscribed.
    """
    command = [str(client()), str(port), str(count), str(messages), str(limit_s)]
    with running(command, log, piped=True) as process:
        given = cast("IO[bytes]", process.stdin)
        given.write("\0".join(msgspec.structs.astuple(subscription)).encode())
        given.close()
        said = cast("IO[bytes]", process.stdout).readline()
        if said != f"ready {count}\n".encode():
            raise Missing(f"not all were subscribed: {log.read_text().strip() or said.decode().strip()}")
        yield process


def await_message(process: Process, number: int) -> None:
    """Waits until everyone has a message. Raises `Missing` when the client's time is over before."""
    said = cast("IO[bytes]", process.stdout).readline()
    if said != f"complete {number}\n".encode():
        raise Missing(f"message {number} did not reach everyone: {said.decode().strip()[:200]}")


def report(process: Process) -> FanOut:
    """Waits until everyone has everything, or the client's time is over."""
    *_, last = cast("IO[bytes]", process.stdout)
    return msgspec.json.decode(last, type=FanOut)


def client() -> Path:
    """The compiled client. Raises `Missing` without a C compiler."""

    def compile_client(place: Path) -> None:
        step(program("cc"), "-O2", "-Wall", "-Wextra", "-Werror", "-o", place / "subscribers", SOURCE)

    return built("clients", [SOURCE], compile_client) / "subscribers"


def allow_connections(count: int) -> None:
    """Lets the processes that are started from now on have so many connections. Raises `Missing` when they may not."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY != most < count + OTHER_FILES:
        raise Missing(f"a process may have {most:,} files open here (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + OTHER_FILES, most))


def _request(path: str, headers: Mapping[str, str]) -> str:
    fields = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "127.0.0.1", **headers}.items())
    return f"GET {path} HTTP/1.1\r\n{fields}\r\n"
