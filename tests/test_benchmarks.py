"""The benchmarks measure what they say they measure. How fast anything is, is asserted nowhere."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from msgspec import structs

from benchmarks.chart import chart
from benchmarks.fanout_measure import Fanned
from benchmarks.fanout_rows import UVICORN_PARTS
from benchmarks.goals import goals
from benchmarks.headline import Headline
from benchmarks.peer_rows import PEER_ROWS
from benchmarks.report import markdown
from benchmarks.results import Results
from benchmarks.versions import versions
from gatepost.cli.loadtest.figures import Spread, percentile, ratios, spread
from gatepost.cli.loadtest.load import Plan, Report
from gatepost.cli.loadtest.measure import Measured, ReceiverProcess, load, measure, receiver
from gatepost.cli.loadtest.notifications import NOTIFICATION_BYTES, batch, notification, number_of
from gatepost.clock import SystemClock
from tests.e2e.service_process import wait_for

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "benchmarks" / "peers"


# Arithmetic


def test_a_spread_is_the_median_between_the_extremes() -> None:
    assert spread([5.0, 1.0, 3.0, 4.0]) == Spread(3.5, 1.0, 5.0)


def test_ratios_are_taken_within_each_round() -> None:
    # A machine that was twice as fast in the second round changes no ratio.
    assert ratios([100.0, 200.0, 100.0], [10.0, 20.0, 5.0]) == Spread(10.0, 10.0, 20.0)


def test_ratios_need_as_many_rounds_of_both() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


@pytest.mark.parametrize(("part", "value"), [(0.0, 0.0), (0.5, 50.0), (0.99, 99.0), (1.0, 99.0)])
def test_percentiles(part: float, value: float) -> None:
    assert percentile([float(number) for number in range(100)], part) == value


def test_the_percentile_of_nothing_is_nought() -> None:
    assert percentile([], 0.99) == 0.0


# What is sent


def test_every_notification_has_the_same_length_and_its_own_number() -> None:
    for number in (0, 7, 9_999_999_999):
        body = notification(number)
        assert len(body) == NOTIFICATION_BYTES == 385
        assert number_of(body) == number
    assert msgspec.json.decode(notification(1))["id"] != msgspec.json.decode(notification(2))["id"]


def test_a_batch_is_an_array_of_consecutive_notifications() -> None:
    assert [item["payload"]["order"] for item in msgspec.json.decode(batch(8, 3))] == [
        "0000000008",
        "0000000009",
        "0000000010",
    ]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"order":"12"}', b'{"order":"abcdefghij"}'])
def test_a_body_of_somebody_else_has_no_number(body: bytes) -> None:
    assert number_of(body) is None


# The receiver and the load generator, against each other


@pytest.fixture
def receiving(tmp_path: Path) -> Iterator[ReceiverProcess]:
    with receiver(tmp_path) as process:
        yield process


def test_the_receiver_counts_each_notification_once(receiving: ReceiverProcess) -> None:
    plan = Plan(port=receiving.port, path="/", seconds=30, count=500, connections=4)
    for _ in range(2):
        assert load(plan).sent == 500
    tally = receiving.tally()
    assert (tally.delivered, tally.duplicates, tally.strays) == (500, 500, 0)


def test_what_is_not_answered_with_202_is_not_accepted(receiving: ReceiverProcess) -> None:
    report = load(Plan(port=receiving.port, path="/", seconds=30, count=10, connections=2))
    assert (report.sent, report.accepted, report.failed) == (10, 0, 10)


def test_a_fixed_rate_is_kept(receiving: ReceiverProcess) -> None:
    report = load(Plan(port=receiving.port, path="/", seconds=0.5, count=1_000_000, rate=200.0, connections=4))
    assert report.sent in (100, 101)  # never more than are due, however busy the machine


def test_what_was_accepted_and_never_arrives_is_lost(
    receiving: ReceiverProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gatepost.cli.loadtest.measure.PATIENCE_S", 0.2)
    clock = SystemClock()
    started = clock.monotonic()

    def send_ten_of_twelve() -> Report:
        load(Plan(port=receiving.port, path="/", seconds=30, count=10, connections=2))
        return Report(sent=12, accepted=12, failed=0, started_at=started, ended_at=clock.monotonic())

    measured = measure(send_ten_of_twelve, receiving, clock)
    assert (measured.accepted, measured.delivered, measured.lost) == (12, 10, 2)


# The whole command


@pytest.mark.slow
def test_gatepost_is_measured_in_a_second() -> None:
    words = ["--rounds", "1", "--seconds", "1", "--headline", "0", "--only", "singles,paced", "--json"]
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    for row in ("singles", "paced"):
        (measured,) = json.loads(done.stdout)["rows"][row]
        assert measured["delivered"] == measured["accepted"] > 0
        assert (measured["failed"], measured["lost"], measured["duplicates"]) == (0, 0, 0)


@pytest.mark.parametrize("words", [("--only", "nothing"), ("--rounds", "x")])
def test_a_wrong_call_is_refused(words: tuple[str, ...]) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), *words]
    assert subprocess.run(command, capture_output=True, timeout=50, check=False).returncode == 2


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")
def test_a_run_that_is_terminated_leaves_nothing_behind(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), "--only", "singles", "--seconds", "40"]
    with subprocess.Popen(command, env=os.environ | {"TMPDIR": str(tmp_path)}, stderr=subprocess.DEVNULL) as run:
        wait_for(lambda: len(belonging_to(tmp_path)) >= 4, 30)  # itself, receiver, service, load generator
        run.terminate()
        assert run.wait(30) == 128 + signal.SIGTERM
    assert belonging_to(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def belonging_to(place: Path) -> list[str]:
    """The processes that were told to keep their files there."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it has just ended
            if f"TMPDIR={place}".encode() in environment.read_bytes().split(b"\0"):
                found.append(environment.parent.name)
    return found


