"""Started, stopped, started again, put behind a proxy: the service does it in order or says why not."""

from __future__ import annotations

import signal
import socket
import ssl
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme
from openapi_spec_validator import validate

from tests.e2e.hostile_receivers import Receivers, slow
from tests.e2e.raw_http import HOST, Api, Wire, exchange, request
from tests.e2e.service_process import Refused, ServiceProcess, running, wait_for
from tests.real_servers import Nginx
from tests.unit.net.receivers import OK, always, hangs

LIMIT = 15.0
CONCURRENCY = 8
ANSWER_S = 0.4
"""What the receiver takes for each answer: long enough for a signal to arrive meanwhile."""

SENT = 40
GOOD = {"topic": "orders", "type": "order.paid", "payload": {"amount": 1}}


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    with Receivers() as receivers:
        yield receivers


def _refusal(service: ServiceProcess) -> str:
    """The one line with which a service refuses to start."""
    with pytest.raises(Refused) as refused:
        service.start()
    assert refused.value.code == 1
    assert refused.value.text.startswith("gatepost: ")
    assert refused.value.text.count("\n") == 1, refused.value.text
    return refused.value.text


# Starting


def test_a_second_service_on_the_same_data_is_refused(running_service: ServiceProcess, tmp_path: Path) -> None:
    place = tmp_path / "second"
    place.mkdir()
    told = _refusal(ServiceProcess(place, running_service.data))
    assert f"process {running_service.pid} serves {running_service.data}" in told
    assert running_service.api.post("/v1/notifications", GOOD)["id"]


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        service = ServiceProcess(tmp_path, port=str(port))
        assert f"{HOST}:{port}" in _refusal(service)
    service.start()
    assert service.api.get("/v1/me"), "the first key was made by a start that failed, and shown to nobody"
    service.end()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"host": "0.0.0.0"}, "tls_certificate"),
        ({"host": "::"}, "tls_certificate"),
        ({"host": "example.com"}, "host"),
        ({"tls_certificate": "cert.pem"}, "tls_key"),
        ({"tls_certificate": "cert.pem", "tls_key": "key.pem"}, "cert.pem"),
        ({"total_timeout": "1s", "read_timeout": "2s"}, "total_timeout"),
        ({"read_timeout": "soon"}, "read_timeout"),
        ({"allow_networks": "10.0.0.1/8"}, "allow_networks"),
        ({"limit": "many"}, "limit"),
        ({"config": "nowhere.toml"}, "nowhere.toml"),
    ],
)
def test_settings_that_cannot_be_are_named(tmp_path: Path, settings: dict[str, str], named: str) -> None:
    assert named in _refusal(ServiceProcess(tmp_path, None, **settings))
    assert not (tmp_path / "data").exists()


def test_unknown_settings_are_named(tmp_path: Path) -> None:
    (tmp_path / "gatepost.toml").write_text('read_timeout = "5s"\nreed_timeout = "5s"\n')
    assert "reed_timeout" in _refusal(ServiceProcess(tmp_path))
    (tmp_path / "gatepost.toml").unlink()
    service = ServiceProcess(tmp_path)
    service.environment["GATEPOST_PROT"] = "1"
    assert "prot" in _refusal(service)


def test_a_public_address_is_served_over_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert(HOST)
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with running(tmp_path, host="0.0.0.0", tls_certificate="cert.pem", tls_key="key.pem") as service:
        with urllib.request.urlopen(f"https://{HOST}:{service.port}/healthz", context=trusting) as answer:
            assert answer.status == 200
        with Wire(service.port) as plain:
            plain.send(request("GET", "/healthz"))
            assert plain.is_over()


