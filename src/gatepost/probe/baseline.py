"""What was known before: a former JSON report, so that only what is new is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from gatepost.errors import InvalidInput
from gatepost.probe.finding import Finding

BASELINE_LIMIT = 256 * 2**20
"""Bytes of a baseline file; a report of 100,000 findings has a tenth of that."""


_Key = TypeVar("_Key")


class KnownFinding(Struct, frozen=True):
    """What a baseline needs of a finding in a JSON report; its other members are ignored."""

    fingerprint: str
    file: str


class Baseline(Struct, frozen=True):
    """A former report. Make it with a run that has no baseline itself: such a run leaves out what was known."""

    findings: tuple[KnownFinding, ...]
    score: int | None = None


def read_baseline(path: Path) -> Baseline:
    """Reads a JSON report; raises InvalidInput when it cannot be read or is something else."""
    try:
        with path.open("rb") as file:
            data = file.read(BASELINE_LIMIT + 1)
    except OSError as error:
        raise InvalidInput(f"the baseline {path} cannot be read: {error.strerror}") from None
    if len(data) > BASELINE_LIMIT:
        raise InvalidInput(f"the baseline {path} is larger than {BASELINE_LIMIT} bytes")
    try:
        return msgspec.json.decode(data, type=Baseline)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the baseline {path} is not a JSON report of a former run: {error}") from None


def only_new(findings: Sequence[Finding], baseline: Baseline) -> tuple[Finding, ...]:
    """The findings that the baseline does not hold, in their order.

    One known finding excuses one finding: first the one in the file of that very path, then one that has the same
    fingerprint in a file that moved.
    """
    left = Counter(baseline.findings)
    elsewhere = [finding for finding in findings if not _take(left, _identity(finding))]
    moved = Counter(known.fingerprint for known in left.elements())
    return tuple(finding for finding in elsewhere if not _take(moved, finding.fingerprint))


def _identity(finding: Finding) -> KnownFinding:
    return KnownFinding(finding.fingerprint, finding.file)


def _take(left: Counter[_Key], key: _Key) -> bool:
    if left[key] == 0:
        return False
    left[key] -= 1
    return True
