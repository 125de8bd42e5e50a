"""Why an endpoint did not get a notification, from the delivery or from what the endpoint was at that time."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gatepost.notify.delivery import State
from gatepost.notify.endpoint import MAX_PAST, Endpoint
from gatepost.notify.explain import explain
from tests.contract.steps import TENANT
from tests.samples import a_notification, an_endpoint
from tests.unit.clocks import HandClock

CLOCK = HandClock()
MADE = CLOCK.now()


def changing(*changes: dict[str, Any]) -> Endpoint:
    """An endpoint that changed every ten milliseconds."""
    endpoint = an_endpoint(CLOCK, TENANT)
    for number, change in enumerate(changes, start=1):
        endpoint = msgspec.structs.replace(endpoint, **change).remembering(endpoint, MADE + number * 10)
    return endpoint


def reason(endpoint: Endpoint, accepted_at: int, state: State | None = None) -> str:
    notification = a_notification(CLOCK, TENANT, accepted_at=accepted_at)
    return explain(endpoint, notification, state).reason


@pytest.mark.parametrize("state", State)
def test_where_there_is_a_delivery_its_state_is_the_reason(state: State) -> None:
    explanation = explain(changing(), a_notification(CLOCK, TENANT), state)
    assert explanation.reason == state.label
    assert explanation.detail


def test_a_paused_endpoint_explains_what_waits() -> None:
    paused = changing({"state": "paused"})
    assert explain(paused, a_notification(CLOCK, TENANT), State.WAITING).detail == "the endpoint is paused"


def test_it_is_judged_by_what_it_was_then_and_not_by_what_it_is_now() -> None:
    endpoint = changing(
        {"topics": ("invoices",)},
        {"topics": ("orders",), "types": ("order.shipped",)},
        {"types": ("*",), "state": "disabled"},
        {"state": "active"},
    )
    expected = {-1: "created-later", 0: "not-planned", 10: "other-topics", 20: "other-types", 30: "disabled"}
    assert {after: reason(endpoint, MADE + after) for after in expected} == expected
    assert reason(endpoint, MADE + 40) == "not-planned"


def test_only_what_bears_on_who_gets_what_is_remembered() -> None:
    assert changing({"description": "new"}, {"concurrency": 3}, {"failing_since": 7}).past == ()


def test_what_was_forgotten_is_not_guessed() -> None:
    endpoint = changing(*[{"state": state} for state in ("disabled", "active") * MAX_PAST])
    assert len(endpoint.past) == MAX_PAST
    assert reason(endpoint, MADE) == "too-long-ago"
    disabled = next(past for past in endpoint.past if past.state == "disabled")
    assert reason(endpoint, disabled.since) == "disabled"
