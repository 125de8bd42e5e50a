"""Seals what an older layout holds in the clear; once, in the transaction that changes the layout."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator

from gatepost.stores.sqlite.ids import unpack
from gatepost.stores.sqlite.named import statements
from gatepost.stores.vault import ANSWER, ENDPOINT, PAYLOAD, Vault

SEALED_SINCE = 5
"""The first layout whose cells are sealed."""

_CELLS = {"endpoints": ENDPOINT, "payloads": PAYLOAD, "answers": ANSWER}
_FINGERPRINTS = ("fingerprints", "idempotency")

_SQL = statements("sealing.sql")
_log = logging.getLogger(__name__)


def seal_existing(connection: sqlite3.Connection, vault: Vault) -> None:
    """Gives every tenant a key, and seals the cells that are there."""
    for (tenant,) in connection.execute(_SQL["tenants"]).fetchall():
        connection.execute(_SQL["insert_key"], (tenant, vault.new_key(unpack("ten", tenant))))
    for cells in _CELLS:
        count = connection.executemany(_SQL[f"seal_{cells}"], _sealed(connection, vault, cells)).rowcount
        if count > 0:
            _log.info("sealed %d %s", count, cells)
    for prints in _FINGERPRINTS:
        connection.executemany(_SQL[f"blind_{prints}"], _blinded(connection, vault, prints))
    connection.execute(_SQL["count_payload_bytes"])


def _sealed(connection: sqlite3.Connection, vault: Vault, cells: str) -> Iterator[tuple[bytes, ...]]:
    for tenant, row, value, *key in connection.execute(_SQL[f"clear_{cells}"]):
        yield vault.of(unpack("ten", tenant)).seal(_CELLS[cells], row, value), *key


def _blinded(connection: sqlite3.Connection, vault: Vault, prints: str) -> Iterator[tuple[bytes, int]]:
    for tenant, fingerprint, seq in connection.execute(_SQL[f"clear_{prints}"]):
        yield vault.of(unpack("ten", tenant)).blind(fingerprint), seq
