"""What the project promises about its speed, held against a run."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from benchmarks.fanout_rows import NCHAN_SSE, NCHAN_WEBSOCKET, SSE, UVICORN, WEBSOCKET
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


SPREADS = ((SSE, NCHAN_SSE), (WEBSOCKET, NCHAN_WEBSOCKET))
SPREAD_P99 = 1.2
"""Ours and theirs, and how many times their time to 99 of 100 subscribers ours may be."""

BURSTS = ((SSE, NCHAN_SSE), (WEBSOCKET, NCHAN_WEBSOCKET), (WEBSOCKET, UVICORN))
BURST_TIMES = 2.0
"""Ours and theirs, and how many times their arrivals a second ours must be."""

CONNECTION_KB = 30.0


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
    yield from _fan_out_goals(results)
    for headline in results.headlines:
        yield from _headline_goals(headline)


def _fan_out_goals(results: Results) -> Iterator[Goal]:
    for ours, theirs in SPREADS:
        promise = f"{ours.title}: p99 of one message at most {SPREAD_P99:g} times {theirs.title}"
        ratio = results.fan_out_ratio(ours.name, theirs.name, lambda each: each.p99_ms)
        yield Goal(promise, ratio.median if ratio else None, "times", most=SPREAD_P99)
    for ours, theirs in BURSTS:
        promise = f"{ours.title}: a burst at least {BURST_TIMES:g} times {theirs.title}"
        ratio = results.fan_out_ratio(ours.name, theirs.name, lambda each: each.burst_per_s)
        yield Goal(promise, ratio.median if ratio else None, "times", least=BURST_TIMES)
    for row in (SSE, WEBSOCKET):
        rounds = results.fan_outs.get(row.name, [])
        sizes = [each.bytes_each / 1000 for each in rounds if each.bytes_each is not None]
        promise = f"{row.title}: at most {CONNECTION_KB:g} KB of memory a connection"
        yield Goal(promise, spread(sizes).median if sizes else None, "KB", most=CONNECTION_KB)


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
