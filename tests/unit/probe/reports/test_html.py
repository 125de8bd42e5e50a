"""The page shows everything, needs nothing from elsewhere, and runs no script but its own."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gatepost.probe.finding import Confidence
from gatepost.probe.report import Report
from gatepost.probe.reports.cards import PLACE_LIMIT
from gatepost.probe.reports.html import render
from gatepost.probe.suppression import Suppressed
from tests.browser import Page, browsing
from tests.unit.probe.findings import HOSTILE, a_finding, a_hostile_report, a_report
from tests.unit.probe.museum import museum_report

Attributes = list[tuple[str, str | None]]


class Parsed(HTMLParser):
    """What a browser would see: elements with their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.text = "".join(self.words)

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def count(self, tag: str) -> int:
        return sum(each == tag for each, _ in self.elements)

    def policy(self) -> str:
        return next(each["content"] or "" for _, each in self.elements if "http-equiv" in each)


def opened(page: Page, report: Report, folder: Path) -> None:
    path = folder / "report.html"
    path.write_text(render(report), "utf-8")
    page.open(path.as_uri())
    page.wait_for("document.readyState === 'complete' && document.querySelector('footer') !== null")


def visible(page: Page) -> int:
    count = page.evaluate("[...document.querySelectorAll('article')].filter((card) => !card.hidden).length")
    assert isinstance(count, int)
    return count


def test_it_shows_the_score_the_trend_and_every_finding() -> None:
    page = Parsed(render(museum_report()))
    assert page.count("article") == 10
    assert "▲ +23 since the baseline, which had 31" in page.text
    for finding in museum_report().findings:
        assert f"museum.yaml:{finding.line}:{finding.column}" in page.text


def test_an_edit_is_shown_before_and_after() -> None:
    page = render(museum_report())
    assert '<span class="row removed"><span class="label">-</span>  - url: http://api.museum' in page
    assert '<span class="row added"><span class="label">+</span>  - url: https://api.museum' in page


def test_the_place_is_marked_in_its_surroundings() -> None:
    page = render(museum_report())
    assert '<span class="label">15</span>  - token: []</span>' in page
    assert '<span class="label">16</span>  <mark>- {}</mark></span>' in page


def test_doubt_is_told() -> None:
    assert "(look at it: this may be meant so)" in render(a_report([a_finding(confidence=Confidence.TENTATIVE)]))


def test_suppressed_findings_are_listed_with_the_reason() -> None:
    page = Parsed(render(a_report(suppressed=(Suppressed(a_finding(), "public on purpose"),))))
    assert "museum.yaml:3: public on purpose" in page.text
    assert "Nothing to act on" in page.text


def test_nothing_is_loaded_from_elsewhere() -> None:
    page = Parsed(render(museum_report()))
    loading = {"src", "href", "srcset", "action", "style", "data"}
    assert [attributes for _, attributes in page.elements if loading & attributes.keys()] == []
    assert "url(" not in render(museum_report())
    assert page.policy().startswith("default-src 'none'; style-src 'sha256-")


def test_the_policy_names_the_script_and_the_style_by_their_digests() -> None:
    page = render(museum_report())
    for tag in ("style", "script"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in Parsed(page).policy()


def test_a_rule_with_very_many_places_shows_some_and_counts_the_rest() -> None:
    page = Parsed(render(a_report([a_finding(line=line) for line in range(1, 1001)])))
    assert page.text.count("has an empty security requirement") == PLACE_LIMIT
    assert f"{1000 - PLACE_LIMIT} more are in the JSON report." in page.text


def test_hostile_text_stays_text() -> None:
    ordinary, hostile = Parsed(render(museum_report())), Parsed(render(a_hostile_report()))
    assert {tag for tag, _ in hostile.elements} <= {tag for tag, _ in ordinary.elements}
    assert hostile.count("script") == hostile.count("style") == 1
    assert not any(name.startswith("on") for _, attributes in hostile.elements for name in attributes)
    assert "</script><script>alert(1)</script>" in hostile.text
    assert "\x1b" not in hostile.text
    assert "\u202e" not in hostile.text
    assert HOSTILE not in hostile.text


@pytest.mark.parametrize("report", [museum_report(), a_hostile_report()], ids=["museum", "hostile"])
def test_a_browser_has_no_complaints(chromium: str, tmp_path: Path, report: Report) -> None:
    with browsing(chromium, tmp_path) as page:
        opened(page, report, tmp_path)
        assert visible(page) == page.evaluate("document.querySelectorAll('article').length") > 0
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("typeof document.title") == "string"
        assert page.complaints == []


def test_findings_are_filtered_by_severity_category_and_text(chromium: str, tmp_path: Path) -> None:
    with browsing(chromium, tmp_path) as page:
        opened(page, museum_report(), tmp_path)
        page.evaluate("document.querySelector('input[value=low]').click()")
        assert visible(page) == 8
        page.evaluate(
            "{const box = document.querySelector('select'); box.value = 'API2:2023';"
            " box.dispatchEvent(new Event('input', {bubbles: true}))}"
        )
        assert visible(page) == 2
        page.evaluate(
            "{const box = document.querySelector('input[type=search]'); box.value = 'LEFT OUT';"
            " box.dispatchEvent(new Event('input', {bubbles: true}))}"
        )
        assert visible(page) == 1
        assert page.evaluate("document.querySelector('output').value") == "1 shown"
