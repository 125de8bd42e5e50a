"""Tenants see nothing of each other, and a key does nothing but what it was made for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gatepost.crypto.seals.message import OVERHEAD_BYTES
from tests.e2e.hostile_receivers import Receivers
from tests.e2e.raw_http import HOST, Answer, Api
from tests.e2e.service_process import ServiceProcess, running, wait_for
from tests.unit.net.receivers import OK, always, hangs

LIMIT = 10.0


def notification(topic: str, **fields: Any) -> dict[str, Any]:
    return {"topic": topic, "type": "order.paid", "payload": {"amount": 1}} | fields


def send(api: Api, topic: str = "orders") -> str:
    own_id: str = api.post("/v1/notifications", notification(topic))["id"]
    return own_id


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.document["code"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    with running(tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest.fixture
def operator(service: ServiceProcess) -> Api:
    return service.api


class Tenant:
    """A tenant of its own, with a key that may do everything."""

    def __init__(self, operator: Api, name: str) -> None:
        self.id: str = operator.post("/v1/tenants", {"name": name})["id"]
        self._operator = operator
        self.api = self.key("*:*")

    def key(self, *scopes: str) -> Api:
        made = self._operator.post(f"/v1/tenants/{self.id}/keys", {"name": "test", "scopes": scopes})
        return Api(self._operator.port, made["key"])


# Tenants


def test_tenants_see_nothing_of_each_other(operator: Api) -> None:
    acme, zeta = Tenant(operator, "acme"), Tenant(operator, "zeta")
    endpoint = acme.api.post("/v1/endpoints", {"url": f"http://{HOST}:9/"})["id"]
    key = acme.api.get("/v1/keys")["data"][0]["id"]
    own_id = send(acme.api)
    assert zeta.api.get("/v1/notifications")["data"] == []
    assert zeta.api.get("/v1/endpoints")["data"] == []
    assert key not in [entry["id"] for entry in zeta.api.get("/v1/keys")["data"]]
    for method, path in (
        ("GET", f"/v1/notifications/{own_id}"),
        ("POST", f"/v1/notifications/{own_id}/cancel"),
        ("POST", f"/v1/notifications/{own_id}/deliveries/{endpoint}/retry"),
        ("GET", f"/v1/endpoints/{endpoint}"),
        ("DELETE", f"/v1/endpoints/{endpoint}"),
        ("POST", f"/v1/endpoints/{endpoint}/pause"),
        ("POST", f"/v1/endpoints/{endpoint}/test"),
        ("GET", f"/v1/deliveries?endpoint={endpoint}"),
        ("DELETE", f"/v1/keys/{key}"),
    ):
        for stranger in (zeta.api, operator):
            assert code(stranger.call(method, path)) == (404, "not-found"), path
    assert acme.api.get("/v1/me")["tenant"] == acme.id


def test_tenants_share_neither_ids_nor_idempotency_keys(operator: Api) -> None:
    first, second = Tenant(operator, "first"), Tenant(operator, "second")
    body, header = notification("orders", id="17"), {"idempotency-key": "17"}
    one, two = (tenant.api.post("/v1/notifications", body, header)["id"] for tenant in (first, second))
    assert one != two


def test_notifications_reach_endpoints_of_their_own_tenant_alone(operator: Api) -> None:
    with Receivers() as receivers:
        ours, theirs = receivers.start(always(OK)), receivers.start(hangs)
        us, them = Tenant(operator, "us"), Tenant(operator, "them")
        for tenant, receiving in ((us, ours), (them, theirs)):
            tenant.api.post("/v1/endpoints", {"url": f"http://{HOST}:{receiving.port}/"})
        send(us.api)
        wait_for(lambda: ours.requests, LIMIT, "the delivery")
        assert theirs.connections == 0


def test_a_suspended_tenant_is_let_in_again(operator: Api) -> None:
    tenant = Tenant(operator, "late-payer")
    assert operator.post(f"/v1/tenants/{tenant.id}/suspend")["suspended_at"]
    assert code(tenant.api.call("GET", "/v1/me")) == (403, "tenant-suspended")
    assert code(tenant.api.call("POST", "/v1/notifications", notification("orders"))) == (403, "tenant-suspended")
    assert operator.post(f"/v1/tenants/{tenant.id}/resume")["suspended_at"] is None
    send(tenant.api)


def test_a_destroyed_tenant_leaves_nothing_behind(tmp_path: Path) -> None:
    with Receivers() as receivers, running(tmp_path, read_timeout="1s") as service:
        stuck = receivers.start(hangs)
        tenant = Tenant(service.api, "gone")
        kept = send(service.api)
        tenant.api.post("/v1/endpoints", {"url": f"http://{HOST}:{stuck.port}/"})
        for _ in range(3):
            tenant.api.post("/v1/notifications/batch", [notification("orders")] * 1_000)
        assert service.api.call("DELETE", f"/v1/tenants/{tenant.id}").status == 204
        assert code(tenant.api.call("GET", "/v1/me")) == (401, "unauthenticated")
        assert tenant.id not in [entry["id"] for entry in service.api.get("/v1/tenants")["data"]]
        assert code(service.api.call("DELETE", f"/v1/tenants/{tenant.id}")) == (404, "not-found")
        status = service.api.get("/v1/status")
        assert (status["backlog"], status["payload_bytes"]) == (0, len(b'{"amount":1}') + OVERHEAD_BYTES)
        assert service.api.get(f"/v1/notifications/{kept}")["id"] == kept
        assert service.stop() == 0
        service.start()
        assert service.api.get("/v1/status")["backlog"] == 0


def test_the_default_tenant_stays(operator: Api) -> None:
    tenant = operator.get("/v1/me")["tenant"]
    assert code(operator.call("DELETE", f"/v1/tenants/{tenant}")) == (409, "conflict")
    assert code(operator.call("POST", f"/v1/tenants/{tenant}/suspend")) == (409, "conflict")
    taken = operator.call("POST", "/v1/tenants", {"name": "default"})
    assert code(taken) == (409, "conflict")


# Keys


OPERATOR_ROUTES = (
    ("GET", "/v1/tenants", None),
    ("POST", "/v1/tenants", {"name": "mine"}),
    ("POST", "/v1/tenants/{id}/suspend", None),
    ("POST", "/v1/tenants/{id}/resume", None),
    ("DELETE", "/v1/tenants/{id}", None),
    ("POST", "/v1/tenants/{id}/keys", {"name": "more", "scopes": ["*:*"]}),
    ("GET", "/v1/status", None),
)


def test_a_tenants_key_reaches_no_route_of_the_operator(operator: Api) -> None:
    tenant = Tenant(operator, "curious")
    for method, path, document in OPERATOR_ROUTES:
        answer = tenant.api.call(method, path.format(id=tenant.id), document)
        assert code(answer) == (404, "not-found"), path
    assert tenant.api.get("/v1/me")["scopes"] == ["*:*"]


def test_a_key_that_sends_does_nothing_else(operator: Api) -> None:
    tenant = Tenant(operator, "sender")
    own_id = send(tenant.api)
    sender = tenant.key("notifications:send")
    send(sender)
    for method, path, document in (
        ("GET", "/v1/notifications", None),
        ("GET", f"/v1/notifications/{own_id}", None),
        ("POST", f"/v1/notifications/{own_id}/cancel", None),
        ("GET", "/v1/endpoints", None),
        ("POST", "/v1/endpoints", {"url": f"http://{HOST}:9/"}),
        ("GET", "/v1/keys", None),
        ("POST", "/v1/keys", {"name": "more", "scopes": ["notifications:send"]}),
    ):
        assert code(sender.call(method, path, document)) == (403, "insufficient-scope"), path


def test_a_key_for_some_topics_touches_no_others(operator: Api) -> None:
    tenant = Tenant(operator, "topical")
    other = send(tenant.api, "invoices.paid")
    narrow = tenant.key("notifications:send:orders.*", "notifications:read:orders.*", "notifications:cancel:orders.*")
    own_id = send(narrow, "orders.paid")
    assert code(narrow.call("POST", "/v1/notifications", notification("invoices.paid"))) == (403, "insufficient-scope")
    batch = narrow.post("/v1/notifications/batch", [notification("orders.new"), notification("invoices.new")])
    assert (batch["accepted"], batch["results"][1]["problem"]["code"]) == (1, "insufficient-scope")
    assert narrow.get(f"/v1/notifications/{own_id}")["topic"] == "orders.paid"
    for method, path in (("GET", ""), ("POST", "/cancel")):
        assert code(narrow.call(method, f"/v1/notifications/{other}{path}")) == (404, "not-found")
    assert code(narrow.call("GET", "/v1/notifications")) == (403, "insufficient-scope")
    assert narrow.get("/v1/notifications?topic=orders.paid")["data"][0]["id"] == own_id


def test_nobody_hands_out_more_than_they_hold(operator: Api) -> None:
    tenant = Tenant(operator, "generous")
    clerk = tenant.key("keys:write", "notifications:send:orders.*")
    for scope in ("*:*", "notifications:read", "notifications:send", "notifications:send:*", "keys:read"):
        answer = clerk.call("POST", "/v1/keys", {"name": "more", "scopes": [scope]})
        assert code(answer) == (403, "insufficient-scope"), scope
    made = clerk.post("/v1/keys", {"name": "less", "scopes": ["notifications:send:orders.paid"]})
    send(Api(operator.port, made["key"]), "orders.paid")


def test_lists_come_in_pages(operator: Api) -> None:
    tenant = Tenant(operator, "pages")
    for number in range(3):
        tenant.api.post("/v1/endpoints", {"url": f"https://example.com/{number}"})
    seen: list[str] = []
    cursor = ""
    while True:
        page = tenant.api.get(f"/v1/endpoints?limit=2{cursor}")
        assert len(page["data"]) <= 2
        seen += [endpoint["url"][-1] for endpoint in page["data"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == ["0", "1", "2"]


def test_keys_are_shown_once_and_kept_nowhere(service: ServiceProcess) -> None:
    made = service.api.post("/v1/keys", {"name": "once", "scopes": ["notifications:send"]})
    (listed,) = [entry for entry in service.api.get("/v1/keys")["data"] if entry["id"] == made["id"]]
    assert "key" not in listed
    assert made["key"].startswith(listed["start"])
    for path in service.data.iterdir():
        assert made["key"].encode() not in path.read_bytes(), path
    assert made["key"] not in service.stderr
