"""The report for a person at a terminal.

What is worst comes first and the score last, where the eye is when the command ends. Each rule shows its first
places with their source and counts the rest. Colour repeats what words say, and is used only when asked for.
"""

from __future__ import annotations

import shlex
import textwrap
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from gatepost.probe.finding import Finding, Severity
from gatepost.probe.report import Group, Report, counts, groups
from gatepost.probe.reports.text import CUT, plain, window
from gatepost.probe.score import Part

PLACE_LIMITS: Mapping[Severity, int] = MappingProxyType(
    {Severity.CRITICAL: 3, Severity.HIGH: 3, Severity.MEDIUM: 2, Severity.LOW: 1, Severity.INFO: 1}
)
"""Places of one rule that are shown with their source unless all are asked for."""

OPERATION_LIMIT = 3
"""Operations that are named for one place; a shared schema reaches hundreds."""

LINE_LIMIT = 12
"""Lines that are named of the places beyond."""

DOCUMENT_LIMIT = 3
"""Documents that are named in a command; beyond that it would not be copied."""

WIDTH_RANGE = (60, 120)
"""Columns: narrower is unreadable, wider lines are hard to follow."""

BAR_LIMIT = 20
"""Columns of a bar; it gives way to the words beside it."""

BESIDE_BAR = 52
"""Columns of the words."""

INDENT = "  "

_BOLD, _DIM, _RED, _YELLOW, _GREEN, _CYAN = "1", "2", "31", "33", "32", "36"

_STYLES: Mapping[Severity, str] = MappingProxyType(
    {
        Severity.CRITICAL: "1;97;41",
        Severity.HIGH: "1;31",
        Severity.MEDIUM: "1;33",
        Severity.LOW: "1;36",
        Severity.INFO: "1",
    }
)


def render(report: Report, *, width: int = 80, colour: bool = False, every_place: bool = False) -> str:
    """Lines of at most `width` columns, but for what is copied: paths and commands."""
    page = _Page(min(max(width, WIDTH_RANGE[0]), WIDTH_RANGE[1]), colour)
    for group in groups(report):
        page.group(group, len(group.findings) if every_place else PLACE_LIMITS[group.severity])
    page.summary(report)
    return "\n".join(page.lines) + "\n"


class _Page:
    """Lines written one after the other."""

    __slots__ = ("_bar_width", "_colour", "_width", "lines")

    def __init__(self, width: int, colour: bool) -> None:
        self._width = width
        self._bar_width = min(width - BESIDE_BAR, BAR_LIMIT)
        self._colour = colour
        self.lines: list[str] = []

    def group(self, group: Group, places: int) -> None:
        first = group.findings[0]
        badge = self._styled(f" {group.severity} ".upper(), _STYLES[group.severity])
        self.lines.append(f"{badge} {self._styled(plain(first.title, self._width - 12), _BOLD)}")
        facts = (group.rule, first.owasp, f"CWE-{first.cwe}")
        self._wrapped(" · ".join(facts), _DIM)
        shown, left = group.findings[:places], group.findings[places:]
        for before, finding in zip([None, *shown], shown, strict=False):
            self._place(finding)
            if before is None or before.message != finding.message:
                self._wrapped(finding.message)
            self._reach(finding)
        self._more(left)
        for remedy in dict.fromkeys(finding.remediation for finding in shown):
            self._wrapped(f"fix: {remedy}", _GREEN)
        self.lines.append("")

    def summary(self, report: Report) -> None:
        for note in report.notes:
            self._wrapped(f"note: {note}", _DIM, indent="")
        self.lines += [""] * bool(report.notes)
        self._score(report)
        self._wrapped(_counted(report))
        for hint in _next_steps(report):
            self.lines.append(INDENT + hint)

    def _place(self, finding: Finding) -> None:
        where = f"{plain(finding.file)}:{finding.line}:{finding.column}"
        room = self._width - len(INDENT) - len(where) - 2
        pointer = self._styled(_end(plain(finding.pointer), room), _DIM) if room > 0 else ""
        self.lines += ["", f"{INDENT}{self._styled(where, _CYAN)}  {pointer}"]
        self.lines += self._excerpt(finding)

    def _reach(self, finding: Finding) -> None:
        told = len(finding.operations) == 1 and finding.operations[0] in finding.message
        if finding.operations and not told:
            self._wrapped(f"reaches {_operations(finding.operations)}", _DIM)

    def _more(self, left: Sequence[Finding]) -> None:
        if left:
            self.lines.append("")
            self._wrapped(f"and {_many(len(left), 'more place')}: {_lines_of(left)}", _DIM)

    def _excerpt(self, finding: Finding) -> Iterator[str]:
        if not finding.excerpt:
            return
        number = str(finding.line)
        shown = window(finding.excerpt, finding.column, self._width - len(number) - 8)
        gap = " " * _columns(shown.text[: shown.caret])
        yield f"{INDENT}{self._styled(f'{number} │', _DIM)} {shown.text}"
        yield f"{INDENT}{self._styled(' ' * len(number) + ' │', _DIM)} {gap}{self._styled('^', _RED)}"

    def _score(self, report: Report) -> None:
        total = report.score.total
        former = report.former_score
        trend = "" if former is None else f"  was {former}, {total - former:+d}"
        bar = self._styled(_bar(total, self._bar_width), _shade(total))
        self.lines.append(f"{INDENT}{self._styled(f'Score {total:>3} of 100', _BOLD)}  {bar}{trend}")
        for part in report.score.parts:
            if part.findings:
                self.lines.append(INDENT + self._part(part))

    def _part(self, part: Part) -> str:
        bar = self._styled(_bar(part.score, self._bar_width), _shade(part.score))
        return f"  {part.name:<28}{part.score:>3}  {bar}  {_many(part.findings, 'finding')}"

    def _wrapped(self, text: str, style: str = "", *, indent: str = INDENT) -> None:
        """Text over as many lines as it takes; a long word such as a pointer is broken."""
        for line in textwrap.wrap(plain(text), self._width - len(indent), subsequent_indent=" " * len(_label(text))):
            self.lines.append(indent + self._styled(line, style))

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._colour and style else text


