"""States of deliveries, outcomes of attempts, and the body of a webhook."""

from __future__ import annotations

import json

import pytest

from gatepost.notify.delivery import State, webhook_body
from tests.samples import a_notification, an_outcome
from tests.unit.clocks import HandClock


def test_the_numbers_of_states_are_on_disk_and_never_change() -> None:
    assert {state.name: state.value for state in State} == {
        "HELD": -1,
        "WAITING": 0,
        "SENDING": 1,
        "DELIVERED": 2,
        "DEAD": 3,
        "CANCELLED": 4,
        "EXPIRED": 5,
        "SUPERSEDED": 6,
        "PARKED": 7,
    }
    assert State.DEAD.label == "dead"


@pytest.mark.parametrize(
    ("status", "error", "succeeded"),
    [
        *((status, None, True) for status in (200, 204, 299)),
        *((status, None, False) for status in (199, 300, 301, 410, 500)),
        (None, "timeout", False),
        (200, "garbled-answer", False),
    ],
)
def test_only_a_whole_answer_of_the_200s_is_a_success(status: int | None, error: str | None, succeeded: bool) -> None:
    assert an_outcome(status, error=error).succeeded is succeeded


def test_the_body_of_a_webhook_has_type_time_topic_and_data() -> None:
    clock = HandClock()
    body = webhook_body(a_notification(clock, "ten_1", topic="orders.eu", type="order.paid"))
    assert json.loads(body) == {
        "type": "order.paid",
        "timestamp": "2026-09-21T14:13:20.000Z",
        "topic": "orders.eu",
        "data": {"total": 0.1},
    }


def test_the_payload_goes_in_as_the_bytes_that_came() -> None:
    payload = b'{ "a":0.10, "b":1e2, "c":9007199254740993 }'
    assert webhook_body(a_notification(HandClock(), "ten_1", payload=payload)).endswith(b'"data":' + payload + b"}")
