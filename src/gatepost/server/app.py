"""The only place that wires: from settings to a running service, and down again without losing anything."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import uvicorn
import uvloop

from gatepost._version import __version__
from gatepost.clock import Clock, SystemClock
from gatepost.crypto.pepper import PepperRing
from gatepost.crypto.secret import Secret
from gatepost.errors import StartRefused
from gatepost.guard.asks import FindKey, FindKeyById, TakeLimits
from gatepost.guard.drive import Facts, decide_async
from gatepost.guard.egress import EgressRules
from gatepost.guard.gate import Gate
from gatepost.guard.limits import GcraLimiter, Rate
from gatepost.guard.request import Admission, Principal, Refusal
from gatepost.net.connector import Connector
from gatepost.net.http1 import Limits
from gatepost.net.server import BoundedHttpProtocol
from gatepost.net.tls import server_context
from gatepost.notify.delivery import MAX_ANSWER_BYTES
from gatepost.notify.routing import Routing
from gatepost.outbound.webhook import WebhookChannel
from gatepost.server.accounts import Accounts
from gatepost.server.api.all import OPERATIONS
from gatepost.server.api.operation import answer
from gatepost.server.data_directory import Data, opened
from gatepost.server.delivery.local import LocalEngine
from gatepost.server.endpoints import Endpoints
from gatepost.server.garbage import collect_for_ever
from gatepost.server.health import HealthKeeper
from gatepost.server.intake import Intake, IntakeLimits
from gatepost.server.keyring import KeyringKeeper
from gatepost.server.process import set_limits
from gatepost.server.replay import Replayer
from gatepost.server.retention import prune_for_ever
from gatepost.server.service import Service
from gatepost.server.settings import Settings
from gatepost.server.streams.feed import Source
from gatepost.server.streams.hub import Hub
from gatepost.server.streams.subscriptions import Subscriptions
from gatepost.server.streams.websocket import Lobby
from gatepost.stores.files import write_secret
from gatepost.web.asgi import Doorway

BACKLOG = 2048
"""Connections that may wait to be accepted."""

KEEP_ALIVE_S = 30
"""Seconds that an idle connection of a client stays open."""

SWITCH_INTERVAL_S = 0.001
"""How long the commit thread may wait for the interpreter lock: a part of a commit, not five of them."""


Tls = Callable[..., ssl.SSLContext]
"""Gives uvicorn the context that we made."""


def serve(settings: Settings) -> None:
    """Runs the service until SIGINT or SIGTERM. Raises `StartRefused`."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    set_limits()
    uvloop.run(_serve(settings))


def new_operator_key(settings: Settings) -> Secret[str]:
    """A new key for whoever lost the last one. Needs the data directory, and that no service runs on it.

    Raises `StartRefused`.
    """
    return asyncio.run(_new_operator_key(settings))


async def _new_operator_key(settings: Settings) -> Secret[str]:
    clock = SystemClock()
    async with opened(settings, clock) as data:
        accounts = Accounts(data.store, data.peppers(clock, may_make=True), clock)
        operator, first_key = await accounts.first_start()
        return first_key or await accounts.create_operator_key(operator)


async def _serve(settings: Settings) -> None:
    """Whatever can keep it from listening comes before the first API key is made: a key that nobody sees is lost."""
    clock, tls = SystemClock(), _tls(settings)
    async with opened(settings, clock) as data:
        peppers = data.peppers(clock)
        with _listening(settings) as listener:
            async with _wired(settings, data, peppers, clock) as (doorway, first_key):
                server = _Server(settings, doorway, tls, partial(_announce, settings, listener, first_key))
                await server.serve(sockets=[listener])


