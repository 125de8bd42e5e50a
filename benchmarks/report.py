"""RESULTS.md from what a run found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.fanout_measure import BURST, ONE_BY_ONE, Fanned
from benchmarks.goals import MIB, Goal, goals
from benchmarks.headline import Headline
from benchmarks.peer_rows import PEER_ROWS
from benchmarks.results import Results
from gatepost.cli.loadtest.figures import Spread, spread
from gatepost.cli.loadtest.measure import Measured
from gatepost.cli.loadtest.notifications import NOTIFICATION_BYTES
from gatepost.cli.loadtest.rows import BATCHES, SINGLES, Row

CHART = "results.svg"
FANOUT_CHART = "fanout.svg"
VERDICTS = {True: "yes", False: "**no**", None: "-"}

METHOD = f"""\
- One notification is {NOTIFICATION_BYTES} bytes, the same for all. It counts when it has been delivered: deliveries a
  second are all that arrived at the receiver, over the time from the first request to the last delivery.
- Gatepost runs with its defaults and everything on: key, limit, strict validation, an `id` that makes each notification
  safe to repeat, an fsynced commit before the 202, signature, a record of each attempt, retention.
- The peers run as their users run them, and do less: no key, no limit, no signature, no history, Redis without a disk.
- Load generator (64 connections), receiver (both in `src/gatepost/cli/loadtest/`) and service share the machine. Rows
  take turns within each round, each started anew and warmed up; ratios are taken within a round.
- The time to a 202 at a fixed rate is counted from when a request was due, whether or not it could be sent then.
- Fan-out: {ONE_BY_ONE} messages of the same size go out one after the other, each when everyone has the one before;
  then {BURST} at once, as one batch where the server takes batches, else as requests that wait for no answer. Times run
  from before a message is published, so that Gatepost's hold its fsynced commit. All subscribers are in one process.
  nginx has as many workers as there are cores, the others one process. A connection costs what the server grew by;
  the kernel's buffers are not in it."""


def markdown(results: Results) -> str:
    """The whole page."""
    return "\n\n".join(_sections(results)) + "\n"


def _sections(results: Results) -> Iterator[str]:
    yield "# Results\n\nWritten by `python3 benchmarks/run.py`; do not edit."
    yield _table(("", "measured on"), [(name, text) for name, text in results.machine.items()])
    if results.rows:
        yield from _deliveries(results)
    if results.fan_outs:
        yield f"## Fan-out\n\n![Fan-out]({FANOUT_CHART})"
        yield _fan_outs(results)
    if results.headlines:
        yield "## The headline"
        yield _headlines(results.headlines)
    for name, reason in results.missing.items():
        yield f"Not measured: {name}: {reason}."
    yield "## Goals"
    yield _table(("goal", "measured", "met"), [_goal(goal) for goal in goals(results)])
    yield f"## How\n\n{METHOD}"


def _deliveries(results: Results) -> Iterator[str]:
    yield f"## Deliveries a second\n\n![Deliveries a second]({CHART})"
    yield _rows(results)
    for row in results.sick():
        yield f"**{row.title} is sick here:** it must reach {row.expected_per_s:,.0f} a second for a fair comparison."
    yield "## Ratios\n\nMedian of the rounds, with the lowest and the highest."
    yield _ratios(results)


def _rows(results: Results) -> str:
    columns = (
        "",
        "delivered/s",
        "lowest - highest",
        "accepted/s",
        "p50 of the 202",
        "p99",
        "CPU each",
        "lost",
        "twice",
    )
    rows = [(row.title, *_cells(results.rows[row.name])) for row in results.measured()]
    return _table(columns, rows) + f"\n\nRounds: {results.rounds}, of {results.seconds:g} s."


