"""What passes as JSON, what is refused and where; and the fast look never says more than the exact one."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost import ijson
from gatepost.errors import DuplicateMember, GatepostError, MalformedJson, NumberOutOfRange, TooDeep

QUICK_SECONDS = 1.0
"""Far above what a linear scan of the tests' largest body takes, far below a quadratic one."""


def refusal(body: bytes) -> GatepostError | None:
    try:
        ijson.scan(body)
    except GatepostError as error:
        return error
    return None


def array_refusal(items: list[bytes]) -> GatepostError | None:
    try:
        ijson.scan_array(b"[" + b",".join(items) + b"]", items)
    except GatepostError as error:
        return error
    return None


def place(body: bytes) -> str:
    error = refusal(body)
    assert error is not None
    return error.errors[0].pointer


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b'""',
        b"null",
        b" \t\r\n[ 1 , 2 ]\n",
        b"-0",
        b"-0.0",
        b"0.10",
        b"1e308",
        b"1e-999",
        b"9007199254740993",
        b"9" * 128,
        b'"\\u0000"',
        b'"\\ud83d\\ude00"',
        b'"\\uD83D\\uDE00 \\\\ud800"',
        b'"\\/ \\b\\f\\n\\r\\t\\u001f"',
        '{"é": "😀", "e\u0301": "\uffff"}'.encode(),
        b'{"a":{"a":1},"b":{"a":[{"a":2}]}}',
        b"[" * 64 + b"]" * 64,
        b'["' + b"[" * 10_000 + b'"]',
        b'["' + b'\\"[' * 10_000 + b'"]',
    ],
)
def test_passes(body: bytes) -> None:
    ijson.scan(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"[1,]",
        b"[1 2]",
        b'{"a":1,}',
        b"{a:1}",
        b"{'a':1}",
        b"[1] x",
        b"[1][2]",
        b"// no\n1",
        b"NaN",
        b"[Infinity]",
        b'{"a":-Infinity}',
        b"01",
        b"+1",
        b".5",
        b"1.",
        b"0x10",
        b"1_000",
        b"True",
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b"{\x00}",
        b"1\x00",
        b'"\x00"',
        b'"\x1f"',
        b'"line\nbreak"',
        b'"\xff"',
        b'"\xc0\x80"',
        b'"\xe0\x80\xaf"',
        b'"\xed\xa0\x80"',
        b'"\xf4\x90\x80\x80"',
        b'"\xe2\x82"',
        b'"\\x41"',
        b'"\\u12"',
        b'"\\ud800"',
        b'"\\udc00"',
        b'"\\udc00\\ud800"',
        b'"\\ud800\\ud800\\udc00"',
        b'"\\ud83dx\\ude00"',
        b'{"\\ud800":1}',
        b'"open',
        b'"open\\',
        b"\xd9\xa1",
        b"[" * 30 + b"]" * 29,
    ],
)
def test_refuses_what_is_not_json(body: bytes) -> None:
    assert type(refusal(body)) is MalformedJson


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"a":1,"a":2}', "/a"),
        (b'{"a":1, "\\u0061":2}', "/a"),
        (b'{"b":[0,{"c":1,"d":{"x":1,"y":2,"x":1}}]}', "/b/1/d/x"),
        (b'{"":1,"":1}', "/"),
        (b'{"a/b~c":1,"a/b~c":1}', "/a~1b~0c"),
        (b'{"a":{"b":1,"b":2},"a":3}', "/a"),
        ('{"é":1,"\\u00e9":2}'.encode(), "/é"),
        (b'{"\\ud83d\\ude00":1,"\xf0\x9f\x98\x80":2}', "/\N{GRINNING FACE}"),
        (b'[{"a":1.50},{"a":1.50,"a":1}]', "/1/a"),
    ],
)
def test_refuses_a_member_named_twice_and_says_where(body: bytes, pointer: str) -> None:
    assert type(refusal(body)) is DuplicateMember
    assert place(body) == pointer


def test_names_that_only_look_alike_are_two_members() -> None:
    ijson.scan('{"é":1,"e\u0301":2}'.encode())


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"1e999", ""),
        (b"1E400", ""),
        (b"-1e400", ""),
        (b'{"a":[1,1e309]}', "/a/1"),
        (b"[" + b"9" * 129 + b"]", "/0"),
        (b"9" * 5000, ""),
        (b"-" + b"9" * 128, ""),
        (b"0." + b"1" * 127, ""),
        (b"1e" + b"0" * 127 + b"1", ""),
    ],
)
def test_refuses_a_number_that_cannot_be_kept(body: bytes, pointer: str) -> None:
    assert type(refusal(body)) is NumberOutOfRange
    assert place(body) == pointer


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 65 + b"]" * 65,
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'[{"a":' * 10_000,
        b"[" * 10_000,
        b"[" * 64 + b'"]",[' + b"]" * 65,
        b"1" + b"[" * 10_000,
    ],
)
def test_refuses_deep_nesting_before_any_parser_sees_it(body: bytes) -> None:
    assert type(refusal(body)) is TooDeep


