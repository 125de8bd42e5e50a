"""The fixes of `gatepost scan`: in the files, printed, or only proposed in a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from gatepost.cli import terminal
from gatepost.errors import InvalidInput
from gatepost.probe.report import Report
from gatepost.probe.scan.engine import Document, Options, Scan
from gatepost.probe.scan.fixes import forms, in_place
from gatepost.probe.scan.fixes.repair import UNASKED_LIMIT, Repair, explained, repair

Wanted = Literal["fix", "patch", "overlay", "json-patch"]

_FORMS = {"patch": forms.as_patch, "overlay": forms.as_overlay, "json-patch": forms.as_json_patch}


_NOTHING = "nothing can be fixed"


class Found(Struct, frozen=True):
    """A scan with what it went over, and what is told of it."""

    documents: Sequence[Document]
    scan: Scan
    report: Report


def wanted(
    *, fix: bool, patch: bool, overlay: bool, json_patch: bool, overlays: Sequence[Path] | None
) -> Wanted | None:
    """Which form of the fixes was asked for. Raises InvalidInput for several, or when none can be given."""
    asked = {"fix": fix, "patch": patch, "overlay": overlay, "json-patch": json_patch}
    chosen: list[Wanted] = [name for name in ("fix", "patch", "overlay", "json-patch") if asked[name]]
    if len(chosen) > 1:
        raise InvalidInput(f"choose one of {', '.join(f'--{name}' for name in chosen)}")
    if chosen and overlays:
        raise InvalidInput(
            f"--{chosen[0]} does not go with --apply-overlay: the file says something else than was read"
        )
    return chosen[0] if chosen else None


def fix(found: Found, options: Options, *, guesses: bool, strict: bool) -> None:
    """Edits the files, and says so on stderr."""
    for document in found.documents:
        in_place.check_is_file(document)
    proved = _proved(found, options, guesses=guesses, strict=strict)
    in_place.write(proved.files)
    files = ", ".join(f"{file.source.name} ({_edits(len(file.splices))})" for file in proved.files)
    terminal.notice(f"fixed {_ended(found, proved)} findings: {files}" if proved.files else _NOTHING)


def printed(found: Found, options: Options, form: Wanted, *, guesses: bool, strict: bool) -> str:
    """The fixes as text; what they are is said on stderr."""
    proved = _proved(found, options, guesses=guesses, strict=strict)
    text = _FORMS[form](proved.files)
    terminal.notice(f"this ends {_ended(found, proved)} findings" if proved.files else _NOTHING)
    for note in proved.notes(found.report.findings):
        terminal.notice(f"note: {note}")
    return text


def proposed(found: Found, options: Options, *, strict: bool, asked: bool) -> Report:
    """The report with the fixes that hold; those of large documents are proved only if they were `asked` for."""
    if options.overlays:
        nothing = Repair(fixed=frozenset(), refused={}, edits={}, files=())
        return explained(found.report, nothing)
    limit = None if asked else UNASKED_LIMIT
    proved = repair(
        found.scan, found.report.findings, found.documents, options, guesses=True, strict=strict, limit=limit
    )
    return explained(found.report, proved)


def _proved(found: Found, options: Options, *, guesses: bool, strict: bool) -> Repair:
    return repair(found.scan, found.report.findings, found.documents, options, guesses=guesses, strict=strict)


def _ended(found: Found, proved: Repair) -> str:
    ended = sum(proved.ends(finding) for finding in found.report.findings)
    return f"{ended} of {len(found.report.findings)}"


def _edits(count: int) -> str:
    return "1 edit" if count == 1 else f"{count} edits"
