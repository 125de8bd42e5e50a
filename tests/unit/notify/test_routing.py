"""The fan-out plan, and that a change of endpoints is seen by the next notification."""

from __future__ import annotations

import msgspec
import pytest

from gatepost.notify import routing
from gatepost.notify.routing import Routing
from tests.samples import an_endpoint
from tests.unit.clocks import HandClock

CLOCK = HandClock()


def test_a_notification_goes_to_every_endpoint_that_wants_it() -> None:
    orders, everything = an_endpoint(CLOCK, "ten_1", topics=("orders",)), an_endpoint(CLOCK, "ten_1")
    plans = Routing([orders, everything, an_endpoint(CLOCK, "ten_1", topics=("refunds",))])
    assert plans.plan("ten_1", "orders", "order.paid") == (orders, everything)


def test_another_tenants_endpoints_get_nothing() -> None:
    other = an_endpoint(CLOCK, "ten_2")
    plans = Routing([other])
    assert plans.plan("ten_1", "orders", "order.paid") == ()
    assert plans.find("ten_1", other.id) is None
    assert plans.of_tenant("ten_1") == ()
    assert plans.find("ten_2", other.id) is other


def test_a_paused_endpoint_is_planned_for_and_a_disabled_one_is_not() -> None:
    paused, disabled = an_endpoint(CLOCK, "ten_1", state="paused"), an_endpoint(CLOCK, "ten_1", state="disabled")
    assert Routing([paused, disabled]).plan("ten_1", "orders", "order.paid") == (paused,)


def test_a_plan_made_before_does_not_outlive_a_change() -> None:
    endpoint = an_endpoint(CLOCK, "ten_1")
    plans = Routing([endpoint])
    assert plans.plan("ten_1", "orders", "order.paid") == (endpoint,)

    plans.put(msgspec.structs.replace(endpoint, topics=("refunds",)))
    assert plans.plan("ten_1", "orders", "order.paid") == ()

    added = an_endpoint(CLOCK, "ten_1")
    plans.put(added)
    assert plans.plan("ten_1", "orders", "order.paid") == (added,)

    plans.remove(added)
    assert plans.plan("ten_1", "orders", "order.paid") == ()


def test_removing_an_unknown_endpoint_is_nothing() -> None:
    Routing().remove(an_endpoint(CLOCK, "ten_1"))


def test_remembered_plans_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "MAX_REMEMBERED", 3)
    endpoint = an_endpoint(CLOCK, "ten_1")
    plans = Routing([endpoint])
    for number in range(10):
        assert plans.plan("ten_1", f"topic{number}", "x") == (endpoint,)
    assert len(plans._plans) == 3
