"""Writes what becomes of deliveries: claims, attempts and their outcomes, in sets."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from gatepost.notify.delivery import Delivery, Finished, State
from gatepost.notify.notification import Notification
from gatepost.notify.store import Claim
from gatepost.stores.sqlite.commit import Transaction
from gatepost.stores.sqlite.ids import pack, unpack
from gatepost.stores.sqlite.named import statements

_SQL = statements("notifications.sql")
_Row = tuple[object, ...]


def write_steps(transaction: Transaction, sets: Sequence[Sequence[Finished]]) -> list[None]:
    """Writes every step of every set: the attempts made, then the new states."""
    attempts: list[_Row] = []
    steps: defaultdict[State, list[_Row]] = defaultdict(list)
    for step in (step for steps_of_one in sets for step in steps_of_one):
        _add(step, attempts, steps)
    connection, totals = transaction.connection, transaction.totals
    # Deliveries that went away meanwhile (a destroyed tenant) do not count, hence rowcount and not len().
    totals.attempts += connection.executemany(_SQL["insert_attempt"], attempts).rowcount
    changed = Counter(
        {state: connection.executemany(_SQL["step_delivery"], rows).rowcount for state, rows in steps.items()}
    )
    totals.delivered += changed[State.DELIVERED]
    totals.dead += changed[State.DEAD]
    totals.backlog -= sum(count for state, count in changed.items() if state is not State.WAITING)
    return [None] * len(sets)


def _add(step: Finished, attempts: list[_Row], steps: dict[State, list[_Row]]) -> None:
    key = (step.delivery.notification.seq, pack(step.delivery.endpoint))
    number, attempt = step.delivery.spent + step.delivery.attempts, step.attempt
    if attempt is not None:
        attempts.append(
            (
                number,
                pack(attempt.id),
                attempt.at,
                attempt.duration_ms,
                attempt.status,
                attempt.error,
                attempt.answer,
                attempt.detail,
                *key,
            )
        )
    steps[step.state].append((step.state, step.due_at, number, step.delivery.spent, *key))


def write_claims(transaction: Transaction, claims: Sequence[tuple[Sequence[Claim], int]]) -> list[list[Delivery]]:
    """Takes over due deliveries; each set is (claims, now in milliseconds)."""
    return [
        [delivery for claim in wanted for delivery in _claim(transaction.connection, claim, now)]
        for wanted, now in claims
    ]


def _claim(connection: sqlite3.Connection, claim: Claim, now: int) -> list[Delivery]:
    endpoint = pack(claim.endpoint)
    values = {"tenant": pack(claim.tenant), "endpoint": endpoint, "now": now, "limit": claim.limit}
    deliveries = []
    room = claim.max_bytes
    with closing(connection.execute(_SQL["due"], values)) as rows:  # row by row: what has no room is not even read
        for attempts, spent, *row in rows:
            room -= len(row[-1])
            if room < 0:
                break
            deliveries.append(Delivery(notification(row), claim.endpoint, attempts, spent))
    taken = [(delivery.notification.seq, endpoint) for delivery in deliveries]
    connection.executemany(_SQL["take_over"], taken)
    return deliveries


def notification(row: Sequence[Any]) -> Notification:
    """The notification of a row of `notification_by_id`; its payload is empty when retention removed it."""
    seq, tenant, own_id, producer_id, topic, kind, ordering, collapse, accepted, deliver, expires, print_, payload = row
    return Notification(
        id=unpack("ntf", own_id),
        tenant=unpack("ten", tenant),
        topic=topic,
        type=kind,
        payload=payload or b"",
        accepted_at=accepted,
        fingerprint=print_,
        producer_id=producer_id,
        ordering_key=ordering,
        collapse_key=collapse,
        deliver_at=deliver,
        expires_at=expires,
        seq=seq,
    )
