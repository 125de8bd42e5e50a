"""Writes what becomes of deliveries: claims, attempts and their outcomes, in sets."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from msgspec import json

from gatepost.notify.delivery import Delivery, Finished, State
from gatepost.notify.notification import Notification
from gatepost.notify.store import Claim
from gatepost.stores.sqlite import ordering
from gatepost.stores.sqlite.commit import Transaction
from gatepost.stores.sqlite.ids import pack, pack_lasting, unpack
from gatepost.stores.sqlite.named import statements
from gatepost.stores.sqlite.rows import Row, insert

HELD_PORTION = 100
"""Deliveries that come along behind another one of their key: they go out one after the other, and others wait too."""

_SQL = statements("notifications.sql")


def write_steps(transaction: Transaction, sets: Sequence[Sequence[Finished]]) -> list[frozenset[str]]:
    """Writes every step of every set: the attempts made, then the new states, then what follows for those in order."""
    attempts: list[Row] = []
    steps: defaultdict[State, list[Row]] = defaultdict(list)
    for step in (step for steps_of_one in sets for step in steps_of_one):
        _add(step, attempts, steps)
    connection, totals = transaction.connection, transaction.totals
    # Deliveries that went away meanwhile (a destroyed tenant) do not count, hence rowcount and not len().
    totals.attempts += insert(connection, _SQL["insert_attempt"], attempts)
    changed = Counter(
        {state: connection.executemany(_SQL["step_delivery"], rows).rowcount for state, rows in steps.items()}
    )
    totals.delivered += changed[State.DELIVERED]
    totals.dead += changed[State.DEAD]
    totals.backlog -= sum(count for state, count in changed.items() if state is not State.WAITING)
    totals.backlog -= sum(_supersede(connection, step) for step in _collapsing(sets))
    return [ordering.settle(connection, steps_of_one) for steps_of_one in sets]


def _add(step: Finished, attempts: list[Row], steps: dict[State, list[Row]]) -> None:
    key = (step.delivery.notification.seq, pack_lasting(step.delivery.endpoint))
    number, attempt = step.delivery.spent + step.delivery.attempts, step.attempt
    if attempt is not None:
        attempts.append(
            (
                *key,
                number,
                pack(attempt.id),
                attempt.at,
                attempt.duration_ms,
                attempt.status,
                attempt.error,
                attempt.answer,
                attempt.detail,
            )
        )
    steps[step.state].append((step.state, step.due_at, number, step.delivery.spent, *key))


def _collapsing(sets: Sequence[Sequence[Finished]]) -> list[Finished]:
    """The steps after which a delivery with a collapse key is to be tried again."""
    waiting = (step for steps in sets for step in steps if step.state is State.WAITING)
    return [step for step in waiting if step.delivery.notification.collapse_key is not None]


def _supersede(connection: sqlite3.Connection, step: Finished) -> int:
    failed = step.delivery.notification
    values = {
        "seq": failed.seq,
        "endpoint": pack_lasting(step.delivery.endpoint),
        "tenant": pack_lasting(failed.tenant),
        "topic": failed.topic,
        "collapse_key": failed.collapse_key,
    }
    return connection.execute(_SQL["supersede_late"], values).rowcount


def write_claims(transaction: Transaction, claims: Sequence[tuple[Sequence[Claim], int]]) -> list[list[Delivery]]:
    """Takes over due deliveries; each set is (claims, now in milliseconds)."""
    return [
        [delivery for claim in wanted for delivery in _claim(transaction.connection, claim, now)]
        for wanted, now in claims
    ]


def _claim(connection: sqlite3.Connection, claim: Claim, now: int) -> list[Delivery]:
    taking = _Taking(connection, claim, now)
    taking.take("due", claim.limit)
    for delivery in [each for each in taking.deliveries if each.key is not None]:
        taking.take("open_behind", HELD_PORTION, key=delivery.key, after=delivery.notification.seq)
    taken = json.encode([delivery.notification.seq for delivery in taking.deliveries]).decode()
    connection.execute(_SQL["take_over"], (pack_lasting(claim.endpoint), taken))
    return taking.deliveries


class _Taking:
    """What one claim takes, as far as there is room."""

    def __init__(self, connection: sqlite3.Connection, claim: Claim, now: int) -> None:
        self.deliveries: list[Delivery] = []
        self._connection = connection
        self._claim = claim
        self._values = {"tenant": pack_lasting(claim.tenant), "endpoint": pack_lasting(claim.endpoint), "now": now}
        self._room = claim.max_bytes

    def take(self, statement: str, limit: int, **values: Any) -> None:
        """Takes what a statement finds, up to the first that may not be taken yet."""
        # row by row: what has no room is not even read
        with closing(self._connection.execute(_SQL[statement], self._values | values | {"limit": limit})) as rows:
            for may_be_taken, attempts, spent, key, *row in rows:
                self._room -= len(row[-1])
                if not may_be_taken or self._room < 0 or len(self.deliveries) == self._claim.limit:
                    break
                self.deliveries.append(Delivery(notification(row), self._claim.endpoint, attempts, spent, key))


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
