"""What a producer may submit: the bounds of every field, the place of every mistake, payloads kept to the byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.clock import rfc3339
from gatepost.errors import GatepostError, InvalidField, MalformedJson, TooLarge, UnknownField
from gatepost.notify.notification import (
    LAST_MOMENT,
    MAX_PAYLOAD_BYTES,
    Submission,
    milliseconds,
    read_item,
    read_submission,
)

NOW = 1_790_000_000_000
LEAST: dict[str, Any] = {"topic": "orders", "type": "order.paid", "payload": {}}


def read(**fields: Any) -> Submission:
    return read_submission(json.dumps(LEAST | fields).encode(), NOW)


def refusal(**fields: Any) -> tuple[type[GatepostError], str]:
    with pytest.raises(GatepostError) as caught:
        read(**fields)
    assert [error.pointer for error in caught.value.errors]
    return type(caught.value), caught.value.errors[0].pointer


def at(seconds: float) -> str:
    return rfc3339(NOW + round(seconds * 1000))


def test_topic_type_and_payload_are_enough() -> None:
    submission = read()
    assert (submission.topic, submission.type, bytes(submission.payload)) == ("orders", "order.paid", b"{}")
    optional = (submission.id, submission.ordering_key, submission.collapse_key)
    assert (*optional, submission.deliver_at, submission.expires_at) == (None,) * 5


@pytest.mark.parametrize("missing", ["topic", "type", "payload"])
def test_without_one_of_them_it_is_refused_at_its_place(missing: str) -> None:
    body = json.dumps({name: value for name, value in LEAST.items() if name != missing})
    with pytest.raises(InvalidField) as caught:
        read_submission(body.encode(), NOW)
    assert caught.value.errors[0].pointer == f"/{missing}"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("topic", "x" * 128),
        ("topic", "gatepostal.things"),
        ("topic", "a.gatepost"),
        ("type", "x" * 128),
        ("type", "Order_1.paid"),
        ("id", "x" * 128),
        ("id", "2026/11/22:order@shop-1.eu_A"),
        ("ordering_key", "é" * 128),
        ("collapse_key", " "),
        ("ordering_key", None),
        ("deliver_at", "1970-01-01T00:00:00Z"),
        ("deliver_at", "2026-11-22T08:30:00.123456+05:30"),
    ],
)
def test_values_at_the_bounds_are_taken(field: str, value: str | None) -> None:
    read(**{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("topic", ""),
        ("topic", "x" * 129),
        ("topic", "a..b"),
        ("topic", "a.*"),
        ("topic", "é"),
        ("topic", "a\0"),
        ("topic", "a\n"),
        ("topic", None),
        ("topic", 7),
        ("topic", "gatepost"),
        ("topic", "gatepost.endpoint"),
        ("type", ""),
        ("type", "x" * 129),
        ("type", "a-b"),
        ("type", "a."),
        ("type", 'a"b'),
        ("type", "a\r"),
        ("id", ""),
        ("id", "x" * 129),
        ("id", "a b"),
        ("id", "a\0b"),
        ("id", "é"),
        ("id", 7),
        ("ordering_key", ""),
        ("ordering_key", "x" * 129),
        ("ordering_key", "a\0"),
        ("ordering_key", "a\x1f"),
        ("collapse_key", "\x7f"),
        ("collapse_key", "a\n"),
        ("deliver_at", "2026-11-22"),
        ("deliver_at", "2026-11-22T08:30:00"),
        ("deliver_at", "2026-13-22T08:30:00Z"),
        ("deliver_at", NOW),
        ("expires_at", "tomorrow"),
    ],
)
def test_values_beyond_them_are_refused_at_their_place(field: str, value: Any) -> None:
    assert refusal(**{field: value}) == (InvalidField, f"/{field}")


@pytest.mark.parametrize(("field", "pointer"), [("extra", "/extra"), ("a/b~c", "/a~1b~0c"), ("Topic", "/Topic")])
def test_unknown_fields_are_named(field: str, pointer: str) -> None:
    assert refusal(**{field: 1}) == (UnknownField, pointer)


@pytest.mark.parametrize("body", [b"[]", b"1", b'"text"', b"null"])
def test_a_submission_is_an_object(body: bytes) -> None:
    with pytest.raises(InvalidField) as caught:
        read_submission(body, NOW)
    assert caught.value.errors[0].pointer == ""


@pytest.mark.parametrize(
    "payload",
    [
        b"0.10",
        b"1e2",
        b"1E+2",
        b"-0",
        b"9007199254740993",
        b"123456789012345678901234567890",
        b'{ "a" :\t[1 ,2.50]\n}',
        b'"\\u0041\\/"',
        '"\u00e9\U0001f600"'.encode(),
        b"null",
        b"false",
    ],
)
def test_payloads_stay_the_bytes_that_came(payload: bytes) -> None:
    body = b'{"topic":"a","payload": ' + payload + b' ,"type":"b"}'
    assert bytes(read_submission(body, NOW).payload) == payload


def test_a_payload_has_a_bound() -> None:
    def of_size(size: int) -> bytes:
        return b'{"topic":"a","type":"b","payload":"' + b"x" * (size - 2) + b'"}'

    assert len(bytes(read_submission(of_size(MAX_PAYLOAD_BYTES), NOW).payload)) == MAX_PAYLOAD_BYTES
    with pytest.raises(TooLarge) as caught:
        read_submission(of_size(MAX_PAYLOAD_BYTES + 1), NOW)
    assert caught.value.errors[0].pointer == "/payload"


@pytest.mark.parametrize(
    ("deliver_at", "expires_at"), [(None, at(0.001)), (at(60), at(61)), (at(-60), at(1)), (at(60), None)]
)
def test_expiry_lies_after_now_and_after_the_delivery(deliver_at: str | None, expires_at: str | None) -> None:
    read(deliver_at=deliver_at, expires_at=expires_at)


@pytest.mark.parametrize(
    ("deliver_at", "expires_at"),
    [(None, at(0)), (None, at(-1)), (at(60), at(60)), (at(60), at(30)), (at(-60), at(-30)), (at(-60), at(0))],
)
def test_otherwise_it_is_refused(deliver_at: str | None, expires_at: str) -> None:
    assert refusal(deliver_at=deliver_at, expires_at=expires_at) == (InvalidField, "/expires_at")


@given(st.datetimes(timezones=st.timezones()))
def test_every_time_that_is_taken_can_be_written_back(moment: Any) -> None:
    kept = milliseconds(moment)
    assert kept is not None
    assert 0 <= kept <= LAST_MOMENT
    assert rfc3339(kept)


@pytest.mark.parametrize(
    ("text", "kept"), [("9999-12-31T23:59:59-12:00", LAST_MOMENT), ("0001-01-01T00:00:00+12:00", 0)]
)
def test_offsets_do_not_lead_out_of_the_calendar(text: str, kept: int) -> None:
    assert milliseconds(read(deliver_at=text).deliver_at) == kept


def test_times_are_kept_to_the_millisecond() -> None:
    assert milliseconds(read(deliver_at="2026-11-22T08:30:00.1239+01:00").deliver_at) == 1_795_332_600_124


def test_an_item_that_was_not_looked_through_yet_is_scanned() -> None:
    twice = b'{"topic":"a","topic":"b","type":"c","payload":1}'
    assert read_item(twice, NOW, scanned=True).topic == "b"
    with pytest.raises(GatepostError) as caught:
        read_item(twice, NOW, scanned=False)
    assert caught.value.code == "duplicate-member"
    with pytest.raises(MalformedJson):
        read_item(b'{"topic":', NOW, scanned=False)
