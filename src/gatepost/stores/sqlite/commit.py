"""Group commit: one commit in flight; whatever waits meanwhile goes into the next.

Statements run on the event loop's own thread, in sets; only COMMIT, with its fsync, runs in a second thread.
A thread for the statements too would have to win the interpreter lock back after every row and crawls beside
a busy loop (docs/decisions/001-commit-thread.md has the figures).
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec

from gatepost.errors import GatepostError, Internal, StorageFull
from gatepost.notify.store import Totals
from gatepost.stores.sqlite.mark import CommitMark
from gatepost.stores.vault import Vault

Item = TypeVar("Item")
Result = TypeVar("Result")

PACE_S = 0.000_25
"""Seconds from the start of one commit to the next for each item of the first: under load, fewer and larger ones.

Below 4,000 items a second this is over before a commit is; above, it adds up until `MAX_PACE_S`."""

MAX_PACE_S = 0.005
"""Seconds that an item waits at most for others to come: one or two fsyncs."""

_READ_TOTALS = f"SELECT {', '.join(Totals.__struct_fields__)} FROM totals"  # noqa: S608 - our own field names
_WRITE_TOTALS = f"UPDATE totals SET {', '.join(f'{name} = ?' for name in Totals.__struct_fields__)}"  # noqa: S608 - our own field names

_log = logging.getLogger(__name__)

_DISK_TROUBLE = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_FSYNC}
)


class Transaction:
    """What a writer gets: the connection inside an open transaction, the totals to be written with it, and the seals.

    A writer that sets `empty_log` has nothing of the past left in SQLite's log afterwards.
    """

    __slots__ = ("connection", "empty_log", "totals", "vault")

    def __init__(self, connection: sqlite3.Connection, totals: Totals, vault: Vault) -> None:
        self.connection = connection
        self.totals = totals
        self.vault = vault
        self.empty_log = False


Writer = Callable[[Transaction, Sequence[Item]], Sequence["Result | GatepostError"]]
"""Writes a set of items and returns a result, or the error to raise, for each of them in order."""

_Waiting = dict[Callable[..., Any], list[tuple[Any, "asyncio.Future[Any]"]]]


class GroupCommit:
    """Runs writers over everything that waits for them, in one transaction after another."""

    def __init__(self, connection: sqlite3.Connection, mark: CommitMark, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault
        self._mark = mark
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._waiting: _Waiting = {}
        self._next_at = 0.0
        self._idle = asyncio.Event()
        self._idle.set()
        self.totals = Totals(*connection.execute(_READ_TOTALS).fetchone())

    def submit(self, writer: Writer[Item, Result], item: Item) -> asyncio.Future[Result]:
        """Puts `item` into the next commit; the future is done once it is on disk."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        if self._idle.is_set():
            self._idle.clear()
            loop.call_soon(self._flush)
        self._waiting.setdefault(writer, []).append((item, future))
        return future

    async def aclose(self) -> None:
        """Commits what waits and ends the thread."""
        await self._idle.wait()
        self._thread.shutdown()

    def _flush(self) -> None:
        group, self._waiting = self._waiting, {}
        items = sum(map(len, group.values()))
        self._next_at = asyncio.get_running_loop().time() + min(items * PACE_S, MAX_PACE_S)
        self._vault.begin_round()
        transaction = Transaction(self._connection, msgspec.structs.replace(self.totals), self._vault)
        try:
            answers = self._write(transaction, group)
        except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it, whatever it is
            self._rollback()
            self._finish(group, None, error)
            return
        committing = asyncio.get_running_loop().run_in_executor(self._thread, self._commit, transaction)
        committing.add_done_callback(lambda done: self._committed(group, answers, transaction.totals, done))

    def _write(self, transaction: Transaction, group: _Waiting) -> list[Sequence[Any]]:
        self._connection.execute("BEGIN IMMEDIATE")
        answers = [writer(transaction, [item for item, _ in entries]) for writer, entries in group.items()]
        transaction.totals.commits += 1
        self._connection.execute(_WRITE_TOTALS, msgspec.structs.astuple(transaction.totals))
        return answers

    def _commit(self, transaction: Transaction) -> None:
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            self._rollback()
            raise
        try:
            self._mark.write(transaction.totals.commits)
        except OSError:  # it may lag behind; what is on disk must not be taken for lost
            _log.exception("the mark of acknowledged commits cannot be written")
        if transaction.empty_log:
            self._empty_log()

    def _empty_log(self) -> None:
        (busy, _, _) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            _log.warning("another process reads the database: what was removed stays in its log until that is over")

    def _rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _committed(
        self, group: _Waiting, answers: list[Sequence[Any]], totals: Totals, done: asyncio.Future[None]
    ) -> None:
        error = done.exception()
        if error is None:
            self.totals = totals
        self._finish(group, answers, error)

    def _finish(self, group: _Waiting, answers: list[Sequence[Any]] | None, error: BaseException | None) -> None:
        if answers is None or error is not None:
            _fail(group, _explained(error))
        else:
            for entries, results in zip(group.values(), answers, strict=True):
                for (_, future), result in zip(entries, results, strict=True):
                    _resolve(future, result)
        if self._waiting:
            asyncio.get_running_loop().call_at(self._next_at, self._flush)
        else:
            self._idle.set()


def _resolve(future: asyncio.Future[Any], result: Any) -> None:
    if future.done():  # whoever asked has gone away; it was written all the same
        return
    if isinstance(result, GatepostError):
        future.set_exception(result)
    else:
        future.set_result(result)


def _fail(group: _Waiting, error: BaseException) -> None:
    for entries in group.values():
        for _, future in entries:
            if not future.done():
                future.set_exception(error)


def _explained(error: BaseException | None) -> BaseException:
    code = getattr(error, "sqlite_errorcode", None)
    if code in _DISK_TROUBLE:
        return StorageFull(retry_after=5)
    if isinstance(error, GatepostError):
        return error
    _log.error("a commit failed", exc_info=error)
    failure = Internal()
    failure.__cause__ = error
    return failure
