"""Writes many rows with few statements: starting one for each row costs as much as the row itself."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

AT_ONCE = 32
"""Rows of one statement: more gain nothing, and their values stay below the 999 that any SQLite takes."""

Row = tuple[object, ...]

_VALUES = re.compile(r"VALUES (\([^)]*\))")


def insert(connection: sqlite3.Connection, statement: str, rows: Sequence[Row]) -> int:
    """Runs a statement with `VALUES (...)` for every row; returns how many rows it wrote.

    The numbers of rows are powers of two, so that a connection has few statements to keep prepared.
    """
    written = start = 0
    while start < len(rows):
        count = min(1 << (len(rows) - start).bit_length() - 1, AT_ONCE)
        values = tuple(chain.from_iterable(rows[start : start + count]))
        written += connection.execute(_of_many(statement, count), values).rowcount
        start += count
    return written


@lru_cache
def _of_many(statement: str, count: int) -> str:
    return _VALUES.sub(lambda row: f"VALUES {', '.join([row[1]] * count)}", statement)
