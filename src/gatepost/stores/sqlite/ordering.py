"""Keeps deliveries in order: those behind another one of their key are held, and let go one after the other."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from gatepost.notify import order
from gatepost.notify.delivery import Finished, State
from gatepost.notify.store import Planned
from gatepost.stores.sqlite.ids import pack_lasting, unpack
from gatepost.stores.sqlite.named import statements
from gatepost.stores.sqlite.rows import Row, insert

_SQL = statements("notifications.sql")

Key = tuple[bytes, bytes, str]
"""Tenant, endpoint and ordering key, as they are stored."""


class Placing:
    """Decides in which state the ordered deliveries of one commit start."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._last: dict[Key, State | None] = {}
        self._rows: list[Row] = []

    def place(self, planned: Planned, ordering_key: str) -> Planned:
        """Takes the deliveries of a notification; gives the plan as it came to be, with some of them held."""
        taken = [endpoint for endpoint in planned.now if self._add(planned, endpoint, ordering_key, State.SENDING)]
        for endpoint in planned.later:
            self._add(planned, endpoint, ordering_key, State.WAITING)
        held = tuple(endpoint for endpoint in planned.now if endpoint not in taken)
        return Planned(planned.notification, tuple(taken), planned.later, planned.due_at, held)

    def write(self) -> int:
        """Writes the deliveries; returns how many."""
        return insert(self._connection, _SQL["insert_in_order"], self._rows)

    def _add(self, planned: Planned, endpoint: str, ordering_key: str, wanted: State) -> bool:
        tenant, seq = pack_lasting(planned.notification.tenant), planned.notification.seq
        key = (tenant, pack_lasting(endpoint), ordering_key)
        state = self._last[key] = order.place(self._last_of(key), wanted)
        self._rows.append((tenant, seq, key[1], state, planned.due_at, ordering_key))
        return state is wanted

    def _last_of(self, key: Key) -> State | None:
        if key not in self._last:
            row = self._connection.execute(_SQL["last_of_key"], key).fetchone()
            self._last[key] = None if row is None else State(row[0])
        return self._last[key]


def settle(connection: sqlite3.Connection, steps: Sequence[Finished]) -> frozenset[str]:
    """Draws the consequences of steps of ordered deliveries; returns the endpoints for which one was let go."""
    keys = []
    for step in steps:
        delivery, seq = step.delivery, step.delivery.notification.seq
        if delivery.key is None:
            continue
        key = (pack_lasting(delivery.notification.tenant), pack_lasting(delivery.endpoint), delivery.key)
        keys.append(key)
        if step.out_of_order:
            connection.execute(_SQL["leave_order"], (seq, key[1]))
        elif step.state is State.WAITING:
            connection.execute(_SQL["hold_back"], (*key, seq))
    return advance(connection, keys)


def advance(connection: sqlite3.Connection, keys: Iterable[Key]) -> frozenset[str]:
    """Lets the first open delivery of each key go if it is held; returns the endpoints of such."""
    freed = set()
    for tenant, endpoint, key in dict.fromkeys(keys):
        values = {"tenant": tenant, "endpoint": endpoint, "key": key}
        if connection.execute(_SQL["advance"], values).rowcount:
            freed.add(unpack("ep", endpoint))
    return frozenset(freed)
