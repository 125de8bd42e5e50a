"""`gatepost doctor`: looks at everything that commonly goes wrong."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import urlsplit

from typer import Context

from gatepost.cli import terminal
from gatepost.cli.connection import api_key
from gatepost.cli.options import Json, KeyFile, Url
from gatepost.cli.remedies import what_happened, what_to_do
from gatepost.cli.setting_flags import flags
from gatepost.errors import GatepostError

if TYPE_CHECKING:
    from gatepost.crypto.passwords import Argon2id

OLDEST_PYTHON = (3, 11)

LITTLE_DISK = 1024**3
"""Bytes free below which the disk is soon full: some minutes at full load."""

TOO_LITTLE_DISK = 64 * 1024**2
"""Bytes free below which the service is about to refuse notifications."""

SLOW_FSYNC_MS = 20.0
"""Milliseconds: every answer waits for one, and 50 commits a second still carry 10,000 notifications."""

FSYNCS = 20
PAGE = bytes(4096)
TIMEOUT_S = 3.0

LOGIN_MS = 100.0
"""Milliseconds that hashing one password may take: nobody notices, and whoever guesses needs as long for each try."""


class Finding(NamedTuple):
    """What one check found, and what to do about it."""

    subject: str
    verdict: Literal["ok", "warn", "fail"]
    detail: str
    remedy: str = ""


_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(context: Context, url: Url = None, key_file: KeyFile = None, as_json: Json = False) -> None:
    """Look for what is wrong.

    With this machine, the settings, the data directory, the service and the API key.
    """
    findings = [*_machine(flags(context)), *_passwords(), *_service(url, key_file)]
    if as_json:
        terminal.document([finding._asdict() for finding in findings])
    else:
        _print(findings)
    if any(finding.verdict == "fail" for finding in findings):
        raise SystemExit(terminal.FAILED)


def _print(findings: list[Finding]) -> None:
    for finding in findings:
        detail = f"{finding.detail} - {finding.remedy}" if finding.remedy else finding.detail
        terminal.verdict(finding.verdict, _STYLES[finding.verdict], finding.subject, detail)


def _machine(given: dict[str, str]) -> Iterator[Finding]:
    from gatepost.server.settings import load

    yield _python()
    try:
        directory = load(given).settings.data_dir
    except GatepostError as error:
        yield Finding("settings", "fail", what_happened(error), what_to_do(error))
        return
    yield Finding("settings", "ok", "they are complete and do not contradict each other")
    yield _data_directory(directory)
    place = _nearest(directory)
    yield _disk(place)
    yield _fsync(place)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Finding("python", "fail", f"this is {version}", "install Python 3.11 or newer")
    return Finding("python", "ok", version)


def _data_directory(directory: Path) -> Finding:
    subject = "data directory"
    if not directory.exists():
        return Finding(subject, "ok", f"{directory} will be made at the first start")
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        return Finding(subject, "fail", f"{directory} cannot be written by this user", "run as its owner, or chown it")
    if stat.S_IMODE(directory.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        return Finding(subject, "fail", f"{directory} is open to other users", f"chmod 700 {directory}")
    return Finding(subject, "ok", f"{directory} is yours alone")


def _nearest(directory: Path) -> Path:
    """The directory itself, or the parent of it that exists."""
    return next(place for place in (directory.absolute(), *directory.absolute().parents) if place.is_dir())


def _disk(place: Path) -> Finding:
    free = shutil.disk_usage(place).free
    shown = f"{free / 1024**3:.1f} GiB free"
    if free < TOO_LITTLE_DISK:
        return Finding("disk", "fail", shown, "free some space: the service refuses what it cannot keep")
    if free < LITTLE_DISK:
        return Finding("disk", "warn", shown, "free some space, or lower the settings payload_bytes and *_keep")
    return Finding("disk", "ok", shown)


def _fsync(place: Path) -> Finding:
    try:
        milliseconds = median(_fsync_times(place))
    except OSError as error:
        return Finding("fsync", "warn", f"cannot be measured in {place}: {error.strerror}", "run as its owner")
    shown = f"{milliseconds:.1f} ms to be safe on disk"
    if milliseconds > SLOW_FSYNC_MS:
        return Finding("fsync", "warn", shown, "every answer waits for this; use a local SSD")
    return Finding("fsync", "ok", shown)


def _fsync_times(place: Path) -> Iterator[float]:
    from gatepost.clock import SystemClock

    clock = SystemClock()
    with tempfile.TemporaryFile(dir=place) as file:
        for _ in range(FSYNCS):
            start = clock.monotonic()
            os.write(file.fileno(), PAGE)
            os.fsync(file.fileno())
            yield (clock.monotonic() - start) * 1000


def _passwords() -> Iterator[Finding]:
    if find_spec("cryptography") is None:  # of no use to the SDK alone
        return
    from gatepost.clock import SystemClock
    from gatepost.crypto.passwords import USUAL, calibrate, milliseconds_of

    clock = SystemClock()
    usual, best = milliseconds_of(USUAL, clock), calibrate(LOGIN_MS, clock)
    shown = f"{_words(USUAL)} takes {usual:.0f} ms; {LOGIN_MS:.0f} ms allow {_words(best)}"
    yield Finding("passwords", "ok", shown)


def _words(policy: Argon2id) -> str:
    return f"Argon2id with {policy.memory_kib // 1024} MiB in {policy.passes} passes"


def _service(url: str | None, key_file: Path | None) -> Iterator[Finding]:
    from http.client import HTTPException

    from gatepost.client.service import DEFAULT_URL

    address = url or DEFAULT_URL
    try:
        status = _health(address)
    except (OSError, HTTPException, ValueError) as error:
        yield Finding("service", "fail", f"{address} does not answer: {error}", "start `gatepost serve`, or give --url")
        return
    if status != 200:
        yield Finding("service", "fail", f"{address} answers {status}", "look at its log; is it Gatepost at all?")
        return
    yield Finding("service", "ok", f"{address} answers")
    yield _key(url, key_file)


def _health(address: str) -> int:
    from http.client import HTTPConnection, HTTPSConnection

    parts = urlsplit(address)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", f"{parts.path.rstrip('/')}/healthz")
        return connection.getresponse().status
    finally:
        connection.close()


def _key(url: str | None, key_file: Path | None) -> Finding:
    from gatepost.client.exchange import Retries
    from gatepost.client.sync import Client

    try:
        key = api_key(key_file, ask=False)
        if key is None:
            return Finding("api key", "warn", "none was given", "set GATEPOST_API_KEY or give --api-key-file")
        with Client(url, api_key=key, retries=Retries(attempts=1), timeout=TIMEOUT_S) as client:
            me = client.me()
    except GatepostError as error:
        return Finding("api key", "fail", what_happened(error), what_to_do(error))
    return Finding("api key", "ok", f"{me.key} of {me.tenant} may {', '.join(me.scopes)}")
