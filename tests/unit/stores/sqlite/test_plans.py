"""How SQLite goes about the statements that run for every notification: by an index, never along a whole table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest

from gatepost.stores.sqlite.database import open_database
from gatepost.stores.sqlite.named import statements
from tests.vaults import open_vault

SQL = statements("notifications.sql")
ID = bytes(16)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with closing(open_database(tmp_path / "gatepost.db", open_vault())) as connection:
        yield connection


def steps(connection: Connection, name: str, values: Any) -> list[str]:
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {SQL[name]}", values)]


def test_producers_ids_are_looked_up_one_by_one(connection: Connection) -> None:
    look_up = "SEARCH n USING INDEX notifications_by_producer_id (tenant=? AND producer_id=?)"
    assert steps(connection, "same_producer_ids", ("[]", ID))[1:] == [look_up]


@pytest.mark.parametrize(
    ("name", "values", "index"),
    [
        (
            "due",
            {"tenant": ID, "endpoint": ID, "now": 0, "limit": 1},
            "(tenant=? AND endpoint=? AND state=? AND due_at<?)",
        ),
        ("next_due_of", (ID, ID), "(tenant=? AND endpoint=? AND state>? AND state<?)"),
    ],
)
def test_what_is_due_is_found_in_the_due_index(connection: Connection, name: str, values: Any, index: str) -> None:
    plan = steps(connection, name, values)
    assert any(f"INDEX deliveries_open {index}" in step for step in plan)
    assert not any("B-TREE" in step for step in plan)


@pytest.mark.parametrize(("name", "count"), [("step_delivery", 6), ("hold_back", 4)])
def test_a_step_of_a_delivery_touches_its_own_row(connection: Connection, name: str, count: int) -> None:
    (step,) = steps(connection, name, [ID] * count)
    assert step.startswith("SEARCH deliveries USING")


def test_what_was_claimed_is_marked_row_by_row(connection: Connection) -> None:
    plan = steps(connection, "take_over", (ID, "[1, 2]"))
    assert plan[0] == "SEARCH deliveries USING PRIMARY KEY (notification=? AND endpoint=?)"


def test_an_attempt_is_written_beside_the_row_of_its_delivery(connection: Connection) -> None:
    plan = steps(connection, "insert_attempt", [ID] * 10)
    assert plan[-1] == "SEARCH d USING PRIMARY KEY (notification=? AND endpoint=?)"