def _label(text: str) -> str:
    """What stands before the text of `fix: ...` and `note: ...`; further lines start below the text."""
    label, colon, _ = text.partition(": ")
    return label + colon if label in ("fix", "note") else ""


def _end(text: str, room: int) -> str:
    """The last part of a pointer tells more than the first."""
    return text if len(text) <= room else CUT + text[len(text) - room + 1 :]


def _operations(operations: Sequence[str]) -> str:
    more = len(operations) - OPERATION_LIMIT
    return ", ".join(operations[:OPERATION_LIMIT]) + (f" and {more} more" if more > 0 else "")


def _lines_of(findings: Sequence[Finding]) -> str:
    """Where they are: `api.yaml:12, 80, other.yaml:3`, without naming a file twice in a row."""
    places = []
    for before, finding in zip([None, *findings], findings[:LINE_LIMIT], strict=False):
        same = before is not None and before.file == finding.file
        places.append(str(finding.line) if same else f"{finding.file}:{finding.line}")
    return ", ".join(places) + ", …" * (len(findings) > LINE_LIMIT)


def _counted(report: Report) -> str:
    told = ", ".join(f"{count} {severity}" for severity, count in counts(report.findings))
    left_out = (
        (len(report.suppressed), "suppressed"),
        (report.known, "known before"),
        (report.held_back, "more with --strict"),
    )
    beside = "".join(f"; {count} {what}" for count, what in left_out if count)
    return f"{told or 'nothing to act on'} in {_many(len(report.documents), 'document')}{beside}"


def _next_steps(report: Report) -> Iterator[str]:
    """Commands that a person may copy; what they name is quoted."""
    if not report.findings:
        return
    names = report.documents if len(report.documents) <= DOCUMENT_LIMIT else ()
    documents = " ".join(shlex.quote(plain(name)) for name in names) or "DOCUMENT..."
    fixable = [finding for finding in report.findings if finding.fixable]
    guesses = sum(any(edit.guess for edit in finding.edits) for finding in fixable)
    safe = len(fixable) - guesses
    if safe:
        yield f"mend {safe} of them:  {report.command} --fix {documents}"
    if guesses:
        yield f"propose values for {guesses}:  {report.command} --fix --guess {documents}"
    yield f"why the first matters:  {report.command} --explain {report.findings[0].rule}"


def _bar(score: int, width: int) -> str:
    full = round(score * width / 100)
    return "█" * full + "░" * (width - full)


def _shade(score: int) -> str:
    return _GREEN if score >= 80 else _YELLOW if score >= 50 else _RED


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(_column_count(character) for character in text)


def _column_count(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
