"""Strict order: deliveries with the same ordering key reach an endpoint one after the other, as they were accepted."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gatepost.notify.delivery import State
from gatepost.notify.retry import Verdict

MAX_PARK_AFTER = 30
"""Failed attempts: as many as a retry schedule may have."""

DEFAULT_PARK_AFTER = 3
"""Failed attempts: with the default schedule, five minutes after the first."""

OnStuck = Literal["block", "park", "skip"]
"""What a delivery that fails means for those behind it with the same key.

`block` holds them until it is delivered or dead. `park` does so for a few attempts, then sets it aside until somebody
retries it. `skip` goes on at once while it is tried again out of order.
"""

ParkAfter = Annotated[int, Meta(ge=1, le=MAX_PARK_AFTER)]


def place(last: State | None, wanted: State) -> State:
    """The state in which a new delivery starts, when `last` is that of the last open one of its key.

    It may be sent right behind one that is in the sender's hands already; behind one that waits it is held.
    """
    if last is None or (last is State.SENDING and wanted is State.SENDING):
        return wanted
    return State.HELD


def judge(verdict: Verdict, attempts: int, on_stuck: OnStuck, park_after: int) -> Verdict:
    """What the verdict on an attempt comes to for a delivery in order; `attempts` counts this one."""
    if verdict.state is not State.WAITING:
        return verdict
    if on_stuck == "park" and attempts >= park_after:
        return msgspec.structs.replace(verdict, state=State.PARKED)
    return msgspec.structs.replace(verdict, out_of_order=on_stuck == "skip")
