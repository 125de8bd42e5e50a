"""What surrounds a finding, and what an edit changes."""

from __future__ import annotations

from gatepost.probe.finding import Edit
from gatepost.probe.reports.source import BLOCK_LIMIT, CHANGE_LIMIT, Change, ChangedLine, Sources
from tests.unit.probe.findings import a_finding

TEXT = "a: 1\nb: 2\r\n      security: []\nd: 4\ne: 5\n"
SOURCES = Sources({"museum.yaml": TEXT})


def change(start: int, end: int, text: str, source: str = TEXT) -> Change:
    edit = Edit("museum.yaml", start, end, text, False)
    (changed,) = Sources({"museum.yaml": source}).changes(a_finding(edits=(edit,)))
    return changed


def signed(lines: tuple[ChangedLine, ...]) -> list[str]:
    return [line.sign + line.text for line in lines]


def test_the_lines_around_are_numbered() -> None:
    lines = SOURCES.surroundings(a_finding(), 1)
    assert [(line.number, line.text) for line in lines] == [(2, "b: 2"), (3, "      security: []"), (4, "d: 4")]


def test_the_ends_of_the_file_are_the_ends() -> None:
    assert [line.number for line in SOURCES.surroundings(a_finding(line=1, excerpt="a: 1"), 2)] == [1, 2, 3]
    assert [line.number for line in SOURCES.surroundings(a_finding(line=5, excerpt="e: 5"), 2)] == [3, 4, 5]


def test_without_the_text_there_is_the_line_alone() -> None:
    (line,) = Sources({}).surroundings(a_finding(), 2)
    assert (line.number, line.text) == (3, "      security: []")
    assert Sources({}).surroundings(a_finding(excerpt=""), 2) == ()


def test_a_text_that_counts_lines_in_another_way_is_not_trusted() -> None:
    (line,) = SOURCES.surroundings(a_finding(excerpt="something else"), 2)
    assert line.text == "something else"


def test_a_replaced_value_is_shown_before_and_after() -> None:
    start = TEXT.index("[]")
    changed = change(start, start + 2, "[token]")
    assert changed.line == 2
    assert signed(changed.lines) == [" b: 2", "-      security: []", "+      security: [token]"]


def test_a_new_line_stands_between_its_neighbours() -> None:
    start = TEXT.index("d: 4")
    assert signed(change(start, start, "c: 3\n").lines) == [" " * 7 + "security: []", "+c: 3", " d: 4"]


def test_a_removed_line_is_shown() -> None:
    start = TEXT.index("b: 2")
    assert signed(change(start, TEXT.index("      sec"), "").lines)[:2] == [" a: 1", "-b: 2"]


def test_edits_at_the_very_start_and_end() -> None:
    assert signed(change(0, 0, "# first\n").lines) == ["+# first", " a: 1"]
    assert signed(change(len(TEXT), len(TEXT), "f: 6\n").lines) == [" e: 5", "+f: 6"]


def test_large_edits_and_long_lines_are_bounded() -> None:
    assert len(change(0, 0, "x\n" * 1_000).lines) == CHANGE_LIMIT
    lines = change(500_000, 500_001, "x", "a" * 1_000_000).lines
    assert max(len(line.text) for line in lines) <= 2 * BLOCK_LIMIT + 1


def test_an_edit_of_an_unknown_file_is_left_out() -> None:
    assert SOURCES.changes(a_finding(edits=(Edit("other.yaml", 0, 1, "", False),))) == ()
