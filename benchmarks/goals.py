"""What the project promises about its speed, held against a run."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from benchmarks.headline import Headline
from benchmarks.peer_rows import PEER_ROWS
from benchmarks.results import Results
from gatepost.cli.loadtest.figures import spread
from gatepost.cli.loadtest.rows import GATEPOST, PACED

MIB = 1024 * 1024

RATIOS = (
    ("singles", "flask_celery", 20.0),
    ("singles", "fastapi_taskiq", 5.0),
    ("singles", "bullmq", 1.5),
    ("batches", "flask_celery", 70.0),
)
"""Ours, theirs, and how many times their deliveries a second ours must be."""

PACED_P99_MS = 25.0
PEAK_MIB = 200.0
FLATNESS = 1.25
"""Times the early cost that the late cost may be: more is not flat, less would be noise."""


class Goal(Struct, frozen=True):
    """A promise with its bound, and what was measured; None when this run did not measure it."""

    promise: str
    value: float | None
    unit: str
    least: float = 0.0
    most: float = float("inf")

    @property
    def holds(self) -> bool | None:
        return None if self.value is None else self.least <= self.value <= self.most


def goals(results: Results) -> Iterator[Goal]:
    titles = {row.name: row.title for row in (*GATEPOST, *PEER_ROWS)}
    for ours, theirs, least in RATIOS:
        ratio = results.ratio(ours, theirs)
        promise = f"{titles[ours]}: at least {least:g} times {titles[theirs]}"
        yield Goal(promise, ratio.median if ratio else None, "times", least=least)
    paced = results.rows.get(PACED.name)
    p99 = spread([each.p99_ms for each in paced]).median if paced else None
    yield Goal(f"{PACED.title}: p99 of the 202 at most {PACED_P99_MS:g} ms", p99, "ms", most=PACED_P99_MS)
    for headline in results.headlines:
        yield from _headline_goals(headline)


def _headline_goals(headline: Headline) -> Iterator[Goal]:
    what = f"{headline.sent:,}, {headline.title}"
    yield Goal(f"{what}: none lost", float(headline.sent - headline.delivered), "lost", most=0.0)
    if headline.peak_memory is not None:
        peak = headline.peak_memory / MIB
        yield Goal(f"{what}: at most {PEAK_MIB:g} MiB of memory", peak, "MiB", most=PEAK_MIB)
    if headline.early_cpu_us and headline.late_cpu_us:
        growth = headline.late_cpu_us / headline.early_cpu_us
        promise = f"{what}: the last cost at most {FLATNESS:g} times the first"
        yield Goal(promise, growth, "times", most=FLATNESS)
