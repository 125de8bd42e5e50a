"""A store opens with all that was acknowledged, or it says what is missing and leaves every file as it was."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gatepost.errors import DataDamaged
from gatepost.stores.sqlite import SqliteStore
from tests.contract.steps import TENANT, accept
from tests.unit.clocks import HandClock
from tests.vaults import open_vault

FRAME = 24 + 4096
"""Bytes of a frame of SQLite's log (file format, section 4.2)."""


def log(directory: Path) -> Path:
    return directory / "gatepost.db-wal"


def as_after_a_kill(store_directory: Path, copy: Path) -> Path:
    """What a process that ends now leaves on disk."""
    copy.mkdir()
    for name in ("gatepost.db", "gatepost.db-wal", "acknowledged"):
        shutil.copy(store_directory / name, copy / name)
    return copy


def contents_of(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if not path.name.endswith("-shm")}


async def fill(store: SqliteStore, clock: HandClock, count: int) -> list[str]:
    """Accepts notifications, one commit each."""
    return [(await accept(store, clock)).id for _ in range(count)]


async def accepted(directory: Path) -> int:
    """How many notifications a store that opens there has."""
    store = SqliteStore(directory, open_vault())
    try:
        return store.totals.accepted
    finally:
        await store.aclose()


async def test_after_a_kill_everything_acknowledged_is_there(
    store: SqliteStore, clock: HandClock, tmp_path: Path
) -> None:
    sent = await fill(store, clock, 5)
    copy = as_after_a_kill(tmp_path, tmp_path / "copy")
    reopened = SqliteStore(copy, open_vault())
    assert [await reopened.find(TENANT, own_id) is not None for own_id in sent] == [True] * 5
    await reopened.aclose()


async def test_a_torn_tail_that_was_never_acknowledged_is_no_damage(
    store: SqliteStore, clock: HandClock, tmp_path: Path
) -> None:
    await fill(store, clock, 5)
    copy = as_after_a_kill(tmp_path, tmp_path / "copy")
    with log(copy).open("ab") as file:
        file.write(os.urandom(FRAME) + b"half a frame")
    assert await accepted(copy) == 5


async def test_a_commit_that_was_written_but_not_marked_is_no_damage(
    store: SqliteStore, clock: HandClock, tmp_path: Path
) -> None:
    await fill(store, clock, 4)
    before = (tmp_path / "acknowledged").read_bytes()
    await fill(store, clock, 1)
    copy = as_after_a_kill(tmp_path, tmp_path / "copy")
    (copy / "acknowledged").write_bytes(before)
    assert await accepted(copy) == 5


def _cut(directory: Path) -> None:
    os.truncate(log(directory), log(directory).stat().st_size - 1)


def _flip(directory: Path) -> None:
    data = bytearray(log(directory).read_bytes())
    data[len(data) // 2] ^= 1
    log(directory).write_bytes(data)


def _remove(directory: Path) -> None:
    log(directory).unlink()


@pytest.mark.parametrize("damage", [_cut, _flip, _remove])
async def test_a_damaged_log_stops_the_start_and_is_left_as_it_was(
    store: SqliteStore, clock: HandClock, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    await fill(store, clock, 5)
    copy = as_after_a_kill(tmp_path, tmp_path / "copy")
    damage(copy)
    before = contents_of(copy)
    for _ in range(2):  # the second start must not take what the first left for sound
        with pytest.raises(DataDamaged):
            SqliteStore(copy, open_vault())
        assert contents_of(copy).items() >= before.items()


async def test_an_older_copy_of_the_database_stops_the_start(tmp_path: Path, clock: HandClock) -> None:
    older = tmp_path / "older.db"
    for count in (3, 2):
        store = SqliteStore(tmp_path, open_vault())
        await fill(store, clock, count)
        await store.aclose()
        if not older.exists():
            shutil.copy(tmp_path / "gatepost.db", older)
    newest = tmp_path / "newest.db"
    (tmp_path / "gatepost.db").rename(newest)
    shutil.copy(older, tmp_path / "gatepost.db")
    with pytest.raises(DataDamaged, match="lacks the last 2 acknowledged commits"):
        SqliteStore(tmp_path, open_vault())
    newest.rename(tmp_path / "gatepost.db")
    assert await accepted(tmp_path) == 5


async def test_a_missing_database_stops_the_start(store: SqliteStore, clock: HandClock, tmp_path: Path) -> None:
    await fill(store, clock, 1)
    copy = as_after_a_kill(tmp_path, tmp_path / "copy")
    (copy / "gatepost.db").unlink()
    with pytest.raises(DataDamaged, match="is missing"):
        SqliteStore(copy, open_vault())


async def test_removing_the_mark_accepts_the_loss_and_begins_another_log(
    store: SqliteStore, clock: HandClock, tmp_path: Path
) -> None:
    await fill(store, clock, 5)
    copy = as_after_a_kill(tmp_path, tmp_path / "copy")
    _cut(copy)
    (copy / "acknowledged").unlink()
    reopened = SqliteStore(copy, open_vault())
    await fill(reopened, clock, 1)
    assert reopened.epoch != store.epoch  # a listener must learn that places were given out twice
    await reopened.aclose()
    again = SqliteStore(copy, open_vault())
    assert (again.epoch, again.totals.accepted) == (reopened.epoch, 5)
    await again.aclose()
