"""The command: what is measured, in which order, and where the results go."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.built import Missing
from benchmarks.chart import chart
from benchmarks.headline import headlines
from benchmarks.peer_rows import PEER_ROWS, Peer
from benchmarks.report import CHART, markdown
from benchmarks.results import Results
from benchmarks.versions import server_versions, versions
from gatepost.cli.loadtest.machine import Neighbours, describe
from gatepost.cli.loadtest.processes import clean_up_on_signals
from gatepost.cli.loadtest.rows import GATEPOST, Row, interleaved
from gatepost.clock import SystemClock

HERE = Path(__file__).resolve().parent
MILLION = 1_000_000


def run(words: Sequence[str]) -> int:
    """Returns the exit code: 1 when an accepted notification was lost."""
    given = _parser().parse_args(words)
    clean_up_on_signals()
    chosen = [row for row in (*GATEPOST, *PEER_ROWS) if given.only is None or row.name in given.only]
    rows, missing = _prepared(chosen)
    clock = SystemClock()
    machine, neighbours = describe(clock), Neighbours(clock)
    measured = interleaved(rows, given.rounds, given.seconds, clock, _say)
    million = headlines(given.headline, clock, _say) if given.headline else []
    machine |= neighbours.describe() | _versions(rows)
    found = Results(machine, given.rounds, given.seconds, measured, missing, million)
    _show(found, as_json=given.json)
    if given.only is None:
        _write(found)
    return 1 if found.lost else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description="Gatepost beside its peers.")
    parser.add_argument("--rounds", type=int, default=3, help="how often each row is measured")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each row is sent to")
    parser.add_argument("--only", type=_names, help="rows to measure, comma-separated; RESULTS.md stays as it is")
    parser.add_argument("--headline", type=int, default=MILLION, metavar="N", help="notifications; 0 leaves it out")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of the page")
    return parser


def _names(text: str) -> list[str]:
    known = [row.name for row in (*GATEPOST, *PEER_ROWS)]
    unknown = set(text.split(",")) - set(known)
    if unknown:
        raise argparse.ArgumentTypeError(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return text.split(",")


def _prepared(rows: Sequence[Row]) -> tuple[list[Row], dict[str, str]]:
    """The rows that can be measured here, and for each other one what is missing."""
    ready, missing = [], {}
    for row in rows:
        try:
            if isinstance(row, Peer):
                row.prepare()
            ready.append(row)
        except Missing as reason:
            missing[row.title] = str(reason)
    return ready, missing


def _versions(rows: Sequence[Row]) -> dict[str, str]:
    peers = [row for row in rows if isinstance(row, Peer)]
    found = {peer.name: versions(peer) for peer in peers}
    return found | ({"servers": server_versions()} if peers else {})


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


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
