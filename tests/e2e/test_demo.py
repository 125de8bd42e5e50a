"""The demo as people start it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.e2e.service_process import wait_for

KEYS = {
    "accepted",
    "on_disk",
    "delivered",
    "verified",
    "lost",
    "duplicates",
    "accepted_per_s",
    "delivered_per_s",
    "p50_ms",
    "p95_ms",
    "p99_ms",
}


def demo(scratch: Path, *arguments: str) -> subprocess.Popen[str]:
    """Starts it with `scratch` as the place for temporary files."""
    return subprocess.Popen(
        [sys.executable, "-m", "gatepost.cli.main", "demo", "--notifications", "3000", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(scratch)},
    )


def descendants(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed]


def is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_json_is_one_document_and_nothing_is_lost(tmp_path: Path) -> None:
    run = demo(tmp_path, "--json")
    out, err = run.communicate(timeout=50)
    assert run.returncode == 0, err
    measured = msgspec.json.decode(out)
    assert set(measured) == KEYS
    assert [measured[name] for name in ("accepted", "on_disk", "delivered", "verified")] == [3000] * 4
    assert (measured["lost"], measured["duplicates"]) == (0, 0)
    assert 0 < measured["p50_ms"] <= measured["p95_ms"] <= measured["p99_ms"]
    assert list(tmp_path.iterdir()) == []


def test_once_prints_one_table_and_keeps_the_data_where_it_is_told(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    run = demo(tmp_path, "--once", "--data-dir", str(kept))
    out, err = run.communicate(timeout=50)
    assert run.returncode == 0, err
    assert "verified" in out
    assert "gp_live_" not in out
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]
    assert (kept / "gatepost.db").stat().st_size > 0


def test_a_directory_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    run = demo(tmp_path, "--once", "--data-dir", str(tmp_path))
    _, err = run.communicate(timeout=50)
    assert run.returncode == 1
    assert err.startswith(f"gatepost: {tmp_path} is not empty")


def test_the_lines_to_go_on_with_work_as_they_are_printed(tmp_path: Path) -> None:
    run = demo(tmp_path)
    try:
        lines = read_invitation(run)
        curl = next(line for line in lines if line.startswith("curl "))
        send = next(line for line in lines if line.startswith("GATEPOST_API_KEY="))
        for command in (curl, send + " --json"):
            done = subprocess.run(command, shell=True, check=True, capture_output=True, text=True, timeout=30)
            assert msgspec.json.decode(done.stdout)["id"].startswith("ntf_")
    finally:
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=50)
    assert run.returncode == 0


def read_invitation(run: subprocess.Popen[str]) -> list[str]:
    """What it prints, up to the address of the API document, which is last."""
    assert run.stdout is not None
    lines = []
    while not (line := run.stdout.readline().strip()).endswith("/openapi.json"):
        lines.append(line)
    return [*lines, line]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_its_processes_end_with_it_and_nothing_is_left(tmp_path: Path, number: signal.Signals) -> None:
    run = demo(tmp_path, "--notifications", "1000000", "--once")
    children = wait_for(lambda: len(found := descendants(run.pid)) == 2 and found, 20)
    assert children
    run.send_signal(number)
    _, err = run.communicate(timeout=50)
    assert run.returncode == 1
    assert "the demo was stopped before its end" in err
    assert not any(is_running(child) for child in children)
    assert list(tmp_path.iterdir()) == []


def test_its_processes_end_when_it_is_killed(tmp_path: Path) -> None:
    run = demo(tmp_path, "--notifications", "1000000", "--once")
    children = wait_for(lambda: len(found := descendants(run.pid)) == 2 and found, 20)
    assert children
    run.kill()
    run.communicate(timeout=50)
    wait_for(lambda: not any(is_running(child) for child in children), 30)
