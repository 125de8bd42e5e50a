"""The whole gate: who gets in, who is refused with which code, and in which order it finds out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatepost.errors import MethodNotAllowed, NoSuchRoute
from gatepost.guard import (
    ANONYMOUS,
    Admission,
    FindKey,
    Rate,
    ReadBody,
    Refusal,
    TakeLimits,
)
from gatepost.guard.caller import FAILED_CREDENTIALS
from gatepost.guard.gate import CHALLENGE
from tests.unit.guard.gatehouse import BODY, MAX_BYTES, Gatehouse, admitted, bearer, code, refused


@pytest.fixture
def house() -> Gatehouse:
    return Gatehouse()


def asks(house: Gatehouse) -> list[type]:
    return [type(ask) for ask in house.asked]


def test_a_good_request_is_admitted_with_all_the_handler_needs(house: Gatehouse) -> None:
    admission = admitted(house.send(bearer(house.key("notifications:send"))))
    assert (admission.handler, admission.body, admission.media_type) == ("send", BODY, "application/json")
    assert (admission.principal.tenant, admission.principal.key) == ("ten_1", "key_0")
    assert asks(house) == [FindKey, TakeLimits, ReadBody]


def test_path_and_query_reach_the_handler_decoded(house: Gatehouse) -> None:
    key = bearer(house.key("notifications:read"))
    assert admitted(house.decide("GET", "/v1/notifications/ntf_1", key)).params == {"id": "ntf_1"}
    listing = admitted(house.decide("GET", "/v1/notifications", key, query="topic=a%2Eb+%C3%A9&limit="))
    assert listing.query == {"topic": "a.b é", "limit": ""}


def test_a_public_route_asks_nobody_and_knows_nobody(house: Gatehouse) -> None:
    admission = admitted(house.decide("GET", "/healthz", bearer(house.key())))
    assert admission.principal is ANONYMOUS
    assert house.asked == []
    assert not admission.principal.may("notifications", "read")


def test_a_key_in_force_may_see_itself_whatever_its_scopes(house: Gatehouse) -> None:
    admitted(house.decide("GET", "/v1/me", bearer(house.key(scopes=()))))
    assert code(house.decide("GET", "/v1/me", bearer(house.key(revoked_at=1)))) == "unauthenticated"


def test_a_key_for_some_topics_passes_where_the_handler_asks_about_topics(house: Gatehouse) -> None:
    principal = admitted(house.send(bearer(house.key("notifications:send:orders.*")))).principal
    assert principal.may("notifications", "send", "orders.eu")
    assert not principal.may("notifications", "send", "invoices")


@pytest.mark.parametrize("spelling", ["Bearer {}", "bearer {}", "BEARER {}", "Bearer   {}"])
def test_the_scheme_is_read_as_http_says(house: Gatehouse, spelling: str) -> None:
    """RFC 9110 section 11.1: case-insensitive; section 11.4: one or more spaces."""
    admitted(house.send({"authorization": spelling.format(house.key())}))


def test_the_key_may_come_in_its_own_header(house: Gatehouse) -> None:
    admitted(house.send({"x-api-key": house.key()}))


def test_a_key_from_before_a_rotation_of_the_pepper_is_known(house: Gatehouse) -> None:
    key = house.key()
    house.rotate_peppers()
    admitted(house.send(bearer(key)))
    admitted(house.send(bearer(house.key())))


Knock = Callable[[Gatehouse], Any]

REFUSALS: dict[str, tuple[str, Knock]] = {
    "no key": ("unauthenticated", lambda h: h.send()),
    "empty authorization": ("unauthenticated", lambda h: h.send({"authorization": " "})),
    "empty x-api-key": ("unauthenticated", lambda h: h.send({"x-api-key": " "})),
    "malformed key": ("unauthenticated", lambda h: h.send(bearer("gp_live_guess"))),
    "wrong checksum": ("unauthenticated", lambda h: h.send(bearer(h.key()[:-1] + "!"))),
    "unknown key": ("unauthenticated", lambda h: h.send(bearer(h.unknown_key()))),
    "revoked key": ("unauthenticated", lambda h: h.send(bearer(h.key(revoked_at=h.clock.now() - 1)))),
    "revoked by a node whose clock is ahead": (
        "unauthenticated",
        lambda h: h.send(bearer(h.key(revoked_at=h.clock.now() + 5000))),
    ),
    "expired key": ("unauthenticated", lambda h: h.send(bearer(h.key(expires_at=h.clock.now())))),
    "revoked key of a suspended tenant": (
        "unauthenticated",
        lambda h: h.send(bearer(h.key(revoked_at=1, tenant_suspended=True))),
    ),
    "basic": ("unauthenticated", lambda h: h.send({"authorization": f"Basic {h.key()}"})),
    "no scheme": ("unauthenticated", lambda h: h.send({"authorization": h.key()})),
    "scheme with a colon": ("unauthenticated", lambda h: h.send({"authorization": f"Bearer: {h.key()}"})),
    "scheme with a tab": ("unauthenticated", lambda h: h.send({"authorization": f"Bearer\t{h.key()}"})),
    "scheme without a space": ("unauthenticated", lambda h: h.send({"authorization": f"Bearer{h.key()}"})),
    "two schemes": ("unauthenticated", lambda h: h.send({"authorization": f"Bearer Bearer {h.key()}"})),
    "two keys in one header": ("unauthenticated", lambda h: h.send({"authorization": f"Bearer {h.key()}, {h.key()}"})),
    "bearer in x-api-key": ("unauthenticated", lambda h: h.send({"x-api-key": f"Bearer {h.key()}"})),
    "both headers": ("invalid-parameter", lambda h: h.send({**bearer(h.key()), "x-api-key": h.key()})),
    "both headers with one key": (
        "invalid-parameter",
        lambda h: both_ways(h, h.key()),
    ),
    "authorization twice": (
        "invalid-parameter",
        lambda h: h.decide("GET", "/v1/me", [("authorization", f"Bearer {h.key()}")] * 2),
    ),
    "x-api-key twice": ("invalid-parameter", lambda h: h.decide("GET", "/v1/me", [("x-api-key", h.key())] * 2)),
    "suspended tenant": ("tenant-suspended", lambda h: h.send(bearer(h.key(tenant_suspended=True)))),
    "no scopes": ("insufficient-scope", lambda h: h.send(bearer(h.key(scopes=())))),
    "other verb": ("insufficient-scope", lambda h: h.send(bearer(h.key("notifications:read")))),
    "other resource": ("insufficient-scope", lambda h: h.send(bearer(h.key("endpoints:*")))),
    "some topics where the handler looks at none": (
        "insufficient-scope",
        lambda h: h.decide("DELETE", "/v1/keys/key_1", bearer(h.key("*:*:orders.*"))),
    ),
    "body announced too large": (
        "too-large",
        lambda h: h.send({**bearer(h.key()), "content-length": str(MAX_BYTES + 1)}),
    ),
    "body announced absurdly large": ("too-large", lambda h: h.send({**bearer(h.key()), "content-length": "9" * 15})),
    "content-length of 5,000 digits": (
        "too-large",
        lambda h: h.send({**bearer(h.key()), "content-length": "1" * 5000}),
    ),
    "streamed body too large": (
        "too-large",
        lambda h: h.send({**bearer(h.key()), "content-length": "", "transfer-encoding": "chunked"}, b"[" * 1001),
    ),
    "body where there is none": (
        "too-large",
        lambda h: h.decide("DELETE", "/v1/keys/key_1", {**bearer(h.key()), "content-length": "1"}, b"1"),
    ),
    "streamed body where there is none": (
        "too-large",
        lambda h: h.decide("DELETE", "/v1/keys/key_1", {**bearer(h.key()), "transfer-encoding": "chunked"}, b"1"),
    ),
    "content-length that is no number": (
        "invalid-parameter",
        lambda h: h.send({**bearer(h.key()), "content-length": "+1"}),
    ),
    "two framings of the body": (
        "invalid-parameter",
        lambda h: h.send({**bearer(h.key()), "transfer-encoding": "chunked"}),
    ),
    "no content type": ("unsupported-media-type", lambda h: h.send({**bearer(h.key()), "content-type": ""})),
    "form": (
        "unsupported-media-type",
        lambda h: h.send({**bearer(h.key()), "content-type": "application/x-www-form-urlencoded"}),
    ),
    "text": ("unsupported-media-type", lambda h: h.send({**bearer(h.key()), "content-type": "text/plain"})),
    "json in another charset": (
        "unsupported-media-type",
        lambda h: h.send({**bearer(h.key()), "content-type": "application/json; charset=utf-16"}),
    ),
    "two content types in one": (
        "unsupported-media-type",
        lambda h: h.send({**bearer(h.key()), "content-type": "application/json, text/plain"}),
    ),
    "packed body": ("unsupported-media-type", lambda h: h.send({**bearer(h.key()), "content-encoding": "gzip"})),
    "empty body": ("malformed-json", lambda h: h.send(bearer(h.key()), b"")),
    "broken body": ("malformed-json", lambda h: h.send(bearer(h.key()), b"{")),
    "doubled member": ("duplicate-member", lambda h: h.send(bearer(h.key()), b'{"topic":"a","topic":"b"}')),
    "deep body": ("too-deep", lambda h: h.send(bearer(h.key()), b"[" * 400 + b"]" * 400)),
    "number beyond a double": ("number-out-of-range", lambda h: h.send(bearer(h.key()), b"1e400")),
    "unnamed body where it is optional": (
        "unsupported-media-type",
        lambda h: h.decide("POST", "/v1/keys/key_1/rotate", bearer(h.key()), b"{}"),
    ),
    "unknown query": ("invalid-parameter", lambda h: h.send(bearer(h.key()), query="debug=1")),
    "query twice": ("invalid-parameter", lambda h: listing(h, "limit=1&limit=2")),
    "query twice, once escaped": ("invalid-parameter", lambda h: listing(h, "limit=1&lim%69t=2")),
    "query without a value": ("invalid-parameter", lambda h: listing(h, "limit")),
    "query without a name": ("invalid-parameter", lambda h: listing(h, "=1")),
    "query of nothing": ("invalid-parameter", lambda h: listing(h, "limit=1&")),
    "query with two equals signs": ("invalid-parameter", lambda h: listing(h, "limit=1=2&")),
    "query with a broken escape": ("invalid-parameter", lambda h: listing(h, "topic=%zz")),
    "query with a NUL": ("invalid-parameter", lambda h: listing(h, "topic=%00")),
    "query with a line break": ("invalid-parameter", lambda h: listing(h, "topic=a%0d%0ab")),
    "query that is no UTF-8": ("invalid-parameter", lambda h: listing(h, "topic=%ff")),
    "query that is overlong UTF-8": ("invalid-parameter", lambda h: listing(h, "topic=%c0%ae")),
    "query that is too long": ("invalid-parameter", lambda h: listing(h, "topic=" + "a" * 4096)),
    "too many headers": (
        "headers-too-large",
        lambda h: h.decide("GET", "/v1/me", [*bearer(h.key()).items(), *[("x", "y")] * 100]),
    ),
    "headers too large": ("headers-too-large", lambda h: h.send({**bearer(h.key()), "cookie": "c" * 16_384})),
}


def both_ways(house: Gatehouse, key: str) -> Any:
    return house.send({**bearer(key), "x-api-key": key})


def listing(house: Gatehouse, query: str) -> Any:
    return house.decide("GET", "/v1/notifications", bearer(house.key()), query=query)


@pytest.mark.parametrize(("expected", "knock"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refusals(house: Gatehouse, expected: str, knock: Knock) -> None:
    assert code(knock(house)) == expected


@pytest.mark.parametrize("name", [name for name, (expected, _) in REFUSALS.items() if expected == "unauthenticated"])
def test_401_challenges_and_tells_an_attacker_nothing(house: Gatehouse, name: str) -> None:
    refusal = refused(REFUSALS[name][1](house))
    assert refusal.headers == CHALLENGE
    if name != "no key":
        assert refusal.error.detail == "the API key is not valid"


@pytest.mark.parametrize("key", ["", "x", "gp_live_", "gp_live_" + "a" * 36, "gp_live_" + "a" * 5000, "\xff" * 50])
def test_a_malformed_key_costs_no_look_up(house: Gatehouse, key: str) -> None:
    assert code(house.send(bearer(key))) == "unauthenticated"
    assert house.asked == []


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"[" * MAX_BYTES, {}),
        (b"\xff\x00", {}),
        (b"[" * 100_000, {"content-length": "", "transfer-encoding": "chunked"}),
    ],
)
def test_a_stranger_buys_neither_reading_nor_parsing(house: Gatehouse, body: bytes, headers: dict[str, str]) -> None:
    assert code(house.send(headers, body)) == "unauthenticated"
    assert code(house.send({**headers, **bearer(house.unknown_key())}, body)) == "unauthenticated"
    assert ReadBody not in asks(house)


def test_the_order_of_the_checks() -> None:
    """Everything is wrong at first; mending what is found brings up the next check and no other."""
    house = Gatehouse(Rate(1, 1))
    good, suspended, narrow = house.key(), house.key(tenant_suspended=True), house.key("keys:read")
    headers = {
        "cookie": "c" * 20_000,
        "content-type": "text/plain",
        "content-length": "5000",
        "authorization": "Bearer unknown",
    }
    mends: list[tuple[str, dict[str, str], str]] = [
        ("headers-too-large", {"cookie": ""}, "debug=1"),
        ("invalid-parameter", {}, ""),
        ("too-large", {"content-length": "3"}, ""),
        ("unsupported-media-type", {"content-type": "application/json"}, ""),
        ("unauthenticated", bearer(house.unknown_key()), ""),
        ("unauthenticated", bearer(suspended), ""),
        ("tenant-suspended", bearer(narrow), ""),
        ("insufficient-scope", bearer(good), ""),
    ]
    query = "debug=1"
    for expected, mend, next_query in mends:
        assert code(house.send(headers, b"no!", query=query)) == expected
        headers, query = {**headers, **mend}, next_query
    assert code(house.send(headers, b"no!")) == "malformed-json"
    assert code(house.send(headers, b"no!")) == "quota-exceeded"
    assert isinstance(house.asked[-1], TakeLimits)


def test_the_limit_is_each_keys_own() -> None:
    house = Gatehouse(Rate(10, 2))
    one, other = bearer(house.key()), bearer(house.key())
    assert [type(house.send(one)) for _ in range(3)] == [Admission, Admission, Refusal]
    refusal = refused(house.send(one))
    assert refusal.error.code == "quota-exceeded"
    assert refusal.error.retry_after == pytest.approx(0.1)
    admitted(house.send(other))
    house.clock.advance(0.1)
    admitted(house.send(one))


def test_an_address_that_tries_many_keys_is_slowed_but_good_keys_still_pass(house: Gatehouse) -> None:
    good = bearer(house.key())
    codes = [code(house.send(bearer(house.unknown_key()))) for _ in range(FAILED_CREDENTIALS.burst + 5)]
    assert codes == ["unauthenticated"] * FAILED_CREDENTIALS.burst + ["quota-exceeded"] * 5
    assert code(house.send(bearer(house.unknown_key()), client="192.0.2.2")) == "unauthenticated"
    admitted(house.send(good))


@pytest.mark.parametrize(
    ("one", "other", "counted_together"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("not:an:address", "not:an:other", False),
        ("", "", True),
    ],
)
def test_failures_are_counted_by_the_network_one_customer_has(
    house: Gatehouse, one: str, other: str, counted_together: bool
) -> None:
    for _ in range(FAILED_CREDENTIALS.burst):
        house.send(bearer(house.unknown_key()), client=one)
    slowed = code(house.send(bearer(house.unknown_key()), client=other)) == "quota-exceeded"
    assert slowed is counted_together


def test_an_optional_body_may_be_missing_but_not_wrong(house: Gatehouse) -> None:
    key = bearer(house.key())
    path, json = "/v1/keys/key_1/rotate", {"content-type": "application/json"}
    assert admitted(house.decide("POST", path, key)).body == b""
    assert admitted(house.decide("POST", path, {**key, **json, "content-length": "0"})).body == b""
    assert admitted(house.decide("POST", path, {**key, **json}, b"{}")).body == b"{}"
    assert code(house.decide("POST", path, {**key, **json}, b"{")) == "malformed-json"


@pytest.mark.parametrize(
    "spelling",
    ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"', "application/json;", " application/json "],
)
def test_spellings_of_json_that_mean_the_same(house: Gatehouse, spelling: str) -> None:
    assert admitted(house.send({**bearer(house.key()), "content-type": spelling})).media_type == "application/json"


def test_bytes_are_kept_unread(house: Gatehouse) -> None:
    headers = {**bearer(house.key()), "content-type": "application/x-ndjson"}
    assert admitted(house.decide("POST", "/v1/batch", headers, b"{}\nnot json\n")).body == b"{}\nnot json\n"


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            "*",
            "v1/me",
            "/v1/me/",
            "/V1/me",
            "//v1/me",
            "/v1//me",
            "/v1/me?x",
            "/v1/../v1/me",
            "/v1/notifications/",
        ),
        *("/v1/notifications/a/b", "/v1/notifications/..", "/v1/notifications/.", "/v1/notifications/a\\b"),
        *(
            "/v1/notifications/a\x00",
            "/v1/notifications/\n",
            "/v1/notifications/\x85",
            "/v1/notifications/" + "a" * 257,
        ),
    ],
)
def test_path_tricks_lead_nowhere(house: Gatehouse, path: str) -> None:
    with pytest.raises(NoSuchRoute):
        house.gate.route("GET", path)


def test_another_method_is_told_which_there_are(house: Gatehouse) -> None:
    with pytest.raises(MethodNotAllowed) as refusal:
        house.gate.route("PUT", "/v1/notifications")
    assert refusal.value.allowed == ("GET", "HEAD", "POST")
    with pytest.raises(MethodNotAllowed):
        house.gate.route("get", "/v1/me")
