"""The running service: its parts, wired. Operations of the API reach everything through it."""

from __future__ import annotations

from msgspec import Struct

from gatepost.clock import Clock
from gatepost.crypto.pepper import PepperRing
from gatepost.notify.store import NotificationStore
from gatepost.server.accounts import Accounts
from gatepost.server.delivery.local import LocalEngine
from gatepost.server.endpoints import Endpoints
from gatepost.server.intake import Intake
from gatepost.server.streams.hub import Hub


class Service(Struct, frozen=True):
    """`operator_tenant` is the default tenant, whose keys may manage the others; `started_at` is in milliseconds."""

    store: NotificationStore
    engine: LocalEngine
    intake: Intake
    accounts: Accounts
    endpoints: Endpoints
    hub: Hub
    peppers: PepperRing
    clock: Clock
    operator_tenant: str
    stream_origins: tuple[str, ...]
    started_at: int
