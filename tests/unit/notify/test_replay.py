"""What a replay sends, and what it leaves alone."""

from __future__ import annotations

import msgspec
import pytest

from gatepost.notify.delivery import State
from gatepost.notify.replay import Candidate, Counts, concerns, judge
from tests.contract.steps import TENANT
from tests.samples import an_endpoint
from tests.unit.clocks import HandClock

NOW = 1_000
MISSED = Candidate("ntf_1", 1, "orders.eu", "order.paid", expires_at=None, kept=True, state=None)


def candidate(**changes: object) -> Candidate:
    return msgspec.structs.replace(MISSED, **changes)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (None, "missed"),
        (State.DEAD, "failed"),
        (State.PARKED, "failed"),
        (State.DELIVERED, "delivered"),
        *((state, "open") for state in (State.HELD, State.WAITING, State.SENDING)),
        (State.CANCELLED, "withdrawn"),
        (State.SUPERSEDED, "withdrawn"),
        (State.EXPIRED, "expired"),
    ],
)
def test_every_state_has_its_kind(state: State | None, kind: str) -> None:
    assert judge(candidate(state=state), NOW) == kind


def test_what_expired_or_lost_its_payload_is_not_sent() -> None:
    assert judge(candidate(expires_at=NOW), NOW) == "expired"
    assert judge(candidate(expires_at=NOW + 1), NOW) == "missed"
    assert judge(candidate(kept=False), NOW) == "forgotten"
    assert judge(candidate(kept=False, state=State.DELIVERED), NOW) == "delivered"


def test_only_what_the_endpoint_subscribes_to_concerns_it() -> None:
    endpoint = an_endpoint(HandClock(), TENANT, topics=("orders.*",), types=("order.paid",))
    assert concerns(endpoint, None, MISSED)
    assert concerns(endpoint, ["invoices", "orders.eu"], MISSED)
    assert not concerns(endpoint, ["orders.us"], MISSED)
    assert not concerns(endpoint, None, candidate(type="order.shipped"))
    assert not concerns(endpoint, ["*"], candidate(topic="invoices"))


def test_counting() -> None:
    counts = Counts()
    for kind in ("missed", "missed", "open"):
        counts.add(kind)
    assert counts == Counts(missed=2, open=1)
