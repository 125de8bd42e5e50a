"""The service as its operator runs it: a process of its own on a data directory that outlives it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tests.e2e.raw_http import Api

START_LIMIT = 20.0
"""Seconds until the service must listen; it takes less than one on an idle machine."""

STOP_LIMIT = 30.0
"""Seconds until the service must have ended: its own drain_timeout and a little more."""

POLL_S = 0.01

Found = TypeVar("Found")

_READY = re.compile(r"^listening on https?://.*:(\d+)$", re.MULTILINE)


class Refused(Exception):
    """The service did not start; the text is what it said on stderr."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"exit code {code}: {text}")
        self.code = code
        self.text = text


class ServiceProcess:
    """`gatepost serve` on one data directory, started and ended as often as a test likes.

    `settings` are flags by name. Loopback is an allowed network, as the receivers of tests are there.
    """

    def __init__(self, place: Path, data: Path | None = None, **settings: str) -> None:
        self.data = data or place / "data"
        self.settings = {"port": "0", "allow_networks": "127.0.0.0/8"} | settings
        self.environment = _environment()
        self.port = 0
        self._place = place
        self._key_file = place / "first-key"
        self._process: subprocess.Popen[bytes] | None = None

    # Its life

    def start(self) -> None:
        """Returns once the service listens. Raises Refused."""
        self._out.write_bytes(b"")
        self._err.write_bytes(b"")
        with self._out.open("ab") as out, self._err.open("ab") as err:
            self._process = subprocess.Popen(
                self._command(), cwd=self._place, env=self.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )
        ready = wait_for(lambda: _READY.search(self._out.read_text()) or self._process_ended(), START_LIMIT)
        if isinstance(ready, re.Match):
            self.port = int(ready[1])
            return
        code = self._process.returncode
        self._process = None
        raise Refused(code, self.stderr)

    def kill(self) -> None:
        """`kill -9`: no farewell of any kind."""
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Asks it to end; returns its exit code."""
        self.signal(number)
        return self.wait()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def wait(self) -> int:
        """The exit code of a process that was asked to end."""
        assert self._process is not None
        code = self._process.wait(STOP_LIMIT)
        self._process = None
        return code

    def end(self) -> None:
        """Ends it if it still runs."""
        if self._process is not None:
            self._process.kill()
            self.wait()

    # What it says

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def stderr(self) -> str:
        """Since it was started last."""
        return self._err.read_text(errors="replace")

    @property
    def peak_memory(self) -> int:
        """The most bytes of memory that it ever had."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)
        assert found is not None
        return int(found[1]) * 1024

    @property
    def api(self) -> Api:
        """The API under the first key."""
        return Api(self.port, self._key_file.read_text().strip())

    @property
    def _out(self) -> Path:
        return self._place / "service.out"

    @property
    def _err(self) -> Path:
        return self._place / "service.err"

    def _command(self) -> list[str]:
        flags = {"data_dir": str(self.data), "first_key_file": str(self._key_file)} | self.settings
        words = [word for name, text in flags.items() for word in (f"--{name.replace('_', '-')}", text)]
        return [sys.executable, "-m", "gatepost.cli.main", "serve", *words]

    def _process_ended(self) -> bool:
        assert self._process is not None
        return self._process.poll() is not None


@contextmanager
def running(place: Path, data: Path | None = None, **settings: str) -> Iterator[ServiceProcess]:
    """A service that has started, and is gone afterwards whatever the test did to it."""
    service = ServiceProcess(place, data, **settings)
    try:
        service.start()
        yield service
    finally:
        service.end()


def wait_for(look: Callable[[], Found], limit: float, what: str = "it") -> Found:
    """What `look` finds as soon as that is something; fails after `limit` seconds."""
    deadline = time.monotonic() + limit
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what} did not come true in {limit:g} s"
        time.sleep(POLL_S)
    return found


def _environment() -> dict[str, str]:
    """Nothing that the machine says about Gatepost reaches the service under test."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GATEPOST_")}