# Stopping


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_finishes_what_is_in_flight(
    running_service: ServiceProcess, receivers: Receivers, number: signal.Signals
) -> None:
    service, api = running_service, running_service.api
    receiving = receivers.start(slow(ANSWER_S))
    api.post("/v1/endpoints", {"url": f"http://{HOST}:{receiving.port}/", "concurrency": CONCURRENCY})
    sent = [result["id"] for result in api.post("/v1/notifications/batch", [GOOD] * SENT)["results"]]
    wait_for(lambda: len(receiving.requests) >= CONCURRENCY, LIMIT, "the first deliveries")
    with Wire(service.port) as half_sent, Wire(service.port) as idle:
        data = request("POST", "/v1/notifications", msgspec.json.encode(GOOD), api.credentials)
        half_sent.send(data[:-5])
        idle.send(request("GET", "/healthz"))
        assert idle.answer().status == 200
        service.signal(number)
        assert idle.is_over()  # from here on the service is stopping
        half_sent.send(data[-5:])
        answer = half_sent.answer()
        assert answer.status == 202
        sent.append(answer.document["id"])
    assert service.wait() == 0
    assert "Traceback" not in service.stderr
    assert len(receiving.requests) < len(sent), "the test came too late: everything was delivered before the stop"

    service.start()
    wait_for(lambda: _states(service.api, sent) == {"delivered"}, LIMIT, "delivery after the restart")
    assert Counter(received.headers["webhook-id"] for received in receiving.requests) == Counter(sent)


def test_a_stop_does_not_wait_for_ever(tmp_path: Path, receivers: Receivers) -> None:
    with running(tmp_path, drain_timeout="1s") as service:
        stuck = receivers.start(hangs)
        service.api.post("/v1/endpoints", {"url": f"http://{HOST}:{stuck.port}/"})
        own_id = service.api.post("/v1/notifications", GOOD)["id"]
        wait_for(lambda: stuck.connections, LIMIT, "the delivery")
        started = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - started < 4
        assert "Traceback" not in service.stderr
        service.start()
        wait_for(lambda: stuck.connections > 1, LIMIT, "the delivery after the restart")
        assert _states(service.api, [own_id]) == {"sending"}


def _states(api: Api, sent: list[str]) -> set[str]:
    stories = [api.get(f"/v1/notifications/{own_id}")["deliveries"] for own_id in sent]
    return {delivery["state"] for story in stories for delivery in story}


# What it says of itself


def test_the_api_document_is_valid_and_every_path_in_it_answers(running_service: ServiceProcess) -> None:
    api = running_service.api
    document = api.get("/openapi.json")
    validate(document)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _check_operation(api, method.upper(), path, operation)


def _check_operation(api: Api, method: str, template: str, operation: dict[str, Any]) -> None:
    path = template
    for parameter in operation["parameters"]:
        path = path.replace(f"{{{parameter['name']}}}", "storage-full" if "problems" in path else "x")
    answer = api.call(method, path, b"{}" if "requestBody" in operation else None)
    code = answer.document["code"] if answer.status >= 400 else None
    assert answer.status < 500, (method, path)
    assert code not in ("no-such-route", "method-not-allowed"), (method, path)
    stranger = exchange(api.port, request(method, path, b"{}" if "requestBody" in operation else None))
    is_public = operation.get("security") == []
    assert (stranger.status == 401) is not is_public, (method, path)


def test_it_works_behind_nginx_over_tls(running_service: ServiceProcess, nginx: Nginx, receivers: Receivers) -> None:
    api = running_service.api
    receiving = receivers.start(always(OK))
    api.post("/v1/endpoints", {"url": f"http://{HOST}:{receiving.port}/"})
    with nginx.proxy(running_service.port) as port:
        connection = nginx.connect(port)
        headers = api.credentials | {"content-type": "application/json"}
        connection.request("POST", "/v1/notifications", msgspec.json.encode(GOOD), headers)
        accepted = connection.getresponse()
        assert accepted.status == 202
        own_id = msgspec.json.decode(accepted.read())["id"]
        connection.request("GET", accepted.headers["location"], headers=api.credentials)
        found = connection.getresponse()
        assert (found.status, msgspec.json.decode(found.read())["id"]) == (200, own_id)
        connection.request("POST", "/v1/notifications", b"{", headers)
        refused = connection.getresponse()
        assert (refused.status, refused.headers["content-type"]) == (400, "application/problem+json")
        refused.read()
        connection.close()
    (received,) = wait_for(lambda: receiving.requests, LIMIT, "the delivery")
    assert received.headers["webhook-id"] == own_id
