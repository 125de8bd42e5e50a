"""Reads what may be replayed to an endpoint, and makes it due."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from gatepost.notify import order
from gatepost.notify.delivery import State
from gatepost.notify.replay import Candidate
from gatepost.stores.sqlite.commit import Transaction
from gatepost.stores.sqlite.ids import pack, start_of, unpack
from gatepost.stores.sqlite.named import statements

_SQL = statements("notifications.sql")

Wish = tuple[str, str, Sequence[tuple[int, int]]]
"""Tenant, endpoint, and for each notification its place in the log and when it shall be due."""


def candidates(
    reader: sqlite3.Connection, tenant: str, endpoint: str, since: int, until: int, after: str | None, limit: int
) -> list[Candidate]:
    """A portion of what was accepted from `since` on and before `until`, oldest first, beyond the id `after`."""
    values = {
        "tenant": pack(tenant),
        "endpoint": pack(endpoint),
        "after": pack(after) if after else start_of(since),
        "until": start_of(until),
        "limit": limit,
    }
    return [
        Candidate(
            unpack("ntf", own_id), seq, topic, kind, expires_at, bool(kept), None if state is None else State(state)
        )
        for own_id, seq, topic, kind, expires_at, kept, state in reader.execute(_SQL["candidates"], values)
    ]


def replay(transaction: Transaction, wishes: Sequence[Wish]) -> list[int]:
    """Makes deliveries due, new ones or closed ones anew; returns how many for each wish."""
    return [
        sum(_replay(transaction, pack(tenant), pack(endpoint), *each) for each in wanted)
        for tenant, endpoint, wanted in wishes
    ]


def _replay(transaction: Transaction, tenant: bytes, endpoint: bytes, seq: int, due_at: int) -> bool:
    connection, totals = transaction.connection, transaction.totals
    row = connection.execute(_SQL["replayable"], {"tenant": tenant, "endpoint": endpoint, "seq": seq}).fetchone()
    if row is None:  # retention was faster, or it is on its way already
        return False
    before, key = row
    state = State.WAITING
    if key is not None:
        last = connection.execute(_SQL["last_of_key"], (tenant, endpoint, key)).fetchone()
        state = order.place(None if last is None else State(last[0]), State.WAITING)
    connection.execute(_SQL["replay"], (tenant, seq, endpoint, state, due_at, key))
    totals.deliveries += before is None
    totals.dead -= before == State.DEAD
    totals.backlog += 1
    return True
