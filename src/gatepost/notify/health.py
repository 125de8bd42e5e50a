"""The health of an endpoint: when its owner is warned and when it is disabled."""

from __future__ import annotations

from msgspec import Struct

from gatepost.notify.endpoint import Endpoint

WARNINGS = (50, 70, 90)
"""Percent of the way to auto-disable at which the owner is told."""


class Judgement(Struct, frozen=True):
    """What an attempt means for its endpoint. `warn` is the percentage to tell the owner, or None."""

    failing_since: int | None
    warned: int = 0
    warn: int | None = None
    disable: bool = False


HEALTHY = Judgement(failing_since=None)


def judge(endpoint: Endpoint, succeeded: bool, now: int, disable_after_ms: int) -> Judgement:
    """Judges the endpoint after one attempt: an unbroken run of failures of `disable_after_ms` disables it."""
    if succeeded:
        return HEALTHY
    since = now if endpoint.failing_since is None else endpoint.failing_since
    percent = (now - since) * 100 // disable_after_ms
    if percent >= 100:
        return Judgement(since, warned=100, disable=True)
    reached = max((level for level in WARNINGS if level <= percent), default=0)
    if reached > endpoint.warned:
        return Judgement(since, warned=reached, warn=reached)
    return Judgement(since, warned=endpoint.warned)
