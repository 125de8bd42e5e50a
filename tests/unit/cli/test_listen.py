"""`gatepost listen` and `gatepost presence`, in this process, against a real HTTP server."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from gatepost import verify_webhook
from gatepost.clock import SystemClock
from gatepost.crypto.webhook_signatures import new_hmac_key
from tests.unit.cli.conftest import Gatepost
from tests.unit.client.stand_in import Reply, StandIn, problem

GAP = b'event: gap\ndata: {"reason":"no longer kept","from":"e-1"}\n\n'
PAYLOAD = {"order": 4711}


def event(seq: int, data: object = PAYLOAD) -> bytes:
    body = {
        "id": f"ntf_{seq}",
        "type": "t",
        "timestamp": "2026-11-22T08:30:00.000Z",
        "topic": "orders.eu",
        "data": data,
    }
    return b"id: e-%d\ndata: %b\n\n" % (seq, msgspec.json.encode(body))


def stream(*events: bytes) -> Reply:
    return Reply(200, b"id: e-1\n\n" + b"".join(events), {"content-type": "text/event-stream"})


def test_it_shows_a_line_for_each_and_ends_after_so_many(service: StandIn, gatepost: Gatepost) -> None:
    service.answer("GET /v1/stream", stream(event(2), event(3), event(4)))
    run = gatepost("listen", "orders.*", "invoices", "--count", "2", "--name", "till", "--position", "e-1")
    line = '08:30:00Z  orders.eu  t  {"order":4711}\n'
    assert (run.code, run.out) == (0, line * 2)
    assert "--position e-3" in run.err
    query = parse_qs(urlsplit(service.received[0].path).query)
    assert query == {"topic": ["orders.*,invoices"], "name": ["till"], "last_event_id": ["e-1"]}


def test_long_payloads_are_shortened_and_cannot_steer_the_terminal(service: StandIn, gatepost: Gatepost) -> None:
    service.answer("GET /v1/stream", stream(event(2, "\u009b2J" + "x" * 500)))
    run = gatepost("listen", "orders", "--count", "1")
    assert run.out.endswith("x...\n")
    assert len(run.out) < 160
    assert "\u009b" not in run.out


def test_as_json_it_gives_everything_a_line_each(service: StandIn, gatepost: Gatepost) -> None:
    service.answer("GET /v1/stream", stream(GAP, event(2, "x" * 500)))
    run = gatepost("listen", "orders", "--count", "1", "--json")
    gap, received = (msgspec.json.decode(line) for line in run.out.splitlines())
    assert gap == {"gap": "no longer kept", "position": "e-1"}
    assert (received["position"], received["id"], received["data"]) == ("e-2", "ntf_2", "x" * 500)


def test_a_gap_is_told_to_people(service: StandIn, gatepost: Gatepost) -> None:
    service.answer("GET /v1/stream", stream(GAP, event(2)))
    assert "Something is missing here: no longer kept" in gatepost("listen", "orders", "--count", "1").err


def test_it_ends_after_a_time(service: StandIn, gatepost: Gatepost) -> None:
    service.answer("GET /v1/stream", stream(event(2)), stream())
    run = gatepost("listen", "orders", "--for", "300ms")
    assert (run.code, len(run.out.splitlines())) == (0, 1)


def test_it_posts_each_as_a_signed_webhook(service: StandIn, gatepost: Gatepost, tmp_path: Path) -> None:
    secret = new_hmac_key(SystemClock())
    (tmp_path / "secret").write_text(secret)
    service.answer("GET /v1/stream", stream(event(2)))
    service.answer("POST /hook", Reply(202, b"thanks"))
    run = gatepost("listen", "orders", "--count", "1", "--forward", f"{service.url}/hook", "--secret-file", "secret")
    received = service.received[-1]
    webhook = verify_webhook(received.body, received.headers, secret)
    assert (webhook.id, webhook.topic, webhook.data) == ("ntf_2", "orders.eu", PAYLOAD)
    assert received.json["timestamp"] == "2026-11-22T08:30:00.000Z"
    assert run.out.splitlines()[1].startswith("  -> 202 thanks (")


def test_without_a_secret_it_posts_unsigned(service: StandIn, gatepost: Gatepost) -> None:
    service.answer("GET /v1/stream", stream(event(2)))
    service.answer("POST /hook", Reply(204, b""))
    run = gatepost("listen", "orders", "--count", "1", "--json", "--forward", f"{service.url}/hook")
    received = service.received[-1]
    assert received.headers["webhook-id"] == "ntf_2"
    assert "webhook-signature" not in received.headers
    assert run.json["forwarded"]["status"] == 204


def test_a_service_that_does_not_answer_is_shown_and_ends_nothing(service: StandIn, gatepost: Gatepost) -> None:
    service.answer("GET /v1/stream", stream(event(2), event(3)))
    run = gatepost("listen", "orders", "--count", "2", "--forward", "http://127.0.0.1:1/")
    assert run.code == 0
    assert run.out.count("-> connect-failed: ") == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--secret-file", "x"], "--secret-file signs what --forward posts"),
        (["--for", "soon"], "no span of time"),
    ],
)
def test_options_that_make_no_sense_are_refused(gatepost: Gatepost, arguments: list[str], said: str) -> None:
    run = gatepost("listen", "orders", *arguments)
    assert (run.code, said in run.err) == (2, True)


def test_an_address_that_is_none_is_refused(gatepost: Gatepost) -> None:
    run = gatepost("listen", "orders", "--forward", "localhost:9000")
    assert run.code == 1
    assert "not an http or https URL" in run.err


def test_a_refusal_is_one_line(service: StandIn, gatepost: Gatepost) -> None:
    service.answer("GET /v1/stream", problem(401, "unauthenticated"))
    run = gatepost("listen", "orders")
    assert (run.code, run.out) == (1, "")
    assert run.err.startswith("gatepost: because - check the key")


def test_presence(service: StandIn, gatepost: Gatepost) -> None:
    service.answer("GET /v1/presence", Reply(200, {"topic": "orders", "listeners": 3, "names": ["till-1", "till-2"]}))
    assert gatepost("presence", "orders", "--json").json == {
        "topic": "orders",
        "listeners": 3,
        "names": ["till-1", "till-2"],
    }
    assert "till-1, till-2" in gatepost("presence", "orders").out
