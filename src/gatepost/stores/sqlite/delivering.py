"""Writes what becomes of deliveries: claims, attempts and their outcomes, in sets."""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from msgspec import json

from gatepost.crypto.seals.message import OVERHEAD_BYTES
from gatepost.errors import KeyUnavailable, SealBroken
from gatepost.notify.delivery import Delivery, Finished, State
from gatepost.notify.notification import Notification
from gatepost.notify.store import Claim
from gatepost.stores.sqlite import ordering
from gatepost.stores.sqlite.commit import Transaction
from gatepost.stores.sqlite.ids import pack, pack_lasting, unpack
from gatepost.stores.sqlite.named import statements
from gatepost.stores.sqlite.rows import Row, insert
from gatepost.stores.vault import ANSWER, PAYLOAD, Vault

HELD_PORTION = 100
"""Deliveries that come along behind another one of their key: they go out one after the other, and others wait too."""

_SQL = statements("notifications.sql")
_log = logging.getLogger(__name__)


def write_steps(transaction: Transaction, sets: Sequence[Sequence[Finished]]) -> list[frozenset[str]]:
    """Writes every step of every set: the attempts made, then the new states, then what follows for those in order."""
    attempts: list[Row] = []
    steps: defaultdict[State, list[Row]] = defaultdict(list)
    for step in (step for steps_of_one in sets for step in steps_of_one):
        _add(step, transaction.vault, attempts, steps)
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


def _add(step: Finished, vault: Vault, attempts: list[Row], steps: dict[State, list[Row]]) -> None:
    key = (step.delivery.notification.seq, pack_lasting(step.delivery.endpoint))
    number, attempt = step.delivery.spent + step.delivery.attempts, step.attempt
    if attempt is not None:
        own_id = pack(attempt.id)
        attempts.append(
            (
                *key,
                number,
                own_id,
                attempt.at,
                attempt.duration_ms,
                attempt.status,
                attempt.error,
                _sealed(vault, step.delivery.notification.tenant, own_id, attempt.answer),
                attempt.detail,
            )
        )
    steps[step.state].append((step.state, step.due_at, number, step.delivery.spent, *key))


def _sealed(vault: Vault, tenant: str, attempt: bytes, answer: bytes) -> bytes:
    try:
        return vault.of(tenant).seal(ANSWER, attempt, answer)
    except KeyUnavailable:  # the tenant was destroyed: this attempt has no delivery any more and is not written
        return b""


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
    return [[delivery for claim in wanted for delivery in _claim(transaction, claim, now)] for wanted, now in claims]


def _claim(transaction: Transaction, claim: Claim, now: int) -> list[Delivery]:
    taking = _Taking(transaction, claim, now)
    taking.take("due", claim.limit)
    for delivery in [each for each in taking.deliveries if each.key is not None]:
        taking.take("open_behind", HELD_PORTION, key=delivery.key, after=delivery.notification.seq)
    taken = json.encode([delivery.notification.seq for delivery in taking.deliveries]).decode()
    transaction.connection.execute(_SQL["take_over"], (pack_lasting(claim.endpoint), taken))
    taking.give_up_unreadable()
    return taking.deliveries


class _Taking:
    """What one claim takes, as far as there is room."""

    def __init__(self, transaction: Transaction, claim: Claim, now: int) -> None:
        self.deliveries: list[Delivery] = []
        self._transaction = transaction
        self._claim = claim
        self._values: dict[str, Any] = {
            "tenant": pack_lasting(claim.tenant),
            "endpoint": pack_lasting(claim.endpoint),
            "now": now,
        }
        self._room = claim.max_bytes
        self._unreadable: list[tuple[int, str | None]] = []

    def take(self, statement: str, limit: int, **values: Any) -> None:
        """Takes what a statement finds, up to the first that may not be taken yet."""
        connection = self._transaction.connection
        # row by row: what has no room is not even read
        with closing(connection.execute(_SQL[statement], self._values | values | {"limit": limit})) as rows:
            for may_be_taken, attempts, spent, key, *row in rows:
                self._room -= len(row[-1]) - OVERHEAD_BYTES
                if not may_be_taken or self._room < 0 or len(self.deliveries) == self._claim.limit:
                    break
                found = readable(row, self._transaction.vault)
                if found is None:
                    self._unreadable.append((row[0], key))
                else:
                    self.deliveries.append(Delivery(found, self._claim.endpoint, attempts, spent, key))

    def give_up_unreadable(self) -> None:
        """Buries what does not open: it would be claimed again for ever, and all behind it would wait."""
        connection, totals = self._transaction.connection, self._transaction.totals
        tenant, endpoint = self._values["tenant"], self._values["endpoint"]
        for seq, key in self._unreadable:
            buried = connection.execute(_SQL["give_up_unreadable"], (seq, endpoint)).rowcount
            totals.dead += buried
            totals.backlog -= buried
            if key is not None:
                ordering.advance(connection, [(tenant, endpoint, key)])


def readable(row: Sequence[Any], vault: Vault) -> Notification | None:
    """The notification of a row; None, and a word to the operator, when its payload does not open."""
    try:
        return notification(row, vault)
    except SealBroken as error:
        _log.error("the payload of %s cannot be read: %s", unpack("ntf", row[2]), error.detail)
        return None


def notification(row: Sequence[Any], vault: Vault) -> Notification:
    """The notification of a row of `notification_by_id`; its payload is empty when retention removed it.

    Raises SealBroken when the payload does not open.
    """
    seq, tenant, own_id, producer_id, topic, kind, ordering, collapse, accepted, deliver, expires, sealed = row
    owner = unpack("ten", tenant)
    return Notification(
        id=unpack("ntf", own_id),
        tenant=owner,
        topic=topic,
        type=kind,
        payload=vault.of(owner).open(PAYLOAD, own_id, sealed) if sealed else b"",
        accepted_at=accepted,
        fingerprint=b"",  # the blinded one is for comparing in the store, and of no use outside
        producer_id=producer_id,
        ordering_key=ordering,
        collapse_key=collapse,
        deliver_at=deliver,
        expires_at=expires,
        seq=seq,
    )
