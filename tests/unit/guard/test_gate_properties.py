"""Whatever is thrown at the gate, a decision comes out, and it is a refusal unless the key is good."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gatepost.errors import GatepostError, MethodNotAllowed, NoSuchRoute
from gatepost.guard import Admission, Headers, Refusal, Request, TakeLimits, Verdict, decide
from gatepost.guard.scopes import parse_all
from tests.unit.guard.gatehouse import BODY, Gatehouse, bearer

text = st.text(st.characters(max_codepoint=255), max_size=40)
header_names = st.sampled_from(
    ["authorization", "x-api-key", "content-type", "content-length", "content-encoding", "transfer-encoding", "cookie"]
)
header_values = text | st.sampled_from(
    ["Bearer ", "bearer x", "application/json", "application/json;charset=utf-8", "0", "12", "chunked", "identity"]
)
targets = st.sampled_from(
    [
        ("POST", "/v1/notifications"),
        ("GET", "/v1/notifications"),
        ("POST", "/v1/keys/k/rotate"),
        ("POST", "/hooks/x"),
        ("HEAD", "/v1/me"),
    ]
)
requests = st.tuples(
    targets,
    text | st.sampled_from(["limit=1", "topic=%C3%A9", "limit=1&limit=2", "a&b", "%"]),
    st.lists(st.tuples(header_names, header_values), max_size=6),
    st.binary(max_size=40) | st.sampled_from([b"{}", b"[" * 1001, b'{"a":1,"a":1}', b"\xef\xbb\xbf{}"]),
    text,
)


@given(requests, st.booleans(), st.booleans())
def test_nothing_but_a_decision_ever_comes_out(knock: Any, good_key: bool, within_limit: bool) -> None:
    (method, path), query, headers, body, client = knock
    house = Gatehouse()
    if good_key:
        headers = [*headers, ("authorization", f"Bearer {house.key()}")]
    facts = {**house.facts(body), TakeLimits: lambda ask: Verdict(allowed=within_limit, retry_after=1.0)}
    request = Request(method, path, query, Headers((n.encode(), v.encode("latin-1")) for n, v in headers), client)
    decision = decide(house.gate.steps(request, house.gate.route(method, path)), facts)
    assert isinstance(decision, Admission | Refusal)
    if isinstance(decision, Refusal):
        assert isinstance(decision.error, GatepostError)
    elif not path.startswith("/hooks"):
        assert good_key
        assert within_limit


@given(st.text(max_size=200), st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "", "get"]))
def test_routing_finds_a_route_or_says_that_there_is_none(path: str, method: str) -> None:
    with contextlib.suppress(NoSuchRoute, MethodNotAllowed):
        assert Gatehouse().gate.route(method, path).route.path


def variations(key: str) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Ways to present a key, most of them odd."""
    bent = st.sampled_from(
        [key, key + " ", key[:-1], key.swapcase(), key + "\x00", f'"{key}"', f"<{key}>", f"{key},{key}", f"token={key}"]
    )
    scheme = st.sampled_from(
        ["Bearer ", "bearer ", "Bearer  ", "Bearer\t", "Bearer:", "Token ", "", "Basic ", "Bearer Bearer "]
    )
    authorization = st.tuples(st.just("authorization"), st.builds(str.__add__, scheme, bent))
    return st.lists(authorization | st.tuples(st.just("x-api-key"), bent), min_size=1, max_size=3)


BAD_KEYS: dict[str, dict[str, Any]] = {
    "revoked": {"revoked_at": 1},
    "expired": {"expires_at": 1},
    "of a suspended tenant": {"tenant_suspended": True},
    "for something else": {"scopes": parse_all(["endpoints:read", "notifications:read"])},
    "for nothing": {"scopes": ()},
}


@given(st.sampled_from([*BAD_KEYS, "unknown"]), st.data())
def test_no_way_of_presenting_a_refused_key_opens_the_gate(kind: str, data: st.DataObject) -> None:
    house = Gatehouse()
    key = house.unknown_key() if kind == "unknown" else house.key(**BAD_KEYS[kind])
    headers = [*data.draw(variations(key)), ("content-type", "application/json")]
    assert isinstance(house.decide("POST", "/v1/notifications", headers, BODY), Refusal)


@given(st.data())
def test_no_key_close_to_a_good_one_opens_the_gate(data: st.DataObject) -> None:
    house = Gatehouse()
    key = house.key()
    place = data.draw(st.integers(0, len(key) - 1))
    change = data.draw(st.text(st.characters(max_codepoint=255), max_size=2))
    close = key[:place] + change + key[place + data.draw(st.integers(0, 2)) :]
    decision = house.send(bearer(close))
    assert isinstance(decision, Admission) == (close.lstrip(" ") == key)
