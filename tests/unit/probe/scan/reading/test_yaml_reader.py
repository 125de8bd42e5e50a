"""YAML and JSON become nodes that know where they stand, also when the text is broken or hostile."""

from __future__ import annotations

import json

import pytest
import yaml

from gatepost.errors import TooLarge
from gatepost.probe.scan.reading import source_text, tree
from gatepost.probe.scan.reading.node import Node, Source, Style
from tests.unit.probe.scan.describing import node, source


def raw(place: Node) -> str:
    return place.source.text[place.start : place.end]


def kinds(read: Source) -> list[str]:
    return [fault.kind for fault in read.faults]


def test_every_node_knows_file_line_column_and_pointer() -> None:
    place = node("paths:\n  /a~b/{id}:\n    get:\n      tags: [x, 'y']\n", "paths", "/a~b/{id}", "get", "tags", 1)
    assert (place.file, place.line, place.column) == ("api.yaml", 4, 17)
    assert place.pointer == "/paths/~1a~0b~1{id}/get/tags/1"
    assert place.style is Style.SINGLE


def test_a_collection_is_found_by_its_key() -> None:
    place = node("paths:\n  /a:\n    get:\n      summary: x\n", "paths", "/a", "get")
    assert (place.line, place.column) == (3, 5)
    assert place.key_node is not None
    assert raw(place.key_node) == "get"


@pytest.mark.parametrize("text", ["a: é😀 # note\nb: 1\n", '{"a": "é😀",\r\n "b": 1}'])
def test_offsets_count_characters(text: str) -> None:
    assert raw(node(text, "b")) == "1"
    assert node(text, "b").line == 2


@pytest.mark.parametrize(
    ("text", "style", "written"),
    [
        ("plain words", Style.PLAIN, "plain words"),
        ("'it''s'", Style.SINGLE, "'it''s'"),
        ('"a\\n"', Style.DOUBLE, '"a\\n"'),
        ("|\n  one\n  two\n\n", Style.LITERAL, "|\n  one\n  two"),
        (">-\n  one\n  two\n", Style.FOLDED, ">-\n  one\n  two"),
        ("{b: 1}", Style.FLOW, "{b: 1}"),
        ("[1, 2]", Style.FLOW, "[1, 2]"),
        ("\n  b: 1 # one\n  # two\n\n", Style.BLOCK, "b: 1"),
        ("\n- 1\n- 2   # two\n", Style.BLOCK, "- 1\n- 2"),
    ],
)
def test_a_node_keeps_how_it_is_written_and_ends_where_its_value_ends(text: str, style: Style, written: str) -> None:
    place = node(f"a: {text}\nz: 1\n", "a")
    assert (place.style, raw(place)) == (style, written)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("0o17", 15),
        ("017", 17),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2001-01-01", "2001-01-01"),
        ("-1.5e3", -1500.0),
        (".inf", float("inf")),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("1.2.3", "1.2.3"),
        ("9" * 200, "9" * 200),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(text: str, value: object) -> None:
    found = node(f"a: {text}\n", "a").value
    assert found == value
    assert type(found) is type(value)


def test_keys_are_text_as_written() -> None:
    assert list(dict(node("200: a\ntrue: b\n0x1: c\n").entries())) == ["200", "true", "0x1"]


def test_json_is_read_by_the_same_reader() -> None:
    value = {"a": [1, -2.5, True, None, "é\u2028\U0001f600\x7f"], "b/c": {"": "\\ud83d", "d": "\ud83d\ude00\t"}}
    text = json.dumps(value, indent="\t")
    assert json.loads(json.dumps(source(text).root.plain())) == json.loads(text)
    assert source(text).faults == []


def test_a_pair_of_surrogates_is_one_character_and_moves_nothing() -> None:
    text = '{"a": "\\ud83d\\ude00", "b": "\\ud800"}'
    assert node(text, "a").value == "\U0001f600"
    assert raw(node(text, "b")) == '"\\ud800"'


def test_a_key_that_is_there_twice_is_told_and_the_last_one_counts() -> None:
    read = source("a: 1\nb:\n  c: 1\n  c: 2\n")
    (fault,) = read.faults
    assert (fault.kind, fault.place.line, fault.place.pointer) == ("document-duplicate-key", 4, "/b/c")
    assert read.root.number("b", "c") == 2


def test_an_alias_shares_the_node_of_its_anchor() -> None:
    root = source("a: &x {b: 1}\nc: *x\n").root
    assert root.get("c") is root.get("a")
    assert node("a: &x {b: 1}\nc: *x\n", "c").pointer == "/a"


def test_an_alias_bomb_costs_what_its_text_costs() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60)]
    root = source("\n".join(lines)).root
    assert sum(1 for _ in root.walk()) < 2_000
    assert isinstance(root.plain(), dict)


