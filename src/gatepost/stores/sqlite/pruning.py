"""Removes old history a small portion at a time, oldest first, so that nothing else ever waits for it."""

from __future__ import annotations

from collections.abc import Sequence

from gatepost.notify.store import Keep
from gatepost.stores.sqlite.commit import Transaction
from gatepost.stores.sqlite.named import statements

PORTION = 500
"""Notifications looked at in one step: a few milliseconds of the event loop."""

_SQL = statements("notifications.sql")


class Pruner:
    """Walks along the log in steps until it meets what is young enough to stay; the next walk starts at the front.

    What is still open is passed by, so one notification scheduled for next year holds nothing up.
    """

    def __init__(self) -> None:
        self._position = 0

    def write(self, transaction: Transaction, keeps: Sequence[Keep]) -> list[bool]:
        """Takes one step for the newest wish; True when the next step may find more."""
        more = self._step(transaction, keeps[-1])
        return [more] * len(keeps)

    def _step(self, transaction: Transaction, keep: Keep) -> bool:
        connection, totals = transaction.connection, transaction.totals
        forgotten = connection.execute(_SQL["prune_idempotency"], (PORTION, keep.now)).rowcount
        before = _cutoffs(transaction, keep)
        end, oldest = connection.execute(_SQL["window"], (self._position, PORTION)).fetchone()
        if end is None or oldest >= max(before.values()):
            self._position = 0
            return forgotten == PORTION
        window = {"from": self._position, "to": end}
        _count_payloads(transaction, window | {"before": before["payloads"]})
        connection.execute(_SQL["prune_payloads"], window | {"before": before["payloads"]})
        totals.attempts -= connection.execute(_SQL["prune_attempts"], window | {"before": before["attempts"]}).rowcount
        _count_payloads(transaction, window | {"before": before["deliveries"]})
        if connection.execute(_SQL["prune_notifications"], window | {"before": before["deliveries"]}).rowcount:
            totals.deliveries -= connection.execute(_SQL["prune_deliveries"], window).rowcount
            totals.attempts -= connection.execute(_SQL["prune_orphaned_attempts"], window).rowcount
        self._position = end
        return True


def _cutoffs(transaction: Transaction, keep: Keep) -> dict[str, int]:
    """Before which time each kind goes; beyond its amount, the oldest go however young they are."""
    totals = transaction.totals
    return {
        "payloads": keep.now if totals.payload_bytes > keep.payload_bytes else keep.payloads_since,
        "deliveries": keep.now if totals.deliveries > keep.deliveries else keep.deliveries_since,
        "attempts": keep.now if totals.attempts > keep.attempts else keep.attempts_since,
    }


def _count_payloads(transaction: Transaction, window: dict[str, int]) -> None:
    """Takes note of payloads that are about to go: how many bytes, and up to which place of the log."""
    totals = transaction.totals
    size, newest = transaction.connection.execute(_SQL["prunable_payloads"], window).fetchone()
    totals.payload_bytes -= size
    totals.forgotten = max(totals.forgotten, newest)
