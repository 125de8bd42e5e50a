"""The servers whose fan-out is measured: Gatepost, nginx with nchan, and a plain application on uvicorn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from string import Template

import msgspec
from msgspec import Struct

from benchmarks.built import Missing, program
from benchmarks.fanout import OTHER_FILES, TOPIC, Subscription, client, server_sent_events, websocket
from benchmarks.fanout_measure import BURST, ONE_BY_ONE, Fanned, Publish, Serve, Server, measure, posting
from benchmarks.peer_environments import NCHAN_MODULE, PEERS, nchan, python_peer
from gatepost.cli.loadtest.measure import receiver
from gatepost.cli.loadtest.processes import answering, free_port, running, wait_for
from gatepost.cli.loadtest.service import Service, service
from gatepost.clock import Clock

SUBSCRIBERS = 10_000


class FanOutRow(Struct, frozen=True):
    """One server and protocol. `prepare` installs it or raises `Missing`."""

    name: str
    title: str
    serve: Serve
    prepare: Callable[[], object] = client


def fan_outs(
    rows: Sequence[FanOutRow], rounds: int, count: int, clock: Clock, say: Callable[[str], None]
) -> tuple[dict[str, list[Fanned]], dict[str, str]]:
    """Every row once in each round; the measurements of each by its name, in order of rounds.

    A row that fails is left out, and the reason given by its title.
    """
    found: dict[str, list[Fanned]] = {row.name: [] for row in rows}
    missing: dict[str, str] = {}
    for number in range(1, rounds + 1):
        for row in [row for row in rows if row.name in found]:
            say(f"fan-out to {count:,}, round {number} of {rounds}: {row.title} ...")
            try:
                found[row.name].append(measure(row.serve, count, clock))
            except Missing as reason:
                del found[row.name]
                missing[row.title] = str(reason)
    return found, missing


def _gatepost(subscription: Callable[[Service], Subscription]) -> Serve:
    """With its defaults. Its one endpoint, which the other measurements need, hears other topics."""

    @contextmanager
    def serve(scratch: Path, _count: int, clock: Clock) -> Iterator[Server]:
        with receiver(scratch) as receiving, service(scratch, receiving, clock) as started:
            yield Server(started.pid, started.port, subscription(started), _publishing(started))

    return serve


def _publishing(started: Service) -> Publish:
    """Several messages are one batch."""
    single = posting(started.port, "/v1/notifications", _credential(started))
    batch = posting(started.port, "/v1/notifications/batch", _credential(started))

    def publish(messages: Sequence[bytes]) -> None:
        if len(messages) == 1:
            single(messages)
        else:
            batch([b"[" + b",".join(messages) + b"]"])

    return publish


def _credential(started: Service) -> dict[str, str]:
    return {"Authorization": f"Bearer {started.key.reveal()}"}


def _gatepost_events(started: Service) -> Subscription:
    return server_sent_events(f"/v1/stream?topic={TOPIC}", _credential(started))


def _gatepost_websocket(started: Service) -> Subscription:
    connect = {"type": "connect", "token": started.key.reveal()}
    subscribe = {"type": "subscribe", "id": 1, "topics": [TOPIC]}
    speech = "\n".join(msgspec.json.encode(each).decode() for each in (connect, subscribe))
    return websocket("/v1/ws", speech, wanted='"type":"subscribed"')


def _nchan(subscription: Subscription) -> Serve:
    """nginx with as many workers as cores, which is how it is installed."""

    @contextmanager
    def serve(scratch: Path, count: int, clock: Clock) -> Iterator[Server]:
        port, log, settings = free_port(), scratch / "nginx.log", scratch / "nginx.conf"
        settings.write_text(
            Template((PEERS / "nchan" / "nginx.conf").read_text()).substitute(
                module=nchan() / NCHAN_MODULE,
                scratch=scratch,
                port=port,
                files=count + OTHER_FILES,
                messages=ONE_BY_ONE + BURST + 1,
            )
        )
        scratch.chmod(0o755)  # started by root, its workers are somebody else
        with running([program("nginx"), "-p", scratch, "-c", settings], log) as process:
            wait_for(process, lambda: answering(port), log, clock)
            yield Server(process.pid, port, subscription, posting(port, "/publish"))

    return serve


def _uvicorn(implementation: str) -> Serve:
    """One worker, for listeners of one process know nothing of those of another."""

    @contextmanager
    def serve(scratch: Path, _count: int, clock: Clock) -> Iterator[Server]:
        port, log = free_port(), scratch / "uvicorn.log"
        command = f"uvicorn --port {port} --ws {implementation} --lifespan off --log-level warning app:app".split()
        with running([python_peer("uvicorn") / command[0], *command[1:]], log, directory=PEERS / "uvicorn") as process:
            wait_for(process, lambda: answering(port), log, clock)
            yield Server(process.pid, port, websocket("/"), posting(port, "/publish"))

    return serve


def _prepare_nchan() -> None:
    program("nginx")
    nchan()
    client()


def _prepare_uvicorn() -> None:
    python_peer("uvicorn")
    client()


SSE = FanOutRow("sse", "Gatepost, server-sent events", _gatepost(_gatepost_events))
WEBSOCKET = FanOutRow("websocket", "Gatepost, WebSocket", _gatepost(_gatepost_websocket))
NCHAN_SSE = FanOutRow(
    "nchan_sse", "nginx + nchan, server-sent events", _nchan(server_sent_events("/stream", {})), _prepare_nchan
)
NCHAN_WEBSOCKET = FanOutRow("nchan_websocket", "nginx + nchan, WebSocket", _nchan(websocket("/ws")), _prepare_nchan)
UVICORN = FanOutRow("uvicorn_websockets", "uvicorn (websockets), WebSocket", _uvicorn("auto"), _prepare_uvicorn)
WSPROTO = FanOutRow("uvicorn_wsproto", "uvicorn (wsproto), WebSocket", _uvicorn("wsproto"), _prepare_uvicorn)

UVICORN_PARTS = ("uvicorn", "uvloop", "httptools", "websockets", "wsproto")
FANOUT_ROWS = (SSE, NCHAN_SSE, WEBSOCKET, NCHAN_WEBSOCKET, UVICORN, WSPROTO)
