"""Writes what people change about deliveries: cancelled, tried again, or their endpoint gone."""

from __future__ import annotations

from collections.abc import Sequence

from gatepost.stores.sqlite.commit import Transaction
from gatepost.stores.sqlite.ids import pack
from gatepost.stores.sqlite.named import statements

_SQL = statements("notifications.sql")


def cancel(transaction: Transaction, cancellations: Sequence[tuple[str, str, Sequence[str]]]) -> list[int]:
    """Cancels waiting deliveries of notifications, each (tenant, notification, endpoints withdrawn from a queue)."""
    counts = []
    for tenant, notification, withdrawn in cancellations:
        key = (pack(tenant), pack(notification))
        count = transaction.connection.execute(_SQL["cancel_waiting"], key).rowcount
        rows = [(pack(endpoint), *key) for endpoint in withdrawn]
        if rows:
            count += transaction.connection.executemany(_SQL["cancel_withdrawn"], rows).rowcount
        transaction.totals.backlog -= count
        counts.append(count)
    return counts


def retry(transaction: Transaction, wishes: Sequence[tuple[str, str, str, int]]) -> list[bool]:
    """Makes dead deliveries due, each (tenant, notification, endpoint, now in milliseconds)."""
    changed = []
    for tenant, notification, endpoint, now in wishes:
        values = (now, pack(endpoint), pack(tenant), pack(notification))
        changed.append(transaction.connection.execute(_SQL["retry_dead"], values).rowcount == 1)
    transaction.totals.backlog += sum(changed)
    transaction.totals.dead -= sum(changed)
    return changed


def clear_endpoint(transaction: Transaction, endpoints: Sequence[tuple[str, str]]) -> list[int]:
    """Cancels every waiting delivery of endpoints, each (tenant, endpoint)."""
    counts = [
        transaction.connection.execute(_SQL["clear_endpoint"], (pack(tenant), pack(endpoint))).rowcount
        for tenant, endpoint in endpoints
    ]
    transaction.totals.backlog -= sum(counts)
    return counts
