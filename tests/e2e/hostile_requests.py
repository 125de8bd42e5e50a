"""Requests that can never work, as a table: bytes on the wire, and the answer that they deserve."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from gatepost.guard import apikey
from tests.e2e.raw_http import request
from tests.unit.clocks import HandClock

KEY = "gp_live_KEY"
"""Stands in the table for the key of the running service."""

AUTH = {"authorization": f"Bearer {KEY}"}
GOOD = {"topic": "orders", "type": "order.paid", "payload": {"amount": 1}}


class Case(msgspec.Struct, frozen=True):
    """What is sent, and the status and the code of the problem document that must come back."""

    data: bytes
    status: int
    code: str


def post(body: bytes | Any, status: int, code: str, **headers: str) -> Case:
    """A POST of one notification."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    fields = AUTH | {name.replace("_", "-"): value for name, value in headers.items()}
    return Case(request("POST", "/v1/notifications", content, fields), status, code)


def payload(text: bytes, status: int, code: str) -> Case:
    """A notification whose payload is this text."""
    return post(b'{"topic":"orders","type":"order.paid","payload":' + text + b"}", status, code)


def field(status: int, code: str, **fields: Any) -> Case:
    return post(GOOD | fields, status, code)


def get(path: str, status: int, code: str) -> Case:
    return Case(request("GET", path, headers=AUTH), status, code)


def raw(text: str, status: int, code: str, body: bytes = b"") -> Case:
    return Case(text.replace("\n", "\r\n").encode("latin-1") + body, status, code)


def no_http(text: str) -> Case:
    return raw(text, 400, "invalid-input")


