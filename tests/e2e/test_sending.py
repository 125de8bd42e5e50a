"""What producers may rely on: batches, idempotency, their own ids, cancelling, and lists."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tests.e2e.raw_http import Answer, Api
from tests.e2e.service_process import running

NDJSON = {"content-type": "application/x-ndjson"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running(tmp_path_factory.mktemp("service")) as service:
        yield service.api


def notification(number: int, topic: str = "orders", **fields: Any) -> dict[str, Any]:
    return {"topic": topic, "type": "order.paid", "payload": {"number": number}} | fields


def later() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


def _accepted(api: Api) -> int:
    count: int = api.get("/v1/status")["accepted"]
    return count


# Batches

MIXED: list[tuple[bytes, str | None]] = [
    (msgspec.json.encode(notification(0)), None),
    (b'{"topic":"orders"}', "invalid-field"),
    (msgspec.json.encode(notification(1)), None),
    (b'{"topic":"a","topic":"b"}', "duplicate-member"),
    (b'{"topic":"orders","type":"a","payload":1,"more":2}', "unknown-field"),
    (b'{"topic":"orders","type":"a","payload":' + b"9" * 200 + b"}", "number-out-of-range"),
    (b'{"topic":"orders","type":"a","payload":"' + b"x" * 70_000 + b'"}', "too-large"),
    (b'{"topic":"orders","type":"a","payload":' + b"[" * 100 + b"]" * 100 + b"}", "too-deep"),
    (b"17", "invalid-field"),
    (msgspec.json.encode(notification(2)), None),
]
"""Items of a batch, and the code with which each is refused."""


@pytest.mark.parametrize("form", ["array", "lines"])
def test_each_item_of_a_batch_is_judged_alone_and_in_order(api: Api, form: str) -> None:
    items = [item for item, _ in MIXED]
    if form == "array":
        answer = api.call("POST", "/v1/notifications/batch", b"[" + b",".join(items) + b"]")
    else:
        lines = [*items, b'{"topic":', b"", b"{bad\xff}"]  # a broken line spoils itself alone; empty ones are passed by
        answer = api.call("POST", "/v1/notifications/batch", b"\r\n".join(lines), NDJSON)
    assert answer.status == 202
    results = answer.document["results"]
    codes = [result["problem"]["code"] if "problem" in result else None for result in results]
    assert codes[: len(MIXED)] == [code for _, code in MIXED]
    assert codes[len(MIXED) :] == ([] if form == "array" else ["malformed-json", "malformed-json"])
    assert answer.document["accepted"] == codes.count(None)
    assert answer.document["refused"] == len(codes) - codes.count(None)
    kept = [api.get(f"/v1/notifications/{result['id']}")["payload"]["number"] for result in results if "id" in result]
    assert kept == [0, 1, 2]


@pytest.mark.parametrize("form", ["array", "lines"])
def test_a_batch_of_a_thousand_is_taken_and_one_more_is_not(api: Api, form: str) -> None:
    def send(count: int) -> Answer:
        items = [msgspec.json.encode(notification(number)) for number in range(count)]
        if form == "array":
            return api.call("POST", "/v1/notifications/batch", b"[" + b",".join(items) + b"]")
        return api.call("POST", "/v1/notifications/batch", b"\n".join(items), NDJSON)

    before = _accepted(api)
    too_many = send(1_001)
    assert (too_many.status, too_many.document["code"]) == (413, "too-large")
    assert _accepted(api) == before
    taken = send(1_000)
    assert (taken.status, taken.document["accepted"]) == (202, 1_000)
    assert len({result["id"] for result in taken.document["results"]}) == 1_000
    assert _accepted(api) == before + 1_000


def test_a_batch_of_which_nothing_is_accepted_is_refused(api: Api) -> None:
    before = _accepted(api)
    answer = api.call("POST", "/v1/notifications/batch", [{}, {"topic": 1}])
    assert (answer.status, answer.document["code"]) == (422, "batch-refused")
    assert [result["problem"]["code"] for result in answer.document["results"]] == ["invalid-field"] * 2
    assert _accepted(api) == before


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"[]", "invalid-parameter"), (b"{}", "malformed-json"), (b"[1,", "malformed-json"), (b"", "malformed-json")],
)
def test_what_is_no_batch_is_refused_as_a_whole(api: Api, body: bytes, code: str) -> None:
    answer = api.call("POST", "/v1/notifications/batch", body)
    assert (answer.status, answer.document["code"]) == (400, code)


# Idempotency


@pytest.mark.parametrize("path", ["/v1/notifications", "/v1/notifications/batch"])
def test_the_same_request_again_gets_the_same_answer(api: Api, path: str) -> None:
    key = {"idempotency-key": f'"again {path}"'}
    body: Any = notification(1) if path == "/v1/notifications" else [notification(1), {}, notification(2)]
    before = _accepted(api)
    first = api.call("POST", path, body, key)
    after = _accepted(api)
    again = api.call("POST", path, body, key)
    assert (first.status, first.body) == (again.status, again.body)
    assert _accepted(api) == after > before
    other = api.call("POST", path, notification(3) if path == "/v1/notifications" else [notification(3)], key)
    assert (other.status, other.document["code"]) == (422, "idempotency-mismatch")
    assert _accepted(api) == after


def test_an_idempotency_key_belongs_to_its_route(api: Api) -> None:
    key = {"idempotency-key": "shared"}
    assert api.call("POST", "/v1/notifications", notification(1), key).status == 202
    assert api.call("POST", "/v1/notifications/batch", [notification(1)], key).status == 202


def test_many_at_once_with_one_key_are_accepted_once(api: Api) -> None:
    key = {"idempotency-key": "race"}
    before = _accepted(api)
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: api.call("POST", "/v1/notifications", notification(1), key), range(64)))
    accepted = {answer.document["id"] for answer in answers if answer.status == 202}
    refused = {answer.document["code"] for answer in answers if answer.status != 202}
    assert len(accepted) == 1
    assert refused <= {"idempotency-running"}
    assert _accepted(api) == before + 1


def test_a_producers_own_id_is_taken_once(api: Api) -> None:
    first = api.post("/v1/notifications", notification(1, id="order-17"))
    assert api.post("/v1/notifications", notification(1, id="order-17"))["id"] == first["id"]
    other = api.call("POST", "/v1/notifications", notification(2, id="order-17"))
    assert (other.status, other.document["code"]) == (409, "id-conflict")
    assert other.document["errors"][0]["pointer"] == "/id"
    batch = api.post(
        "/v1/notifications/batch",
        [notification(1, id="order-17"), notification(9, id="order-18"), notification(8, id="order-18")],
    )
    same, new, clash = batch["results"]
    assert same["id"] == first["id"]
    assert api.get(f"/v1/notifications/{new['id']}")["producer_id"] == "order-18"
    assert clash["problem"]["code"] == "id-conflict"


# Cancelling


def test_what_is_not_yet_sent_can_be_cancelled(api: Api) -> None:
    endpoint = api.post("/v1/endpoints", {"url": "http://127.0.0.1:9/", "topics": ["cancel"]})["id"]
    own_id = api.post("/v1/notifications", notification(1, "cancel", deliver_at=later()))["id"]
    assert api.post(f"/v1/notifications/{own_id}/cancel") == {"id": own_id, "cancelled": 1}
    assert api.post(f"/v1/notifications/{own_id}/cancel") == {"id": own_id, "cancelled": 0}
    (delivery,) = api.get(f"/v1/notifications/{own_id}")["deliveries"]
    assert (delivery["endpoint"], delivery["state"], delivery["attempts"]) == (endpoint, "cancelled", [])
    nothing = api.call("POST", f"/v1/notifications/ntf_{'0' * 32}/cancel")
    assert (nothing.status, nothing.document["code"]) == (404, "not-found")


# Lists


def _pages(api: Api, query: str) -> Iterator[list[dict[str, Any]]]:
    cursor = ""
    while cursor is not None:
        page = api.get(f"/v1/notifications?{query}{cursor}")
        yield page["data"]
        cursor = page["next"] and f"&cursor={page['next']}"


def test_pages_hold_each_notification_once_newest_first(api: Api) -> None:
    sent = []
    for start in range(0, 250, 50):
        batch = [notification(number, "pages") for number in range(start, start + 50)]
        sent += [result["id"] for result in api.post("/v1/notifications/batch", batch)["results"]]
    pages = list(_pages(api, "topic=pages&limit=60"))
    listed = [entry["id"] for page in pages for entry in page]
    assert [len(page) for page in pages if page] == [60, 60, 60, 60, 10]
    assert sorted(listed) == sorted(sent)
    assert listed == sorted(listed, reverse=True)
    assert all("payload" not in entry for page in pages for entry in page)


def test_lists_can_be_narrowed(api: Api) -> None:
    first = api.post("/v1/notifications", notification(1, "narrow", type="a"))["id"]
    second = api.post("/v1/notifications", notification(2, "narrow", type="b"))["id"]
    accepted_at = api.get(f"/v1/notifications/{first}")["accepted_at"]

    def ids(query: str) -> list[str]:
        return [entry["id"] for entry in api.get(f"/v1/notifications?topic=narrow{query}")["data"]]

    assert ids("&type=a") == [first]
    assert ids("&type=c") == []
    assert sorted(ids(f"&since={accepted_at}")) == sorted([first, second])
    assert ids(f"&until={accepted_at}") == []
