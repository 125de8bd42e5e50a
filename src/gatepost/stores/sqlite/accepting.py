"""Writes what is accepted: notifications, their deliveries and idempotency keys, a whole group at a time."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from gatepost.errors import GatepostError, IdConflict, IdempotencyMismatch, KeyUnavailable, NotFound
from gatepost.notify.delivery import State
from gatepost.notify.store import Acceptance, Accepted, IdempotencyKey, Planned, Receipt, Refusal, Result
from gatepost.stores.sqlite.commit import Transaction
from gatepost.stores.sqlite.ids import pack, pack_lasting, unpack
from gatepost.stores.sqlite.named import statements
from gatepost.stores.sqlite.ordering import Placing, advance
from gatepost.stores.sqlite.rows import Row, insert
from gatepost.stores.vault import PAYLOAD, TenantSeals

_SQL = statements("notifications.sql")
_encode_ids = msgspec.json.Encoder().encode
_encode_answer = msgspec.msgpack.Encoder().encode
_decode_answer = msgspec.msgpack.Decoder(tuple[Result, ...]).decode

_Known = dict[tuple[str, str], tuple[Receipt, bytes]]
"""What was accepted under an id of the producer's own, by tenant and id: the receipt and the blinded fingerprint."""


def write_acceptances(transaction: Transaction, acceptances: Sequence[Acceptance]) -> list[Accepted | GatepostError]:
    """Gives every new notification its place in the log and writes it with its deliveries and its idempotency key."""
    group = _Group(transaction, _accepted_before(transaction.connection, acceptances))
    answers = [group.accept(acceptance) for acceptance in acceptances]
    group.write()
    return answers


class _Group:
    """One commit's worth of acceptances: decided one by one, written in sets."""

    def __init__(self, transaction: Transaction, known: _Known) -> None:
        self._transaction = transaction
        self._known = known
        self._notifications: list[Row] = []
        self._deliveries: list[Row] = []
        self._in_order = Placing(transaction.connection)
        self._keys: list[Row] = []
        self._collapsed: list[Row] = []

    def accept(self, acceptance: Acceptance) -> Accepted | GatepostError:
        try:
            seals = self._transaction.vault.of(acceptance.tenant)
        except KeyUnavailable:  # it was destroyed while the request was on its way here
            return NotFound("there is no such tenant")
        key = acceptance.idempotency
        if key is not None:
            before = self._answered_before(key, acceptance, seals)
            if before is not None:
                return before
        fresh: list[Planned] = []
        results = tuple(self._accept_item(acceptance.tenant, item, seals, fresh) for item in acceptance.items)
        if key is not None:
            blind, answer = seals.blind(key.fingerprint), _encode_answer(results)
            self._keys.append((pack_lasting(acceptance.tenant), key.digest, blind, answer, key.expires_at))
        return Accepted(results, tuple(fresh))

    def _answered_before(
        self, key: IdempotencyKey, acceptance: Acceptance, seals: TenantSeals
    ) -> Accepted | GatepostError | None:
        row = self._transaction.connection.execute(_SQL["idempotent_answer"], (key.digest,)).fetchone()
        if row is None:
            return None
        fingerprint, answer, expires_at = row
        if expires_at <= _accepted_at(acceptance):
            self._transaction.connection.execute(_SQL["forget_idempotency"], (key.digest,))
            return None
        if fingerprint != seals.blind(key.fingerprint):
            return IdempotencyMismatch()
        return Accepted(_decode_answer(answer), ())

    def _accept_item(self, tenant: str, item: Planned | Refusal, seals: TenantSeals, fresh: list[Planned]) -> Result:
        if isinstance(item, Refusal):
            return item
        notification, blind = item.notification, b""
        receipt = Receipt(notification.id, item.deliveries)
        if notification.producer_id is not None:
            blind = seals.blind(notification.fingerprint)
            first, before = self._known.setdefault((tenant, notification.producer_id), (receipt, blind))
            if first is not receipt:
                return first if before == blind else _ID_TAKEN
        fresh.append(self._add(item, seals, blind))
        return receipt

    def _add(self, planned: Planned, seals: TenantSeals, blind: bytes) -> Planned:
        """Takes a notification; gives the plan as it came to be."""
        totals, notification = self._transaction.totals, planned.notification
        totals.seq += 1
        notification.seq = seq = totals.seq
        tenant, own_id = pack_lasting(notification.tenant), pack(notification.id)
        payload = seals.seal(PAYLOAD, own_id, notification.payload)
        self._notifications.append(
            (
                seq,
                tenant,
                own_id,
                notification.producer_id,
                notification.topic,
                notification.type,
                notification.ordering_key,
                notification.collapse_key,
                notification.accepted_at,
                notification.deliver_at,
                notification.expires_at,
                planned.deliveries,
                blind,
                payload,
            )
        )
        totals.payload_bytes += len(payload)
        if notification.collapse_key is not None:
            self._collapsed.append((tenant, notification.topic, notification.collapse_key, seq))
        if notification.ordering_key is not None:
            return self._in_order.place(planned, notification.ordering_key)
        due_at = planned.due_at
        self._deliveries += [(tenant, seq, pack_lasting(endpoint), State.SENDING, due_at) for endpoint in planned.now]
        self._deliveries += [(tenant, seq, pack_lasting(endpoint), State.WAITING, due_at) for endpoint in planned.later]
        return planned

    def write(self) -> None:
        connection, totals = self._transaction.connection, self._transaction.totals
        insert(connection, _SQL["insert_notification"], self._notifications)
        deliveries = insert(connection, _SQL["insert_delivery"], self._deliveries) + self._in_order.write()
        insert(connection, _SQL["insert_idempotency"], self._keys)
        if self._collapsed:
            totals.backlog -= connection.executemany(_SQL["supersede"], self._collapsed).rowcount
            for collapsed in self._collapsed:
                advance(connection, connection.execute(_SQL["keys_of_superseded"], collapsed))
        totals.accepted += len(self._notifications)
        totals.deliveries += deliveries
        totals.backlog += deliveries


def _accepted_before(connection: sqlite3.Connection, acceptances: Sequence[Acceptance]) -> _Known:
    """What the producers' own ids of a whole group stand for already: one look-up for all of a tenant."""
    wanted: defaultdict[str, list[str]] = defaultdict(list)
    for acceptance in acceptances:
        own_ids = (item.notification.producer_id for item in acceptance.items if isinstance(item, Planned))
        wanted[acceptance.tenant] += [own_id for own_id in own_ids if own_id is not None]
    return {
        (tenant, own_id): (Receipt(unpack("ntf", stored), fanout), fingerprint)
        for tenant, own_ids in wanted.items()
        for own_id, stored, fanout, fingerprint in connection.execute(
            _SQL["same_producer_ids"], (_encode_ids(own_ids).decode(), pack_lasting(tenant))
        )
    }


def _accepted_at(acceptance: Acceptance) -> int:
    """When this request came, in milliseconds; a request of refused items only has no time and needs none."""
    return next((item.notification.accepted_at for item in acceptance.items if isinstance(item, Planned)), 0)


_ID_TAKEN = Refusal(IdConflict.code, IdConflict.title, (("was accepted before with another body", "/id"),))
