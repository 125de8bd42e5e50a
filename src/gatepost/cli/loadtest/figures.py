"""The arithmetic of measurements: percentiles, medians with their spread, ratios between rounds."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from msgspec import Struct


class Spread(Struct, frozen=True):
    """The median of several rounds and how far they lay apart."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Of at least one value."""
    return Spread(median(values), min(values), max(values))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """How many times theirs ours is, round by round: both halves of a ratio then saw the same machine."""
    return spread([our / their for our, their in zip(ours, theirs, strict=True)])


def percentile(ordered: Sequence[float], part: float) -> float:
    """The value that `part` of an ascending sequence does not exceed; 0 when it is empty."""
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] if ordered else 0.0
