"""What a subscription decides when streams open, break and are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from gatepost import Gap, Received, Retries
from gatepost.client.following import MAX_REFUSAL_BYTES, Follower
from gatepost.client.stream_calls import subscribe
from gatepost.client.wire import Stream
from gatepost.errors import (
    Conflict,
    ConnectFailed,
    ConnectionClosed,
    DeliveryFailed,
    GarbledAnswer,
    InvalidParameter,
    ServiceError,
)
from tests.unit.clocks import HandClock

RETRIES = Retries(attempts=3, first_wait=1.0, max_wait=10.0)
STREAM = {"content-type": "text/event-stream; charset=utf-8"}
HEAD = b"retry: 2000\nid: e-4\n\n"
BROKE = ConnectionClosed("gone")
NOWHERE = ConnectFailed("nobody there")


def follower(stream: Stream | None = None) -> Follower:
    return Follower(stream or subscribe(["orders.*", "invoices"], name="till"), RETRIES, HandClock())


def live(data: bytes = HEAD) -> Follower:
    """One whose stream is open and has brought so much."""
    opened = follower()
    opened.begin(200, STREAM)
    list(opened.feed(data))
    return opened


def event(seq: int, data: object = None) -> bytes:
    body = {
        "id": f"ntf_{seq}",
        "type": "t",
        "timestamp": "2026-11-22T08:30:00.000Z",
        "topic": "orders.eu",
        "data": data,
    }
    return b"id: e-%d\ndata: %b\n\n" % (seq, msgspec.json.encode(body))


def query(asking: Follower) -> dict[str, list[str]]:
    return parse_qs(urlsplit(asking.request.path).query)


def refuse(asking: Follower, status: int, body: bytes, **headers: str) -> None:
    asking.begin(status, {"content-type": "application/problem+json", **headers})
    assert list(asking.feed(body)) == []
    asking.end(BROKE)


def test_it_asks_for_topics_by_name_and_from_now_on() -> None:
    asking = follower()
    assert query(asking) == {"topic": ["orders.*,invoices"], "name": ["till"]}
    assert ("accept", "text/event-stream") in asking.request.headers
    assert asking.request.delay == 0


def test_it_asks_from_a_position_that_was_kept() -> None:
    assert query(follower(subscribe("orders", position="e-3")))["last_event_id"] == ["e-3"]


def test_it_is_live_once_the_service_said_where_it_is() -> None:
    opened = follower()
    opened.begin(200, STREAM)
    assert not opened.is_live
    list(opened.feed(HEAD))
    assert opened.is_live


def test_notifications_and_gaps_come_in_order() -> None:
    gap = b'event: gap\ndata: {"reason":"no longer kept","from":"e-4"}\n\n'
    first = Received("e-5", "ntf_5", "orders.eu", "t", datetime(2026, 11, 22, 8, 30, tzinfo=UTC), {"n": 1})
    assert list(live().feed(gap + event(5, {"n": 1}))) == [Gap("e-4", "no longer kept"), first]


def test_ends_and_unknown_events_bring_nothing() -> None:
    assert list(live().feed(b'event: end\ndata: {"reason":"x"}\n\nevent: later\ndata: ?\n\n')) == []


def test_after_a_break_it_goes_on_behind_the_last_whole_event() -> None:
    broken = live()
    list(broken.feed(event(5) + event(6) + event(7)[:-1]))
    broken.end(BROKE)
    assert query(broken)["last_event_id"] == ["e-6"]


def test_what_was_cut_off_is_not_joined_with_what_comes_next() -> None:
    broken = live()
    list(broken.feed(event(5)[:-1]))
    broken.end(BROKE)
    broken.begin(200, STREAM)
    assert [item.position for item in broken.feed(HEAD + event(5))] == ["e-5"]


def test_it_waits_as_the_service_asked_and_longer_each_time() -> None:
    broken = live()
    delays = []
    for _ in range(5):
        broken.end(BROKE)
        delays.append(broken.request.delay)
    assert delays == [2, 4, 8, 10, 10]
    broken.begin(200, STREAM)
    list(broken.feed(HEAD))
    broken.end(BROKE)
    assert broken.request.delay == 2


def test_before_it_was_live_it_gives_up_after_some_attempts() -> None:
    asking = follower()
    asking.end(NOWHERE)
    asking.end(NOWHERE)
    with pytest.raises(DeliveryFailed, match="nobody there"):
        asking.end(NOWHERE)


def test_a_refusal_is_final_and_says_why() -> None:
    for asking in (follower(), live()):
        with pytest.raises(ServiceError) as caught:
            refuse(asking, 401, b'{"code":"unauthenticated","status":401,"detail":"no"}')
        assert caught.value.problem_code == "unauthenticated"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_may_pass_is_tried_again(status: int) -> None:
    asking = live()
    for _ in range(RETRIES.attempts + 1):
        refuse(asking, status, b"<html>")


def test_it_waits_as_long_as_a_refusal_asks_and_not_without_bounds() -> None:
    asking = live()
    refuse(asking, 503, b"", **{"retry-after": "7"})
    assert asking.request.delay == 7
    with pytest.raises(ServiceError) as caught:
        refuse(asking, 503, b"", **{"retry-after": "11"})
    assert caught.value.retry_after == 11


def test_a_refusal_does_not_stick_to_the_next_attempt() -> None:
    asking = live()
    refuse(asking, 503, b"")
    asking.end(NOWHERE)
    asking.begin(200, STREAM)
    assert [item.position for item in asking.feed(HEAD + event(5))] == ["e-5"]


def test_a_refusal_without_an_end_is_cut_off() -> None:
    asking = follower()
    asking.begin(500, {})
    with pytest.raises(GarbledAnswer):
        list(asking.feed(b"x" * (MAX_REFUSAL_BYTES + 1)))


def test_a_page_is_no_stream() -> None:
    asking = follower()
    with pytest.raises(GarbledAnswer, match="does not speak") as caught:
        asking.begin(200, {"content-type": "text/html"})
    with pytest.raises(GarbledAnswer):
        asking.end(caught.value)


@pytest.mark.parametrize("data", [b"data: {}\n\n", b"data: no\n\n", b"event: gap\ndata: []\n\n"])
def test_an_event_that_cannot_be_read_is_an_error_and_not_skipped(data: bytes) -> None:
    with pytest.raises(GarbledAnswer, match="cannot be read"):
        list(live().feed(data))


def test_a_durable_subscription_is_asked_for_by_name_alone() -> None:
    asking = follower(subscribe(subscription="till"))
    asking.begin(200, STREAM)
    list(asking.feed(HEAD + event(5)))
    asking.end(BROKE)
    assert query(asking) == {"subscription": ["till"]}
    acknowledging = asking.acknowledgement("e-5").request
    assert (acknowledging.path, acknowledging.body) == ("/v1/subscriptions/till/ack", b'{"position":"e-5"}')


def test_what_a_durable_subscription_gives_again_is_passed_over() -> None:
    asking = follower(subscribe(subscription="till"))
    gap = b'id: e-4\nevent: gap\ndata: {"reason":"no longer kept"}\n\n'
    given = []
    for portion in (HEAD + gap + event(5) + event(6), HEAD + gap + event(5) + event(6) + event(10)):
        asking.begin(200, STREAM)
        given += [item.position for item in asking.feed(portion)]
        asking.end(BROKE)
    assert given == ["e-4", "e-5", "e-6", "e-10"]
    asking.begin(200, STREAM)
    assert [item.position for item in asking.feed(event(7).replace(b"e-7", b"another-7"))] == ["another-7"]


def test_a_listener_whose_subscription_was_taken_over_does_not_take_it_back() -> None:
    with pytest.raises(Conflict, match="another connection"):
        list(live().feed(b'event: end\ndata: {"reason":"another connection took over","code":4011}\n\n'))


def test_only_a_durable_subscription_is_acknowledged() -> None:
    with pytest.raises(InvalidParameter):
        follower().acknowledgement("e-5")


@pytest.mark.parametrize(
    ("topics", "position", "subscription"), [(None, None, None), ("a", None, "till"), (None, "e-5", "till")]
)
def test_topics_or_a_subscription_are_wanted(
    topics: str | None, position: str | None, subscription: str | None
) -> None:
    with pytest.raises(InvalidParameter):
        subscribe(topics, position=position, subscription=subscription)
