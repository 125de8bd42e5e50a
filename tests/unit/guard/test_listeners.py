"""Whoever listens is checked as whoever calls, wherever its credential stands."""

from __future__ import annotations

from typing import Any

import pytest

from gatepost.crypto.pepper import PepperRing
from gatepost.errors import GatepostError, QuotaExceeded, TenantSuspended, Unauthenticated
from gatepost.guard import (
    PUBLIC,
    Admission,
    Decision,
    FindKey,
    Gate,
    GcraLimiter,
    Headers,
    KeyRecord,
    Policy,
    Rate,
    Refusal,
    Request,
    Route,
    TakeLimits,
    apikey,
    decide,
)
from gatepost.guard.asks import FindKeyById
from gatepost.guard.scopes import parse_all
from gatepost.guard.stream_token import StreamToken, issue
from tests.unit.clocks import HandClock

TENANT, KEY = "ten_1", "key_1"
ROUTES = (
    Route(
        "GET",
        "/v1/stream",
        Policy(scope="notifications:read", query=frozenset({"token"}), by_topic=True, stream_token=True),
        "listen",
    ),
    Route("GET", "/v1/ws", Policy(scope=PUBLIC), "open"),
    Route("GET", "/v1/keys", Policy(scope="keys:read", query=frozenset({"token"})), "keys"),
)


class Door:
    """A gate with one key, which may be changed."""

    def __init__(self, limit: Rate) -> None:
        self.clock = HandClock()
        self.peppers = PepperRing.new(self.clock)
        self.gate = Gate(ROUTES, self.peppers, limit, self.clock)
        self.key = apikey.generate(self.clock).reveal()
        self.limiter = GcraLimiter(self.clock)
        self.change()

    def change(self, **changes: Any) -> None:
        self.record = KeyRecord(KEY, TENANT, parse_all(["*:*"]), **changes)

    def token(self, life_s: int = 60) -> str:
        return issue(StreamToken(TENANT, KEY, ("orders.*",), self.clock.now() + life_s * 1000), self.peppers)

    def by_query(self, token: str, path: str = "/v1/stream") -> Decision:
        request = Request("GET", path, f"token={token}", Headers(()), "192.0.2.1")
        return decide(self.gate.steps(request, self.gate.route("GET", path)), self._facts())

    def by_message(self, credential: str) -> Decision:
        request = Request("GET", "/v1/ws", "", Headers(()), "192.0.2.1")
        opened = decide(self.gate.steps(request, self.gate.route("GET", "/v1/ws")), self._facts())
        assert isinstance(opened, Admission)
        assert opened.principal.tenant == ""
        return decide(self.gate.steps_of_caller(credential, opened), self._facts())

    def _facts(self) -> dict[type, Any]:
        digests = {digest for _, digest in self.peppers.digests(self.key.encode())}
        return {
            FindKey: lambda ask: self.record if digests & set(ask.digests) else None,
            FindKeyById: lambda ask: self.record if (ask.tenant, ask.key) == (TENANT, KEY) else None,
            TakeLimits: lambda ask: self.limiter.take(ask.charges),
        }


@pytest.fixture
def door() -> Door:
    return Door(Rate(1000, 1000))


def error_of(decision: Decision) -> type[GatepostError]:
    assert isinstance(decision, Refusal)
    return type(decision.error)


def test_a_token_opens_the_stream_and_a_socket_with_its_topics_only(door: Door) -> None:
    for decision in (door.by_query(door.token()), door.by_message(door.token())):
        assert isinstance(decision, Admission)
        principal = decision.principal
        assert (principal.tenant, principal.key) == (TENANT, KEY)
        assert list(map(str, principal.scopes)) == ["notifications:read:orders.*"]
        assert principal.until == door.clock.now() + 60_000


def test_a_key_opens_a_socket_with_all_it_may(door: Door) -> None:
    decision = door.by_message(door.key)
    assert isinstance(decision, Admission)
    assert decision.principal.may("keys", "write")
    assert decision.principal.until is None


def test_a_token_opens_nothing_else(door: Door) -> None:
    assert error_of(door.by_query(door.token(), "/v1/keys")) is Unauthenticated


def test_a_key_in_the_query_opens_nothing(door: Door) -> None:
    assert error_of(door.by_query(door.key)) is Unauthenticated


@pytest.mark.parametrize("changes", [{"revoked_at": 1}, {"expires_at": 1}])
def test_a_token_ends_with_its_key(door: Door, changes: dict[str, int]) -> None:
    door.change(**changes)
    assert error_of(door.by_query(door.token())) is Unauthenticated
    assert error_of(door.by_message(door.token())) is Unauthenticated
    assert error_of(door.by_message(door.key)) is Unauthenticated


def test_a_connection_lasts_no_longer_than_the_key_of_its_token(door: Door) -> None:
    soon = door.clock.now() + 5_000
    door.change(expires_at=soon)
    decision = door.by_query(door.token())
    assert isinstance(decision, Admission)
    assert decision.principal.until == soon


def test_a_suspended_tenant_listens_to_nothing(door: Door) -> None:
    door.change(tenant_suspended=True)
    assert error_of(door.by_query(door.token())) is TenantSuspended
    assert error_of(door.by_message(door.token())) is TenantSuspended
    assert error_of(door.by_message(door.key)) is TenantSuspended


def test_bad_keys_in_messages_are_limited_by_address_and_good_ones_by_their_rate() -> None:
    door = Door(Rate(1, 2))
    assert [isinstance(door.by_message(door.key), Admission) for _ in range(3)] == [True, True, False]
    stranger = apikey.generate(door.clock).reveal()
    errors = [error_of(door.by_message(stranger)) for _ in range(40)]
    assert errors[0] is Unauthenticated
    assert errors[-1] is QuotaExceeded
