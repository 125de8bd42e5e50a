"""Durable subscriptions of the real service: nothing that was not acknowledged is lost, by either way of listening."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.listeners import PATIENCE, EventSource, Socket, publish
from tests.e2e.raw_http import Api
from tests.e2e.service_process import ServiceProcess, running, wait_for

BILLING = "/v1/subscriptions/billing"


@pytest.fixture
def api(running_service: ServiceProcess) -> Api:
    api = running_service.api
    assert make(api).status == 200
    return api


def make(api: Api, *topics: str) -> Any:
    return api.call("PUT", BILLING, {"topics": topics or ["orders.*"]})


def seq(position: str) -> int:
    return int(position.partition("-")[2])


def noted(api: Api, field: str, expected: int) -> None:
    """Waits until the subscription stands at a place: progress is written behind."""
    wait_for(lambda: seq(api.get(BILLING)[field]) == expected, PATIENCE, f"{field} {expected}")


@pytest.fixture
def ws(api: Api) -> Iterator[Socket]:
    with Socket(api) as ws:
        yield ws.connected()


def test_it_begins_when_it_is_made_and_keeps_what_comes_while_nobody_listens(api: Api) -> None:
    publish(api, *range(300))
    with EventSource(api, subscription="billing") as stream:
        assert stream.numbers(300) == list(range(300))
        shown = api.get(BILLING)
    assert (shown["topics"], shown["connected"], shown["behind"]) == (["orders.*"], True, 300)
    assert seq(shown["acknowledged"]) == 0


def test_what_was_sent_and_not_acknowledged_comes_again(api: Api) -> None:
    publish(api, 1, 2, 3)
    with EventSource(api, subscription="billing") as stream:
        events = [stream.event() for _ in range(3)]
    acknowledged = api.post(f"{BILLING}/ack", {"position": events[1].id})
    assert (acknowledged["acknowledged"], acknowledged["behind"]) == (events[1].id, 1)
    with EventSource(api, {"last-event-id": str(events[2].id)}, subscription="billing") as stream:
        assert stream.numbers(1) == [3], "the place is the service's, whatever the browser says"


def test_acknowledging_again_or_less_changes_nothing(api: Api) -> None:
    publish(api, 1, 2)
    with EventSource(api, subscription="billing") as stream:
        first, second = stream.event().id, stream.event().id
    for position in (second, second, first):
        assert api.post(f"{BILLING}/ack", {"position": position})["acknowledged"] == second


@pytest.mark.parametrize("position", ["x", f"{'0' * 16}-1", "future"])
def test_a_place_that_is_not_of_this_log_cannot_be_acknowledged(api: Api, position: str) -> None:
    here = api.get(BILLING)["acknowledged"]
    if position == "future":
        position = here.partition("-")[0] + "-1000"
    assert api.call("POST", f"{BILLING}/ack", {"position": position}).status == 400
    assert api.get(BILLING)["acknowledged"] == here


def test_it_outlives_a_kill(running_service: ServiceProcess, api: Api) -> None:
    publish(api, 1, 2)
    with EventSource(api, subscription="billing") as stream:
        first = stream.event()
        api.post(f"{BILLING}/ack", {"position": first.id})
        noted(api, "delivered", 2)
    running_service.kill()
    running_service.start()
    with EventSource(running_service.api, subscription="billing") as stream:
        assert stream.numbers(1) == [2]


def test_progress_is_on_disk_after_a_stop(running_service: ServiceProcess, api: Api) -> None:
    with EventSource(api, subscription="billing").ready() as stream:
        publish(api, 1, 2, 3)
        stream.numbers(3)
        running_service.stop(signal.SIGTERM)
    running_service.start()
    shown = running_service.api.get(BILLING)
    assert (seq(shown["delivered"]), seq(shown["acknowledged"])) == (3, 0)


def test_both_ways_of_listening_take_turns(api: Api, ws: Socket) -> None:
    with EventSource(api, subscription="billing").ready() as stream:
        publish(api, 1)
        assert stream.numbers(1) == [1]
        assert ws.ask("subscribe", id=1, subscription="billing")["recovered"]
        assert stream.event().data == {"reason": "another connection took the subscription over", "code": 4011}
    assert ws.numbers(1) == [1]
    publish(api, 2)
    message = ws.hear()
    assert message["notification"]["data"] == {"n": 2}
    answer = ws.ask("ack", subscription="billing", position=message["position"])
    assert answer == {"type": "acknowledged", "subscription": "billing", "position": message["position"]}
    with EventSource(api, subscription="billing").ready() as stream:
        assert ws.hear() == {"type": "unsubscribed", "id": 1, "reason": "another connection took the subscription over"}
        publish(api, 3)
        assert stream.numbers(1) == [3]
    assert ws.ask("subscribe", id=1, subscription="billing")["type"] == "subscribed", "the connection itself goes on"


def test_retention_that_removed_what_was_not_seen_is_told_until_it_is_acknowledged(tmp_path: Path) -> None:
    with running(tmp_path, payload_keep="1ms") as service:
        make(service.api)
        publish(service.api, 1, 2)
        service.stop()
        service.start()  # prunes at once
        wait_for(lambda: service.api.get("/v1/status")["payload_bytes"] == 0, PATIENCE)
        for _ in range(2):
            with EventSource(service.api, subscription="billing") as stream:
                gap = stream.event()
                assert gap.name == "gap"
        service.api.post(f"{BILLING}/ack", {"position": gap.data["from"]})
        with EventSource(service.api, subscription="billing").ready() as stream:
            publish(service.api, 3)
            assert stream.numbers(1) == [3]


def test_changed_topics_bring_the_listener_back_and_a_deleted_one_is_over(api: Api) -> None:
    with EventSource(api, subscription="billing").ready() as stream:
        assert make(api).status == 200  # the same again
        publish(api, 1)
        assert stream.numbers(1) == [1]
        assert make(api, "orders.*", "invoices").status == 200
        assert stream.event().name == "end"
    with EventSource(api, subscription="billing").ready() as stream:
        assert stream.numbers(1) == [1], "it was not acknowledged"
        assert api.call("DELETE", BILLING).status == 204
        assert stream.event().name == "end"
    assert api.call("GET", BILLING).status == 404
    assert api.call("DELETE", BILLING).status == 404
    assert api.call("POST", f"{BILLING}/ack", {"position": f"{'0' * 16}-0"}).status in (400, 404)


def test_it_takes_more_than_a_stream_token_and_the_topics_must_be_allowed(api: Api) -> None:
    token = api.post("/v1/stream-tokens", {"topics": ["orders.*"]})["token"]
    with EventSource(api, key=False, subscription="billing", token=token) as stream:
        assert stream.status == 403
    for scopes in (["notifications:read", "subscriptions:read"], ["notifications:read:other", "subscriptions:write"]):
        theirs = Api(api.port, api.post("/v1/keys", {"name": "k", "scopes": scopes})["key"])
        with EventSource(theirs, subscription="billing") as stream:
            assert stream.status == 403
        assert make(theirs).status == 403


def test_another_tenant_has_its_own_of_the_same_name(api: Api) -> None:
    tenant = api.post("/v1/tenants", {"name": "acme"})
    theirs = Api(api.port, api.post(f"/v1/tenants/{tenant['id']}/keys", {"name": "k", "scopes": ["*:*"]})["key"])
    assert theirs.call("GET", BILLING).status == 404
    make(theirs, "theirs")
    assert [each["topics"] for each in api.get("/v1/subscriptions")["data"]] == [["orders.*"]]
    assert [each["topics"] for each in theirs.get("/v1/subscriptions")["data"]] == [["theirs"]]


@pytest.mark.parametrize("name", ["a%20b", "x" * 129, "%C3%A4"])
def test_a_name_is_plain(api: Api, name: str) -> None:
    assert api.call("PUT", f"/v1/subscriptions/{name}", {"topics": ["a"]}).status == 400