def test_brackets_in_strings_are_no_nesting() -> None:
    ijson.scan(json.dumps([["[" * 100, '"[' * 100, "\\"], {"{" * 70: "\\[" * 70}]).encode())


@pytest.mark.parametrize(
    "make",
    [
        lambda size: b"[" * size,
        lambda size: b"[" * (size // 2) + b"]" * (size // 2),
        lambda size: b'"' + b'\\"' * (size // 2),
        lambda size: b'"' * size,
        lambda size: b'["' + b"\\" * size,
        lambda size: b"9" * size,
        lambda size: b"[" + b"9" * 5000 + b"," + b"9" * size,
        lambda size: b'["' + b"\\ud800" * (size // 6) + b'"]',
        lambda size: b"[" + b'{"a":1,"a":1},' * (size // 14) + b"1]",
        lambda size: b"[" + b"[]," * (size // 3) + b"1]",
    ],
)
def test_hostile_bodies_cost_linear_time(make: Callable[[int], bytes]) -> None:
    body = make(1 << 20)
    start = time.process_time()  # what else the machine does is no matter here
    refusal(body)
    assert time.process_time() - start < QUICK_SECONDS


def test_a_pointer_never_echoes_the_body_back() -> None:
    name = b"n" * 10_000
    assert len(place(b'{"%s":1,"%s":2}' % (name, name))) <= ijson.MAX_POINTER_LENGTH


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(
    values, st.booleans(), st.sampled_from([None, 0, 2]), st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t: ")])
)
def test_whatever_json_was_written_from_a_value_passes(
    value: Any, ascii_only: bool, indent: int | None, separators: tuple[str, str]
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent, separators=separators)
    ijson.scan(text.encode())


fragments = st.sampled_from(
    [
        *('{"a":', '{"b":', '"a":', '"\\u0061":', "{", "}", "[", "]", ",", ":", " ", "\n", '"', "\\", "/", "\x00"),
        *('"x"', '"\\ud83d', "\\ude00", '\\u0000"', '"é"', "0", "-0", "1", "1.50", "1e5", "1E400", "-", "+", "."),
        *("9" * 130, "null", "true", "NaN", "Infinity", '{"a":1,"a":2}', "\ufeff"),
    ]
)
bodies = st.lists(fragments, max_size=12).map(lambda parts: "".join(parts).encode()) | st.binary(max_size=24)


def is_ijson_to_the_letter(body: bytes) -> bool:
    """The rule said once more, the slow and obvious way."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs)
        return dict(pairs)

    def number(text: str) -> float:
        assert len(text) <= ijson.MAX_NUMBER_LENGTH
        assert math.isfinite(float(text))
        return 0.0

    def constant(name: str) -> None:
        raise AssertionError(name)

    try:
        value = json.loads(
            body.decode(), object_pairs_hook=members, parse_int=number, parse_float=number, parse_constant=constant
        )
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, AssertionError):
        return False
    return True


nestings = st.tuples(
    st.integers(60, 70) | st.integers(0, 3), st.sampled_from(["[", '{"a":']), st.sampled_from(["1", '"[{"', "0.10"])
).map(lambda nested: nested[1] * nested[0] + nested[2] + ("]" if nested[1] == "[" else "}") * nested[0])


@given(st.lists((nestings | values.map(json.dumps)).map(str.encode), max_size=5))
def test_an_array_that_was_split_passes_when_each_of_its_items_does(items: list[bytes]) -> None:
    each = [refusal(item) for item in items]
    assert (array_refusal(items) is None) == all(error is None for error in each)


@given(st.lists(bodies, min_size=1, max_size=4))
def test_an_array_that_was_split_passes_only_when_each_of_its_items_does(parts: list[bytes]) -> None:
    try:
        items = [bytes(item) for item in msgspec.json.decode(b"[" + b",".join(parts) + b"]", type=list[msgspec.Raw])]
    except msgspec.MsgspecError:
        return
    assert (array_refusal(items) is None) == all(refusal(item) is None for item in items)


@pytest.mark.parametrize("item", [b"[" * 65 + b"]" * 65, b"[" * 10_000, b'{"a":' * 100 + b"1" + b"}" * 100])
def test_no_parser_sees_an_array_with_a_deep_item(item: bytes) -> None:
    assert type(array_refusal([b"1", item, b"}"])) is TooDeep


@given(bodies)
def test_the_verdict_is_the_rule_to_the_letter(body: bytes) -> None:
    assert (refusal(body) is None) == is_ijson_to_the_letter(body)


@given(bodies | values.map(lambda value: json.dumps(value).encode()))
def test_the_fast_look_never_passes_what_the_exact_one_refuses(body: bytes) -> None:
    if ijson._survives_a_round_trip(body):
        ijson._scan_exactly(body)
