"""Places in the log, and from where a listener goes on."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.errors import InvalidParameter
from gatepost.notify.stream import Position, Recovery, recover, stream_body
from tests.samples import a_notification
from tests.unit.clocks import HandClock

EPOCH = "0123456789abcdef"


@given(st.text("0123456789abcdef", min_size=16, max_size=16), st.integers(0, 10**18 - 1))
def test_a_position_is_read_as_it_was_written(epoch: str, seq: int) -> None:
    position = Position(epoch, seq)
    assert Position.parse(str(position)) == position


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        EPOCH,
        f"{EPOCH}-",
        f"{EPOCH}--1",
        f"{EPOCH}-1\n",
        f"{EPOCH}-{'1' * 19}",
        f"{EPOCH}-\N{FULLWIDTH DIGIT ONE}",
        f"x{EPOCH}-1",
    ],
)
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter):
        Position.parse(text)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (None, Recovery(100, complete=True)),
        (Position(EPOCH, 100), Recovery(100, complete=True)),
        (Position(EPOCH, 50), Recovery(50, complete=True)),
        (Position(EPOCH, 30), Recovery(30, complete=True)),
        (Position(EPOCH, 29), Recovery(30, complete=False)),
        (Position(EPOCH, 101), Recovery(30, complete=False)),
        (Position("f" * 16, 50), Recovery(30, complete=False)),
    ],
)
def test_recovery_is_whole_or_says_that_it_is_not(asked: Position | None, expected: Recovery) -> None:
    assert recover(asked, EPOCH, last=100, forgotten=30) == expected


def test_listeners_get_the_payload_as_it_came() -> None:
    notification = a_notification(HandClock(), "ten_" + "1" * 32, payload=b'{"total": 0.10, "n": 1e2}')
    body = stream_body(notification)
    assert body.endswith(b'"data":{"total": 0.10, "n": 1e2}}')
    document = msgspec.json.decode(body)
    assert (document["id"], document["topic"], document["type"]) == (notification.id, "orders", "order.paid")
    assert document["timestamp"] == "2026-09-21T14:13:20.000Z"