@asynccontextmanager
async def _wired(
    settings: Settings, data: Data, peppers: PepperRing, clock: Clock
) -> AsyncIterator[tuple[Doorway, Secret[str] | None]]:
    store = data.store
    rules = EgressRules.parse(settings.allow_networks)
    known = await store.endpoints()
    routing = Routing(known)
    channel = WebhookChannel(Connector(rules), clock, _outgoing_limits(settings), user_agent=f"Gatepost/{__version__}")
    engine = LocalEngine(store, channel, clock)
    hub = Hub(store.totals.seq)
    subscriptions = Subscriptions(store, Source(hub, store, clock), clock)
    intake = Intake(store, routing, engine, clock, _intake_limits(settings), hub.publish)
    endpoints = Endpoints(store, routing, engine, rules, clock)
    keeper = HealthKeeper(routing, endpoints.keep, intake.announce, clock, round(settings.disable_after * 1000))
    accounts = Accounts(store, peppers, clock)
    operator, first_key = await accounts.first_start()
    gate = Gate([each.route for each in OPERATIONS], peppers, Rate.parse(settings.limit), clock)
    facts = _facts(accounts, clock)
    service = Service(
        store=store,
        engine=engine,
        intake=intake,
        accounts=accounts,
        endpoints=endpoints,
        replayer=Replayer(store, engine, clock, settings.backlog_limit),
        hub=hub,
        subscriptions=subscriptions,
        lobby=Lobby(),
        identify=partial(_identify, gate, facts),
        keyring=KeyringKeeper(data, peppers, clock),
        peppers=peppers,
        clock=clock,
        operator_tenant=operator.id,
        stream_origins=settings.stream_origins,
        started_at=clock.now(),
    )
    await engine.start(known, keeper.judge)
    try:
        with _housekeeping(service, settings):
            yield Doorway(gate, facts, partial(answer, service)), first_key
    finally:
        hub.close()
        await subscriptions.aclose()
        await engine.drain(settings.drain_timeout)
        await channel.aclose()


@contextlib.contextmanager
def _housekeeping(service: Service, settings: Settings) -> Iterator[None]:
    """Runs what has no end beside requests and deliveries."""
    endless = (
        prune_for_ever(service.store, settings, service.clock),
        service.hub.beat_for_ever(service.clock),
        service.subscriptions.note_for_ever(settings.subscription_keep),
        collect_for_ever(),
    )
    tasks = [asyncio.create_task(each) for each in endless]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


def _facts(accounts: Accounts, clock: Clock) -> Facts:
    limiter = GcraLimiter(clock)
    return {
        FindKey: accounts.find_key,
        FindKeyById: accounts.find_key_by_id,
        TakeLimits: lambda ask: limiter.take(ask.charges),
    }


async def _identify(gate: Gate, facts: Facts, admission: Admission, credential: str) -> Principal:
    decision = await decide_async(gate.steps_of_caller(credential, admission), facts)
    if isinstance(decision, Refusal):
        raise decision.error
    return decision.principal


def _outgoing_limits(settings: Settings) -> Limits:
    return Limits(
        connect_s=settings.connect_timeout,
        read_s=settings.read_timeout,
        total_s=settings.total_timeout,
        max_body=MAX_ANSWER_BYTES,
    )


def _intake_limits(settings: Settings) -> IntakeLimits:
    return IntakeLimits(settings.backlog_limit, round(settings.idempotency_keep * 1000), settings.allow_memory)


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen(BACKLOG)
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            raise StartRefused(f"nothing can listen on {where}: {error.strerror}") from None
        yield listener


class _Server(uvicorn.Server):
    """Says that it is ready once it is, and leaves the rest of the shutdown to us."""

    def __init__(self, settings: Settings, doorway: Doorway, tls: Tls | None, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                doorway,
                http=BoundedHttpProtocol,
                ws="none",
                loop="uvloop",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=round(settings.drain_timeout),
                ssl_context_factory=tls,
            )
        )
        self._ready = ready
        for number in (signal.SIGINT, signal.SIGTERM):
            # uvicorn raises a caught signal again once it has shut down; by default that would end us before the drain
            signal.signal(number, lambda *_: None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def _tls(settings: Settings) -> Tls | None:
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    context = server_context(settings.tls_certificate, settings.tls_key)
    return lambda *_: context


def _announce(settings: Settings, listener: socket.socket, first_key: Secret[str] | None) -> None:
    scheme = "http" if settings.tls_certificate is None else "https"
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    if first_key is not None:
        _give_first_key(first_key, settings.first_key_file)
    print(f"listening on {scheme}://{shown}:{port}", flush=True)


def _give_first_key(key: Secret[str], path: Path | None) -> None:
    if path is not None:
        write_secret(path, key.reveal() + "\n")
        print(f"The first API key is in {path}; only you can read it.", flush=True)
        return
    print("The first API key, shown this once and stored nowhere:", flush=True)
    print(f"  {key.reveal()}", flush=True)
