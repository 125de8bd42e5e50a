"""The reader of server-sent events, against the examples and rules of WHATWG HTML section 9.2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.client.event_stream import MAX_EVENT_BYTES, Event, EventStream
from gatepost.errors import GarbledAnswer


def read(*portions: bytes) -> list[Event]:
    stream = EventStream()
    return [event for portion in portions for event in stream.feed(portion)]


def messages(*portions: bytes) -> list[str]:
    return [event.data for event in read(*portions)]


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", ["YHOO\n+2\n10"]),
        (b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
         ["first event", "second event", " third event"]),
        (b"data\n\ndata\ndata\n\ndata:", ["", "\n"]),
        (b"data:test\n\ndata: test\n\n", ["test", "test"]),
    ],
)  # fmt: skip
def test_the_examples_of_the_standard(stream: bytes, data: list[str]) -> None:
    assert messages(stream) == data


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_every_line_end_ends_a_line(end: bytes) -> None:
    assert messages(b"data: a" + end + b"data: b" + end * 2) == ["a\nb"]


def test_a_cr_ends_a_line_at_once_and_its_lf_may_come_later() -> None:
    stream = EventStream()
    assert [event.data for event in stream.feed(b"data: a\r\n\r")] == ["a"]
    assert list(stream.feed(b"")) == []
    assert [event.data for event in stream.feed(b"\ndata: b\n\n")] == ["b"]


def test_a_byte_order_mark_is_passed_over_once() -> None:
    mark = b"\xef\xbb\xbf"
    assert messages(mark[:1], mark[1:] + b"data: a\n\n") == ["a"]
    assert messages(mark * 2 + b"data: a\n\n") == []


def test_an_id_stays_until_another_comes_and_is_told_without_data_too() -> None:
    stream = EventStream()
    assert list(stream.feed(b"id: 7\n\n")) == []
    assert stream.last_event_id == "7"
    assert [event.id for event in stream.feed(b"data: a\n\nid: 8\ndata: b\n\n")] == ["7", "8"]


def test_an_id_counts_only_when_its_event_is_whole() -> None:
    stream = EventStream()
    list(stream.feed(b"id: 7\ndata: a\n\nid: 8\ndata: b\n"))
    assert stream.last_event_id == "7"


def test_an_id_with_nul_is_passed_over() -> None:
    assert [event.id for event in read(b"id: 7\nid: 8\0\ndata: a\n\n")] == ["7"]


def test_an_event_has_a_type_for_itself_alone() -> None:
    assert [event.type for event in read(b"event: gap\ndata: a\n\nevent: end\n\ndata: b\n\n")] == ["gap", "message"]


def test_retry_takes_digits_only() -> None:
    stream = EventStream()
    for told in (b"2000", b"-1", b"1.5", b"\xc2\xb2", b"", b"9" * 5000):
        list(stream.feed(b"retry: " + told + b"\n"))
    assert stream.retry_ms == 2000


def test_comments_and_unknown_fields_are_passed_over() -> None:
    assert messages(b":heartbeat\nfoo: bar\n data: no\nDATA: no\ndata: a\n\n") == ["a"]


def test_what_is_no_utf_8_is_replaced() -> None:
    assert messages(b"data: \xff\xe2\x82\n\n") == ["\ufffd\ufffd"]


def test_an_event_that_is_cut_off_is_dropped() -> None:
    assert messages(b"data: a\n\ndata: b\n") == ["a"]


def test_a_line_without_an_end_is_refused() -> None:
    portion = b"x" * 65536
    with pytest.raises(GarbledAnswer, match="line of more than"):
        read(*[portion] * (MAX_EVENT_BYTES // len(portion) + 1))


def test_an_event_without_an_end_is_refused() -> None:
    portion = b"data: x\n" * 8192
    with pytest.raises(GarbledAnswer, match="event of more than"):
        read(*[portion] * (MAX_EVENT_BYTES // 8192))


PIECES = st.sampled_from([b"data: a", b"data", b"id: 1", b"event: e", b": c", b"\r", b"\n", b"\r\n", b"\xef\xbb\xbf"])


@given(st.lists(PIECES).map(b"".join), st.data())
def test_however_it_is_cut_the_events_are_the_same(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    portions = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert read(*portions) == read(stream)


def by_the_letter(stream: bytes) -> list[tuple[str, str, str]]:
    """The algorithm of the standard, step by step, on the whole of a stream."""
    text = stream.decode("utf-8", "replace").removeprefix("\ufeff")
    events, data, kind, last_id = [], "", "", ""
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]:
        field, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if line == "":
            if data:
                events.append((kind or "message", data[:-1], last_id))
            data, kind = "", ""
        elif field == "data":
            data += value + "\n"
        elif field == "event":
            kind = value
        elif field == "id":
            last_id = value
    return events


@given(st.lists(PIECES).map(b"".join))
def test_it_agrees_with_the_algorithm_of_the_standard(stream: bytes) -> None:
    assert [(event.type, event.data, event.id) for event in read(stream)] == by_the_letter(stream)
