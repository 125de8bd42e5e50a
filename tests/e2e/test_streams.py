"""Server-sent events of the real service, over raw sockets."""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.e2e.listeners import PATIENCE, EventSource, publish
from tests.e2e.raw_http import Api, Wire, request
from tests.e2e.service_process import ServiceProcess, running, wait_for

LISTENERS = 1_000
BURST = 50


@pytest.fixture
def api(running_service: ServiceProcess) -> Api:
    return running_service.api


def test_what_is_accepted_is_heard_live_with_its_id(api: Api) -> None:
    with EventSource(api, topic="orders.*").ready() as stream:
        (own_id,) = publish(api, 1)
        event = stream.event()
    assert (event.name, event.data["id"], event.data["topic"]) == ("message", own_id, "orders.eu")
    assert event.data["type"] == "order.paid"
    assert event.data["timestamp"].endswith("Z")
    assert event.data["data"] == {"n": 1}


@pytest.mark.parametrize("how", ["header", "query"])
def test_who_comes_back_gets_what_was_missed_and_nothing_twice(api: Api, how: str) -> None:
    with EventSource(api, topic="orders.*").ready() as stream:
        publish(api, *range(5))
        assert stream.numbers(3) == [0, 1, 2]
        last = str(stream.last_id)
    publish(api, *range(5, 500))
    place = {"headers": {"last-event-id": last}} if how == "header" else {"last_event_id": last}
    with EventSource(api, topic="orders.*", **place) as stream:
        publish(api, 500)
        assert stream.numbers(498) == list(range(3, 501))


def test_recovery_works_across_a_kill_of_the_service(running_service: ServiceProcess) -> None:
    with EventSource(running_service.api, topic="orders.*").ready() as stream:
        publish(running_service.api, 1)
        assert stream.numbers(1) == [1]
        publish(running_service.api, 2, 3)
        last = stream.last_id
    running_service.kill()
    running_service.start()
    with EventSource(running_service.api, topic="orders.*", last_event_id=last) as stream:
        assert stream.numbers(2) == [2, 3]


def test_what_is_no_longer_kept_is_told_as_a_gap(tmp_path: Path) -> None:
    with running(tmp_path, payload_keep="1ms") as service:
        with EventSource(service.api, topic="orders.*").ready() as stream:
            last = stream.last_id
        publish(service.api, 1, 2, 3)
        service.stop()
        service.start()  # prunes at once
        wait_for(lambda: service.api.get("/v1/status")["payload_bytes"] == 0, PATIENCE)
        with EventSource(service.api, topic="orders.*", last_event_id=last) as stream:
            gap = stream.event()
    assert gap.name == "gap"
    assert gap.data["from"].endswith("-3")


def test_another_log_is_told_as_a_gap(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        publish(service.api, 1)
        service.stop()
        with closing(sqlite3.connect(service.data / "gatepost.db")) as database:
            (epoch,) = database.execute("SELECT epoch FROM log").fetchone()
        (service.data / "acknowledged").unlink()  # a copy without it: nobody can say what is missing
        service.start()
        with EventSource(service.api, topic="orders.*", last_event_id=f"{epoch}-1") as stream:
            gap = stream.event()
            assert gap.name == "gap"
            assert not gap.data["from"].startswith(epoch)
            assert stream.numbers(1) == [1], "what is there is given after the gap"


def test_a_page_listens_with_a_token_and_only_to_its_topics(api: Api) -> None:
    token = api.post("/v1/stream-tokens", {"topics": ["orders.*"]})["token"]
    with EventSource(api, key=False, topic="orders.eu", token=token).ready() as stream:
        publish(api, 7)
        assert stream.numbers(1) == [7]
    with EventSource(api, key=False, topic="invoices", token=token) as stream:
        assert stream.status == 403
    wrong = token[:-1] + ("y" if token.endswith("x") else "x")
    with EventSource(api, key=False, topic="orders.eu", token=wrong) as stream:
        assert stream.status == 401


def test_a_token_ends_and_its_stream_with_it(api: Api) -> None:
    token = api.post("/v1/stream-tokens", {"topics": ["orders.*"], "life_seconds": 1})["token"]
    started = time.monotonic()
    with EventSource(api, key=False, topic="orders.eu", token=token) as stream:
        assert stream.event().data == {"reason": "the credential has expired", "code": 4009}
    assert time.monotonic() - started < 3
    with EventSource(api, key=False, topic="orders.eu", token=token) as stream:
        assert stream.status == 401


def test_only_pages_that_are_allowed_may_read(tmp_path: Path) -> None:
    with running(tmp_path, stream_origins="https://app.example.com") as service:
        for origin, allowed in (("https://app.example.com", "https://app.example.com"), ("https://evil.example", None)):
            with EventSource(service.api, {"origin": origin}, topic="a") as stream:
                assert stream.headers.get("access-control-allow-origin") == allowed
                assert stream.headers["vary"] == "origin"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("topic=", 400),
        ("topic=a..b", 400),
        ("topic=a&last_event_id=x", 400),
        ("topic=a&name=%20", 400),
        ("topic=a&other=1", 400),
        ("topic=a&subscription=b", 400),
        ("subscription=nobody", 404),
    ],
)
def test_what_makes_no_sense_is_refused(api: Api, query: str, status: int) -> None:
    assert api.call("GET", f"/v1/stream?{query}").status == status


