"""The engines that the store suite runs against. Another engine joins by one more class and its name in `ENGINES`."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from gatepost.guard.accounts import AccountStore
from gatepost.notify.store import EndpointStore, NotificationStore
from gatepost.notify.subscription import SubscriptionStore
from gatepost.stores.sqlite import SqliteStore
from gatepost.stores.sqlite.ids import pack
from tests.vaults import open_vault


class Store(NotificationStore, SubscriptionStore, EndpointStore, AccountStore, Protocol):
    """Everything that the service keeps, in one."""

    async def aclose(self) -> None: ...


class Counted(Struct, frozen=True):
    """What is there, by counting rows: each must equal the total of that name."""

    backlog: int
    payload_bytes: int
    deliveries: int
    attempts: int


class Engine(Protocol):
    """A place to keep things in, empty at first; it outlives every store opened on it."""

    async def open(self) -> Store: ...

    def counted(self) -> Counted: ...

    def rows_of(self, tenant: str) -> dict[str, int]:
        """How many rows there are of a tenant, by table."""
        ...


class SqliteEngine:
    TABLES = ("api_keys", "endpoints", "notifications", "deliveries", "attempts", "idempotency", "subscriptions")

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def open(self) -> SqliteStore:
        return SqliteStore(self._directory, open_vault())

    def counted(self) -> Counted:
        with closing(self._connect()) as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM deliveries WHERE state < 2),"
                " (SELECT coalesce(sum(length(payload)), 0) FROM notifications),"
                " (SELECT count(*) FROM deliveries), (SELECT count(*) FROM attempts)"
            ).fetchone()
        return Counted(*row)

    def rows_of(self, tenant: str) -> dict[str, int]:
        sql = {table: f"SELECT count(*) FROM {table} WHERE tenant = ?" for table in self.TABLES}
        sql["tenants"] = "SELECT count(*) FROM tenants WHERE id = ?"
        with closing(self._connect()) as connection:
            return {table: connection.execute(query, (pack(tenant),)).fetchone()[0] for table, query in sql.items()}

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._directory / "gatepost.db")


ENGINES: dict[str, Callable[[Path], Engine]] = {"sqlite": SqliteEngine}


@asynccontextmanager
async def opened(engine: Engine) -> AsyncIterator[Store]:
    store = await engine.open()
    try:
        yield store
    finally:
        await store.aclose()
