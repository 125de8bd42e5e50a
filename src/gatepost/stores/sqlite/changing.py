"""Writes what people change about deliveries: cancelled, tried again, or their endpoint gone."""

from __future__ import annotations

from collections.abc import Sequence

from gatepost.notify.delivery import State
from gatepost.stores.sqlite.commit import Transaction
from gatepost.stores.sqlite.ids import pack
from gatepost.stores.sqlite.named import statements
from gatepost.stores.sqlite.ordering import advance

_SQL = statements("notifications.sql")


def cancel(transaction: Transaction, cancellations: Sequence[tuple[str, str, Sequence[str]]]) -> list[int]:
    """Cancels waiting deliveries of notifications, each (tenant, notification, endpoints withdrawn from a queue)."""
    counts = []
    for tenant, notification, withdrawn in cancellations:
        key = (pack(tenant), pack(notification))
        in_order = transaction.connection.execute(_SQL["keys_of"], key).fetchall()
        count = transaction.connection.execute(_SQL["cancel_waiting"], key).rowcount
        rows = [(pack(endpoint), *key) for endpoint in withdrawn]
        if rows:
            count += transaction.connection.executemany(_SQL["cancel_withdrawn"], rows).rowcount
        advance(transaction.connection, in_order)
        transaction.totals.backlog -= count
        counts.append(count)
    return counts


def retry(transaction: Transaction, wishes: Sequence[tuple[str, str, str, int]]) -> list[bool]:
    """Makes dead or parked deliveries due, each (tenant, notification, endpoint, now in milliseconds)."""
    return [any(_retry(transaction, state, *wish) for state in (State.DEAD, State.PARKED)) for wish in wishes]


def _retry(transaction: Transaction, state: State, tenant: str, notification: str, endpoint: str, now: int) -> bool:
    values = (now, state, pack(endpoint), pack(tenant), pack(notification))
    changed = transaction.connection.execute(_SQL["retry_closed"], values).rowcount
    transaction.totals.backlog += changed
    transaction.totals.dead -= changed if state is State.DEAD else 0
    return changed == 1


def clear_endpoint(transaction: Transaction, endpoints: Sequence[tuple[str, str]]) -> list[int]:
    """Cancels every waiting delivery of endpoints, each (tenant, endpoint)."""
    counts = [
        transaction.connection.execute(_SQL["clear_endpoint"], (pack(tenant), pack(endpoint))).rowcount
        for tenant, endpoint in endpoints
    ]
    transaction.totals.backlog -= sum(counts)
    return counts
