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


def durable(service: StandIn, *events: bytes, acknowledging: Reply | None = None) -> None:
    """The service keeps a subscription of the name `till`."""
    subscription = {
        "name": "till",
        "topics": ["orders.*"],
        "acknowledged": "e-1",
        "delivered": "e-1",
        "behind": 0,
        "connected": True,
        "created_at": "2026-11-22T08:30:00.000Z",
    }
    service.answer("PUT /v1/subscriptions/till", Reply(200, subscription))
    service.answer("GET /v1/stream", stream(*events))
    service.answer("POST /v1/subscriptions/till/ack", acknowledging or Reply(200, subscription))


def acknowledged(service: StandIn) -> list[str]:
    return [each.json["position"] for each in service.received if each.path.endswith("/ack")]


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
        (["--subscription", "till", "--position", "e-1"], "leave --position out"),
    ],
)
def test_options_that_make_no_sense_are_refused(gatepost: Gatepost, arguments: list[str], said: str) -> None:
    run = gatepost("listen", "orders", *arguments)
    assert (run.code, said in run.err) == (2, True)


def test_without_topics_or_a_subscription_there_is_nothing_to_listen_to(gatepost: Gatepost) -> None:
    run = gatepost("listen")
    assert (run.code, "name topics, or a --subscription" in run.err) == (2, True)


def test_a_durable_subscription_is_made_and_what_was_shown_is_acknowledged(
    service: StandIn, gatepost: Gatepost
) -> None:
    durable(service, event(2), event(3), event(4))
    run = gatepost("listen", "orders.*", "--subscription", "till", "--count", "2")
    assert (run.code, len(run.out.splitlines())) == (0, 2)
    made, streamed = service.received[:2]
    assert (made.method, made.json) == ("PUT", {"topics": ["orders.*"]})
    assert streamed.path == "/v1/stream?subscription=till"
    assert acknowledged(service)[-1] == "e-3"
    assert "--position" not in run.err


def test_without_topics_a_durable_subscription_stays_as_it_is(service: StandIn, gatepost: Gatepost) -> None:
    durable(service, event(2))
    assert gatepost("listen", "--subscription", "till", "--count", "1").code == 0
    assert "PUT" not in {each.method for each in service.received}


def test_a_gap_is_acknowledged_too(service: StandIn, gatepost: Gatepost) -> None:
    durable(service, GAP)
    assert gatepost("listen", "--subscription", "till", "--for", "300ms").code == 0
    assert acknowledged(service)[-1] == "e-1"


def test_a_durable_subscription_forwards_until_it_is_taken(service: StandIn, gatepost: Gatepost) -> None:
    durable(service, event(2), event(3))
    service.answer("POST /hook", Reply(503, b""), Reply(204, b""))
    run = gatepost("listen", "--subscription", "till", "--count", "2", "--forward", f"{service.url}/hook")
    assert run.code == 0
    posted = [each.headers["webhook-id"] for each in service.received if each.path == "/hook"]
    assert posted == ["ntf_2", "ntf_2", "ntf_3"]
    assert "ntf_2 -> 503" in run.err


def test_what_was_not_taken_is_not_acknowledged(service: StandIn, gatepost: Gatepost) -> None:
    durable(service, event(2), event(3))
    service.answer("POST /hook", Reply(204, b""), Reply(500, b""))
    options = ["--subscription", "till", "--for", "700ms", "--forward", f"{service.url}/hook"]
    assert gatepost("listen", *options).code == 0
    assert set(acknowledged(service)) == {"e-2"}


def test_acknowledgements_that_fail_for_good_are_told(service: StandIn, gatepost: Gatepost) -> None:
    durable(service, event(2), acknowledging=problem(404, "not-found"))
    run = gatepost("listen", "--subscription", "till", "--count", "1")
    assert (run.code, run.err.splitlines()[-1]) == (1, "gatepost: because - check the id")


def test_another_listener_that_took_it_over_is_told(service: StandIn, gatepost: Gatepost) -> None:
    durable(service, b'event: end\ndata: {"reason":"another connection took it over","code":4011}\n\n')
    run = gatepost("listen", "--subscription", "till")
    assert run.code == 1
    assert "another connection took it over - stop the other listener" in run.err


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
