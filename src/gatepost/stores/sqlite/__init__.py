"""The embedded store: SQLite in one file, group-committed, fsynced before anybody hears of it."""

from __future__ import annotations

from gatepost.stores.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
