"""scripts/servers.py ends what it started and nothing else, and says why a server is missing."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import servers
from server_table import HOST, SERVERS, Instance, Server

DEAF = "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"


def instance(directory: Path, pid: int) -> Instance:
    return Instance("stand-in", 1, str(directory), str(directory), "user", "password", pid)


@pytest.fixture
def deaf(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that was started with our directory and does not listen when it is asked to end."""
    with subprocess.Popen([sys.executable, "-c", DEAF, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield process
        process.kill()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place instead of `.servers/`."""
    monkeypatch.setattr(servers, "HOME", tmp_path)
    monkeypatch.setattr(servers, "STATE", tmp_path / "state.json")
    monkeypatch.setattr(servers, "STOP_LIMIT", 0.2)
    return tmp_path


def row(script: str) -> Server:
    """A server that is a few lines of Python, and never ready."""
    return Server("stand-in", sys.executable, "none", 1, lambda at: ["-c", script, at.directory], lambda at: False)


def test_a_server_that_does_not_end_is_killed(deaf: subprocess.Popen[bytes], home: Path) -> None:
    servers.stop(instance(home, deaf.pid))
    assert deaf.wait(5) == -9


def test_a_process_that_got_the_same_id_is_left_alone(deaf: subprocess.Popen[bytes], home: Path) -> None:
    stranger = instance(home / "another", deaf.pid)
    assert not servers.is_alive(stranger)
    servers.stop(stranger)
    assert deaf.poll() is None


def test_a_server_that_ends_at_once_is_reported_with_its_log(home: Path) -> None:
    with pytest.raises(servers.NotStarted, match=r"stand-in did not start.*\nno such setting"):
        servers.start(row("raise SystemExit('no such setting')"))


def test_a_server_that_never_answers_is_stopped(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "START_LIMIT", 0.5)
    with pytest.raises(servers.NotStarted):
        servers.start(row("import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"))
    pid = int((home / "stand-in" / "pid").read_text())
    assert not servers.is_alive(instance(home / "stand-in", pid))


def test_what_runs_already_is_not_started_again(redis_server: Instance) -> None:
    servers.up()
    assert servers.running()["redis"] == redis_server


def test_a_taken_port_is_not_used() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        assert servers.free_port(taken.getsockname()[1]) != taken.getsockname()[1]


def test_a_missing_program_is_named_with_what_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = replace(SERVERS[0], program="no-such-server")
    assert servers.why_missing(absent) == (
        "no-such-server is not installed: .venv/bin/python scripts/servers.py install"
    )


def test_passwords_are_not_shown(redis_server: Instance, capsys: pytest.CaptureFixture[str]) -> None:
    servers.status(as_json=True)
    shown = capsys.readouterr().out + repr(redis_server)
    assert str(redis_server.port) in shown
    assert redis_server.password not in shown


@pytest.mark.skipif(sys.platform != "linux", reason="only on Linux is all of 127.0.0.0/8 loopback")
def test_a_server_listens_on_its_address_alone(redis_server: Instance) -> None:
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.2", redis_server.port)) != 0
