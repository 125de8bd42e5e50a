"""Answers what people ask: one notification with its story, and pages of lists."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from gatepost.clock import is_id
from gatepost.notify.delivery import Attempt, State
from gatepost.notify.store import AttemptView, DeliveryView, Filter, LogPortion, NotificationView, Page
from gatepost.stores.sqlite.delivering import notification, readable
from gatepost.stores.sqlite.ids import pack, start_of, unpack
from gatepost.stores.sqlite.named import statements
from gatepost.stores.vault import ANSWER, TenantSeals, Vault

SCAN_BUDGET = 5_000
"""Rows that one page looks at: about 10 ms of the event loop. A page with a rare filter may come back short."""

LOG_PORTION = 100
"""Places of the log that are read at once for one listener: a millisecond of the event loop, and 6.4 MB at most."""

PARKED_COUNTED = 10_000
"""Parked deliveries that are counted for one answer: 2 ms of the event loop."""

_SQL = statements("notifications.sql")
_PAGES = {State.DEAD: "dead_page", State.PARKED: "parked_page"}
_HIGHEST = b"\xff" * 16


def find(reader: sqlite3.Connection, vault: Vault, tenant: str, notification_id: str) -> NotificationView | None:
    """A notification with its deliveries and attempts."""
    if not is_id("ntf", notification_id):
        return None
    row = reader.execute(_SQL["notification_by_id"], (pack(tenant), pack(notification_id))).fetchone()
    if row is None:
        return None
    found = notification(row, vault)
    deliveries = tuple(
        DeliveryView(found.id, found.topic, found.type, unpack("ep", endpoint), State(state), due_at, attempts)
        for endpoint, state, due_at, attempts in reader.execute(_SQL["deliveries_of"], (found.seq,))
    )
    attempts = tuple(
        _attempt(vault.of(tenant), attempt) for attempt in reader.execute(_SQL["attempts_of"], (found.seq,))
    )
    return NotificationView(found, None if row[-1] is None else found.payload, deliveries, attempts)


def _attempt(seals: TenantSeals, row: Sequence[Any]) -> AttemptView:
    endpoint, number, own_id, at, duration_ms, status, error, answer, detail = row
    opened = seals.open(ANSWER, own_id, answer)
    return AttemptView(
        unpack("ep", endpoint),
        number,
        Attempt(unpack("att", own_id), at, duration_ms, status, error, opened, detail),
    )


def page(reader: sqlite3.Connection, vault: Vault, tenant: str, wanted: Filter, before: str | None, limit: int) -> Page:
    """Notifications newest first, without payloads. Looks at `SCAN_BUDGET` rows at most, so a page may be short."""
    values: dict[str, object] = {
        "tenant": pack(tenant),
        "before": min(
            _HIGHEST if wanted.until is None else start_of(wanted.until), pack(before) if before else _HIGHEST
        ),
        "since": start_of(wanted.since or 0),
        "topic": wanted.topic,
        "type": wanted.type,
        "budget": SCAN_BUDGET,
        "limit": limit,
    }
    end = reader.execute(_SQL["page_end"], values).fetchone()
    if end is not None:
        values["since"] = end[0]
    items = tuple(NotificationView(notification(row, vault), None) for row in reader.execute(_SQL["page"], values))
    if len(items) == limit:
        return Page(items, items[-1].notification.id)
    return Page(items, None if end is None else unpack("ntf", end[0]))


def deliveries_page(
    reader: sqlite3.Connection, tenant: str, state: State, endpoint: str, after: str | None, limit: int
) -> Page:
    """Deliveries of an endpoint that are dead, parked, or still open, oldest first."""
    start = reader.execute(_SQL["seq_of"], (pack(tenant), pack(after))).fetchone() if after else None
    values = {
        "tenant": pack(tenant),
        "endpoint": pack(endpoint),
        "after": 0 if start is None else start[0],
        "limit": limit,
    }
    rows = reader.execute(_SQL[_PAGES.get(state, "open_page")], values)
    items = tuple(
        DeliveryView(unpack("ntf", own_id), topic, kind, unpack("ep", to), State(where), due_at, attempts)
        for own_id, topic, kind, to, where, due_at, attempts in rows
    )
    return Page(items, items[-1].notification if len(items) == limit else None)


def parked_by_tenant(reader: sqlite3.Connection) -> dict[str, int]:
    """How many deliveries are parked, tenant by tenant; of all together `PARKED_COUNTED` at most are counted."""
    return {
        unpack("ten", tenant): count for tenant, count in reader.execute(_SQL["parked_by_tenant"], (PARKED_COUNTED,))
    }


def read_log(reader: sqlite3.Connection, vault: Vault, tenant: str, after: int, until: int) -> LogPortion:
    """A portion of the log, of at most `LOG_PORTION` places."""
    seen = min(until, after + LOG_PORTION)
    rows = reader.execute(_SQL["read_log"], {"tenant": pack(tenant), "after": after, "until": seen}).fetchall()
    (forgotten,) = reader.execute(_SQL["forgotten"]).fetchone()  # after the rows: what they lack is counted here
    opened = (readable(row, vault) for row in rows)
    return LogPortion(tuple(each for each in opened if each is not None), seen, forgotten)
