"""Keeps history bounded: a small step of pruning now and then, many in a row while there is much to remove."""

from __future__ import annotations

import asyncio
import logging

from gatepost.clock import Clock
from gatepost.errors import GatepostError
from gatepost.notify.store import Keep, NotificationStore
from gatepost.server.settings import Settings

REST_S = 30.0
"""Wait once nothing is left to remove."""

BREATH_S = 0.05
"""Wait between two steps while there is more: pruning takes at most a tenth of the time."""

_log = logging.getLogger(__name__)


async def prune_for_ever(store: NotificationStore, settings: Settings, clock: Clock) -> None:
    """Runs until it is cancelled."""
    while True:
        more = False
        try:
            more = await store.prune(keep_at(settings, clock.now()))
        except GatepostError as error:
            _log.warning("old history cannot be removed now: %s", error.detail)
        except Exception:  # noqa: BLE001 - a defect of one step must not end all pruning
            _log.exception("pruning stumbled; it goes on")
        await asyncio.sleep(BREATH_S if more else REST_S)


def keep_at(settings: Settings, now: int) -> Keep:
    """What the settings let stay at `now` (milliseconds)."""
    return Keep(
        payloads_since=now - round(settings.payload_keep * 1000),
        payload_bytes=settings.payload_bytes,
        deliveries_since=now - round(settings.delivery_keep * 1000),
        deliveries=settings.delivery_count,
        attempts_since=now - round(settings.attempt_keep * 1000),
        attempts=settings.attempt_count,
        now=now,
    )
