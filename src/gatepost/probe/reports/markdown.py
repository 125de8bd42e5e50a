"""Markdown for the comment on a pull request: a short table, the rest folded away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from gatepost.probe.finding import Finding
from gatepost.probe.report import Group, Report, counts, groups
from gatepost.probe.reports.source import Change, Sources
from gatepost.probe.reports.text import pieces, plain, window

ROW_LIMIT = 15
"""Rows of the table; a comment is read in passing, and the rest is below it."""

PLACE_LIMIT = 5
"""Places of one rule that are shown with their source."""

COMMENT_LIMIT = 60_000
"""Characters; the large code hosts refuse comments of more than 65,536."""

LINE_WIDTH = 160
"""Characters of a source line."""

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&:=$^])")
_CALL = re.compile(r"([@#])(?=\w)")
_INVISIBLE = "\N{ZERO WIDTH SPACE}"


def render(report: Report) -> str:
    """Starts with the score; whatever does not fit in a comment is left out and counted."""
    sources = Sources(report.sources)
    found = groups(report)
    head = "\n\n".join(filter(None, [_headline(report), _table(found), _notes(report)]))
    return _fitting(head, [_details(group, report, sources) for group in found])


def escaped(text: str) -> str:
    """The text as text: no markup, no link, and nobody is called by it."""
    return _MARKUP.sub(r"\\\1", _calling_nobody(text))


def code(text: str) -> str:
    """The text as a code span (CommonMark 6.1), also where it holds backticks; a table cell ends at a bare bar."""
    inside = plain(text).replace("|", "\N{BROKEN BAR}")
    fence = "`" * (_longest_run(inside) + 1)
    return f"{fence} {inside} {fence}" if "`" in inside else f"{fence}{inside or ' '}{fence}"


def prose(text: str) -> str:
    """Our sentences, with the code in them as such."""
    return "".join(code(piece) if is_code else escaped(piece) for piece, is_code in pieces(text))


def _calling_nobody(text: str) -> str:
    """A code host tells whoever is named by `@name`, and marks the issue that is named by `#1`."""
    return _CALL.sub(rf"\1{_INVISIBLE}", plain(text))


def _headline(report: Report) -> str:
    former = report.former_score
    trend = "" if former is None else f" (was {former})"
    severities = ", ".join(f"{count} {severity}" for severity, count in counts(report.findings))
    hidden = [f"{len(report.suppressed)} suppressed"] * bool(report.suppressed)
    hidden += [f"{report.known} known before"] * bool(report.known)
    told = [severities or "nothing to act on", *hidden]
    return f"### {report.command}: score {report.score.total} of 100{trend}\n\n{'; '.join(told)}."


def _table(found: Sequence[Group]) -> str:
    if not found:
        return ""
    rows = [_row(group) for group in found[:ROW_LIMIT]]
    left = len(found) - len(rows)
    more = f"\n\n{left} more rules below." if left else ""
    return "| severity | finding | where |\n|---|---|---|\n" + "\n".join(rows) + more


def _row(group: Group) -> str:
    first, others = group.findings[0], len(group.findings) - 1
    more = f" and {others} more" if others else ""
    return f"| **{group.severity}** | {prose(first.title)} | {_where(first)}{more} |"


def _where(finding: Finding) -> str:
    return code(f"{finding.file}:{finding.line}")


def _notes(report: Report) -> str:
    return "\n".join(f"- {prose(note)}" for note in report.notes)


def _details(group: Group, report: Report, sources: Sources) -> str:
    first = group.findings[0]
    info = report.rules.get(group.rule)
    title = escape(_calling_nobody(first.title))  # a backslash escapes nothing inside HTML
    summary = f"<details><summary><b>{group.severity}</b> {title} ({len(group.findings)})</summary>"
    why = prose(info.why) if info else ""
    facts = f"Rule {code(group.rule)}, {escaped(first.owasp)}, CWE-{first.cwe}"
    places = [_place(finding, sources) for finding in group.findings[:PLACE_LIMIT]]
    left = len(group.findings) - len(places)
    more = f"{left} more places." if left else ""
    return "\n\n".join(filter(None, [summary, why, facts, *places, more, "</details>"]))


def _place(finding: Finding, sources: Sources) -> str:
    where = f"**{_where(finding)}** {prose(finding.message)}"
    reach = f"Reaches {_operations(finding.operations)}." if finding.operations else ""
    changes = sources.changes(finding)
    shown = "\n\n".join(map(_change, changes)) if changes else _excerpt(finding)
    return "\n\n".join(filter(None, [where, reach, shown, prose(finding.remediation)]))


def _operations(operations: Sequence[str]) -> str:
    more = len(operations) - PLACE_LIMIT
    return ", ".join(map(code, operations[:PLACE_LIMIT])) + (f" and {more} more" if more > 0 else "")


def _excerpt(finding: Finding) -> str:
    return _fenced("yaml", [window(finding.excerpt, finding.column, LINE_WIDTH).text]) if finding.excerpt else ""


def _change(change: Change) -> str:
    guess = "\n\nThe values are a guess: confirm them." if change.guess else ""
    return _fenced("diff", [line.sign + plain(line.text, LINE_WIDTH) for line in change.lines]) + guess


def _fenced(language: str, lines: Sequence[str]) -> str:
    """A code block that no line of it can end (CommonMark 4.5)."""
    fence = "`" * max(3, _longest_run("\n".join(lines)) + 1)
    return "\n".join([fence + language, *lines, fence])


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _fitting(head: str, sections: Iterable[str]) -> str:
    shown, left, room = [head], 0, COMMENT_LIMIT - len(head)
    for section in sections:
        room -= len(section) + 2
        if room > 0:
            shown.append(section)
        else:
            left += 1
    if left:
        shown.append(f"{left} more rules: see the full report.")
    return "\n\n".join(shown) + "\n"
