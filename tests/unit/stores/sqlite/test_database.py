"""How the database is opened: owner-only, in the newest layout, and with words for whatever stands against it."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from gatepost.errors import DataDamaged, StartRefused
from gatepost.stores.sqlite import SqliteStore
from gatepost.stores.sqlite.database import open_database, open_reader
from gatepost.stores.sqlite.named import migrations
from tests.contract.steps import ENDPOINT, accept
from tests.unit.clocks import HandClock
from tests.vaults import open_vault


def modes(directory: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}


async def test_every_file_is_owner_only(store: SqliteStore, clock: HandClock, tmp_path: Path) -> None:
    await accept(store, clock)
    names = ["gatepost.db", "gatepost.db-wal", "gatepost.db-shm", "acknowledged"]
    assert modes(tmp_path) == dict.fromkeys(names, 0o600)


def test_every_commit_is_synced_and_the_layout_is_the_newest(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "gatepost.db", open_vault())) as connection:
        pragmas = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
        assert pragmas == ["wal", 2]  # 2 is FULL
        assert connection.execute("PRAGMA user_version").fetchone()[0] == migrations()[-1][0]


def test_opening_again_migrates_nothing_twice(tmp_path: Path) -> None:
    for _ in range(2):
        with closing(open_database(tmp_path / "gatepost.db", open_vault())) as connection:
            assert connection.execute("SELECT count(*) FROM totals").fetchone()[0] == 1


def test_the_reader_cannot_write(tmp_path: Path) -> None:
    with (
        closing(open_database(tmp_path / "gatepost.db", open_vault())),
        closing(open_reader(tmp_path / "gatepost.db")) as reader,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        reader.execute("DELETE FROM totals")


def test_a_newer_layout_is_refused_and_left_alone(tmp_path: Path) -> None:
    newer = migrations()[-1][0] + 1
    with closing(open_database(tmp_path / "gatepost.db", open_vault())) as connection:
        connection.execute(f"PRAGMA user_version = {newer}")
    with pytest.raises(DataDamaged, match="newer"):
        SqliteStore(tmp_path, open_vault())
    with closing(sqlite3.connect(tmp_path / "gatepost.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == newer


def test_a_migration_that_fails_leaves_the_layout_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = [*migrations(), (9999, "CREATE TABLE one (x); CREATE TABLE one (x);")]
    monkeypatch.setattr("gatepost.stores.sqlite.database.migrations", lambda: broken)
    with pytest.raises(StartRefused):
        SqliteStore(tmp_path, open_vault())
    with closing(sqlite3.connect(tmp_path / "gatepost.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == broken[-2][0]
        assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'one'").fetchone()[0] == 0


@pytest.mark.parametrize(
    "content", [b"this is no database, and long enough to be seen as none" * 100, b"SQLite format 3"]
)
def test_a_file_that_is_no_database_is_damage(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "gatepost.db").write_bytes(content)
    with pytest.raises(DataDamaged):
        SqliteStore(tmp_path, open_vault())


def test_a_database_that_somebody_holds_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatepost.stores.sqlite.database.BUSY_TIMEOUT_MS", 10)
    with closing(sqlite3.connect(tmp_path / "gatepost.db", isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StartRefused, match="locked") as caught:
            SqliteStore(tmp_path, open_vault())
        assert type(caught.value) is StartRefused


def test_a_directory_in_its_place_is_no_damage(tmp_path: Path) -> None:
    (tmp_path / "gatepost.db").mkdir()
    with pytest.raises(StartRefused) as caught:
        SqliteStore(tmp_path, open_vault())
    assert type(caught.value) is StartRefused


def run_python(script: str, path: Path) -> str:
    """What a process of its own prints."""
    return subprocess.run(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True, check=True
    ).stdout


async def test_a_disk_that_is_full_at_the_start_is_no_damage(tmp_path: Path, clock: HandClock) -> None:
    store = SqliteStore(tmp_path, open_vault())
    for _ in range(50):
        await accept(store, clock, now=[ENDPOINT])
    await store.aclose()
    assert run_python(FULL, tmp_path) == "start-refused\n"


FULL = """
import asyncio, resource, signal, sys
from pathlib import Path
from gatepost.errors import GatepostError
from gatepost.stores.sqlite import SqliteStore
from tests.vaults import open_vault

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))  # no file may grow beyond this: as when the disk is full

async def start():
    try:
        SqliteStore(Path(sys.argv[1]), open_vault())
    except GatepostError as error:
        print(error.code)

asyncio.run(start())
"""

LOOK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM notifications").fetchone()
connection.close()
"""


async def test_a_process_that_only_looks_takes_nothing_away(
    store: SqliteStore, clock: HandClock, tmp_path: Path
) -> None:
    await accept(store, clock)
    run_python(LOOK, tmp_path / "gatepost.db")
    assert (tmp_path / "gatepost.db-wal").stat().st_size > 0  # it holds acknowledged commits, and was not removed
