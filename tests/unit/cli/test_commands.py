"""What people type, and what they get."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Gatepost
from tests.unit.client.stand_in import Reply, StandIn, accept_batch, problem

NOW = "2026-11-22T08:30:00.000Z"
ENDPOINT = {
    "id": "ep_1",
    "url": "https://example.org/hook",
    "topics": ["orders.*"],
    "types": ["*"],
    "description": "",
    "retry": None,
    "concurrency": 32,
    "signature": "v1",
    "state": "active",
    "created_at": NOW,
    "failing_since": None,
}
KEY = {"id": "key_1", "name": "ci", "scopes": ["notifications:send"], "start": "gp_live_abcd", "created_at": NOW}
TENANT = {"id": "ten_1", "name": "acme", "created_at": NOW, "suspended_at": None}
NOTIFICATION = {
    "id": "ntf_1",
    "topic": "orders",
    "type": "order.paid",
    "accepted_at": NOW,
    "payload": {"n": 1},
    "deliveries": [
        {
            "endpoint": "ep_1",
            "state": "dead",
            "due_at": NOW,
            "attempts": [
                {
                    "id": "att_1",
                    "number": 1,
                    "at": NOW,
                    "duration_ms": 12,
                    "status": 500,
                    "error": None,
                    "answer": "\x1b[2J\x1b[31mowned",
                }
            ],
        }
    ],
}


def page(*items: Any) -> Reply:
    return Reply(200, {"data": items, "next": None})


def test_an_endpoint_is_made_and_its_secret_shown_once(gatepost: Gatepost, service: StandIn) -> None:
    service.answer("POST /v1/endpoints", Reply(201, ENDPOINT | {"secret": "whsec_abc"}))
    run = gatepost("endpoints", "create", "https://example.org/hook", "--topics", "a.*, b", "--retry", "0,5")
    assert run.code == 0
    assert "whsec_abc" in run.out
    assert "Keep the secret" in run.err
    assert service.received[0].json == {"url": "https://example.org/hook", "topics": ["a.*", "b"], "retry": [0, 5]}


def test_json_is_one_document_with_the_secret_that_was_just_made(gatepost: Gatepost, service: StandIn) -> None:
    service.answer("POST /v1/endpoints", Reply(201, ENDPOINT | {"secret": "whsec_abc"}))
    run = gatepost("endpoints", "create", "https://example.org/hook", "--json")
    assert run.json["secret"] == "whsec_abc"
    assert run.err == ""


def test_a_signing_secret_comes_from_a_file(gatepost: Gatepost, service: StandIn, tmp_path: Path) -> None:
    service.answer("POST /v1/endpoints", Reply(201, ENDPOINT))
    secret = tmp_path / "secret"
    secret.write_text("whsec_mine\n")
    assert gatepost("endpoints", "create", "https://x", "--secret-file", str(secret)).code == 0
    assert service.received[0].json["secret"] == "whsec_mine"


def test_endpoints_are_listed(gatepost: Gatepost, service: StandIn) -> None:
    service.answer("GET /v1/endpoints", page(ENDPOINT))
    assert "https://example.org/hook" in gatepost("endpoints", "list").out
    assert gatepost("endpoints", "list", "--json").json[0]["id"] == "ep_1"


@pytest.mark.parametrize(
    ("arguments", "route", "body"),
    [
        (("show", "ep_1"), "GET /v1/endpoints/ep_1", None),
        (("change", "ep_1", "--to", "https://y"), "PATCH /v1/endpoints/ep_1", {"url": "https://y"}),
        (("change", "ep_1", "--retry", "usual"), "PATCH /v1/endpoints/ep_1", {"retry": None}),
        (("pause", "ep_1"), "POST /v1/endpoints/ep_1/pause", None),
        (("resume", "ep_1"), "POST /v1/endpoints/ep_1/resume", None),
    ],
)
def test_endpoints_are_shown_changed_and_paused(
    gatepost: Gatepost, service: StandIn, arguments: tuple[str, ...], route: str, body: object
) -> None:
    service.answer(route, Reply(200, ENDPOINT))
    run = gatepost("endpoints", *arguments)
    assert (run.code, "ep_1" in run.out) == (0, True)
    assert body is None or service.received[0].json == body


def test_an_endpoint_says_what_happens_when_one_is_stuck(gatepost: Gatepost, service: StandIn) -> None:
    service.answer("PATCH /v1/endpoints/ep_1", Reply(200, ENDPOINT))
    gatepost("endpoints", "change", "ep_1", "--on-stuck", "park", "--park-after", "5")
    assert service.received[0].json == {"on_stuck": "park", "park_after": 5}


def test_a_replay_goes_on_to_the_end_of_the_window(gatepost: Gatepost, service: StandIn) -> None:
    counts = dict.fromkeys(("missed", "failed", "delivered", "open", "withdrawn", "expired", "forgotten"), 1)
    part = {"counts": counts, "replayed": 2, "dry_run": False, "ends_at": NOW}
    service.answer(
        "POST /v1/endpoints/ep_1/replay", Reply(202, part | {"next": "ntf_1-5"}), Reply(202, part | {"next": None})
    )
    run = gatepost("endpoints", "replay", "ep_1", "--since", "2026-11-01T00:00:00Z", "--json")
    assert (run.json["replayed"], run.json["missed"]) == (4, 2)
    assert [each.json.get("cursor") for each in service.received] == [None, "ntf_1-5"]


def test_why_something_did_not_arrive(gatepost: Gatepost, service: StandIn) -> None:
    found = {"notification": "ntf_1", "endpoint": "ep_1", "reason": "disabled", "detail": "it was", "attempts": []}
    service.answer("GET /v1/notifications/ntf_1/deliveries/ep_1", Reply(200, found | {"due_at": None}))
    run = gatepost("endpoints", "why", "ep_1", "ntf_1")
    assert (run.code, "disabled" in run.out) == (0, True)


def test_a_secret_is_rotated(gatepost: Gatepost, service: StandIn) -> None:
    service.answer(
        "POST /v1/endpoints/ep_1/rotate-secret", Reply(200, {"secret": "whsec_new", "old_secret_ends_at": NOW})
    )
    run = gatepost("endpoints", "rotate-secret", "ep_1", "--overlap-seconds", "60", "--json")
    assert run.json == {"secret": "whsec_new", "old_secret_ends_at": "2026-11-22T08:30:00Z", "public_key": None}
    assert service.received[0].json == {"overlap_seconds": 60}


def test_a_test_notification_says_where_to_look(gatepost: Gatepost, service: StandIn) -> None:
    service.answer("POST /v1/endpoints/ep_1/test", Reply(202, {"id": "ntf_9", "durability": "group", "deliveries": 1}))
    run = gatepost("endpoints", "test", "ep_1")
    assert "gatepost notifications show ntf_9" in run.err


def test_dead_letters_are_listed_and_tried_again(gatepost: Gatepost, service: StandIn) -> None:
    dead = {
        "notification": "ntf_1",
        "topic": "t",
        "type": "t",
        "endpoint": "ep_1",
        "state": "dead",
        "due_at": NOW,
        "attempts": 10,
    }
    service.answer("GET /v1/deliveries", page(dead))
    service.answer("POST /v1/notifications/ntf_1/deliveries/ep_1/retry", Reply(202, {}))
    assert gatepost("endpoints", "deliveries", "ep_1", "--json").json[0]["attempts"] == 10
    assert gatepost("notifications", "retry", "ntf_1", "ep_1").code == 0


def test_deleting_asks_first_and_takes_silence_for_no(gatepost: Gatepost, service: StandIn) -> None:
    service.answer("DELETE /v1/endpoints/ep_1", Reply(204))
    refused = gatepost("endpoints", "delete", "ep_1")
    assert (refused.code, refused.err) == (1, "gatepost: nothing was deleted - answer y, or give --yes\n")
    assert service.received == []
    assert gatepost("endpoints", "delete", "ep_1", "--yes", "--json").json == {"id": "ep_1", "deleted": True}


def test_destroying_a_tenant_asks_first(gatepost: Gatepost, service: StandIn) -> None:
    service.answer("DELETE /v1/tenants/ten_1", Reply(204))
    assert gatepost("tenants", "destroy", "ten_1").code == 1
    assert service.received == []
    assert gatepost("tenants", "destroy", "ten_1", "--yes").code == 0


def test_tenants_and_their_keys(gatepost: Gatepost, service: StandIn) -> None:
    service.answer("POST /v1/tenants", Reply(201, TENANT))
    service.answer("GET /v1/tenants", page(TENANT))
    service.answer("POST /v1/tenants/ten_1/suspend", Reply(200, TENANT | {"suspended_at": NOW}))
    service.answer("POST /v1/tenants/ten_1/resume", Reply(200, TENANT))
    service.answer("POST /v1/tenants/ten_1/keys", Reply(201, KEY | {"key": "gp_live_whole"}))
    assert "gatepost tenants key ten_1" in gatepost("tenants", "create", "acme").err
    assert gatepost("tenants", "list", "--json").json[0]["name"] == "acme"
    assert "2026-11-22 08:30:00 UTC" in gatepost("tenants", "suspend", "ten_1").out
    assert gatepost("tenants", "resume", "ten_1").code == 0
    assert "gp_live_whole" in gatepost("tenants", "key", "ten_1", "ci", "--scopes", "notifications:send").out


def test_keys_are_made_listed_and_revoked(gatepost: Gatepost, service: StandIn) -> None:
    service.answer("POST /v1/keys", Reply(201, KEY | {"key": "gp_live_whole"}))
    service.answer("GET /v1/keys", page(KEY))
    service.answer("DELETE /v1/keys/key_1", Reply(200, KEY | {"revoked_at": NOW}))
    made = gatepost("keys", "create", "ci", "--scopes", "notifications:send", "--expires-at", "2027-01-01T00:00:00Z")
    assert "gp_live_whole" in made.out
    assert service.received[0].json["expires_at"] == "2027-01-01T00:00:00.000Z"
    assert "gp_live_abcd" in gatepost("keys", "list").out
    assert gatepost("keys", "revoke", "key_1", "--json").json["revoked_at"] == "2026-11-22T08:30:00Z"


def test_a_key_without_a_scope_is_called_wrongly(gatepost: Gatepost, service: StandIn) -> None:
    assert gatepost("keys", "create", "ci").code == 2
    assert service.received == []


@pytest.mark.parametrize("time", ["tomorrow", "2027-01-01T00:00:00"])
def test_a_time_without_a_zone_is_refused(gatepost: Gatepost, service: StandIn, time: str) -> None:
    run = gatepost("keys", "create", "ci", "--scopes", "*:*", "--expires-at", time)
    assert run.code == 1
    assert run.err.startswith("gatepost: --expires-at ")


def test_the_story_of_a_notification_cannot_steer_the_terminal(gatepost: Gatepost, service: StandIn) -> None:
    service.answer("GET /v1/notifications/ntf_1", Reply(200, NOTIFICATION))
    run = gatepost("notifications", "show", "ntf_1")
    assert "ntf_1" in run.out
    assert '"n": 1' in run.out
    assert "dead" in run.out
    assert "500" in run.out
    assert "owned" in run.out
    assert "\x1b" not in run.out


def test_notifications_are_listed_up_to_the_limit_and_cancelled(gatepost: Gatepost, service: StandIn) -> None:
    listed = {name: NOTIFICATION[name] for name in ("id", "topic", "type", "accepted_at")}
    service.answer("GET /v1/notifications", Reply(200, {"data": [listed] * 3, "next": "more"}))
    service.answer("POST /v1/notifications/ntf_1/cancel", Reply(200, {"id": "ntf_1", "cancelled": 2}))
    assert len(gatepost("notifications", "list", "--limit", "4", "--json").json) == 4
    assert "limit=4" in service.received[0].path
    assert gatepost("notifications", "cancel", "ntf_1", "--json").json == {"id": "ntf_1", "cancelled": 2}


def test_one_notification_is_sent_from_arguments(gatepost: Gatepost, service: StandIn) -> None:
    service.answer("POST /v1/notifications", Reply(202, {"id": "ntf_1", "durability": "group", "deliveries": 1}))
    run = gatepost("send", "orders", "order.paid", '{"n": 1.10}', "--id", "o-1", "--deliver-at", "2027-01-01T00:00Z")
    assert run.code == 0
    assert "ntf_1" in run.out
    assert service.received[0].body == (
        b'{"topic":"orders","type":"order.paid","payload":{"n": 1.10},"id":"o-1","deliver_at":"2027-01-01T00:00:00Z"}'
    )


def test_one_that_nobody_wants_is_said_to_be(gatepost: Gatepost, service: StandIn) -> None:
    service.answer("POST /v1/notifications", Reply(202, {"id": "ntf_1", "durability": "group", "deliveries": 0}))
    assert "no endpoint wants" in gatepost("send", "orders", "order.paid", "1").err


LINES = b"".join(b'{"topic":"orders","type":"t","payload":%d}\n' % number for number in range(3))


def test_many_are_sent_from_stdin(gatepost: Gatepost, service: StandIn) -> None:
    service.answer("POST /v1/notifications/batch", accept_batch)
    assert gatepost("send", "--json", stdin=LINES + b"\n \n").json == {"accepted": 3, "refused": 0, "problems": []}


def test_many_are_sent_from_a_file(gatepost: Gatepost, service: StandIn, tmp_path: Path) -> None:
    service.answer("POST /v1/notifications/batch", accept_batch)
    lines = tmp_path / "lines.ndjson"
    lines.write_bytes(LINES * 1000)
    run = gatepost("send", "--file", str(lines))
    assert (run.code, "3,000" in run.out) == (0, True)


def test_refused_items_are_named_and_the_exit_code_says_so(gatepost: Gatepost, service: StandIn) -> None:
    service.answer("POST /v1/notifications/batch", accept_batch)
    run = gatepost("send", stdin=LINES + LINES.replace(b"orders", b"refused"))
    assert run.code == 1
    assert "item 4: no (invalid-field)" in run.err
    run = gatepost("send", "--json", stdin=LINES.replace(b"orders", b"refused"))
    assert run.json["problems"][0] == {"item": 1, "code": "invalid-field", "detail": "no"}


@pytest.mark.parametrize(
    "arguments",
    [("orders",), ("orders", "t"), ("orders", "t", "hello"), ("--id", "x"), ("orders", "t", "1", "--file", "x")],
)
def test_send_called_wrongly(gatepost: Gatepost, service: StandIn, arguments: tuple[str, ...]) -> None:
    run = gatepost("send", *arguments)
    assert (run.code, run.out) == (2, "")
    assert service.received == []


def test_a_file_that_is_not_there(gatepost: Gatepost) -> None:
    run = gatepost("send", "--file", "nowhere")
    assert (run.code, run.err) == (
        1,
        "gatepost: nowhere cannot be read: No such file or directory - correct the parameter\n",
    )


def test_a_refusal_is_one_line_with_a_remedy(gatepost: Gatepost, service: StandIn) -> None:
    service.answer("GET /v1/keys", problem(401, "unauthenticated", "There is no such key."))
    run = gatepost("keys", "list")
    assert (run.code, run.out) == (1, "")
    assert run.err == (
        "gatepost: there is no such key - "
        "check the key in GATEPOST_API_KEY or --api-key-file; it may be revoked or of another service\n"
    )


def test_nobody_there_says_what_to_start(gatepost: Gatepost) -> None:
    run = gatepost("keys", "list", "--url", "http://127.0.0.1:1")
    assert run.code == 1
    assert run.err.startswith("gatepost: no connection to 127.0.0.1:1")
    assert "is `gatepost serve` running there?" in run.err


def test_the_key_comes_from_a_file(gatepost: Gatepost, service: StandIn, tmp_path: Path) -> None:
    service.answer("GET /v1/keys", page())
    key = tmp_path / "key"
    key.write_text("gp_live_from_file\n")
    assert gatepost("keys", "list", "--api-key-file", str(key)).code == 0
    assert service.received[0].headers["authorization"] == "Bearer gp_live_from_file"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"x" * 5000])
def test_a_file_that_holds_no_key(gatepost: Gatepost, tmp_path: Path, content: bytes) -> None:
    key = tmp_path / "key"
    key.write_bytes(content)
    run = gatepost("keys", "list", "--api-key-file", str(key))
    assert (run.code, run.err.startswith(f"gatepost: {key} ")) == (1, True)


def test_no_key_at_all(gatepost: Gatepost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GATEPOST_API_KEY")
    run = gatepost("keys", "list")
    assert run.code == 1
    assert "set GATEPOST_API_KEY or give --api-key-file" in run.err


def test_no_option_takes_a_key(gatepost: Gatepost) -> None:
    assert gatepost("keys", "list", "--api-key", "gp_live_x").code == 2
