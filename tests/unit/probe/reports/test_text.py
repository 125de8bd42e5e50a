"""Text of others is shown and does nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gatepost.probe.reports.text import plain, well_formed, window
from tests.unit.probe.findings import HOSTILE

any_text = st.text(st.characters(categories=None))


@given(any_text)
def test_plain_text_is_one_printable_line_of_the_same_length(text: str) -> None:
    assert plain(text).isprintable()
    assert len(plain(text)) == len(text)


def test_plain_text_keeps_what_people_read() -> None:
    assert plain("Größe 尺寸 \N{GRINNING FACE}") == "Größe 尺寸 \N{GRINNING FACE}"


def test_plain_text_is_cut() -> None:
    assert plain("x" * 100, 10) == "x" * 9 + "…"
    assert plain("x" * 10, 10) == "x" * 10


@given(any_text)
def test_well_formed_text_can_be_encoded(text: str) -> None:
    assert len(well_formed(text).encode()) >= len(text)


def test_well_formed_text_keeps_controls() -> None:
    assert well_formed(HOSTILE) == HOSTILE.replace("\ud800", "?")


def test_a_window_leaves_the_indentation_out() -> None:
    shown = window("      security: []", 7, 40)
    assert (shown.text, shown.caret) == ("security: []", 0)


def test_a_window_of_a_long_line_is_around_the_place() -> None:
    line = "a" * 500 + "here" + "b" * 500
    shown = window(line, 501, 60)
    assert shown.text[shown.caret :].startswith("here")
    assert shown.text.startswith("…")
    assert shown.text.endswith("…")


@given(any_text, st.integers(-5, 2_000), st.integers(10, 200))
def test_a_window_is_never_wider_than_asked_and_holds_its_caret(line: str, column: int, width: int) -> None:
    shown = window(line * 20, column, width)
    assert shown.text.isprintable()
    assert len(shown.text) <= width
    assert 0 <= shown.caret <= len(shown.text)
