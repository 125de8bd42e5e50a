"""The findings of one rule on the HTML page: what it is about once, then its places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from gatepost.probe.finding import Confidence, Finding
from gatepost.probe.report import Group, RuleInfo
from gatepost.probe.reports.markup import element, prose
from gatepost.probe.reports.source import Change, Line, Sources
from gatepost.probe.reports.text import plain, window

OPEN_PLACES = 3
"""Places of one rule that are seen without unfolding the rest."""

PLACE_LIMIT = 200
"""Places of one rule that are on the page at all: a browser shows ten thousand slowly, and nobody reads them."""

OPERATION_LIMIT = 6
"""Operations of one place that are seen without unfolding the rest."""

LINES_AROUND = 2

LINE_WIDTH = 200
"""Characters of a source line; one that is wider than the window can be scrolled."""

_DOUBT = {Confidence.FIRM: "likely", Confidence.TENTATIVE: "look at it: this may be meant so"}


def card(group: Group, info: RuleInfo | None, sources: Sources) -> Element:
    """One article, with what the filters of the page look at in its attributes."""
    first = group.findings[0]
    return element(
        "article",
        element("h3", element("span", str(group.severity), class_=f"badge {group.severity}"), " ", *prose(first.title)),
        element("p", element("code", group.rule), f" {first.owasp} · CWE-{first.cwe}", class_="facts"),
        *_about(info),
        *_places(group.findings, sources),
        data_severity=str(group.severity),
        data_category=first.owasp,
        data_findings=len(group.findings),
    )


def _about(info: RuleInfo | None) -> Iterator[Element]:
    if info is not None:
        yield element("p", *prose(info.why))
        yield element("p", element("b", "How it is exploited. "), *prose(info.exploited))


def _places(findings: Sequence[Finding], sources: Sources) -> Iterator[Element]:
    shown = [_place(finding, sources) for finding in findings[:PLACE_LIMIT]]
    yield from shown[:OPEN_PLACES]
    rest = shown[OPEN_PLACES:]
    if rest:
        yield element("details", element("summary", f"{len(rest)} more like this"), *rest, class_="rest")
    if len(findings) > PLACE_LIMIT:
        yield element("p", f"{len(findings) - PLACE_LIMIT} more are in the JSON report.", class_="quiet")


def _place(finding: Finding, sources: Sources) -> Element:
    where = element("b", f"{finding.file}:{finding.line}:{finding.column}")
    changes = sources.changes(finding)
    return element(
        "div",
        element("p", where, " ", element("span", finding.pointer, class_="quiet"), class_="where"),
        element("p", *prose(finding.message), _doubt(finding.confidence)),
        _reach(finding.operations),
        None if changes else _excerpt(finding, sources),
        element("p", element("b", "What to do. "), *prose(finding.remediation)),
        *map(_change, changes),
        class_="place",
    )


def _doubt(confidence: Confidence) -> Element | None:
    return element("span", f" ({_DOUBT[confidence]})", class_="quiet") if confidence in _DOUBT else None


def _reach(operations: Sequence[str]) -> Element | None:
    if not operations:
        return None
    seen = element("ul", *_items(operations[:OPERATION_LIMIT]), aria_label="Operations that it reaches")
    rest = operations[OPERATION_LIMIT:]
    summary = element("summary", f"{len(rest)} more operations")
    folded = element("details", summary, element("ul", *_items(rest))) if rest else None
    return element("div", seen, folded, class_="reach")


def _items(texts: Sequence[str]) -> list[Element]:
    return [element("li", text) for text in texts]


def _excerpt(finding: Finding, sources: Sources) -> Element | None:
    lines = sources.surroundings(finding, LINES_AROUND)
    if not lines:
        return None
    margin = _margin([line.text for line in lines])
    rows = [
        _hit(line, finding.column, margin)
        if line.number == finding.line
        else _row(str(line.number), _cut(line.text[margin:]))
        for line in lines
    ]
    return element("pre", *rows, tabindex=0, aria_label="Source")


def _hit(line: Line, column: int, margin: int) -> Element:
    """The line of the finding, marked from the place on."""
    text, caret = line.text[margin:], column - 1 - margin
    if len(text) > LINE_WIDTH:
        part = window(text, caret + 1, LINE_WIDTH)
        text, caret = part.text, part.caret
    caret = max(caret, 0)
    return _row(str(line.number), text[:caret], element("mark", text[caret:]), kind="hit")


def _change(change: Change) -> Element:
    margin = _margin([line.text for line in change.lines])
    rows = [_row(line.sign, _cut(line.text[margin:]), kind=_KINDS[line.sign]) for line in change.lines]
    heading = f"{change.file}, from line {change.line}"
    guess = element("b", " A guess: confirm the value.") if change.guess else None
    caption = element("figcaption", "The edit in ", heading, guess)
    return element("figure", caption, element("pre", *rows, tabindex=0, aria_label="Before and after"))


_KINDS = {" ": "kept", "-": "removed", "+": "added"}


def _row(label: str, *children: Element | str, kind: str = "kept") -> Element:
    return element("span", element("span", label, class_="label"), *children, class_=f"row {kind}")


def _margin(lines: Sequence[str]) -> int:
    """The indentation that all lines have."""
    return min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)


def _cut(line: str) -> str:
    return plain(line, LINE_WIDTH)
