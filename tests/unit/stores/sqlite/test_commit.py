"""Group commit: one in flight, what waits goes into the next, and a failure stays within its group."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from gatepost.errors import Conflict, GatepostError, Internal, StorageFull
from gatepost.stores.sqlite import commit
from gatepost.stores.sqlite.commit import GroupCommit, Transaction
from gatepost.stores.sqlite.database import open_database
from gatepost.stores.sqlite.mark import CommitMark
from tests.vaults import open_vault

NAME = "things.db"
LARGE = b"x" * 1_000_000


@pytest.fixture
def connection(tmp_path: Path) -> sqlite3.Connection:
    connection = open_database(tmp_path / NAME, open_vault())
    connection.execute("CREATE TABLE things (value UNIQUE)")
    return connection


@pytest.fixture
def mark(tmp_path: Path, connection: sqlite3.Connection) -> CommitMark:
    return CommitMark(tmp_path / NAME)


@pytest.fixture
async def commits(connection: sqlite3.Connection, mark: CommitMark) -> AsyncIterator[GroupCommit]:
    commits = GroupCommit(connection, mark, open_vault())
    yield commits
    await commits.aclose()
    connection.close()
    mark.close()


class Inserting:
    """A writer that remembers its sets; it fails at `"broken"` and refuses `"refused"`."""

    def __init__(self) -> None:
        self.sets: list[list[object]] = []
        self.called = asyncio.Event()

    def write(self, transaction: Transaction, items: Sequence[object]) -> list[object | GatepostError]:
        self.sets.append(list(items))
        self.called.set()
        return [self._insert(transaction, item) for item in items]

    def _insert(self, transaction: Transaction, item: object) -> object | GatepostError:
        if item == "refused":
            return Conflict()
        if item == "broken":
            raise RuntimeError("a defect of a writer")
        transaction.connection.execute("INSERT INTO things VALUES (?)", (item,))
        transaction.totals.accepted += 1
        return item


def on_disk(path: Path) -> set[object]:
    """What another connection finds."""
    with closing(sqlite3.connect(path / NAME)) as other:
        return {value for (value,) in other.execute("SELECT value FROM things")}


async def test_after_a_large_commit_the_next_one_waits_for_company(
    commits: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "MAX_PACE_S", 0.5)  # longer than any fsync takes
    monkeypatch.setattr(commit, "PACE_S", 0.5)
    inserting, loop = Inserting(), asyncio.get_running_loop()
    started = loop.time()
    large = [commits.submit(inserting.write, number) for number in range(100)]
    await inserting.called.wait()
    early = commits.submit(inserting.write, "early")
    await asyncio.gather(*large)
    late = commits.submit(inserting.write, "late")
    await asyncio.gather(early, late)
    assert inserting.sets[1:] == [["early", "late"]]
    assert loop.time() >= started + 0.5


async def test_what_is_submitted_together_shares_one_commit(commits: GroupCommit, tmp_path: Path) -> None:
    inserting = Inserting()
    results = await asyncio.gather(*(commits.submit(inserting.write, number) for number in range(100)))
    assert results == list(range(100))
    assert inserting.sets == [list(range(100))]
    assert (commits.totals.commits, commits.totals.accepted) == (1, 100)
    assert on_disk(tmp_path) == set(range(100))


async def test_every_writer_gets_its_items_as_a_set(commits: GroupCommit) -> None:
    one, other = Inserting(), Inserting()
    writers = [one, other, one, other]
    await asyncio.gather(*(commits.submit(each.write, place) for place, each in enumerate(writers)))
    assert (one.sets, other.sets) == ([[0, 2]], [[1, 3]])
    assert commits.totals.commits == 1


async def test_what_comes_during_a_commit_goes_into_the_next(commits: GroupCommit) -> None:
    inserting = Inserting()
    first = commits.submit(inserting.write, 1)
    await inserting.called.wait()  # its statements have run, and its COMMIT is under way
    later = [commits.submit(inserting.write, number) for number in (2, 3)]
    assert not first.done()
    await asyncio.gather(first, *later)
    assert inserting.sets == [[1], [2, 3]]
    assert commits.totals.commits == 2


async def test_nobody_hears_of_it_before_it_is_on_disk(commits: GroupCommit, tmp_path: Path) -> None:
    seen: list[set[object]] = []
    future = commits.submit(Inserting().write, 1)
    future.add_done_callback(lambda _: seen.append(on_disk(tmp_path)))
    await future
    await asyncio.sleep(0)
    assert seen == [{1}]


async def test_a_refused_item_fails_alone(commits: GroupCommit, tmp_path: Path) -> None:
    inserting = Inserting()
    kept, refused = commits.submit(inserting.write, 1), commits.submit(inserting.write, "refused")
    with pytest.raises(Conflict):
        await refused
    assert await kept == 1
    assert on_disk(tmp_path) == {1}


async def test_a_failing_writer_fails_its_group_and_the_next_one_works(commits: GroupCommit, tmp_path: Path) -> None:
    inserting, other = Inserting(), Inserting()
    doomed = [commits.submit(other.write, 1), commits.submit(inserting.write, "broken")]
    for future in doomed:
        with pytest.raises(Internal):
            await future
    assert on_disk(tmp_path) == set()
    assert (commits.totals.commits, commits.totals.accepted) == (0, 0)
    assert await commits.submit(inserting.write, 2) == 2
    assert on_disk(tmp_path) == {2}


async def test_a_statement_that_fails_speaks_to_the_log_and_not_to_the_caller(
    commits: GroupCommit, caplog: pytest.LogCaptureFixture
) -> None:
    inserting = Inserting()
    await commits.submit(inserting.write, 1)
    with pytest.raises(Internal) as caught:
        await commits.submit(inserting.write, 1)
    assert caught.value.detail == Internal.title
    assert isinstance(caught.value.__cause__, sqlite3.IntegrityError)
    assert "UNIQUE constraint failed: things.value" in caplog.text


async def test_an_item_whose_caller_has_gone_is_written_all_the_same(commits: GroupCommit, tmp_path: Path) -> None:
    inserting = Inserting()
    gone, kept = commits.submit(inserting.write, 1), commits.submit(inserting.write, 2)
    gone.cancel()
    assert await kept == 2
    assert on_disk(tmp_path) == {1, 2}


async def test_a_full_disk_is_said_so_and_is_over_once_there_is_room(
    commits: GroupCommit, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    inserting = Inserting()
    await commits.submit(inserting.write, 1)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(StorageFull):
        await commits.submit(inserting.write, LARGE)
    assert await commits.submit(inserting.write, 2) == 2  # little things still fit
    connection.execute("PRAGMA max_page_count = 1000000")
    assert await commits.submit(inserting.write, LARGE) == LARGE
    assert on_disk(tmp_path) == {1, 2, LARGE}
    assert commits.totals.commits == 3


async def test_a_mark_that_cannot_be_written_does_not_undo_a_commit(
    commits: GroupCommit, mark: CommitMark, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    inserting = Inserting()
    os.close(mark._file)
    assert await commits.submit(inserting.write, 1) == 1
    assert "acknowledged" in caplog.text
    mark._file = os.open(tmp_path / "acknowledged", os.O_RDWR)
    assert await commits.submit(inserting.write, 2) == 2
    assert commits.totals.accepted == 2
    with closing(sqlite3.connect(tmp_path / NAME)) as other:
        assert other.execute("SELECT commits, accepted FROM totals").fetchone() == (2, 2)


async def test_closing_waits_for_what_was_submitted(
    connection: sqlite3.Connection, mark: CommitMark, tmp_path: Path
) -> None:
    commits = GroupCommit(connection, mark, open_vault())
    future = commits.submit(Inserting().write, 1)
    await commits.aclose()
    assert future.done()
    connection.close()
    mark.close()
    assert on_disk(tmp_path) == {1}
