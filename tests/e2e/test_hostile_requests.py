"""Requests that can never work: each gets a clear problem document, nothing is stored, and the next one works."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress

import pytest

from gatepost.clock import SystemClock
from gatepost.guard import apikey
from tests.e2e.hostile_requests import CASES, GOOD, KEY, Case
from tests.e2e.raw_http import Answer, Api, Wire, exchange, request
from tests.e2e.service_process import ServiceProcess, running

SLOW_LIMIT = 15.0
"""Seconds until the service must be tired of a request that does not end; it takes ten."""

NOISES = 300
"""Good requests with a few bytes changed, inserted or left out."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    with running(tmp_path_factory.mktemp("service")) as service:
        yield service
        assert service.stop() == 0
        assert "Traceback" not in service.stderr


@pytest.fixture(scope="module")
def slow(service: ServiceProcess) -> Iterator[Wire]:
    """A connection on which a request began when the first test did, and never goes on."""
    with Wire(service.port) as wire:
        wire.send(b"GET /healthz HTTP/1.1\r\nx: ")
        yield wire


def _check_problem(api: Api, answer: Answer, case: Case) -> None:
    problem = answer.document
    assert (answer.status, problem["code"]) == (case.status, case.code), answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == case.status
    assert problem["title"]
    assert problem["detail"]
    assert problem["type"] == f"/problems/{case.code}"
    assert api.call("GET", problem["type"]).status == 200


def _check_nothing_happened(api: Api) -> None:
    """A good request on a connection of its own works, and says that nothing was stored."""
    assert api.get("/v1/notifications")["data"] == []
    assert api.get("/v1/status")["accepted"] == 0


@pytest.mark.parametrize("name", CASES)
def test_refused_with_a_reason(service: ServiceProcess, slow: Wire, name: str) -> None:
    case, api = CASES[name], service.api
    answer = exchange(service.port, case.data.replace(KEY.encode(), api.key.encode()))
    _check_problem(api, answer, case)
    if answer.status == 401:
        assert answer.headers["www-authenticate"] == 'Bearer realm="gatepost"'
    if answer.status == 405:
        assert answer.headers["allow"]
    _check_nothing_happened(api)


def test_a_slow_request_is_ended(service: ServiceProcess, slow: Wire) -> None:
    answer = slow.answer()
    assert answer.status == 408
    assert slow.is_over()
    _check_nothing_happened(service.api)


def test_revoked_and_expired_keys_are_refused(service: ServiceProcess) -> None:
    api = service.api
    made = api.post("/v1/keys", {"name": "short", "scopes": ["notifications:read"]})
    holder = Api(service.port, made["key"])
    assert holder.get("/v1/me")["key"] == made["id"]
    assert api.call("DELETE", f"/v1/keys/{made['id']}").document["revoked_at"]
    assert holder.call("GET", "/v1/me").status == 401
    past = api.call("POST", "/v1/keys", {"name": "past", "scopes": ["*:*"], "expires_at": "2020-01-01T00:00:00Z"})
    assert (past.status, past.document["code"]) == (422, "invalid-field")


def test_pipelined_requests_are_answered_in_order(service: ServiceProcess) -> None:
    api = service.api
    requests = [
        request("GET", "/v1/me", headers=api.credentials),
        request("POST", "/v1/notifications", b"{", api.credentials),
        request("GET", "/v1/nothing", headers=api.credentials),
        request("GET", "/healthz"),
    ]
    with Wire(service.port) as wire:
        wire.send(b"".join(requests))
        assert [wire.answer().status for _ in requests] == [200, 400, 404, 200]


def test_head_is_get_without_a_body(service: ServiceProcess) -> None:
    with Wire(service.port) as wire:
        wire.send(request("HEAD", "/healthz"))
        head = wire.answer(without_body=True)
        wire.send(request("GET", "/healthz"))
        get = wire.answer()
    assert (head.status, head.headers) == (get.status, get.headers)


def test_noise_is_survived(service: ServiceProcess) -> None:
    """Seeded: the same three hundred broken requests in every run."""
    dice = random.Random(2)
    api = service.api
    good = request("POST", "/v1/endpoints", b'{"url": "https://example.com/"}', {"authorization": "Bearer x"})
    for _ in range(NOISES):
        data = bytearray(good)
        for _ in range(dice.randrange(1, 5)):
            at = dice.randrange(len(data))
            data[at : at + dice.randrange(3)] = dice.randbytes(dice.randrange(3))
        with Wire(service.port) as wire:
            wire.send(bytes(data))
            wire.end()
            with suppress(ConnectionError):  # not everything is worth an answer
                assert 400 <= wire.answer().status < 500
    _check_nothing_happened(api)
    assert api.get("/v1/endpoints")["data"] == []


def test_guessing_keys_is_slowed_down_and_good_keys_are_not(service: ServiceProcess) -> None:
    api, clock = service.api, SystemClock()
    answers = [Api(service.port, apikey.generate(clock).reveal()).call("GET", "/v1/me") for _ in range(60)]
    assert {answer.status for answer in answers} == {401, 429}
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert api.get("/v1/me")["scopes"] == ["*:*"]


def test_after_all_that_a_good_notification_is_accepted(service: ServiceProcess) -> None:
    api = service.api
    accepted = api.post("/v1/notifications", GOOD)
    assert api.get(f"/v1/notifications/{accepted['id']}")["payload"] == GOOD["payload"]