def test_aliases_of_aliases_do_not_nest_beyond_the_bound() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} {'[' * 90}*a{n - 1}{']' * 90}" for n in range(1, 100)]
    read = source("\n".join(lines))
    assert set(kinds(read)) == {"document-limit"}
    assert isinstance(read.root.plain(), dict)


def test_an_alias_to_what_is_not_complete_is_no_circle() -> None:
    read = source("a: &x [1, *x]\n")
    assert kinds(read) == ["document-syntax"]
    assert [child.value for child in node("a: &x [1, *x]\n", "a").items()] == [1, None]


def test_merge_keys_bring_entries_that_do_not_replace_own_ones() -> None:
    text = "base: &b {x: 1, y: 2}\na:\n  <<: *b\n  y: 3\nc: {<<: [*b, {z: 4}]}\n"
    assert source(text).root.plain() == {
        "base": {"x": 1, "y": 2},
        "a": {"y": 3, "x": 1},
        "c": {"x": 1, "y": 2, "z": 4},
    }


def test_merge_keys_cannot_multiply_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_MERGED", 20)
    lines = [f"k{n}: {{<<: *b}}" for n in range(10)]
    assert "document-limit" in kinds(source("b: &b {x: 1, y: 2, z: 3}\n" + "\n".join(lines)))


def test_nesting_beyond_the_bound_is_left_out_and_the_rest_is_read() -> None:
    read = source(f"a: {'[' * 500}{']' * 500}\nb: 1\n")
    assert kinds(read) == ["document-limit"]
    assert read.root.number("b") == 1


def test_values_beyond_the_bound_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_NODES", 10)
    read = source("a: 1\nb: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]\n")
    assert kinds(read) == ["document-limit"]
    assert read.root.number("a") == 1


def test_a_document_that_breaks_off_gives_what_came_before() -> None:
    read = source('{"openapi": "3.0.0", "paths": {"/a": {"get": {"tags": ["x"')
    assert kinds(read) == ["document-syntax"]
    assert read.root.get("paths", "/a", "get", "tags", 0) is not None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\nb: c: d\n\te: 1\nf: 2\n", {"a": 1, "f": 2}),
        ("a:\n  x: [1, 2\n  y: 2\nf: 2\n", {"a": {"y": 2}, "f": 2}),
        ('a: "x\nb: 1\nf: 2\n', {"b": 1, "f": 2}),
        ("a: 1\nb: @x\nc: `d\nf: 2\n", {"a": 1, "f": 2}),
        ('{"a": 1,\n"b": 2\n"c": 3,\n"f": 2\n}', {"a": 1, "b": 2, "c": 3, "f": 2}),
        ('{"a": 1,\n"b": 2,\n}\n', {"a": 1, "b": 2}),
    ],
)
def test_a_mistake_is_told_and_the_rest_is_read(text: str, value: object) -> None:
    read = source(text)
    assert read.root.plain() == value
    assert set(kinds(read)) <= {"document-syntax"}


def test_only_the_first_document_of_a_stream_is_read() -> None:
    read = source("a: 1\n---\na: 2\n")
    assert (kinds(read), read.root.plain()) == (["document-syntax"], {"a": 1})


def test_a_key_that_is_a_collection_is_told_and_its_entry_left_out() -> None:
    read = source("? [a, b]\n: 1\nc: 2\n")
    assert (kinds(read), read.root.plain()) == (["document-syntax"], {"c": 2})


@pytest.mark.parametrize("text", ["", "   \n", "# nothing\n", "---\n", "\ufeff"])
def test_nothing_is_null(text: str) -> None:
    assert source(text).root.value is None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_names_the_encoding_and_is_no_character(encoding: str) -> None:
    read = source("a: é\n".encode(encoding))
    assert (read.text, read.encoding, read.exact) == ("a: é\n", encoding, True)


def test_bytes_that_are_not_utf_8_are_told_and_nothing_may_be_written_back() -> None:
    read = source(b"a: 1\nb: \xff\nc: 2\n")
    assert (kinds(read), read.exact, read.root.number("c")) == (["document-encoding"], False, 2)
    assert read.faults[0].place.line == 2


def test_control_characters_are_told_and_the_rest_is_read() -> None:
    read = source("a: x\x01y\nb: 1\n")
    assert (kinds(read), read.root.number("b")) == (["document-encoding"], 1)


def test_a_file_beyond_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_text, "MAX_DOCUMENT_BYTES", 8)
    with pytest.raises(TooLarge):
        source("a: 123456789")


def test_the_parser_written_in_python_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &x [1, 'é😀', {c: d}]\ne: *x\nf: |\n  g\nh: >\n  i\n"
    expected = [(place.value, place.start, place.end, place.style) for place in scalars(text)]
    monkeypatch.setattr(tree, "_Loader", yaml.SafeLoader)
    assert [(place.value, place.start, place.end, place.style) for place in scalars(text)] == expected


def scalars(text: str) -> list[Node]:
    return [place for place in source(text).root.walk() if not isinstance(place.value, dict | list)]