def _cells(measured: Sequence[Measured]) -> tuple[str, ...]:
    delivered = spread([each.per_s for each in measured])
    cpu = [each.cpu_us for each in measured if each.cpu_us is not None]
    return (
        f"{delivered.median:,.0f}",
        f"{delivered.low:,.0f} - {delivered.high:,.0f}",
        f"{spread([each.accepted_per_s for each in measured]).median:,.0f}",
        _milliseconds([each.p50_ms for each in measured]),
        _milliseconds([each.p99_ms for each in measured]),
        f"{spread(cpu).median:.0f} us" if cpu else "-",
        f"{sum(each.lost for each in measured):,}",
        f"{sum(each.duplicates for each in measured):,}",
    )


def _fan_outs(results: Results) -> str:
    columns = (
        "",
        "p50 of one message",
        "p99",
        "lowest - highest",
        "the last",
        "burst, arrivals/s",
        "lowest - highest",
        "a connection",
        "CPU a message",
        "cores of the client",
        "missing",
    )
    rows = [(row.title, *_fan_out_cells(results.fan_outs[row.name])) for row in results.fanned()]
    return _table(columns, rows)


def _fan_out_cells(rounds: Sequence[Fanned]) -> tuple[str, ...]:
    p99 = spread([each.p99_ms for each in rounds])
    burst = spread([each.burst_per_s for each in rounds])
    memory = [each.bytes_each / 1000 for each in rounds if each.bytes_each is not None]
    cpu = [each.cpu_ms for each in rounds if each.cpu_ms is not None]
    return (
        _milliseconds([each.p50_ms for each in rounds]),
        f"{p99.median:.1f} ms",
        f"{p99.low:.1f} - {p99.high:.1f}",
        _milliseconds([each.last_ms for each in rounds]),
        f"{burst.median:,.0f}",
        f"{burst.low:,.0f} - {burst.high:,.0f}",
        f"{spread(memory).median:.1f} KB" if memory else "-",
        _milliseconds(cpu) if cpu else "-",
        f"{spread([each.client_cores for each in rounds]).median:.2f}",
        f"{sum(each.missing for each in rounds):,}",
    )


def _milliseconds(values: Sequence[float]) -> str:
    middle = spread(values).median
    return f"{middle:.1f} ms" if middle else "-"


def _ratios(results: Results) -> str:
    ours = [row for row in (SINGLES, BATCHES) if row.name in results.rows]
    theirs = [row for row in PEER_ROWS if row.name in results.rows]
    rows = [(row.title, *(_times(results.ratio(row.name, peer.name)) for peer in theirs)) for row in ours]
    return _table(("", *(f"/ {_first_words(peer)}" for peer in theirs)), rows)


def _first_words(row: Row) -> str:
    return row.title.partition(" + Redis")[0]


def _times(ratio: Spread | None) -> str:
    return f"{ratio.median:.1f} [{ratio.low:.1f} - {ratio.high:.1f}]" if ratio else "-"


def _headlines(headlines: Sequence[Headline]) -> str:
    columns = (
        "",
        "sent",
        "delivered",
        "lost",
        "twice",
        "wall time",
        "a second",
        "peak memory",
        "on disk",
        "CPU each: early, late",
    )
    return _table(columns, [_headline(headline) for headline in headlines])


def _headline(headline: Headline) -> tuple[str, ...]:
    costs = (headline.early_cpu_us, headline.late_cpu_us)
    return (
        headline.title,
        f"{headline.sent:,}",
        f"{headline.delivered:,}",
        f"{headline.lost:,}",
        f"{headline.duplicates:,}",
        f"{headline.seconds:,.0f} s",
        f"{headline.delivered / headline.seconds:,.0f}" if headline.seconds else "-",
        f"{headline.peak_memory / MIB:,.0f} MiB" if headline.peak_memory else "-",
        f"{headline.database_bytes / MIB:,.0f} MiB",
        ", ".join("-" if cost is None else f"{cost:.0f} us" for cost in costs),
    )


def _goal(goal: Goal) -> tuple[str, ...]:
    measured = "not measured" if goal.value is None else f"{goal.value:,.1f} {goal.unit}"
    return (goal.promise, measured, VERDICTS[goal.holds])


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
