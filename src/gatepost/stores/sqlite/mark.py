"""What was acknowledged, noted beside the database; and the check that the database still has all of it.

SQLite takes a log with a damaged tail for a shorter log, and puts a log onto whatever database file it finds beside it.
Either would lose acknowledged notifications without a word.
"""

from __future__ import annotations

import os
import sqlite3
import struct
from pathlib import Path

from gatepost.errors import DataDamaged

MARK = "acknowledged"

_LAYOUT = struct.Struct(">QQQ")
_LOG_SALTS = (8, 16)
"""How many bytes at which place of SQLite's log; a log that begins anew has new ones (file format, section 4.1)."""


class CommitMark:
    """Three numbers in a file: how many commits were acknowledged; and of these, how many are in the database file
    without its log, and how large that file was then.

    They are written after each commit and not synced, so the database can be ahead of them (after a crash or a
    power cut) but never behind.
    """

    def __init__(self, database: Path) -> None:
        self._file = os.open(database.with_name(MARK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._database = database
        self._log = database.with_name(f"{database.name}-wal")
        noted = os.pread(self._file, _LAYOUT.size, 0).ljust(_LAYOUT.size, b"\0")
        self._commits, self._moved, self._moved_bytes = _LAYOUT.unpack(noted)
        self._log_salts = self._read_log_salts()
        self._bytes = database.stat().st_size if database.exists() else 0

    @property
    def was_missing(self) -> bool:
        """Whether nothing was noted yet."""
        return not self._commits

    def write(self, commits: int) -> None:
        """Notes that so many commits are on disk."""
        salts = self._read_log_salts()
        if salts != self._log_salts:  # a log begins anew once all of it is in the database file, and that is synced
            self._log_salts, self._moved, self._moved_bytes = salts, self._commits, self._bytes
        self._commits, self._bytes = commits, self._database.stat().st_size
        os.pwrite(self._file, _LAYOUT.pack(commits, self._moved, self._moved_bytes), 0)

    def check(self) -> None:
        """Looks whether the database has all that was acknowledged, and changes nothing. Raises `DataDamaged`.

        To be called before anything opens the database for writing: SQLite repairs a damaged log by forgetting
        all that follows the damage.
        """
        if not self._commits:
            return
        if not self._database.exists():
            raise DataDamaged(f"{self._database.name} is missing; restore it from a backup")
        if self._moved:
            self._check_database_alone()
        self._check_database_with_log()

    def _check_database_alone(self) -> None:
        # A process that was killed while it moved the log into the database leaves a file that is shorter than it
        # says itself, and the log makes up for that; but it was this long before.
        may_be_short = self._database.stat().st_size >= self._moved_bytes
        if _commits(self._database, "immutable=1", may_be_short) < self._moved:
            raise DataDamaged(
                f"{self._database.name} is an older copy; restore it together with its log, "
                f"or remove {self._log.name} and '{MARK}' to go on with what it holds"
            )

    def _check_database_with_log(self) -> None:
        missing = self._commits - _commits(self._database, "mode=ro", may_be_short=True)
        if missing > 0:
            raise DataDamaged(
                f"{self._database.name} lacks the last {missing} acknowledged commits: its log was damaged or lost; "
                f"restore both together, or remove '{MARK}' to accept the loss"
            )

    def close(self) -> None:
        os.close(self._file)

    def _read_log_salts(self) -> bytes:
        try:
            log = os.open(self._log, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return b""
        try:
            return os.pread(log, *_LOG_SALTS)
        finally:
            os.close(log)


def _commits(database: Path, how: str, may_be_short: bool) -> int:
    """How many commits the database has by its own count; `how` says whether its log counts."""
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?{how}", uri=True)
    try:
        connection.execute(f"PRAGMA writable_schema = {may_be_short:d}")  # what it does besides is for writers only
        (commits,) = connection.execute("SELECT commits FROM totals").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
        return 0  # an empty file has no such table
    finally:
        connection.close()
    return int(commits)
