"""The terminal shows what to act on, within its width, and nothing steers it."""

from __future__ import annotations

import re

import pytest

from gatepost.probe.finding import Edit, Severity
from gatepost.probe.report import Report
from gatepost.probe.reports.terminal import render
from gatepost.probe.suppression import Suppressed
from tests.unit.probe.findings import HOSTILE, a_finding, a_hostile_report, a_report
from tests.unit.probe.museum import museum_report

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def test_a_finding_is_shown_with_its_source_and_a_caret() -> None:
    text = render(a_report([a_finding()]))
    assert "  museum.yaml:3:7  /paths/~1exhibits~1{id}/delete/security\n  3 │ security: []\n    │ ^\n" in text
    assert "  fix: Remove `security: []`" in text


def test_the_caret_stands_below_wide_characters() -> None:
    text = render(a_report([a_finding(excerpt="尺寸: []", column=5)]))
    assert "  3 │ 尺寸: []\n    │       ^\n" in text


def test_the_score_comes_last_with_its_parts_and_the_trend() -> None:
    *_, score, part, counts, step = render(a_report([a_finding()], former_score=60)).splitlines()
    assert score == "  Score  83 of 100  █████████████████░░░  was 60, +23"
    assert part.split() == ["Authentication", "70", "██████████████░░░░░░", "1", "finding"]
    assert counts == "  1 high in 1 document"
    assert step == "  why the first matters:  gatepost scan --explain api2-no-authentication"


def test_nothing_found_is_two_lines() -> None:
    assert render(a_report()) == "  Score 100 of 100  ████████████████████\n  nothing to act on in 1 document\n"


def test_what_was_left_out_is_counted() -> None:
    report = a_report(suppressed=(Suppressed(a_finding(), "why"),), known=4, held_back=57, documents=("a", "b"))
    last = render(report, width=120).splitlines()[-1]
    assert last == "  nothing to act on in 2 documents; 1 suppressed; 4 known before; 57 more with --strict"


def test_the_short_view_counts_the_places_that_it_leaves_out() -> None:
    found = [a_finding(line=line, excerpt=f"line-{line}") for line in range(1, 21)]
    text = render(a_report(found), width=120)
    assert text.count("│ line-") == 3
    assert "and 17 more places: museum.yaml:4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, …" in text


def test_a_minor_rule_shows_one_place() -> None:
    found = [a_finding(line=line, severity=Severity.LOW) for line in range(1, 21)]
    assert render(a_report(found)).count("│ security: []") == 1


def test_every_place_is_shown_when_asked_for() -> None:
    found = [a_finding(line=line, excerpt=f"line-{line}") for line in range(1, 21)]
    text = render(a_report(found), every_place=True)
    assert text.count("│ line-") == 20
    assert "more place" not in text


def test_what_is_the_same_everywhere_is_said_once() -> None:
    text = render(a_report([a_finding(line=1), a_finding(line=2)]))
    assert text.count("has an empty security requirement") == 1
    assert text.count("fix: ") == 1


def test_edits_are_offered_and_guesses_apart() -> None:
    safe, guess = (a_finding(fixable=True, edits=(Edit("museum.yaml", 0, 0, "x", each),)) for each in (False, True))
    text = render(a_report([safe, guess, a_finding()]))
    assert "  mend 1 of them:  gatepost scan --fix museum.yaml\n" in text
    assert "  propose values for 1:  gatepost scan --fix --guess museum.yaml\n" in text


def test_a_command_to_copy_is_quoted() -> None:
    text = render(a_report([a_finding(fixable=True)], documents=("a; rm -rf ~.yaml",)))
    assert "--fix 'a; rm -rf ~.yaml'" in text


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("report", [museum_report(), a_hostile_report()], ids=["museum", "hostile"])
def test_lines_keep_to_the_width(width: int, report: Report) -> None:
    lines = render(report, width=width).splitlines()
    copied = re.compile("  (/srv|mend|propose|why the first)")  # a path and a command are of use in one piece
    assert max(len(line) for line in lines if not copied.match(line)) <= width


def test_colour_adds_nothing_but_colour() -> None:
    report = museum_report()
    assert "\x1b" not in render(report)
    assert COLOUR.search(render(report, colour=True))
    assert COLOUR.sub("", render(report, colour=True)) == render(report)


@pytest.mark.parametrize("colour", [False, True])
def test_hostile_text_cannot_steer_the_terminal(colour: bool) -> None:
    text = render(a_hostile_report(), colour=colour)
    assert COLOUR.sub("", text).replace("\n", "").isprintable()
    assert HOSTILE[:8] not in text  # its red is not ours


def test_a_minified_document_shows_the_place_alone() -> None:
    text = render(a_report([a_finding(excerpt="a" * 100_000 + "here" + "b" * 100_000, column=100_001)]))
    assert "ahereb" in text
    assert len(text) < 2_000