def moment(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


POST_HEAD = f"POST /v1/notifications HTTP/1.1\nhost: x\nauthorization: Bearer {KEY}\ncontent-type: application/json\n"

JSON = {
    "no body": post(b"", 400, "malformed-json"),
    "spaces": post(b"   ", 400, "malformed-json"),
    "half an object": post(b'{"topic":"orders",', 400, "malformed-json"),
    "a missing value": post(b'{"topic":}', 400, "malformed-json"),
    "two texts": post(b"{} {}", 400, "malformed-json"),
    "a trailing comma": post(b'{"topic":"orders",}', 400, "malformed-json"),
    "a comment": post(b'{"topic":"orders"/* */}', 400, "malformed-json"),
    "single quotes": post(b"{'topic':'orders'}", 400, "malformed-json"),
    "a byte order mark": post(b"\xef\xbb\xbf{}", 400, "malformed-json"),
    "UTF-16": post('{"topic":"orders"}'.encode("utf-16"), 400, "malformed-json"),
    "NUL": post(b"\0", 400, "malformed-json"),
    "NUL after the text": post(msgspec.json.encode(GOOD) + b"\0", 400, "malformed-json"),
    "NUL in a string": payload(b'"a\0b"', 400, "malformed-json"),
    "a control character in a string": payload(b'"a\nb"', 400, "malformed-json"),
    "bad UTF-8": payload(b'"\xff\xfe"', 400, "malformed-json"),
    "overlong UTF-8": payload(b'"\xc0\xaf"', 400, "malformed-json"),
    "a surrogate in UTF-8": payload(b'"\xed\xa0\x80"', 400, "malformed-json"),
    "half a surrogate pair": payload(rb'"\ud800"', 400, "malformed-json"),
    "NaN": payload(b"NaN", 400, "malformed-json"),
    "Infinity": payload(b"-Infinity", 400, "malformed-json"),
    "a leading zero": payload(b"01", 400, "malformed-json"),
    "a member twice": post(b'{"topic":"a","topic":"b"}', 400, "duplicate-member"),
    "a member twice inside": payload(b'{"a":[{"b":1,"b":2}]}', 400, "duplicate-member"),
    "a member twice, escaped": payload(rb'{"a":1,"\u0061":2}', 400, "duplicate-member"),
    "10,000 arrays": payload(b"[" * 10_000 + b"]" * 10_000, 400, "too-deep"),
    "10,000 objects": payload(b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400, "too-deep"),
    "10,000 arrays without an end": payload(b"[" * 10_000, 400, "too-deep"),
    "10,000 arrays and nothing else": post(b"[" * 10_000, 400, "too-deep"),
    "65 arrays": payload(b"[" * 65 + b"]" * 65, 400, "too-deep"),
    "a number of 60,000 digits": payload(b"9" * 60_000, 400, "number-out-of-range"),
    "a number beyond a double": payload(b"1e400", 400, "number-out-of-range"),
    "a fraction of 129 characters": payload(b"0." + b"1" * 127, 400, "number-out-of-range"),
}

FIELDS = {
    "an array": post([], 422, "invalid-field"),
    "a string": post("orders", 422, "invalid-field"),
    "null": post(b"null", 422, "invalid-field"),
    "nothing in it": post({}, 422, "invalid-field"),
    "no payload": post({"topic": "orders", "type": "order.paid"}, 422, "invalid-field"),
    "an unknown field": field(422, "unknown-field", prio=1),
    "a known field in capitals": field(422, "unknown-field", Topic="orders"),
    "a number as topic": field(422, "invalid-field", topic=1),
    "an empty topic": field(422, "invalid-field", topic=""),
    "a topic of 10,000 characters": field(422, "invalid-field", topic="a" * 10_000),
    "a pattern as topic": field(422, "invalid-field", topic="orders.*"),
    "a topic with a line break": field(422, "invalid-field", topic="orders\n"),
    "a topic of Gatepost's own": field(422, "invalid-field", topic="gatepost.endpoint"),
    "a type with quotes": field(422, "invalid-field", type='a","b":"'),
    "null as type": field(422, "invalid-field", type=None),
    "an empty id": field(422, "invalid-field", id=""),
    "an id with spaces": field(422, "invalid-field", id="a b"),
    "an ordering key with NUL": field(422, "invalid-field", ordering_key="a\0"),
    "a collapse key too long": field(422, "invalid-field", collapse_key="a" * 129),
    "tomorrow": field(422, "invalid-field", deliver_at="tomorrow"),
    "a time without offset": field(422, "invalid-field", deliver_at="2030-01-01T00:00:00"),
    "a number as time": field(422, "invalid-field", deliver_at=1_900_000_000),
    "the year 10000": field(422, "invalid-field", deliver_at="10000-01-01T00:00:00Z"),
    "expired already": field(422, "invalid-field", expires_at=moment(hours=1)),
    "expired before it is due": field(422, "invalid-field", deliver_at=moment(hours=-2), expires_at=moment(hours=-1)),
    "a payload of 64 KiB and a byte": payload(b'"' + b"x" * (64 * 1024 - 1) + b'"', 413, "too-large"),
}

SIZES = {
    "10 MB announced": raw(f"{POST_HEAD}content-length: 10000000\n\n", 413, "too-large"),
    "a hundred terabytes announced": raw(f"{POST_HEAD}content-length: 100000000000000\n\n", 413, "too-large"),
    "ten exabytes announced": raw(f"{POST_HEAD}content-length: 10000000000000000000\n\n", 413, "too-large"),
    "100 KB": post(b" " * 100_000, 413, "too-large"),
    "100 KB in chunks": raw(
        f"{POST_HEAD}transfer-encoding: chunked\n\n", 413, "too-large", b"186a0\r\n" + b" " * 100_000 + b"\r\n0\r\n\r\n"
    ),
    "9 MB announced for a batch": raw(
        POST_HEAD.replace(" HTTP", "/batch HTTP") + "content-length: 9000000\n\n", 413, "too-large"
    ),
    "a body where none belongs": Case(request("GET", "/v1/notifications", b"{}", AUTH), 413, "too-large"),
}

MEDIA_TYPES = {
    "no content type": raw(
        POST_HEAD.replace("content-type: application/json", "content-length: 2") + "\n{}", 415, "unsupported-media-type"
    ),
    "text": post(GOOD, 415, "unsupported-media-type", content_type="text/plain"),
    "a form": post(GOOD, 415, "unsupported-media-type", content_type="application/x-www-form-urlencoded"),
    "another charset": post(GOOD, 415, "unsupported-media-type", content_type="application/json; charset=utf-16"),
    "compressed": post(GOOD, 415, "unsupported-media-type", content_encoding="gzip"),
    "a batch as text": Case(
        request("POST", "/v1/notifications/batch", b"[]", AUTH | {"content-type": "text/csv"}),
        415,
        "unsupported-media-type",
    ),
}

FRAMING = {
    "two lengths": no_http(f"{POST_HEAD}content-length: 2\ncontent-length: 3\n\n{{}}"),
    "a negative length": no_http(f"{POST_HEAD}content-length: -1\n\n{{}}"),
    "a length in words": no_http(f"{POST_HEAD}content-length: two\n\n{{}}"),
    "a length and chunks": no_http(f"{POST_HEAD}content-length: 2\ntransfer-encoding: chunked\n\n2\n{{}}\n0\n\n"),
    "a chunk of no number": no_http(f"{POST_HEAD}transfer-encoding: chunked\n\nzz\n{{}}\n0\n\n"),
    "a chunk that is longer than it says": no_http(f"{POST_HEAD}transfer-encoding: chunked\n\n1\n{{}}\n0\n\n"),
    "an unknown transfer encoding": no_http(f"{POST_HEAD}transfer-encoding: gzip\n\n{{}}"),
    "a folded header": no_http("GET /healthz HTTP/1.1\nhost: x\nx: a\n b\n\n"),
    "a header without a colon": no_http("GET /healthz HTTP/1.1\nhost: x\nnonsense\n\n"),
    "a space before the colon": no_http("GET /healthz HTTP/1.1\nhost: x\nx : a\n\n"),
    "NUL in a header": no_http("GET /healthz HTTP/1.1\nhost: x\nx: a\0b\n\n"),
    "no HTTP at all": no_http("Hello?\n\n"),
    "TLS": no_http("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n"),
    "HTTP/2": no_http("PRI * HTTP/2.0\n\nSM\n\n"),
    "101 headers": raw("GET /healthz HTTP/1.1\nhost: x\n" + "x: y\n" * 100 + "\n", 431, "headers-too-large"),
    "20 KB of one header": raw("GET /healthz HTTP/1.1\nhost: x\nx: " + "y" * 20_000 + "\n\n", 431, "headers-too-large"),
    "headers without an end": raw("GET /healthz HTTP/1.1\nhost: x\nx: " + "y" * 100_000, 431, "headers-too-large"),
    "an address of 20 KB": raw("GET /" + "y" * 20_000 + " HTTP/1.1\nhost: x\n\n", 431, "headers-too-large"),
}

PLACES = {
    "an unknown path": get("/v1/nothing", 404, "no-such-route"),
    "the root": get("/", 404, "no-such-route"),
    "a slash too many": get("/v1/notifications/", 404, "no-such-route"),
    "a double slash": get("//v1/notifications", 404, "no-such-route"),
    "dots": get("/v1/../healthz", 404, "no-such-route"),
    "escaped dots": get("/v1/notifications/%2e%2e", 404, "no-such-route"),
    "an escaped slash": get("/v1%2fnotifications", 404, "no-such-route"),
    "an escaped NUL": get("/v1/notifications/a%00", 404, "no-such-route"),
    "half an escape": get("/v1/notifications/%f", 404, "no-such-route"),
    "bad UTF-8 in the path": get("/v1/notifications/%ff", 404, "no-such-route"),
    "a long path": get("/v1/notifications/" + "a" * 3000, 404, "no-such-route"),
    "an id that is none": get("/v1/notifications/ntf_zzz", 404, "not-found"),
    "an id of another kind": get("/v1/notifications/ep_" + "0" * 32, 404, "not-found"),
    "an unknown error code": get("/problems/nothing", 404, "not-found"),
    "another method": Case(request("DELETE", "/v1/notifications", headers=AUTH), 405, "method-not-allowed"),
    "OPTIONS": Case(request("OPTIONS", "/v1/notifications", headers=AUTH), 405, "method-not-allowed"),
    "TRACE": Case(request("TRACE", "/v1/notifications", headers=AUTH), 405, "method-not-allowed"),
    "a method that nobody knows": Case(request("BREW", "/v1/notifications", headers=AUTH), 400, "invalid-input"),
    "an unknown parameter": get("/v1/notifications?a=b", 400, "invalid-parameter"),
    "a parameter twice": get("/v1/notifications?limit=1&limit=2", 400, "invalid-parameter"),
    "a parameter without a value": get("/v1/notifications?limit", 400, "invalid-parameter"),
    "half an escape in a parameter": get("/v1/notifications?topic=%f", 400, "invalid-parameter"),
    "NUL in a parameter": get("/v1/notifications?topic=%00", 400, "invalid-parameter"),
    "an empty page": get("/v1/notifications?limit=0", 400, "invalid-parameter"),
    "a page too large": get("/v1/notifications?limit=101", 400, "invalid-parameter"),
    "digits of another script": get("/v1/notifications?limit=%D9%A3", 400, "invalid-parameter"),
    "a cursor that is none": get("/v1/notifications?cursor=x", 400, "invalid-parameter"),
    "a time that is none": get("/v1/notifications?since=yesterday", 400, "invalid-parameter"),
    "a durability that is none": post(GOOD, 400, "invalid-parameter", gatepost_durability="maybe"),
    "a durability that is not allowed": post(GOOD, 403, "durability-not-allowed", gatepost_durability="memory"),
    "an empty idempotency key": post(GOOD, 400, "invalid-parameter", idempotency_key='""'),
    "an idempotency key too long": post(GOOD, 400, "invalid-parameter", idempotency_key="k" * 256),
}


ME = "GET /v1/me HTTP/1.1\nhost: x\n"


def keyed(**headers: str) -> Case:
    return Case(request("GET", "/v1/me", headers=headers), 401, "unauthenticated")


KEYS = {
    "no key": Case(request("GET", "/v1/me"), 401, "unauthenticated"),
    "no key, and a body": Case(request("POST", "/v1/notifications", b"[" * 10_000), 401, "unauthenticated"),
    "an empty key": keyed(authorization="Bearer "),
    "another scheme": keyed(authorization="Basic dXNlcjpwYXNz"),
    "a key without scheme": keyed(authorization=KEY),
    "a word as key": keyed(authorization="Bearer secret"),
    "a mistyped key": keyed(authorization=f"Bearer {KEY}x"),
    "a key that nobody made": keyed(authorization=f"Bearer {apikey.generate(HandClock()).reveal()}"),
    "a key that nobody made, the other way": keyed(**{"x-api-key": apikey.generate(HandClock()).reveal()}),
    "a key of 60,000 characters": Case(
        request("GET", "/v1/me", headers={"authorization": "Bearer gp_live_" + "a" * 15_000}), 401, "unauthenticated"
    ),
    "a key in two headers": raw(f"{ME}authorization: Bearer {KEY}\nx-api-key: {KEY}\n\n", 400, "invalid-parameter"),
    "a key twice": raw(f"{ME}authorization: Bearer {KEY}\nauthorization: Bearer x\n\n", 400, "invalid-parameter"),
}

CASES = JSON | FIELDS | SIZES | MEDIA_TYPES | FRAMING | PLACES | KEYS
