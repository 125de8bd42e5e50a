"""The running service: its parts, wired. Operations of the API reach everything through it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct

from gatepost.clock import Clock
from gatepost.crypto.pepper import PepperRing
from gatepost.guard.request import Admission, Principal
from gatepost.notify.store import NotificationStore
from gatepost.server.accounts import Accounts
from gatepost.server.delivery.local import LocalEngine
from gatepost.server.endpoints import Endpoints
from gatepost.server.intake import Intake
from gatepost.server.keyring import KeyringKeeper
from gatepost.server.replay import Replayer
from gatepost.server.streams.hub import Hub
from gatepost.server.streams.subscriptions import Subscriptions
from gatepost.server.streams.websocket import Lobby

Identify = Callable[[Admission, str], Awaitable[Principal]]
"""Whose credential it is that came after the request; raises what the gate refuses it with."""


class Service(Struct, frozen=True):
    """`operator_tenant` is the default tenant, whose keys may manage the others; `started_at` is in milliseconds."""

    store: NotificationStore
    engine: LocalEngine
    intake: Intake
    accounts: Accounts
    endpoints: Endpoints
    replayer: Replayer
    hub: Hub
    subscriptions: Subscriptions
    lobby: Lobby
    identify: Identify
    keyring: KeyringKeeper
    peppers: PepperRing
    clock: Clock
    operator_tenant: str
    stream_origins: tuple[str, ...]
    started_at: int
