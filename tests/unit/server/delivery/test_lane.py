"""What one lane takes into memory, when it asks for more, and how it leaves an endpoint alone."""

from __future__ import annotations

import msgspec
import pytest

from gatepost.notify.delivery import Delivery
from gatepost.notify.notification import MAX_PAYLOAD_BYTES
from gatepost.notify.store import Claim
from gatepost.server.delivery.lane import FOOTHOLD_BYTES, LATE_EVERY, ROOM, ROOM_BYTES, Lane
from tests.contract.steps import TENANT
from tests.samples import a_notification, an_endpoint
from tests.unit.clocks import HandClock

CLOCK = HandClock()
NOW = CLOCK.now()
ENDPOINT = an_endpoint(CLOCK, TENANT)


@pytest.fixture
def lane() -> Lane:
    return Lane(ENDPOINT)


def a_delivery() -> Delivery:
    return Delivery(a_notification(CLOCK, TENANT), ENDPOINT.id)


def test_there_is_room_for_so_many(lane: Lane) -> None:
    assert [lane.reserve(1, NOW) for _ in range(ROOM + 1)] == [True] * ROOM + [False]


def test_and_for_so_many_bytes(lane: Lane) -> None:
    assert lane.reserve(ROOM_BYTES, NOW)
    assert not lane.reserve(1, NOW)
    assert lane.bytes == ROOM_BYTES


def test_behind_what_waits_in_the_store_nothing_is_taken(lane: Lane) -> None:
    lane.more = True
    assert not lane.reserve(1, NOW)


@pytest.mark.parametrize("state", ["paused", "disabled"])
def test_an_endpoint_that_is_not_active_takes_sends_and_claims_nothing(state: str) -> None:
    lane = Lane(msgspec.structs.replace(ENDPOINT, state=state))
    lane.queue.append(a_delivery())
    lane.more = True
    assert not lane.ready(NOW)
    assert not lane.wants_claim(NOW)
    lane.more = False
    assert not lane.reserve(1, NOW)


def test_while_it_is_paused_nothing_is_taken_sent_or_claimed(lane: Lane) -> None:
    lane.queue.append(a_delivery())
    lane.pause(NOW, 1)
    assert not lane.reserve(1, NOW + 999)
    lane.more = True
    assert not lane.ready(NOW + 999)
    assert not lane.wants_claim(NOW + 999)
    assert lane.ready(NOW + 1000)
    assert lane.wants_claim(NOW + 1000)


def test_more_is_asked_for_below_half_full_and_once_at_a_time(lane: Lane) -> None:
    assert not lane.wants_claim(NOW)
    lane.more = True
    assert lane.wants_claim(NOW)
    lane.claiming = True
    assert not lane.wants_claim(NOW)
    lane.claiming, lane.reserved = False, ROOM // 2
    assert not lane.wants_claim(NOW)
    lane.reserved, lane.bytes = 0, ROOM_BYTES // 2
    assert not lane.wants_claim(NOW)


def test_what_becomes_due_is_asked_for_at_its_time(lane: Lane) -> None:
    lane.due_at(NOW + 1)
    assert not lane.wants_claim(NOW)
    assert lane.wants_claim(NOW + 1)


def test_it_runs_low_below_a_quarter_when_there_is_more_to_ask_for(lane: Lane) -> None:
    assert not lane.runs_low(NOW)
    lane.due_at(NOW)
    assert lane.runs_low(NOW)
    lane.reserved = ROOM // 4
    assert not lane.runs_low(NOW)


def test_a_claim_fills_the_room_within_the_share_of_memory(lane: Lane) -> None:
    lane.more = True
    assert lane.claim(ROOM_BYTES * 2) == Claim(TENANT, ENDPOINT.id, ROOM, ROOM_BYTES)
    lane.reserved, lane.bytes = 1, 100
    lane.queue.append(a_delivery())
    assert lane.claim(ROOM_BYTES * 2) == Claim(TENANT, ENDPOINT.id, ROOM - 2, ROOM_BYTES - 100)
    assert lane.claim(100_000).max_bytes == 100_000


@pytest.mark.parametrize("share", [0, -(10**9)])
def test_without_a_share_an_empty_lane_still_gets_the_largest_payload(lane: Lane, share: int) -> None:
    assert lane.claim(share).max_bytes == FOOTHOLD_BYTES == MAX_PAYLOAD_BYTES
    lane.bytes = FOOTHOLD_BYTES
    assert lane.claim(share).max_bytes <= 0


def test_failures_in_flight_together_count_as_one_and_none_shortens_the_pause(lane: Lane) -> None:
    for seconds in (1, 3600, 2):
        lane.pause(NOW, seconds)
    assert (lane.slow_downs, lane.paused_until) == (1, NOW + 3_600_000)
    lane.pause(NOW + 3_600_000, 2)
    assert (lane.slow_downs, lane.paused_until) == (2, NOW + 3_602_000)


def test_withdrawing_takes_one_notification_out_and_leaves_the_order(lane: Lane) -> None:
    deliveries = [a_delivery() for _ in range(3)]
    lane.queue.extend(deliveries)
    assert lane.withdraw(deliveries[1].notification.id) == [deliveries[1]]
    assert list(lane.queue) == [deliveries[0], deliveries[2]]
    assert lane.withdraw("ntf_unknown") == []


def test_the_earliest_time_to_wake_up_counts(lane: Lane) -> None:
    for moment in (NOW + 20, NOW + 10, NOW + 30):
        lane.due_at(moment)
    assert lane.wake_at == NOW + 10


def test_a_claim_for_what_only_became_due_leaves_room_for_what_is_yet_to_be_accepted(lane: Lane) -> None:
    lane.due_at(NOW)
    assert lane.reserve(1, NOW)
    assert lane.wants_claim(NOW)
    assert lane.claim(ROOM_BYTES).limit == ROOM // 2 - 1


def test_first_attempts_go_before_retries_and_no_retry_starves(lane: Lane) -> None:
    for attempts in (1, 0):
        for _ in range(LATE_EVERY * 2):
            lane.enqueue(Delivery(a_notification(CLOCK, TENANT), ENDPOINT.id, attempts))
    taken = [lane.take().attempts for _ in range(LATE_EVERY * 2)]
    assert taken == ([0] * (LATE_EVERY - 1) + [1]) * 2
    assert [lane.take().attempts for _ in range(LATE_EVERY)][-LATE_EVERY // 2 :] == [1] * (LATE_EVERY // 2)


def test_keys_take_turns(lane: Lane) -> None:
    for key in "aaabb":
        lane.enqueue(Delivery(a_notification(CLOCK, TENANT), ENDPOINT.id, key=key))
    turns = []
    while lane.ready(NOW):
        turns.append(lane.take().key or "")
        lane.advance(turns[-1])
    assert turns == list("ababa")
    assert (lane.lines, lane.behind) == ({}, 0)
