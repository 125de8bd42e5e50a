"""The mark of what was acknowledged never takes a crash for damage; what it finds is in `tests/e2e/test_damage.py`."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gatepost.errors import DataDamaged
from gatepost.stores.sqlite.database import open_database
from gatepost.stores.sqlite.mark import MARK, CommitMark
from tests.vaults import open_vault

NAME = "gatepost.db"
COMMITS = 300
FEW_PAGES = 20
"""In the log before it is moved, so that it begins anew every few commits."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def connection(data: Path) -> Iterator[sqlite3.Connection]:
    data.mkdir()
    with closing(open_database(data / NAME, open_vault())) as connection:
        connection.execute(f"PRAGMA wal_autocheckpoint = {FEW_PAGES}")
        yield connection


def _commit(connection: sqlite3.Connection, payload: bytes) -> int:
    connection.execute("BEGIN")
    connection.execute("INSERT INTO idempotency VALUES (NULL, x'', randomblob(16), x'', ?, 0)", (payload,))
    connection.execute("UPDATE totals SET commits = commits + 1")
    (commits,) = connection.execute("SELECT commits FROM totals").fetchone()
    connection.execute("COMMIT")
    return int(commits)


def _check_after_kill(data: Path) -> None:
    """Looks at what a process that was killed at this moment would leave behind."""
    left = data.with_name("left")
    shutil.copytree(data, left, ignore=shutil.ignore_patterns("*-shm"))
    with closing(CommitMark(left / NAME)) as mark:
        mark.check()
    shutil.rmtree(left)


def test_no_kill_is_taken_for_damage(data: Path, connection: sqlite3.Connection) -> None:
    dice = random.Random(1)
    mark = CommitMark(data / NAME)
    with closing(sqlite3.connect(data / NAME, isolation_level=None)) as reader:
        for _ in range(COMMITS):
            if dice.random() < 0.1:  # as if the process were started again
                mark.close()
                mark = CommitMark(data / NAME)
            if dice.random() < 0.1:  # a reader keeps the log from being moved as a whole
                reader.execute("COMMIT" if reader.in_transaction else "BEGIN")
                reader.execute("SELECT count(*) FROM idempotency").fetchone()
            commits = _commit(connection, dice.randbytes(dice.randrange(20_000)))
            if dice.random() < 0.3:
                _check_after_kill(data)
            if dice.random() < 0.9:  # the mark may stay behind
                mark.write(commits)
            if dice.random() < 0.3:
                _check_after_kill(data)
    mark.close()


def test_an_older_copy_under_a_newer_log_is_found(data: Path, connection: sqlite3.Connection) -> None:
    mark = CommitMark(data / NAME)
    older = data.with_name("older")
    for number in range(COMMITS):
        if number == COMMITS // 3:
            shutil.copy(data / NAME, older)
        mark.write(_commit(connection, bytes(1000)))
    mark.close()
    left = data.with_name("left")
    shutil.copytree(data, left, ignore=shutil.ignore_patterns("*-shm"))
    shutil.copy(older, left / NAME)
    with closing(CommitMark(left / NAME)) as mark, pytest.raises(DataDamaged, match="older copy"):
        mark.check()


def test_without_a_mark_nothing_is_missed(data: Path, connection: sqlite3.Connection) -> None:
    _commit(connection, b"")
    (data / MARK).unlink(missing_ok=True)
    with closing(CommitMark(data / NAME)) as mark:
        mark.check()
