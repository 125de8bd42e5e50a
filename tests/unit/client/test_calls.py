"""What each verb asks of the API."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime

import msgspec
import pytest

from gatepost.client import calls
from gatepost.client.aio import AsyncClient
from gatepost.client.sync import Client
from gatepost.client.wire import Answer
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidField, InvalidParameter, ServiceError


def verbs() -> set[str]:
    """The public functions of `calls`, except the one that only `send_many` uses."""
    own = inspect.getmembers(calls, lambda member: inspect.isfunction(member) and member.__module__ == calls.__name__)
    return {name for name, _ in own if not name.startswith("_")} - {"send_batch"}


def test_both_clients_have_every_verb_described_alike() -> None:
    for name in verbs():
        blocking, awaiting = getattr(Client, name), getattr(AsyncClient, name)
        assert blocking.__doc__ == awaiting.__doc__ == getattr(calls, name).__doc__
        assert inspect.signature(blocking) == inspect.signature(awaiting)
        assert next(iter(inspect.signature(blocking).parameters)) == "self"


def test_the_clients_have_the_same_methods_beside_closing() -> None:
    def public(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert public(Client) - {"close"} == public(AsyncClient) - {"aclose"}


def test_ids_cannot_leave_their_segment_of_the_path() -> None:
    assert calls.notification("../keys?x").request.path == "/v1/notifications/..%2Fkeys%3Fx"


def test_what_is_not_given_is_not_sent() -> None:
    assert calls.create_endpoint("https://example.org").request.body == b'{"url":"https://example.org"}'
    assert calls.change_endpoint("ep_1", retry=None).request.body == b'{"retry":null}'


def test_lists_ask_for_pages_by_cursor() -> None:
    listing = calls.notifications(topic="orders", since=datetime(2026, 1, 2, tzinfo=UTC), page_size=10)
    first = listing.page(None).request.path
    assert first == "/v1/notifications?topic=orders&since=2026-01-02T00%3A00%3A00.000Z&limit=10"
    assert listing.page("a=b").request.path == first + "&cursor=a%3Db"


def test_durability_travels_as_a_header() -> None:
    request = calls.send("t", "t", None, durability="memory").request
    assert ("gatepost-durability", "memory") in request.headers


@pytest.mark.parametrize("key", ["a\r\nx-evil: 1", "é", "x" * 256, "a\tb"])
def test_an_idempotency_key_that_is_no_header_value_is_refused(key: str) -> None:
    with pytest.raises(InvalidParameter):
        calls.send("t", "t", None, idempotency_key=key)


def test_times_need_a_zone() -> None:
    with pytest.raises(InvalidField) as caught:
        calls.send("t", "t", None, deliver_at=datetime(2026, 1, 1))
    assert caught.value.errors[0].pointer == "/deliver_at"
    with pytest.raises(InvalidParameter):
        calls.notifications(since=datetime(2026, 1, 1))


def test_raw_json_goes_out_as_the_bytes_it_is() -> None:
    request = calls.send("t", "t", msgspec.Raw(b'{"n":1.10000000000000000001}')).request
    assert request.body == b'{"topic":"t","type":"t","payload":{"n":1.10000000000000000001}}'


@pytest.mark.parametrize("payload", [object(), {1: {2, 3}, 2: object()}, float])
def test_what_json_cannot_say_is_refused(payload: object) -> None:
    with pytest.raises(InvalidField):
        calls.send("t", "t", payload)


def test_secrets_that_were_just_made_do_not_print() -> None:
    body = (
        b'{"id":"ep_1","url":"https://x","topics":["*"],"types":["*"],"state":"active","concurrency":32,'
        b'"retry":null,"created_at":"2026-11-22T08:30:00.000Z","secret":"whsec_abc"}'
    )
    endpoint = calls.create_endpoint("https://x").read(Answer(201, {}, body))
    assert endpoint.secret == Secret("whsec_abc")
    assert "whsec_abc" not in repr(endpoint)


def test_a_batch_refused_as_a_whole_still_says_why_for_each_item() -> None:
    body = b'{"code":"batch-refused","status":422,"results":[{"problem":{"code":"invalid-field","status":422}}]}'
    answer = calls.send_batch(b"{}", None).read(Answer(422, {}, body))
    assert [result.accepted for result in answer.results] == [False]


def test_a_batch_refused_for_another_reason_is_an_error() -> None:
    body = b'{"code":"idempotency-mismatch","status":422,"detail":"other body"}'
    with pytest.raises(ServiceError):
        calls.send_batch(b"{}", None).read(Answer(422, {}, body))


def test_deleting_reads_no_body() -> None:
    assert calls.delete_endpoint("ep_1").read(Answer(204, {}, b"")) is None
    with pytest.raises(ServiceError):
        calls.delete_endpoint("ep_1").read(Answer(404, {}, b'{"code":"not-found","status":404}'))
