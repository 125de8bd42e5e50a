"""Tenants, API keys and endpoints: few rows, rarely written."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from gatepost.clock import is_id
from gatepost.crypto.keyring import Keyring
from gatepost.errors import Conflict, GatepostError, NotFound
from gatepost.guard.accounts import ApiKey, Tenant
from gatepost.notify.endpoint import Endpoint
from gatepost.stores.sqlite.commit import Transaction
from gatepost.stores.sqlite.ids import pack, unpack
from gatepost.stores.sqlite.named import statements
from gatepost.stores.vault import ENDPOINT, Vault

DESTROY_PORTION = 500
"""Notifications removed in one commit while a tenant is destroyed: a few milliseconds of the event loop."""

_SQL = statements("accounts.sql")
_encode_endpoint = msgspec.json.Encoder().encode
_decode_endpoint = msgspec.json.Decoder(Endpoint).decode


def write_tenants(transaction: Transaction, tenants: Sequence[Tenant]) -> list[GatepostError | None]:
    return [_insert_tenant(transaction.connection, transaction.vault, tenant) for tenant in tenants]


def _insert_tenant(connection: sqlite3.Connection, vault: Vault, tenant: Tenant) -> GatepostError | None:
    row = (pack(tenant.id), tenant.name, tenant.created_at)
    if not connection.execute(_SQL["insert_tenant"], row).rowcount:
        return Conflict("a tenant of this name exists")
    connection.execute(_SQL["insert_tenant_key"], (pack(tenant.id), vault.new_key(tenant.id)))
    return None


def write_suspensions(
    transaction: Transaction, suspensions: Sequence[tuple[str, int | None]]
) -> list[GatepostError | None]:
    """Suspends tenants at a time in milliseconds, or lets them go on (None)."""
    return [
        None if transaction.connection.execute(_SQL["suspend_tenant"], (at, pack(tenant))).rowcount else NotFound()
        for tenant, at in suspensions
    ]


def destroy_tenants(transaction: Transaction, tenants: Sequence[str]) -> list[bool]:
    """Removes a portion of the rows of each tenant, its key first of all; False once nothing of it is left."""
    return [_destroy_portion(transaction, pack(tenant)) for tenant in tenants]


def _destroy_portion(transaction: Transaction, tenant: bytes) -> bool:
    connection, totals = transaction.connection, transaction.totals
    for table in ("tenant_key", "endpoints", "keys", "subscriptions"):  # first: nothing new may come in meanwhile
        connection.execute(_SQL[f"destroy_{table}"], (tenant,))
    rows = connection.execute(_SQL["portion"], (tenant, DESTROY_PORTION)).fetchall()
    seqs = [(seq,) for seq, _ in rows]
    totals.payload_bytes -= sum(size for _, size in rows)
    if seqs:
        open_rows = connection.executemany(_SQL["destroy_open"], seqs).rowcount
        totals.backlog -= open_rows
        totals.deliveries -= open_rows + connection.executemany(_SQL["destroy_deliveries"], seqs).rowcount
        totals.attempts -= connection.executemany(_SQL["destroy_attempts"], seqs).rowcount
        connection.executemany(_SQL["destroy_notification"], seqs)
        return True
    connection.execute(_SQL["destroy_idempotency"], (tenant,))
    connection.execute(_SQL["destroy_tenant"], (tenant,))
    transaction.empty_log = True  # the key must be gone, and not only from the database file
    return False


def write_keys(transaction: Transaction, keys: Sequence[ApiKey]) -> list[None]:
    rows = [
        (
            pack(key.tenant),
            pack(key.id),
            key.name,
            key.start,
            " ".join(key.scopes),
            key.pepper,
            key.digest,
            key.created_at,
            key.expires_at,
        )
        for key in keys
    ]
    transaction.connection.executemany(_SQL["insert_key"], rows)
    return [None] * len(keys)


def revoke_keys(transaction: Transaction, keys: Sequence[tuple[str, str, int]]) -> list[GatepostError | None]:
    """Revokes keys, each (tenant, key, time in milliseconds)."""
    return [
        None
        if transaction.connection.execute(_SQL["revoke_key"], (at, pack(tenant), pack(key))).rowcount
        else NotFound()
        for tenant, key, at in keys
    ]


def write_endpoints(transaction: Transaction, endpoints: Sequence[Endpoint]) -> list[None]:
    rows = [_endpoint_row(transaction.vault, endpoint) for endpoint in endpoints]
    transaction.connection.executemany(_SQL["put_endpoint"], rows)
    return [None] * len(endpoints)


def _endpoint_row(vault: Vault, endpoint: Endpoint) -> tuple[bytes, bytes, bytes]:
    own_id = pack(endpoint.id)
    return pack(endpoint.tenant), own_id, vault.of(endpoint.tenant).seal(ENDPOINT, own_id, _encode_endpoint(endpoint))


def rewrap_tenant_keys(transaction: Transaction, keyrings: Sequence[Keyring]) -> list[None]:
    """Has the primary key of a ring wrap the keys of all tenants."""
    for keyring in keyrings:
        rows = [(wrapped, pack(tenant)) for tenant, wrapped in transaction.vault.rewrap(keyring).items()]
        transaction.connection.executemany(_SQL["rewrap_tenant_key"], rows)
    return [None] * len(keyrings)


def delete_endpoints(transaction: Transaction, endpoints: Sequence[tuple[str, str]]) -> list[None]:
    rows = [(pack(tenant), pack(endpoint)) for tenant, endpoint in endpoints]
    transaction.connection.executemany(_SQL["delete_endpoint"], rows)
    return [None] * len(endpoints)


def tenants(reader: sqlite3.Connection) -> list[Tenant]:
    return [_tenant(row) for row in reader.execute(_SQL["tenants"])]


def tenant(reader: sqlite3.Connection, tenant_id: str) -> Tenant | None:
    if not is_id("ten", tenant_id):
        return None
    row = reader.execute(_SQL["tenant"], (pack(tenant_id),)).fetchone()
    return None if row is None else _tenant(row)


def tenant_by_name(reader: sqlite3.Connection, name: str) -> Tenant | None:
    row = reader.execute(_SQL["tenant_by_name"], (name,)).fetchone()
    return None if row is None else _tenant(row)


def keys(reader: sqlite3.Connection, tenant_id: str) -> list[ApiKey]:
    return [_key(row) for row in reader.execute(_SQL["keys"], (pack(tenant_id),))]


def key(reader: sqlite3.Connection, tenant_id: str, key_id: str) -> ApiKey | None:
    if not is_id("key", key_id):
        return None
    row = reader.execute(_SQL["key"], (pack(tenant_id), pack(key_id))).fetchone()
    return None if row is None else _key(row)


def key_by_digest(reader: sqlite3.Connection, digest: bytes) -> ApiKey | None:
    row = reader.execute(_SQL["key_by_digest"], (digest,)).fetchone()
    return None if row is None else _key(row)


def count_keys(reader: sqlite3.Connection) -> int:
    return int(reader.execute(_SQL["count_keys"]).fetchone()[0])


def tenant_keys(reader: sqlite3.Connection) -> dict[str, bytes]:
    """The wrapped data key of each tenant."""
    return {unpack("ten", tenant_id): wrapped for tenant_id, wrapped in reader.execute(_SQL["tenant_keys"])}


def endpoints(reader: sqlite3.Connection, vault: Vault) -> list[Endpoint]:
    return [
        _decode_endpoint(vault.of(unpack("ten", tenant_id)).open(ENDPOINT, own_id, document))
        for tenant_id, own_id, document in reader.execute(_SQL["endpoints"])
    ]


def _tenant(row: tuple[Any, ...]) -> Tenant:
    return Tenant(unpack("ten", row[0]), *row[1:])


def _key(row: tuple[Any, ...]) -> ApiKey:
    tenant_id, key_id, name, start, scopes, *rest = row
    return ApiKey(unpack("ten", tenant_id), unpack("key", key_id), name, start, tuple(scopes.split()), *rest)
