"""Sealing as people do it: at a terminal, through pipes, and with someone looking at the list of processes."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.service_process import wait_for

GATEPOST = [sys.executable, "-m", "gatepost.cli.main"]
PASSPHRASE = "correct horse battery staple"
MESSAGE = os.urandom(3_000_000)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name, text in (("passphrase", PASSPHRASE), ("key", "0f" * 32)):
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_text(text)
    (tmp_path / "plain").write_bytes(MESSAGE)
    return tmp_path


def run(home: Path, *words: str, stdin: bytes = b"", code: int = 0) -> subprocess.CompletedProcess[bytes]:
    """The command without a terminal."""
    done = subprocess.run(
        [*GATEPOST, *words], input=stdin, capture_output=True, cwd=home, check=False, timeout=30, start_new_session=True
    )
    assert done.returncode == code, done.stderr
    return done


class AtTerminal:
    """A command at a terminal of its own: what it shows, and what is typed."""

    def __init__(self, command: list[str], home: Path) -> None:
        self.shown = ""
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", *command], stdin=slave, stdout=slave, stderr=slave, cwd=home
        )
        os.close(slave)

    def wait_for(self, text: str) -> None:
        while text not in self.shown:
            self._read()
        self.shown = self.shown.partition(text)[2]

    def type(self, line: str) -> None:
        os.write(self._master, f"{line}\n".encode())

    def end(self) -> int:
        while self._read():
            pass
        return self.process.wait(timeout=20)

    def close(self) -> None:
        os.close(self._master)
        self.process.wait(timeout=20)

    def _read(self) -> bytes:
        try:
            came = os.read(self._master, 4096)
        except OSError:  # how Linux says that nobody holds the other end any more
            return b""
        self.shown += came.decode()
        return came


@contextmanager
def at_terminal(home: Path, *command: str) -> Iterator[AtTerminal]:
    session = AtTerminal(list(command), home)
    try:
        yield session
    finally:
        session.close()


def test_pipes_carry_any_bytes_there_and_back(home: Path) -> None:
    sealed = run(home, "seal", "--passphrase-file", "passphrase", stdin=MESSAGE).stdout
    assert run(home, "open", "-", "--passphrase-file", "passphrase", stdin=sealed).stdout == MESSAGE


def test_a_pipe_gets_only_what_is_authentic_and_the_exit_code_says_that_it_broke_off(home: Path) -> None:
    sealed = run(home, "seal", "plain", "--key-file", "key").stdout
    done = run(home, "open", "--key-file", "key", stdin=sealed[:1_000_000], code=1)
    assert len(done.stdout) == 15 * 65536
    assert MESSAGE.startswith(done.stdout)
    assert done.stderr.startswith(b"gatepost: it was changed, or cut off")


def test_a_passphrase_is_typed_twice_without_echo_and_once_to_open(home: Path) -> None:
    with at_terminal(home, *GATEPOST, "seal", "plain", "-o", "sealed") as session:
        for prompt in ("Passphrase: ", "Passphrase again: "):
            session.wait_for(prompt)
            session.type(PASSPHRASE)
        assert session.end() == 0
        assert PASSPHRASE not in session.shown
    with at_terminal(home, *GATEPOST, "open", "sealed", "-o", "opened") as session:
        session.wait_for("Passphrase: ")
        session.type(PASSPHRASE)
        assert session.end() == 0
    assert (home / "opened").read_bytes() == MESSAGE


def test_a_passphrase_mistyped_the_second_time_seals_nothing(home: Path) -> None:
    with at_terminal(home, *GATEPOST, "seal", "plain", "-o", "sealed") as session:
        session.wait_for("Passphrase: ")
        session.type(PASSPHRASE)
        session.wait_for("Passphrase again: ")
        session.type(PASSPHRASE + "!")
        assert session.end() == 1
    assert not (home / "sealed").exists()


def test_a_passphrase_is_asked_for_at_the_terminal_while_stdin_carries_data(home: Path) -> None:
    (home / "sealed").write_bytes(run(home, "seal", "plain", "--passphrase-file", "passphrase").stdout)
    piped = f"cat sealed | {' '.join(GATEPOST)} open > opened"
    with at_terminal(home, "sh", "-c", piped) as session:
        session.wait_for("Passphrase: ")
        session.type(PASSPHRASE)
        assert session.end() == 0
    assert (home / "opened").read_bytes() == MESSAGE


def test_without_a_terminal_nobody_is_asked(home: Path) -> None:
    done = run(home, "seal", "plain", "-o", "sealed", code=1)
    assert done.stderr.startswith(b"gatepost: there is no terminal to ask at")


@pytest.mark.parametrize("words", [("seal", "plain"), ("open", "sealed")])
def test_a_terminal_gets_no_raw_bytes(home: Path, words: tuple[str, ...]) -> None:
    run(home, "seal", "plain", "-o", "sealed", "--key-file", "key")
    with at_terminal(home, *GATEPOST, *words, "--key-file", "key") as session:
        assert session.end() == 2
    assert "--output" in session.shown


def test_the_list_of_processes_shows_no_secret(home: Path) -> None:
    """While it runs: it waits for the rest of stdin."""
    words = ("seal", "--passphrase-env", "PASSPHRASE_OF_TEST", "-o", "sealed")
    environment = os.environ | {"PASSPHRASE_OF_TEST": PASSPHRASE}
    with subprocess.Popen([*GATEPOST, *words], stdin=subprocess.PIPE, cwd=home, env=environment) as process:
        wait_for(lambda: list(home.glob(".gatepost-*.partial")), 20)
        listed = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        process.communicate(MESSAGE, timeout=20)
    assert "--passphrase-env PASSPHRASE_OF_TEST" in listed
    assert PASSPHRASE not in listed
    assert (home / "sealed").stat().st_mode & 0o777 == 0o600


def test_a_file_appears_only_when_it_is_complete(home: Path) -> None:
    with subprocess.Popen(
        [*GATEPOST, "seal", "--key-file", "key", "-o", "sealed"], stdin=subprocess.PIPE, cwd=home
    ) as process:
        assert process.stdin
        process.stdin.write(MESSAGE)
        (partial,) = wait_for(lambda: list(home.glob(".gatepost-*.partial")), 20)
        assert partial.stat().st_mode & 0o777 == 0o600
        assert not (home / "sealed").exists()
        process.stdin.close()
    assert run(home, "open", "sealed", "--key-file", "key").stdout == MESSAGE
    assert list(home.glob(".gatepost-*")) == []


def test_an_old_blob_says_on_stderr_that_nothing_protects_it(home: Path) -> None:
    blob = bytes.fromhex("000102030405060708090a0b0c0d0e0f25ff9379a1")
    (home / "passphrase").write_text("hunter2")
    done = run(home, "open", "--cfb8", "--passphrase-file", "passphrase", stdin=blob)
    assert done.stdout == b"hello"
    assert b"nobody can tell" in done.stderr
