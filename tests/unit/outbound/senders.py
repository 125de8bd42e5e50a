"""Channels and endpoints for the tests of webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct

from gatepost.clock import SystemClock
from gatepost.crypto.webhook_signatures import new_hmac_key
from gatepost.guard.egress import EgressRules
from gatepost.net.connector import Connector
from gatepost.net.http1 import Limits
from gatepost.outbound.webhook import WebhookChannel
from tests.unit.net.receivers import HOST, Receiver

NOW = 1_700_000_000_000
BODY = b'{"type":"order.paid","data":{"n":1}}'
KEY = new_hmac_key(SystemClock())
LIMITS = Limits(connect_s=5, read_s=5, total_s=5, idle_s=5)
HASTY = Limits(connect_s=5, read_s=0.05, total_s=0.2)
LOOPBACK = EgressRules.parse(["127.0.0.0/8"])


class StoppedClock(SystemClock):
    """Stands still, but each look at `monotonic` takes a quarter of a second."""

    def __init__(self) -> None:
        self.looks = 0

    def now(self) -> int:
        return NOW

    def monotonic(self) -> float:
        self.looks += 1
        return self.looks / 4


class Endpoint(Struct, frozen=True):
    url: str
    id: str = "ep_1"
    tenant: str = "ten_1"


def endpoint(there: Receiver, path: str = "/hook?x=1", endpoint_id: str = "ep_1") -> Endpoint:
    return Endpoint(f"http://{HOST}:{there.port}{path}", endpoint_id)


@asynccontextmanager
async def channel(limits: Limits = LIMITS, connector: Connector | None = None) -> AsyncIterator[WebhookChannel]:
    """A channel that may send to loopback."""
    opened = WebhookChannel(connector or Connector(LOOPBACK), StoppedClock(), limits, user_agent="Gatepost/1")
    try:
        yield opened
    finally:
        await opened.aclose()
