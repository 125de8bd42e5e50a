"""A gate with a few routes and keys, to knock at."""

from __future__ import annotations

from typing import Any

import msgspec

from gatepost.crypto.pepper import PepperRing
from gatepost.guard import (
    ANY_KEY,
    PUBLIC,
    Admission,
    Ask,
    Bytes,
    Decision,
    Facts,
    FindKey,
    Gate,
    GcraLimiter,
    Headers,
    Json,
    KeyRecord,
    Policy,
    Rate,
    ReadBody,
    Refusal,
    Request,
    Route,
    TakeLimits,
    apikey,
    decide,
)
from gatepost.guard.scopes import parse_all
from tests.unit.clocks import HandClock

GENEROUS = Rate(1000, 1000)
MAX_BYTES = 1000
BODY = b'{"topic":"orders.eu","payload":{"total":19.90}}'

ROUTES = (
    Route("POST", "/v1/notifications", Policy(scope="notifications:send", body=Json(MAX_BYTES), by_topic=True), "send"),
    Route("GET", "/v1/notifications", Policy(scope="notifications:read", query=frozenset({"topic", "limit"})), "list"),
    Route("GET", "/v1/notifications/{id}", Policy(scope="notifications:read"), "find"),
    Route(
        "POST",
        "/v1/batch",
        Policy(scope="notifications:send", body=Bytes(MAX_BYTES, ("application/x-ndjson",))),
        "batch",
    ),
    Route("POST", "/v1/keys/{id}/rotate", Policy(scope="keys:write", body=Json(MAX_BYTES, optional=True)), "rotate"),
    Route("DELETE", "/v1/keys/{id}", Policy(scope="keys:write"), "revoke"),
    Route("GET", "/v1/me", Policy(scope=ANY_KEY), "me"),
    Route("GET", "/healthz", Policy(scope=PUBLIC), "health"),
    Route("POST", "/hooks/{source}", Policy(scope=PUBLIC, body=Json(MAX_BYTES)), "hook"),
)


class Gatehouse:
    """The gate, its facts, and a record of what was asked."""

    def __init__(self, limit: Rate = GENEROUS) -> None:
        self.clock = HandClock()
        self.peppers = PepperRing.new(self.clock)
        self.limiter = GcraLimiter(self.clock)
        self.limit = limit
        self.gate = Gate(ROUTES, self.peppers, limit, self.clock)
        self.records: dict[bytes, KeyRecord] = {}
        self.asked: list[Ask] = []

    def rotate_peppers(self) -> None:
        self.peppers = self.peppers.rotated(self.clock)
        self.gate = Gate(ROUTES, self.peppers, self.limit, self.clock)

    def unknown_key(self) -> str:
        return apikey.generate(self.clock).reveal()

    def key(self, *scopes: str, **changes: Any) -> str:
        """A new key that the facts know."""
        key = self.unknown_key()
        record = KeyRecord(f"key_{len(self.records)}", "ten_1", parse_all(scopes or ("*:*",)))
        self.records[self.peppers.digest(key.encode())[1]] = msgspec.structs.replace(record, **changes)
        return key

    def facts(self, body: bytes = b"") -> Facts:
        def find_key(ask: FindKey) -> KeyRecord | None:
            self.asked.append(ask)
            return next((self.records[digest] for digest in ask.digests if digest in self.records), None)

        def take_limits(ask: TakeLimits) -> Any:
            self.asked.append(ask)
            return self.limiter.take(ask.charges)

        def read_body(ask: ReadBody) -> bytes:
            self.asked.append(ask)
            return body

        return {FindKey: find_key, TakeLimits: take_limits, ReadBody: read_body}

    def decide(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | list[tuple[str, str]],
        body: bytes = b"",
        query: str = "",
        client: str = "192.0.2.1",
    ) -> Decision:
        pairs = list(headers.items()) if isinstance(headers, dict) else headers
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
        request = Request(method, path, query, Headers(encoded), client)
        return decide(self.gate.steps(request, self.gate.route(method, path)), self.facts(body))

    def send(self, headers: dict[str, str] | None = None, body: bytes = BODY, **more: Any) -> Decision:
        """POST a notification; a header that is given replaces the good one, and an empty one removes it."""
        good = {"content-type": "application/json", "content-length": str(len(body))}
        merged = {name: value for name, value in {**good, **(headers or {})}.items() if value}
        return self.decide("POST", "/v1/notifications", merged, body, **more)


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def admitted(decision: Decision) -> Admission:
    assert isinstance(decision, Admission), decision
    return decision


def refused(decision: Decision) -> Refusal:
    assert isinstance(decision, Refusal), decision
    return decision


def code(decision: Decision) -> str:
    """The error code of a refusal."""
    return refused(decision).error.code
