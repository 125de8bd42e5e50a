"""Opens the database file: pragmas and migrations."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gatepost.errors import DataDamaged, StartRefused
from gatepost.notify.delivery import State
from gatepost.stores.sqlite.named import migrations
from gatepost.stores.sqlite.sealing import SEALED_SINCE, seal_existing
from gatepost.stores.vault import Vault

BUSY_TIMEOUT_MS = 5_000
"""How long to wait for another process, such as a backup, that holds the file."""

CACHE_KIB = 64 * 1024
"""KiB of pages that the writer keeps: holds the hot ends of all indexes at a million notifications."""

CHECKPOINT_PAGES = 4_000
"""Pages in the log before they are moved into the file: 16 MB, a few seconds at full load."""

# sqlite3 binds an exact int, float or str as it is. For anything else it asks the type and the value for an adapter
# (PEP 246), and asking in vain costs more than binding; one that gives the value back is found at once.
sqlite3.register_adapter(bytes, bytes)
sqlite3.register_adapter(type(None), lambda nothing: nothing)
sqlite3.register_adapter(State, int)

_PRIMARY_CODE = 0xFF  # the low byte of a result code of SQLite; the rest only refines it
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


@contextmanager
def opening(name: str) -> Iterator[None]:
    """Turns what goes wrong inside into the reason why the service does not start.

    Raises `DataDamaged` only for damage: who is told to restore a backup because of a full disk loses data.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE in _DAMAGE:
            raise DataDamaged(f"{name} cannot be read ({error}); restore it from a backup") from error
        raise StartRefused(f"{name} cannot be opened now: {error}") from error
    except OSError as error:
        raise StartRefused(f"{name} cannot be opened now: {error.strerror}") from error


def open_database(path: Path, vault: Vault) -> sqlite3.Connection:
    """Opens or makes the database for writing. What an older layout holds unsealed is sealed by `vault`."""
    _make_private(path)
    connection = _connect(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # a commit is on disk before anybody hears of it
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute("PRAGMA secure_delete = ON")  # what is removed is overwritten: a destroyed key above all
        connection.execute("PRAGMA temp_store = MEMORY")
        _migrate(connection, vault)
    except BaseException:
        connection.close()
        raise
    return connection


def is_sealed(path: Path) -> bool:
    """Whether a database holds what only a keyring opens. It is looked at and not changed."""
    if not path.exists():
        return False
    with opening(path.name), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'tenant_keys'"
        return bool(connection.execute(tables).fetchone()[0]) and bool(
            connection.execute("SELECT EXISTS (SELECT 1 FROM tenant_keys)").fetchone()[0]
        )


def open_reader(path: Path) -> sqlite3.Connection:
    """A second connection that sees what is committed while the first one writes."""
    connection = _connect(path)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _make_private(path: Path) -> None:
    """Makes the file owner-only from its first byte.

    Only ever before SQLite opens it: closing any handle of a file drops the locks that SQLite holds on it through
    another (POSIX), and then a process that merely looks into the database deletes the log under a running service.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    return connection


def _migrate(connection: sqlite3.Connection, vault: Vault) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    known = migrations()
    if version > known[-1][0]:
        raise DataDamaged(f"the database has layout {version}, newer than this Gatepost knows; use a newer version")
    for number, script in known:
        if number > version:
            connection.executescript(f"BEGIN IMMEDIATE; {script};")
            if number == SEALED_SINCE:
                seal_existing(connection, vault)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
