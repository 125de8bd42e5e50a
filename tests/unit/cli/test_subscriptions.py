"""`gatepost subscriptions`, in this process, against a real HTTP server."""

from __future__ import annotations

from tests.unit.cli.conftest import Gatepost
from tests.unit.client.stand_in import Reply, StandIn, problem

NOW = "2026-11-22T08:30:00.000Z"
TILL = {
    "name": "till",
    "topics": ["orders.*", "refunds"],
    "acknowledged": "00ff-41",
    "delivered": "00ff-43",
    "behind": 7,
    "connected": False,
    "created_at": NOW,
    "acknowledged_at": NOW,
}


def test_the_list_says_how_far_each_has_come(service: StandIn, gatepost: Gatepost) -> None:
    service.answer("GET /v1/subscriptions", Reply(200, {"data": [TILL], "next": None}))
    heading, _, row = (line.split() for line in gatepost("subscriptions", "list").out.strip().splitlines())
    assert heading == ["name", "topics", "delivered", "acknowledged", "behind", "connected"]
    assert row == ["till", "orders.*,", "refunds", "00ff-43", "00ff-41", "7", "False"]


def test_one_is_shown(service: StandIn, gatepost: Gatepost) -> None:
    service.answer("GET /v1/subscriptions/till", Reply(200, TILL))
    shown = gatepost("subscriptions", "show", "till", "--json").json
    assert (shown["delivered"], shown["acknowledged"], shown["behind"]) == ("00ff-43", "00ff-41", 7)


def test_one_that_is_not_there_is_told(service: StandIn, gatepost: Gatepost) -> None:
    service.answer("GET /v1/subscriptions/till", problem(404, "not-found"))
    assert gatepost("subscriptions", "show", "till").code == 1


def test_deleting_needs_a_yes(service: StandIn, gatepost: Gatepost) -> None:
    service.answer("DELETE /v1/subscriptions/till", Reply(204, b""))
    assert gatepost("subscriptions", "delete", "till").code == 1
    assert service.received == []
    assert gatepost("subscriptions", "delete", "till", "--yes").code == 0
    assert [each.method for each in service.received] == ["DELETE"]
