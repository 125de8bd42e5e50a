"""The score as drawings (SVG) that say the same in words to whoever does not see them."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from gatepost.probe.reports.markup import element
from gatepost.probe.score import Part

GOOD, FAIR = 80, 50
"""Scores from which a drawing is green, and amber."""

RADIUS = 52
"""Of the gauge, in units of its drawing of 120 by 120."""

_ROUND = 2 * 3.14159265 * RADIUS


def gauge(score: int) -> Element:
    """A ring that is closed at 100."""
    ring = {"cx": 60, "cy": 60, "r": RADIUS}
    filled = f"{score / 100 * _ROUND:.1f} {_ROUND:.1f}"
    return element(
        "svg",
        element("circle", **ring, class_="track"),
        element(
            "circle", **ring, class_=f"fill {shade(score)}", stroke_dasharray=filled, transform="rotate(-90 60 60)"
        ),
        element("text", str(score), x=60, y=68, class_="number"),
        element("text", "of 100", x=60, y=86, class_="unit"),
        viewBox="0 0 120 120",
        class_="gauge",
        role="img",
        aria_label=f"Score {score} of 100",
    )


def parts_chart(parts: Sequence[Part]) -> Element:
    """A row for each part: its name, a bar, its score, and how many findings lower it."""
    headings = [element("th", text, scope="col") for text in ("score", "findings")]
    head = element("tr", element("td"), element("td"), *headings)
    return element("table", element("thead", head), element("tbody", *map(_part, parts)))


def shade(score: int) -> str:
    """A word for the colour of a score."""
    return "good" if score >= GOOD else "fair" if score >= FAIR else "poor"


def _part(part: Part) -> Element:
    filled = element("rect", width=part.score, height=8, class_=f"fill {shade(part.score)}")
    track = element("rect", width=100, height=8, class_="track")
    drawing = element("svg", track, filled, viewBox="0 0 100 8", preserveAspectRatio="none", aria_hidden="true")
    return element(
        "tr",
        element("th", part.name, scope="row"),
        element("td", drawing, class_="bar"),
        element("td", str(part.score), class_="number"),
        element("td", str(part.findings or ""), class_="count"),
    )
