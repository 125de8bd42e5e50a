"""The report as one page that can be kept, sent and printed: no script, style, font or picture from elsewhere.

The documents are hostile input, so the page is built as a tree (`markup`), and its content security policy lets
nothing run but the one script below, named by its digest.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from xml.etree.ElementTree import Element, tostring

from gatepost._version import __version__
from gatepost.clock import rfc3339
from gatepost.probe.finding import Severity
from gatepost.probe.report import Report, counts, groups
from gatepost.probe.reports.cards import card
from gatepost.probe.reports.charts import gauge, parts_chart
from gatepost.probe.reports.markup import element
from gatepost.probe.reports.source import Sources
from gatepost.probe.score import CATEGORIES


def render(report: Report) -> str:
    """One HTML document."""
    style, script = _asset("report.css"), _asset("report.js")
    page = element("html", _head(report, style, script), _body(report, script), lang="en")
    return "<!doctype html>\n" + tostring(page, encoding="unicode", method="html") + "\n"


def _head(report: Report, style: str, script: str) -> Element:
    policy = f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; base-uri 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{report.command}: {', '.join(report.documents)}"),
        _verbatim("style", style),
    )


def _body(report: Report, script: str) -> Element:
    return element(
        "body",
        _header(report),
        element("main", _overview(report), _notes(report), _findings(report), _suppressed(report)),
        element("footer", f"Gatepost {__version__}, {rfc3339(report.generated_at)}"),
        _verbatim("script", script),
    )


def _header(report: Report) -> Element:
    names = ", ".join(report.documents) or "no document"
    return element("header", element("p", report.command, class_="command"), element("h1", names))


def _overview(report: Report) -> Element:
    return element(
        "section",
        element("div", gauge(report.score.total), _trend(report), class_="total"),
        element("div", element("h2", "By category"), parts_chart(report.score.parts), class_="parts"),
        class_="overview",
        aria_label="Score",
    )


def _trend(report: Report) -> Element:
    told = ", ".join(f"{count} {severity}" for severity, count in counts(report.findings)) or "Nothing to act on"
    return element("div", _since(report), element("p", told), *_left_out(report), class_="trend")


def _since(report: Report) -> Element | None:
    if report.former_score is None:
        return None
    change = report.score.total - report.former_score
    way = "better" if change > 0 else "worse" if change < 0 else "same"
    arrow = {"better": "▲", "worse": "▼", "same": "="}[way]
    return element("p", f"{arrow} {change:+d} since the baseline, which had {report.former_score}", class_=way)


def _left_out(report: Report) -> Iterator[Element]:
    left_out = (
        (len(report.suppressed), "suppressed, with the reasons below"),
        (report.known, "known from the baseline"),
        (report.held_back, "more with --strict"),
    )
    for count, what in left_out:
        if count:
            yield element("p", f"{count} {what}", class_="quiet")


def _notes(report: Report) -> Element | None:
    if not report.notes:
        return None
    items = [element("li", note) for note in report.notes]
    return element("section", element("h2", "Notes"), element("ul", *items), class_="notes")


def _findings(report: Report) -> Element:
    sources = Sources(report.sources)
    cards = [card(group, report.rules.get(group.rule), sources) for group in groups(report)]
    if not cards:
        return element("section", element("p", "Nothing to act on.", class_="nothing"))
    nothing = element("p", "No finding is like that.", class_="nothing", id="nothing", hidden="")
    return element("section", element("h2", "Findings"), _filters(report), nothing, *cards)


def _filters(report: Report) -> Element:
    """Hidden until the script runs, since it does nothing without."""
    boxes = [_severity_box(severity, count) for severity, count in counts(report.findings)]
    found = {finding.owasp for finding in report.findings}
    known = [element("option", f"{each} {name}", value=each) for each, name in CATEGORIES.items() if each in found]
    others = [element("option", each, value=each) for each in sorted(found - CATEGORIES.keys())]
    return element(
        "form",
        element("fieldset", element("legend", "Severity"), *boxes),
        _labelled("Category", element("select", element("option", "all", value=""), *known, *others, name="category")),
        _labelled("Text", element("input", type="search", name="text", placeholder="rule or path")),
        element("output", aria_live="polite"),
        id="filters",
        hidden="",
    )


def _severity_box(severity: Severity, count: int) -> Element:
    box = element("input", type="checkbox", name="severity", value=str(severity), checked="")
    return element("label", box, f" {severity} ", element("b", str(count)), class_=f"box {severity}")


def _labelled(text: str, control: Element) -> Element:
    return element("label", element("span", text), control)


def _suppressed(report: Report) -> Element | None:
    if not report.suppressed:
        return None
    rows = [
        element("li", element("b", each.finding.title), f" {each.finding.file}:{each.finding.line}: {each.reason}")
        for each in report.suppressed
    ]
    return element("section", element("h2", "Suppressed"), element("ul", *rows), class_="notes")


def _verbatim(tag: str, text: str) -> Element:
    """Our own style or script: the serialiser writes it as it is, so that its digest holds."""
    made = Element(tag)
    made.text = text
    return made


def _digest(text: str) -> str:
    """A source of a content security policy (CSP level 2 section 4.2.5)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")
