"""Processes of a measurement: started, asked, and ended by their id whatever happens."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from gatepost.clock import Clock
from gatepost.errors import StartRefused

START_LIMIT_S = 60.0
"""Seconds until a process must be ready; the slowest peer takes five on two busy cores."""

STOP_LIMIT_S = 40.0
"""Seconds that a process gets to end by itself before it is killed: more than the service's own drain."""

POLL_S = 0.02

Process = subprocess.Popen[bytes]

Found = TypeVar("Found")


@contextmanager
def running(
    command: Sequence[str | Path],
    log: Path,
    *,
    piped: bool = False,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Process]:
    """Runs a command while the block runs; what it says on stderr (and stdout, unless piped) goes to `log`.

    It is the head of a process group of its own, which ends with it: some peers fork.
    """
    with log.open("ab") as said:
        process = subprocess.Popen(  # noqa: S603 - commands are our own
            [str(word) for word in command],
            stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
            stdout=subprocess.PIPE if piped else said,
            stderr=said,
            cwd=directory,
            env=_environment(environment or {}),
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _end(process)


def clean_up_on_signals() -> None:
    """A request to end is carried out like Ctrl-C: processes are stopped and files removed on the way out."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))


def wait_for(process: Process, look: Callable[[], Found | None], log: Path, clock: Clock) -> Found:
    """What `look` finds once it finds something.

    Raises `StartRefused` with the last line of the log when the process ends first, or nothing is found in time.
    """
    deadline = clock.monotonic() + START_LIMIT_S
    while (found := look()) is None:
        if process.poll() is not None or clock.monotonic() > deadline:
            raise StartRefused(f"{log.stem} did not start: {_last_line(log)}")
        time.sleep(POLL_S)
    return found


def answering(port: int) -> int | None:
    """The port, if somebody listens on it."""
    with socket.socket() as probe:
        return port if probe.connect_ex(("127.0.0.1", port)) == 0 else None


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def peak_memory(pid: int) -> int | None:
    """The most bytes of memory that a process ever had; None where the system does not say (macOS)."""
    found = re.search(r"^VmHWM:\s*(\d+) kB$", _status(pid, "status"), re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def cpu_seconds(pid: int) -> float | None:
    """Seconds of CPU that a process has used on all its threads; None where the system does not say."""
    fields = _status(pid, "stat").rpartition(")")[2].split()  # the name in parentheses may contain anything
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else None


def _status(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    """Nothing that the machine says about Gatepost reaches what is measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GATEPOST_")} | dict(more)


def _end(process: Process) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    for number in (signal.SIGTERM, signal.SIGKILL):
        _signal_group(process, number)
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            continue
        _signal_group(process, signal.SIGKILL)  # children that outlived it
        return


def _signal_group(process: Process, number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it left no message"
