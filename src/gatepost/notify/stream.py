"""Streams: places in the log of everything accepted, and notifications as a listener gets them."""

from __future__ import annotations

import re

from msgspec import Struct

from gatepost.clock import rfc3339
from gatepost.errors import InvalidParameter
from gatepost.notify.notification import Notification

_POSITION = re.compile(r"([0-9a-f]{16})-([0-9]{1,18})")


class Position(Struct, frozen=True, order=True):
    """A place in the log: everything up to `seq` was seen. `epoch` is the identity of the log itself.

    A position of another epoch means nothing here: the data was replaced, and nobody can tell what was missed.
    """

    epoch: str
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.seq}"

    @classmethod
    def parse(cls, text: str) -> Position:
        """Raises `InvalidParameter`."""
        match = _POSITION.fullmatch(text)
        if match is None:
            raise InvalidParameter("a position is the id of an event that was received before")
        return cls(match[1], int(match[2]))


class Recovery(Struct, frozen=True):
    """What a listener that comes back can be given: everything after `after`, whole if `complete`.

    When not all of what it missed is still there it is told so, and never given a part as if it were all.
    """

    after: int
    complete: bool


def recover(asked: Position | None, epoch: str, last: int, forgotten: int) -> Recovery:
    """Decides from where to go on.

    `last` is the newest place in the log and `forgotten` the newest whose notification was removed.
    Without a position a listener hears what comes from now on.
    """
    if asked is None:
        return Recovery(last, complete=True)
    if asked.epoch != epoch or asked.seq > last:
        return Recovery(forgotten, complete=False)
    return Recovery(max(asked.seq, forgotten), complete=asked.seq >= forgotten)


def stream_body(notification: Notification) -> bytes:
    """A notification as listeners get it: the body of its webhook, with its id."""
    head = (
        f'{{"id":"{notification.id}","type":"{notification.type}","timestamp":"{rfc3339(notification.accepted_at)}",'
        f'"topic":"{notification.topic}","data":'
    )
    return head.encode() + notification.payload + b"}"