def test_a_revoked_key_is_cut_off_within_a_second(api: Api) -> None:
    made = api.post("/v1/keys", {"name": "app", "scopes": ["notifications:read"]})
    theirs = Api(api.port, made["key"])
    with EventSource(theirs, topic="orders.*").ready() as stream, EventSource(api, topic="orders.*").ready() as other:
        started = time.monotonic()
        assert api.call("DELETE", f"/v1/keys/{made['id']}").status == 200
        end = stream.event()
        assert time.monotonic() - started < 1
        assert (end.name, end.data) == ("end", {"reason": "the API key is no longer in force", "code": 4010})
        publish(api, 1)
        assert other.numbers(1) == [1]


def test_a_service_that_stops_says_so(running_service: ServiceProcess) -> None:
    with EventSource(running_service.api, topic="orders.*").ready() as stream:
        running_service.signal(signal.SIGTERM)
        assert stream.event().data == {"reason": "the service is stopping", "code": 1001}
        with pytest.raises(ConnectionError):
            stream.event()
    assert running_service.wait() == 0


def test_presence_counts_and_names(api: Api) -> None:
    with EventSource(api, topic="orders.*", name="ann").ready(), EventSource(api, topic="orders.eu").ready():
        found = api.get("/v1/presence?topic=orders.eu")
    assert (found["listeners"], found["names"]) == (2, ["ann"])
    wait_for(lambda: api.get("/v1/presence?topic=orders.eu")["listeners"] == 0, PATIENCE)


def test_who_does_not_read_is_cut_off_and_others_get_everything(api: Api) -> None:
    payload = "x" * 50_000
    with EventSource(api, topic="big").ready() as slow, EventSource(api, topic="big").ready() as quick:
        for number in range(200):
            api.post("/v1/notifications", {"topic": "big", "type": "t", "payload": {"n": number, "x": payload}})
            assert quick.numbers(1) == [number]
        got = []
        while (event := slow.event()).name == "message":
            got.append(event.data["data"]["n"])
    assert event.data == {"reason": "too slow: too much was left unread", "code": 4008}
    assert got == list(range(len(got)))
    assert len(got) < 200


@pytest.mark.slow
def test_a_thousand_listeners_get_a_burst_complete_and_in_order(api: Api) -> None:
    with ExitStack() as stack:
        streams = [stack.enter_context(EventSource(api, topic="orders.*").ready()) for _ in range(LISTENERS)]
        publish(api, *range(BURST))
        for stream in streams:
            assert stream.numbers(BURST) == list(range(BURST))


def test_head_is_answered_and_over(api: Api) -> None:
    with Wire(api.port) as wire:
        wire.send(request("HEAD", "/v1/stream?topic=a", None, api.credentials))
        assert wire.answer(without_body=True).status == 405
