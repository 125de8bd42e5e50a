"""Fixtures for the real servers, and a report of what could not be tested without them.

A test that needs a server which this machine has not is skipped, and the end of the run names it and says how to
get it. Where `GATEPOST_REQUIRE` names it (`GATEPOST_REQUIRE=redis,nginx`), or in CI (`CI=true`), it fails instead:
a run must never turn green by leaving out.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

import servers
from server_table import CHROMIUM, HOST, SERVERS, Instance, Program

NOT_TESTED = "NOT TESTED HERE: "
RELOAD_LIMIT = 10.0
"""Seconds until nginx must serve a new configuration; it takes milliseconds."""


def is_required(name: str) -> bool:
    return os.environ.get("CI") == "true" or name in os.environ.get("GATEPOST_REQUIRE", "").split(",")


def require(name: str) -> Instance:
    """The running server of that name; without it the test is skipped, or fails where that is not allowed."""
    server = next(server for server in SERVERS if server.name == name)
    return servers.running().get(name) or do_without(server)


def do_without(part: Program) -> NoReturn:
    """Skips the test, or fails it where that is not allowed."""
    reason = f"{NOT_TESTED}{part.name} ({servers.why_missing(part)})"
    if is_required(part.name):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


class Nginx:
    """nginx as it stands in front of a service: TLS outside, plain HTTP on loopback inside."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance

    @contextmanager
    def proxy(self, upstream_port: int) -> Iterator[int]:
        """A port that speaks TLS and passes everything on to `upstream_port` of loopback."""
        port = servers.free_port(0)
        block = Path(self.instance.directory, "conf.d", f"{port}.conf")
        block.write_text(f"""\
server {{
    listen {HOST}:{port} ssl;
    location / {{
        proxy_pass http://{HOST}:{upstream_port};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto https;
    }}
}}
""")
        try:
            self._reload()
            assert servers.until(lambda: _listens(port), RELOAD_LIMIT), self.log()
            yield port
        finally:
            block.unlink()
            self._reload()

    def connect(self, port: int) -> http.client.HTTPSConnection:
        """Over TLS, checked against the authority of the test servers."""
        return http.client.HTTPSConnection(HOST, port, timeout=10, context=self.instance.client_context())

    def log(self) -> str:
        return Path(self.instance.directory, "log").read_text(errors="replace")

    def _reload(self) -> None:
        os.kill(self.instance.pid, signal.SIGHUP)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@pytest.fixture(scope="session")
def redis_server() -> Instance:
    """A Redis that wants TLS, a client certificate and a password, and allows keys that begin with `gp:`."""
    return require("redis")


@pytest.fixture(scope="session")
def nginx() -> Nginx:
    return Nginx(require("nginx"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is installed."""
    return CHROMIUM.path() or do_without(CHROMIUM)


@pytest.hookimpl(wrapper=True, tryfirst=True)  # outermost, so that it speaks after pytest's own summary
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    yield
    reports = terminalreporter.stats.get("skipped", [])
    reasons = {report.longrepr[2] for report in reports if isinstance(report.longrepr, tuple)}
    for reason in sorted(reasons):
        if NOT_TESTED in reason:
            terminalreporter.write_line(reason[reason.index(NOT_TESTED) :], yellow=True)
