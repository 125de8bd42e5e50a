"""Durable subscriptions: one row each, moved on in sets."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from msgspec import structs

from gatepost.errors import GatepostError, QuotaExceeded
from gatepost.notify.subscription import MAX_SUBSCRIPTIONS, Acknowledgement, Progress, Subscription
from gatepost.stores.sqlite.commit import Transaction
from gatepost.stores.sqlite.ids import pack, unpack
from gatepost.stores.sqlite.named import statements

_SQL = statements("subscriptions.sql")


def put(transaction: Transaction, wanted: Sequence[Subscription]) -> list[GatepostError | None]:
    """Makes subscriptions, or changes the topics of those that exist."""
    return [_put(transaction.connection, subscription) for subscription in wanted]


def _put(connection: sqlite3.Connection, subscription: Subscription) -> GatepostError | None:
    row = _row(subscription) | {"topics": " ".join(subscription.topics)}
    if connection.execute(_SQL["change_topics"], row).rowcount:
        return None
    if connection.execute(_SQL["count"], (row["tenant"],)).fetchone()[0] >= MAX_SUBSCRIPTIONS:
        return QuotaExceeded(f"a tenant has at most {MAX_SUBSCRIPTIONS} subscriptions")
    connection.execute(_SQL["insert"], row)
    return None


def delete(transaction: Transaction, named: Sequence[tuple[str, str]]) -> list[bool]:
    """Deletes subscriptions, each (tenant, name)."""
    return [
        transaction.connection.execute(_SQL["delete"], (pack(tenant), name)).rowcount == 1 for tenant, name in named
    ]


def acknowledge(transaction: Transaction, acknowledgements: Sequence[Acknowledgement]) -> list[None]:
    transaction.connection.executemany(_SQL["acknowledge"], list(map(_row, acknowledgements)))
    return [None] * len(acknowledgements)


def note_progress(transaction: Transaction, portions: Sequence[Sequence[Progress]]) -> list[None]:
    rows = [_row(progress) for portion in portions for progress in portion]
    transaction.connection.executemany(_SQL["note_progress"], rows)
    return [None] * len(portions)


def forget(transaction: Transaction, unused_since: Sequence[int]) -> list[int]:
    return [transaction.connection.execute(_SQL["forget"], (moment,)).rowcount for moment in unused_since]


def all_of(reader: sqlite3.Connection, tenant: str) -> list[Subscription]:
    return [_subscription(row) for row in reader.execute(_SQL["subscriptions"], (pack(tenant),))]


def find(reader: sqlite3.Connection, tenant: str, name: str) -> Subscription | None:
    row = reader.execute(_SQL["subscription"], (pack(tenant), name)).fetchone()
    return None if row is None else _subscription(row)


def _row(value: Subscription | Acknowledgement | Progress) -> dict[str, Any]:
    return structs.asdict(value) | {"tenant": pack(value.tenant)}


def _subscription(row: tuple[Any, ...]) -> Subscription:
    tenant, name, topics, *rest = row
    return Subscription(unpack("ten", tenant), name, tuple(topics.split()), *rest)
