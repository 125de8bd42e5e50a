"""Many rows at once are the rows one by one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from gatepost.stores.sqlite.rows import AT_ONCE, insert


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY, fixed INTEGER, text TEXT)")
        yield connection


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 31, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE + 21])
def test_every_row_is_written_as_it_is(connection: sqlite3.Connection, count: int) -> None:
    rows = [(number, f"no {number}") for number in range(count)]
    assert insert(connection, "INSERT INTO numbers (number, text, fixed) VALUES (?, ?, 5)", rows) == count
    found = connection.execute("SELECT number, text, fixed FROM numbers ORDER BY number").fetchall()
    assert found == [(*row, 5) for row in rows]


def test_only_what_was_written_counts(connection: sqlite3.Connection) -> None:
    statement = "INSERT OR IGNORE INTO numbers (number) SELECT column1 FROM (VALUES (?)) WHERE column1 < 50"
    assert insert(connection, statement, [(number % 60,) for number in range(100)]) == 50


def test_nothing_is_kept_in_part(connection: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        insert(connection, "INSERT INTO numbers (number) VALUES (?)", [(1,), (1,)])
    assert connection.execute("SELECT count(*) FROM numbers").fetchone() == (0,)
