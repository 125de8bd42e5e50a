"""The comment on a pull request is short, and whatever the document holds stays text in it."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.token import Token

from gatepost.probe.reports.markdown import COMMENT_LIMIT, ROW_LIMIT, code, escaped, render
from tests.unit.probe.findings import HOSTILE, a_finding, a_hostile_report, a_report
from tests.unit.probe.museum import museum_report

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def tokens(text: str) -> list[Token]:
    found = []
    for token in PARSER.parse(text):
        found += [token, *(token.children or [])]
    return found


def shown(text: str) -> str:
    return "".join(token.content for token in tokens(text) if token.type in ("text", "code_inline"))


def test_it_starts_with_the_score_and_a_table_of_the_rules() -> None:
    lines = render(museum_report()).splitlines()
    assert lines[0] == "### gatepost scan: score 54 of 100 (was 31)"
    assert lines[2] == "1 critical, 4 high, 9 medium, 14 low, 1 info."
    assert lines[6] == "| **critical** | Anybody may call an operation that writes | `museum.yaml:43` |"


def test_every_rule_has_its_details_folded_away() -> None:
    text = render(museum_report())
    assert text.count("<details>") == text.count("</details>") == 10


def test_an_edit_is_shown_as_a_diff() -> None:
    text = render(museum_report())
    assert "```diff\n servers:\n-  - url: http://api.museum.example/v2\n+  - url: https://" in text


def test_nothing_found_is_said_in_two_lines() -> None:
    assert render(a_report()) == "### gatepost scan: score 100 of 100\n\nnothing to act on.\n"


def test_a_long_report_fits_in_a_comment() -> None:
    found = [a_finding(rule=f"rule-{number}", message="word " * 300) for number in range(500)]
    text = render(a_report(found))
    assert len(text) <= COMMENT_LIMIT + 100
    assert f"{500 - ROW_LIMIT} more rules below." in text
    assert "more rules: see the full report." in text


def test_hostile_text_adds_no_markup() -> None:
    ordinary, hostile = render(a_report([a_finding()])), render(a_hostile_report())
    assert hostile.replace("\n", "").replace("\u200b", "").isprintable()
    expected = {token.type for token in tokens(ordinary)} | {"bullet_list_open", "list_item_open"}
    assert {token.type for token in tokens(hostile)} <= expected | {"bullet_list_close", "list_item_close"}
    raw = [token.content for token in tokens(hostile) if token.type == "html_block"]
    assert len(raw) == 2
    assert "<script" not in "".join(raw)
    assert "<img" not in "".join(raw)


def test_escaped_text_reads_as_it_was() -> None:
    text = "a_b *c* <d> | `e` [f](g) ~h~ 1. i & j"
    assert shown(escaped(text)) == text


def test_nobody_is_called() -> None:
    for token in tokens(render(a_report([a_finding(title="@everyone", message="@everyone #1", remediation="@you")]))):
        assert "@e" not in token.content
        assert "@y" not in token.content
        assert "#1" not in token.content


def test_code_holds_backticks() -> None:
    (inline,) = [token for token in tokens(code("a``b`c")) if token.type == "code_inline"]
    assert inline.content == "a``b`c"


def test_no_source_line_ends_its_block() -> None:
    text = render(a_report([a_finding(excerpt="``` " + HOSTILE)]))
    (fence,) = [token for token in tokens(text) if token.type == "fence"]
    assert fence.content.startswith("``` ")
