"""Keeps the health of endpoints: remembers failures, warns the owner, disables what fails for too long."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from gatepost.clock import Clock, rfc3339
from gatepost.errors import GatepostError
from gatepost.notify import health
from gatepost.notify.delivery import Outcome
from gatepost.notify.endpoint import Endpoint
from gatepost.notify.routing import Routing

TOPIC = "gatepost.endpoint"
"""Where owners hear of their endpoints: subscribe another endpoint to this topic, or list it."""

_log = logging.getLogger(__name__)


class Announce(Protocol):
    """Accepts one of Gatepost's own events: tenant, topic, type, payload."""

    def __call__(self, tenant: str, topic: str, event_type: str, payload: bytes) -> None: ...


class HealthKeeper:
    """Judges endpoints by their outcomes; `change` keeps a changed endpoint everywhere it is known."""

    def __init__(
        self,
        routing: Routing,
        change: Callable[[Endpoint], Awaitable[object]],
        announce: Announce,
        clock: Clock,
        disable_after_ms: int,
    ) -> None:
        self._routing = routing
        self._change = change
        self._announce = announce
        self._clock = clock
        self._disable_after_ms = disable_after_ms

    async def judge(self, endpoint: Endpoint, outcome: Outcome, gone: bool) -> None:
        """Takes an outcome into account; `gone` says that the endpoint itself asked for nothing more (410)."""
        current = self._routing.find(endpoint.tenant, endpoint.id)
        if current is None or current.state == "disabled":
            return
        judgement = health.judge(current, outcome.succeeded, self._clock.now(), self._disable_after_ms)
        disable = gone or judgement.disable
        changed = msgspec.structs.replace(
            current,
            failing_since=judgement.failing_since,
            warned=judgement.warned,
            state="disabled" if disable else current.state,
        )
        if changed == current:
            return
        try:
            await self._change(changed)
            self._tell_owner(changed, judgement, gone)
        except GatepostError as error:
            _log.warning("the health of %s cannot be written now: %s", endpoint.id, error.detail)

    def _tell_owner(self, endpoint: Endpoint, judgement: health.Judgement, gone: bool) -> None:
        now = self._clock.now()
        if endpoint.state == "disabled":
            self._tell(endpoint, "endpoint.disabled", now, reason="gone" if gone else "failing")
        elif judgement.warn is not None and judgement.failing_since is not None:
            ends_at = judgement.failing_since + self._disable_after_ms
            self._tell(endpoint, "endpoint.failing", ends_at, percent=judgement.warn)

    def _tell(self, endpoint: Endpoint, event_type: str, disabled_at: int, **facts: object) -> None:
        since = endpoint.failing_since
        payload = {
            "endpoint": endpoint.id,
            "url": endpoint.url,
            "failing_since": None if since is None else rfc3339(since),
            "disabled_at": rfc3339(disabled_at),
            **facts,
        }
        _log.warning("%s: %s %s", event_type, endpoint.id, facts)
        self._announce(endpoint.tenant, TOPIC, event_type, msgspec.json.encode(payload))
