"""Replay: which notifications of a window an endpoint gets now that it did not get then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from gatepost import topics
from gatepost.notify.delivery import State
from gatepost.notify.endpoint import Endpoint

DEFAULT_RATE = 100
"""Replayed deliveries a second: a receiver that comes back after a night is not drowned in it."""

MAX_RATE = 10_000

Kind = Literal["missed", "failed", "delivered", "open", "withdrawn", "expired", "forgotten"]

_KINDS: dict[State | None, Kind] = {
    None: "missed",
    State.DEAD: "failed",
    State.PARKED: "failed",
    State.DELIVERED: "delivered",
    State.CANCELLED: "withdrawn",
    State.SUPERSEDED: "withdrawn",
    State.EXPIRED: "expired",
}


class Candidate(Struct, frozen=True):
    """A notification and how it stands with one endpoint; `kept` says whether its payload is still there."""

    id: str
    seq: int
    topic: str
    type: str
    expires_at: int | None
    kept: bool
    state: State | None


class Counts(Struct):
    """How the notifications of a window stand that an endpoint subscribes to.

    Those that were `missed` (never on their way: disabled then, made later, subscribed later) or `failed` (dead or
    parked) can be replayed. The others cannot: delivered, still open, withdrawn (cancelled or superseded), expired, or
    forgotten (retention has removed the payload).
    """

    missed: int = 0
    failed: int = 0
    delivered: int = 0
    open: int = 0
    withdrawn: int = 0
    expired: int = 0
    forgotten: int = 0

    def add(self, kind: Kind) -> None:
        setattr(self, kind, getattr(self, kind) + 1)


def judge(candidate: Candidate, now: int) -> Kind:
    """How it stands with a candidate."""
    kind = _KINDS.get(candidate.state, "open")
    if kind not in ("missed", "failed"):
        return kind
    if candidate.expires_at is not None and candidate.expires_at <= now:
        return "expired"
    return kind if candidate.kept else "forgotten"


def concerns(endpoint: Endpoint, patterns: Sequence[str] | None, candidate: Candidate) -> bool:
    """Whether the endpoint, as it is now, subscribes to a candidate; `patterns` narrow the topics further."""
    narrow = patterns is None or any(topics.matches(pattern, candidate.topic) for pattern in patterns)
    return narrow and endpoint.wants(candidate.topic, candidate.type)
