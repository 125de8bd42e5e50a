"""The command: what is measured, in which order, and where the results go."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from benchmarks.built import Missing
from benchmarks.chart import chart
from benchmarks.fanout_rows import (
    FANOUT_ROWS,
    NCHAN_SSE,
    NCHAN_WEBSOCKET,
    SSE,
    SUBSCRIBERS,
    UVICORN,
    UVICORN_PARTS,
    WEBSOCKET,
    WSPROTO,
    FanOutRow,
    fan_outs,
)
from benchmarks.headline import headlines
from benchmarks.peer_rows import PEER_ROWS, Peer
from benchmarks.report import CHART, FANOUT_CHART, markdown
from benchmarks.results import Results
from benchmarks.versions import nchan_versions, server_versions, versions
from gatepost.cli.loadtest.figures import Spread, spread
from gatepost.cli.loadtest.machine import Neighbours, describe
from gatepost.cli.loadtest.processes import clean_up_on_signals
from gatepost.cli.loadtest.rows import GATEPOST, Row, interleaved
from gatepost.clock import SystemClock

HERE = Path(__file__).resolve().parent
MILLION = 1_000_000
BURST_TITLE = "Arrivals a second of a burst to all subscribers"

AnyRow = TypeVar("AnyRow", Row, Peer, FanOutRow)


def run(words: Sequence[str]) -> int:
    """Returns the exit code: 1 when an accepted notification was lost."""
    given = _parser().parse_args(words)
    clean_up_on_signals()
    rows, missing = _prepared(_chosen((*GATEPOST, *PEER_ROWS), given.only))
    listened, absent = _prepared(_chosen(FANOUT_ROWS, given.only) if given.subscribers else [])
    clock = SystemClock()
    machine, neighbours = describe(clock), Neighbours(clock)
    measured = interleaved(rows, given.rounds, given.seconds, clock, _say)
    fanned, failed = fan_outs(listened, given.rounds, given.subscribers, clock, _say)
    million = headlines(given.headline, clock, _say) if given.headline else []
    machine |= neighbours.describe() | _versions(rows) | _fan_out_versions(fanned)
    found = Results(machine, given.rounds, given.seconds, measured, missing | absent | failed, million, fanned)
    _show(found, as_json=given.json)
    if given.only is None:
        _write(found)
    return 1 if found.lost else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description="Gatepost beside its peers.")
    parser.add_argument("--rounds", type=int, default=3, help="how often each row is measured")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each row is sent to")
    parser.add_argument("--only", type=_names, help="rows to measure, comma-separated; RESULTS.md stays as it is")
    parser.add_argument("--subscribers", type=int, default=SUBSCRIBERS, metavar="N", help="of fan-out; 0 leaves it out")
    parser.add_argument("--headline", type=int, default=MILLION, metavar="N", help="notifications; 0 leaves it out")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of the page")
    return parser


def _names(text: str) -> list[str]:
    """The rows that were asked for; `fanout` stands for all of its part."""
    fan_out = [row.name for row in FANOUT_ROWS]
    known = [row.name for row in (*GATEPOST, *PEER_ROWS)] + fan_out
    words = text.split(",")
    names = [name for word in words for name in (fan_out if word == "fanout" else [word])]
    unknown = set(names) - set(known)
    if unknown:
        there = ", ".join([*known, "fanout"])
        raise argparse.ArgumentTypeError(f"no such row: {', '.join(sorted(unknown))}; there are {there}")
    return names


def _chosen(rows: Sequence[AnyRow], names: Sequence[str] | None) -> list[AnyRow]:
    return [row for row in rows if names is None or row.name in names]


def _prepared(rows: Sequence[AnyRow]) -> tuple[list[AnyRow], dict[str, str]]:
    """The rows that can be measured here, and for each other one what is missing."""
    ready, missing = [], {}
    for row in rows:
        try:
            if isinstance(row, Peer | FanOutRow):
                row.prepare()
            ready.append(row)
        except Missing as reason:
            missing[row.title] = str(reason)
    return ready, missing


def _versions(rows: Sequence[Row]) -> dict[str, str]:
    peers = [row for row in rows if isinstance(row, Peer)]
    found = {peer.name: versions(peer.name, peer.parts) for peer in peers}
    return found | ({"servers": server_versions()} if peers else {})


def _fan_out_versions(names: Iterable[str]) -> dict[str, str]:
    found = {"uvicorn": versions("uvicorn", UVICORN_PARTS)} if {UVICORN.name, WSPROTO.name} & set(names) else {}
    return found | ({"nchan": nchan_versions()} if {NCHAN_SSE.name, NCHAN_WEBSOCKET.name} & set(names) else {})


def _show(found: Results, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found)).decode() + "\n")
    else:
        sys.stdout.write(markdown(found))


def _write(found: Results) -> None:
    ours = {row.name for row in GATEPOST}
    bars = [(row.title, found.per_s(row.name), row.name in ours) for row in found.measured()]
    (HERE / "RESULTS.md").write_text(markdown(found))
    (HERE / CHART).write_text(chart("Notifications accepted, on disk and delivered, a second", bars))
    if found.fan_outs:
        (HERE / FANOUT_CHART).write_text(chart(BURST_TITLE, [_burst_bar(row, found) for row in found.fanned()]))


def _burst_bar(row: FanOutRow, found: Results) -> tuple[str, Spread, bool]:
    bursts = spread([each.burst_per_s for each in found.fan_outs[row.name]])
    return row.title, bursts, row in (SSE, WEBSOCKET)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
