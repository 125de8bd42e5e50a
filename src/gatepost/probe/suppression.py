"""Findings that somebody looked at and decided to live with, and why.

The file is TOML; each entry says what it covers, the reason, and optionally the last day on which it holds:

    [[suppress]]
    rule = "api2-no-authentication"
    operation = "GET /health"
    reason = "load balancers call it without a credential"
    until = 2027-06-30

`rule`, `pointer`, `operation` and `file` may hold `*`, `?` and `[...]`; `*` crosses slashes. All that are given must
match. A finding that reaches several operations is suppressed only when each of them is covered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec
from msgspec import Struct, field

from gatepost.clock import Clock
from gatepost.errors import InvalidInput
from gatepost.probe.finding import Finding

DEFAULT_NAME = ".gatepost-scan.toml"

SUPPRESSION_LIMIT = 2**20
"""Bytes of a suppression file: some ten thousand entries, more than anybody looked at."""


class Suppression(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry; a misspelt member is refused, since without it the entry would cover more than was meant."""

    reason: str
    rule: str | None = None
    pointer: str | None = None
    operation: str | None = None
    file: str | None = None
    until: date | None = None
    """The last day on which it holds, in UTC."""

    def __str__(self) -> str:
        members = (("rule", self.rule), ("pointer", self.pointer), ("operation", self.operation), ("file", self.file))
        return ", ".join(f"{name} {value}" for name, value in members if value is not None)

    def covers_place(self, finding: Finding) -> bool:
        """Whether all but the operation matches."""
        return (
            _matches(self.rule, finding.rule)
            and _matches(self.pointer, finding.pointer)
            and (_matches(self.file, finding.file) or _matches(f"*/{self.file}", finding.file))
        )

    def covers_operation(self, operation: str) -> bool:
        return _matches(self.operation, operation)


class Suppressed(Struct, frozen=True):
    """A finding that is not told, and the reason."""

    finding: Finding
    reason: str


class Outcome(Struct, frozen=True):
    """What is left, what was taken out, and which entries need a look."""

    kept: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    notes: tuple[str, ...]


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    suppress: tuple[Suppression, ...] = field(default=())


def read_suppressions(path: Path) -> tuple[Suppression, ...]:
    """Reads a suppression file; raises InvalidInput when it cannot be read or does not say what it must."""
    try:
        with path.open("rb") as file:
            data = file.read(SUPPRESSION_LIMIT + 1)
    except OSError as error:
        raise InvalidInput(f"the suppression file {path} cannot be read: {error.strerror}") from None
    if len(data) > SUPPRESSION_LIMIT:
        raise InvalidInput(f"the suppression file {path} is larger than {SUPPRESSION_LIMIT} bytes")
    try:
        entries = msgspec.toml.decode(data, type=_File).suppress
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the suppression file {path} is wrong: {error}") from None
    for number, entry in enumerate(entries, 1):
        _check(entry, f"entry {number} of the suppression file {path}")
    return entries


def suppress(findings: Sequence[Finding], entries: Sequence[Suppression], clock: Clock) -> Outcome:
    """Takes out what the entries cover today."""
    today = datetime.fromtimestamp(clock.now() / 1000, UTC).date()
    expired = [entry for entry in entries if entry.until is not None and entry.until < today]
    living = [entry for entry in entries if entry not in expired]
    kept: list[Finding] = []
    suppressed: list[Suppressed] = []
    unused = set(living)
    for finding in findings:
        used = _covering(finding, living)
        unused.difference_update(used)
        if used and _covers_all(finding, used):
            suppressed.append(Suppressed(finding, "; ".join(dict.fromkeys(entry.reason for entry in used))))
        else:
            kept.append(finding)
    notes = _told(expired, lambda entry: f"expired on {entry.until}")
    notes += _told([entry for entry in living if entry in unused], lambda _: "matches nothing; remove it")
    return Outcome(tuple(kept), tuple(suppressed), notes)


def _covering(finding: Finding, entries: Sequence[Suppression]) -> list[Suppression]:
    """The entries that cover the finding or some of its operations."""
    return [
        entry
        for entry in entries
        if entry.covers_place(finding)
        and (entry.operation is None or any(map(entry.covers_operation, finding.operations)))
    ]


def _covers_all(finding: Finding, entries: Sequence[Suppression]) -> bool:
    return any(entry.operation is None for entry in entries) or all(
        any(entry.covers_operation(operation) for entry in entries) for operation in finding.operations
    )


def _told(entries: Sequence[Suppression], why: Callable[[Suppression], str]) -> tuple[str, ...]:
    return tuple(f"suppression of {entry} ({entry.reason}) {why(entry)}" for entry in entries)


def _check(entry: Suppression, where: str) -> None:
    if not entry.reason.strip():
        raise InvalidInput(f"{where} gives no reason")
    if not str(entry):
        raise InvalidInput(f"{where} covers everything: name a rule, pointer, operation or file")


def _matches(pattern: str | None, text: str) -> bool:
    return pattern is None or fnmatchcase(text.replace("\\", "/"), pattern)
