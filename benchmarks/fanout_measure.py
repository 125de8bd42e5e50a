"""One measurement of fan-out: single messages one after the other, then a burst, and what it all took."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from msgspec import Struct

from benchmarks.fanout import (
    FanOut,
    Message,
    Subscription,
    allow_connections,
    await_message,
    duration,
    message,
    report,
    subscribers,
)
from gatepost.cli.loadtest.figures import spread
from gatepost.cli.loadtest.processes import cpu_seconds
from gatepost.clock import Clock

ONE_BY_ONE = 20
"""Messages that go out alone: each when everyone has the one before it."""

BURST = 40
"""Messages that go out at once."""

LIMIT_S = 60.0
"""Seconds for all, subscribing included: four times what the slowest peer takes."""

ANSWER_LIMIT_S = 60.0
"""Seconds for an answer to a publication: some peers answer when everyone has been written to."""

NO_HEADERS: Mapping[str, str] = {}

Publish = Callable[[Sequence[bytes]], None]
"""Publishes messages in the way that is fastest for this server, and waits until it has accepted them."""


class Server(Struct, frozen=True):
    """A server that is up: how to listen to it, and how to publish."""

    pid: int
    port: int
    subscription: Subscription
    publish: Publish


Serve = Callable[[Path, int, Clock], AbstractContextManager[Server]]
"""Runs a server for so many subscribers, with its files in a directory."""


class Fanned(Struct, frozen=True):
    """What one measurement came to. Times are medians over the single messages, in milliseconds from publication to the
    median, the 99th percentile and the last of the subscribers. `burst_per_s` counts arrivals. None: not told here."""

    subscribers: int
    missing: int
    p50_ms: float
    p99_ms: float
    last_ms: float
    burst_per_s: float
    bytes_each: float | None
    """Memory that the server took for each connection."""
    cpu_ms: float | None
    """CPU of the server for one single message to everyone."""
    client_cores: float
    """What the client used of the machine while messages were under way."""


def measure(serve: Serve, count: int, clock: Clock) -> Fanned:
    """Raises `Missing` when not everyone could be subscribed or a single message did not reach everyone."""
    allow_connections(count)
    with tempfile.TemporaryDirectory(prefix="gatepost-bench-") as scratch, serve(Path(scratch), count, clock) as server:
        server.publish(
            [message(ONE_BY_ONE + BURST)]
        )  # heard by nobody: what comes first must not pass for memory of theirs
        memory_before = _memory(server.pid)
        log = Path(scratch, "subscribers.log")
        total = ONE_BY_ONE + BURST
        with subscribers(server.subscription, server.port, count, messages=total, limit_s=LIMIT_S, log=log) as client:
            cpu_before = _cpu(server.pid)
            for number in range(ONE_BY_ONE):
                server.publish([message(number)])
                await_message(client, number)
            memory, cpu = _memory(server.pid), _cpu(server.pid)
            server.publish([message(number) for number in range(ONE_BY_ONE, total)])
            return _fanned(report(client), memory - memory_before, cpu - cpu_before)


def _fanned(found: FanOut, memory: int, cpu_s: float) -> Fanned:
    singles, burst = found.messages[:ONE_BY_ONE], found.messages[ONE_BY_ONE:]
    burst_s = duration(burst)
    under_way_s = burst_s + sum(each.last_ms for each in singles) / 1000

    def middle(value: Callable[[Message], float]) -> float:
        return spread([value(each) for each in singles]).median

    return Fanned(
        subscribers=found.subscribers,
        missing=found.missing,
        p50_ms=middle(lambda each: each.p50_ms),
        p99_ms=middle(lambda each: each.p99_ms),
        last_ms=middle(lambda each: each.last_ms),
        burst_per_s=sum(each.received for each in burst) / burst_s if burst_s else 0.0,
        bytes_each=memory / found.subscribers if memory else None,
        cpu_ms=cpu_s * 1000 / ONE_BY_ONE if cpu_s else None,
        client_cores=found.cpu_s / under_way_s if under_way_s else 0.0,
    )


def posting(port: int, path: str, headers: Mapping[str, str] = NO_HEADERS) -> Publish:
    """Publishes by POST: all requests at once on one connection, so that nobody waits for an answer in between."""
    fields = {"Host": "127.0.0.1", "Content-Type": "application/json", **headers}
    head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())

    def publish(messages: Sequence[bytes]) -> None:
        requests = (f"{head}Content-Length: {len(each)}\r\n\r\n".encode() + each for each in messages)
        with socket.create_connection(("127.0.0.1", port), ANSWER_LIMIT_S) as connection:
            connection.sendall(b"".join(requests))
            with connection.makefile("rb") as answers:
                for _ in messages:
                    _skip_answer(answers)

    return publish


def _skip_answer(answers: IO[bytes]) -> None:
    """Reads one answer whose length is told. Raises `ValueError` when it is no success."""
    status, length = answers.readline(), 0
    if not status.startswith(b"HTTP/1.1 2"):
        raise ValueError(f"a publication was answered with {status!r}")
    while (line := answers.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    answers.read(length)


def _memory(pid: int) -> int:
    """Bytes of memory of a process and its children, what they share counted once; 0 where it is not told (macOS)."""
    total = 0
    for each in _family(pid):
        fields = _read(each, "smaps_rollup").split()
        if "Pss:" in fields:
            total += int(fields[fields.index("Pss:") + 1]) * 1024
    return total


def _cpu(pid: int) -> float:
    """Seconds of CPU of a process and its children; 0 where it is not told (macOS)."""
    return sum(cpu_seconds(each) or 0.0 for each in _family(pid))


def _family(pid: int) -> list[int]:
    return [pid, *map(int, _read(pid, f"task/{pid}/children").split())]


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""