# The page and the chart


def measured(per_s: float, **more: float) -> Measured:
    return msgspec.convert(
        {
            "accepted": 100,
            "delivered": 100,
            "failed": 0,
            "lost": 0,
            "duplicates": 0,
            "seconds": 1.0,
            "per_s": per_s,
            "accepted_per_s": per_s,
            "p50_ms": 1.0,
            "p99_ms": 2.0,
        }
        | more,
        Measured,
    )


def results(**rows: list[Measured]) -> Results:
    headline = Headline(
        title="single POSTs",
        sent=1000,
        accepted=1000,
        delivered=990,
        duplicates=0,
        seconds=2.0,
        peak_memory=2**20,
        database_bytes=2**20,
        early_cpu_us=100.0,
        late_cpu_us=110.0,
    )
    return Results({"processor": "a test"}, 2, 1.0, rows, {"BullMQ": "node is not installed"}, [headline])


def test_goals_say_what_holds_what_does_not_and_what_was_not_measured() -> None:
    found = results(
        singles=[measured(6000), measured(5000)],
        flask_celery=[measured(200), measured(200)],
        fastapi_taskiq=[measured(2000), measured(2000)],
        paced=[measured(5000, p99_ms=20.0), measured(5000, p99_ms=22.0)],
    )
    verdicts = {goal.promise: goal.holds for goal in goals(found)}
    holds = {text: verdict for text, verdict in verdicts.items() if "single" in text and "1,000" not in text}
    assert list(holds.values()) == [True, False, None, True]
    assert verdicts["1,000, single POSTs: none lost"] is False
    assert verdicts["1,000, single POSTs: at most 200 MiB of memory"] is True


def test_a_sick_peer_and_a_missing_one_are_named() -> None:
    page = markdown(results(singles=[measured(100)], flask_celery=[measured(90)]))
    assert "**Flask + Celery + Redis + requests is sick here:**" in page
    assert "Not measured: BullMQ: node is not installed." in page


def test_losses_of_rows_and_headlines_are_added_up() -> None:
    assert results(singles=[measured(1, lost=3)]).lost == 13


def fanned(p99_ms: float, burst_per_s: float, bytes_each: float | None = None) -> Fanned:
    return Fanned(
        subscribers=100,
        missing=0,
        p50_ms=1.0,
        p99_ms=p99_ms,
        last_ms=p99_ms,
        burst_per_s=burst_per_s,
        bytes_each=bytes_each,
        cpu_ms=None,
        client_cores=0.5,
    )


def test_goals_of_fan_out_are_held_against_each_round() -> None:
    fan_outs = {
        "sse": [fanned(110, 900, 20_000), fanned(240, 900, 31_000)],
        "nchan_sse": [fanned(100, 300), fanned(200, 300)],
        "websocket": [fanned(130, 500)],
        "nchan_websocket": [fanned(100, 300)],
    }
    found = structs.replace(results(), fan_outs=fan_outs)
    about_listeners = [
        goal for goal in goals(found) if "Gatepost, server-sent" in goal.promise or "Socket" in goal.promise
    ]
    assert [(goal.value, goal.holds) for goal in about_listeners] == [
        (pytest.approx(1.15), True),
        (1.3, False),
        (3.0, True),
        (pytest.approx(5 / 3), False),
        (None, None),
        (25.5, True),
        (None, None),
    ]
    assert "| nginx + nchan, WebSocket | 1.0 ms | 100.0 ms |" in markdown(found)


def test_the_chart_is_well_formed_whatever_is_in_it() -> None:
    root = ET.fromstring(chart("a & b", [("<ours>", Spread(2.0, 1.0, 3.0), True), ("theirs", Spread(0, 0, 0), False)]))
    assert [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")] == [
        "a & b",
        "<ours>",
        "2",
        "theirs",
        "0",
    ]
    assert ET.fromstring(chart("nothing", [])) is not None


# The peers


@pytest.mark.parametrize("lock", sorted(PEERS.glob("*/requirements.lock")), ids=lambda path: path.parent.name)
def test_a_lock_of_python_pins_by_hash_and_names_no_address(lock: Path) -> None:
    text = lock.read_text()
    pins = re.findall(r"^\S+==.*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[^ #]", text, re.MULTILINE)) > 0
    assert "//" not in text


@pytest.mark.parametrize("lock", sorted(PEERS.glob("*/package-lock.json")), ids=lambda path: path.parent.name)
def test_a_lock_of_node_pins_by_hash_and_names_no_place_to_download_from(lock: Path) -> None:
    packages = json.loads(lock.read_text())["packages"]
    packages.pop("")
    assert packages
    for package in packages.values():
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package


@pytest.mark.parametrize(
    ("peer", "parts"), [*((peer.name, peer.parts) for peer in PEER_ROWS), ("uvicorn", UVICORN_PARTS)]
)
def test_the_versions_of_a_peer_come_from_its_lock(peer: str, parts: tuple[str, ...]) -> None:
    assert re.fullmatch(r"[a-z-]+ \d[\w.]+(, [a-z-]+ \d[\w.]+)*", versions(peer, parts))
