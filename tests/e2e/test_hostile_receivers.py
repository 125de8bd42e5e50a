"""Receivers of every character, through the whole service: each gets what it deserves, and no other one feels it."""

from __future__ import annotations

import itertools
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.e2e.hostile_receivers import (
    HUGE,
    Receivers,
    answer,
    floods,
    in_turn,
    resets,
    speaks_first,
    trickles,
    trickles_headers,
)
from tests.e2e.raw_http import HOST, Api
from tests.e2e.service_process import ServiceProcess, running, wait_for
from tests.unit.net.receivers import OK, Receiver, Script, always, closes_early, hangs, once

LIMIT = 20.0
"""Seconds until a delivery must have come to its end, retries included."""

CONNECT_S, READ_S, TOTAL_S = 0.5, 0.6, 1.2
SCHEDULE = [0, 0.1]
"""Seconds before each attempt: two, as far as nobody asks for more time."""

STORM = 300
"""Notifications for everyone while the others misbehave."""

PROMPT_S = 6.0
"""Seconds in which a healthy endpoint gets the whole storm."""

MEMORY_GROWTH = 64 * 1024 * 1024
"""Bytes; answers of 100 MB to each of several requests at once must stay far below it."""

MAX_SENT = 8 * 1024 * 1024
"""Bytes that a receiver gets rid of before it notices that nobody listens: the buffers of both kernels."""

Attempts = list[tuple[int | None, str | None]]
"""Status and error of each attempt."""

TWICE = 2
HOSTILE: dict[str, tuple[Script, str, Attempts]] = {
    "hangs": (hangs, "dead", [(None, "timeout")] * TWICE),
    "trickles": (trickles, "dead", [(None, "timeout")] * TWICE),
    "trickles headers": (trickles_headers, "dead", [(None, "timeout")] * TWICE),
    "closes early": (closes_early, "dead", [(None, "connection-closed")] * TWICE),
    "closes in the middle": (resets, "dead", [(None, "garbled-answer")] * TWICE),
    "answers garbage": (once(b"\x00\xffSSH-2.0-OpenSSH_9.2\r\n\r\n" * 100), "dead", [(None, "garbled-answer")] * TWICE),
    "answers two lengths": (
        once(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"),
        "dead",
        [(None, "garbled-answer")] * TWICE,
    ),
    "answers 100 MB": (
        floods(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % HUGE, b"x" * 65536),
        "delivered",
        [(200, None)],
    ),
    "answers 100 MB of headers": (
        floods(b"HTTP/1.1 200 OK\r\n", b"x: " + b"y" * 1000 + b"\r\n"),
        "dead",
        [(None, "garbled-answer")] * TWICE,
    ),
    "answers 100 MB in chunks": (
        floods(b"HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n", b"1000\r\n" + b"z" * 4096 + b"\r\n"),
        "dead",
        [(500, None)] * TWICE,
    ),
    "fails": (always(answer("500 No", body="out of paper")), "dead", [(500, None)] * TWICE),
    "flips": (in_turn(answer("500 No"), OK), "delivered", [(500, None), (200, None)]),
    "asks to authenticate": (always(answer("401 No")), "dead", [(401, None)] * TWICE),
    "switches protocols": (
        once(b"HTTP/1.1 101 Switching\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n"),
        "dead",
        [(None, "garbled-answer")] * TWICE,
    ),
}


class Scene:
    """A running service with short time limits, and receivers beside it."""

    def __init__(self, service: ServiceProcess, receivers: Receivers) -> None:
        self.service = service
        self.api: Api = service.api
        self.receivers = receivers
        self.hostile: dict[str, Receiver] = {}
        self._topics = itertools.count()

    def topic(self) -> str:
        """One that nobody used before."""
        return f"topic{next(self._topics)}"

    def endpoint(self, script: Script, topic: str, **fields: Any) -> tuple[str, Receiver]:
        """A new receiver and the endpoint that leads to it."""
        receiving = self.receivers.start(script)
        return self.endpoint_at(f"http://{HOST}:{receiving.port}/hook", topic, **fields), receiving

    def endpoint_at(self, url: str, topic: str, **fields: Any) -> str:
        document = {"url": url, "topics": [topic, "storm"], "retry": SCHEDULE} | fields
        own_id: str = self.api.post("/v1/endpoints", document)["id"]
        return own_id

    def send(self, topic: str) -> str:
        document = {"topic": topic, "type": "order.paid", "payload": {"amount": 1}}
        own_id: str = self.api.post("/v1/notifications", document)["id"]
        return own_id

    def settled(self, own_id: str) -> Any:
        """The only delivery of a notification, once it is closed."""

        def look() -> Any:
            (delivery,) = self.api.get(f"/v1/notifications/{own_id}")["deliveries"]
            return delivery if delivery["state"] not in ("waiting", "sending") else None

        return wait_for(look, LIMIT, "the end of a delivery")


def _running(place: Path, allow_networks: str = "127.0.0.0/8") -> AbstractContextManager[ServiceProcess]:
    return running(
        place,
        allow_networks=allow_networks,
        connect_timeout=f"{CONNECT_S}s",
        read_timeout=f"{READ_S}s",
        total_timeout=f"{TOTAL_S}s",
    )


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with Receivers() as receivers, _running(tmp_path_factory.mktemp("scene")) as service:
        yield Scene(service, receivers)


def _attempts(delivery: Any) -> Attempts:
    return [(attempt["status"], attempt["error"]) for attempt in delivery["attempts"]]


def _waits(delivery: Any) -> list[float]:
    """Seconds between the beginnings of its attempts."""
    moments = [datetime.fromisoformat(attempt["at"]) for attempt in delivery["attempts"]]
    return [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(moments)]


@pytest.fixture(scope="module")
def sent(scene: Scene) -> dict[str, str]:
    """A notification to each hostile receiver, all at once: their ids by what the receiver does."""
    topics = {name: scene.topic() for name in HOSTILE}
    for name, topic in topics.items():
        _, scene.hostile[name] = scene.endpoint(HOSTILE[name][0], topic)
    return {name: scene.send(topic) for name, topic in topics.items()}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_happened_is_kept(scene: Scene, sent: dict[str, str], name: str) -> None:
    _, state, attempts = HOSTILE[name]
    delivery = scene.settled(sent[name])
    assert (delivery["state"], _attempts(delivery)) == (state, attempts)
    for attempt in delivery["attempts"]:
        assert attempt["duration_ms"] <= (TOTAL_S + 1) * 1000
        assert len(attempt["answer"]) <= 4096


def test_the_answer_of_a_receiver_is_kept(scene: Scene) -> None:
    scene.endpoint(always(answer("500 No", body="out of \N{OIL DRUM} " + "x" * 10_000)), "answer")
    kept = scene.settled(scene.send("answer"))["attempts"][0]["answer"]
    assert kept.startswith("out of \N{OIL DRUM} xxx")
    assert len(kept.encode()) == 4096


def test_a_redirect_is_not_followed(scene: Scene) -> None:
    canary = scene.receivers.start(hangs)
    to_canary = answer("307 Elsewhere", f"location: http://{HOST}:{canary.port}/")
    scene.endpoint(always(to_canary), "redirect")
    delivery = scene.settled(scene.send("redirect"))
    assert (delivery["state"], _attempts(delivery)) == ("dead", [(307, None)] * TWICE)
    assert canary.connections == 0


def test_a_port_where_nobody_listens(scene: Scene) -> None:
    with socket.create_server((HOST, 0)) as taken:  # bound, so that nobody else takes it, and closed to callers below
        port = taken.getsockname()[1]
    scene.endpoint_at(f"http://{HOST}:{port}/", "nobody")
    delivery = scene.settled(scene.send("nobody"))
    assert (delivery["state"], _attempts(delivery)) == ("dead", [(None, "connect-failed")] * TWICE)


def test_410_disables_the_endpoint_and_its_owner_hears_of_it(scene: Scene) -> None:
    _, owner = scene.endpoint(always(OK), "gatepost.*")
    endpoint, _ = scene.endpoint(always(answer("410 Gone")), "gone")
    delivery = scene.settled(scene.send("gone"))
    assert (delivery["state"], _attempts(delivery)) == ("dead", [(410, None)])
    wait_for(lambda: scene.api.get(f"/v1/endpoints/{endpoint}")["state"] == "disabled", LIMIT)
    assert scene.api.get(f"/v1/notifications/{scene.send('gone')}")["deliveries"] == []
    (told,) = wait_for(lambda: owner.requests, LIMIT, "the owner to hear of it")
    assert b"endpoint.disabled" in told.body
    assert endpoint.encode() in told.body
    assert scene.api.post(f"/v1/endpoints/{endpoint}/resume")["state"] == "active"


@pytest.mark.parametrize(
    ("status", "header", "at_least"),
    [
        ("429 Slower", "retry-after: 2", 2.0),
        ("503 Later", "retry-after: 2", 2.0),
        ("500 No", "retry-after: 2", 2.0),
        ("503 Later", "x: nothing said", 1.0),
        ("429 Slower", "retry-after: soon", 1.0),
        ("500 No", "x: nothing said", 0.1),
    ],
)
def test_who_asks_for_time_gets_it(scene: Scene, status: str, header: str, at_least: float) -> None:
    topic = scene.topic()
    scene.endpoint(in_turn(answer(status, header), OK), topic)
    delivery = scene.settled(scene.send(topic))
    assert _attempts(delivery) == [(int(status[:3]), None), (200, None)]
    (waited,) = _waits(delivery)
    assert at_least <= waited < at_least + 2


def test_a_healthy_endpoint_feels_nothing_of_the_others(scene: Scene, sent: dict[str, str]) -> None:
    before = scene.service.peak_memory
    _, healthy = scene.endpoint(always(OK), "healthy")
    flooding = scene.hostile["answers 100 MB"]
    batch = [{"topic": "storm", "type": "order.paid", "payload": number} for number in range(STORM)]
    started = time.monotonic()
    assert scene.api.post("/v1/notifications/batch", batch)["accepted"] == STORM
    wait_for(lambda: len(healthy.requests) >= STORM, LIMIT, "the storm at the healthy endpoint")
    assert time.monotonic() - started < PROMPT_S
    wait_for(lambda: len(flooding.requests) >= STORM, LIMIT, "the floods")
    assert flooding.sent < STORM * MAX_SENT
    assert scene.service.peak_memory - before < MEMORY_GROWTH
    assert scene.api.call("GET", "/healthz").status == 200


def test_tls_receivers_must_prove_who_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, strange = trustme.CA(), trustme.CA()
    ours.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))  # read by OpenSSL in the service
    with Receivers() as receivers, _running(tmp_path) as service:
        scene = Scene(service, receivers)
        cases = {
            "good": (_server_tls(ours, "localhost"), ("delivered", None)),
            "strange": (_server_tls(strange, "localhost"), ("dead", "tls-failed")),
            "misnamed": (_server_tls(ours, "elsewhere.test"), ("dead", "tls-failed")),
            "plain": (None, ("dead", "tls-failed")),
        }
        for topic, (tls, _) in cases.items():
            receiving = receivers.start(always(OK) if tls else speaks_first, tls)
            scene.endpoint_at(f"https://localhost:{receiving.port}/", topic)
        sent = {topic: scene.send(topic) for topic in cases}
        for topic, (_, expected) in cases.items():
            delivery = scene.settled(sent[topic])
            assert (delivery["state"], delivery["attempts"][-1]["error"]) == expected, topic


def _server_tls(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


REFUSED_URLS = (
    "http://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://0.0.0.0:{port}/",
    "http://10.0.0.1/",
    "http://192.168.0.1/",
    "http://172.16.0.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/",
    "http://224.0.0.1/",
    "http://user:secret@example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "//example.com/",
    "http://example.com:0/",
    "http://example.com:99999/",
    "http://exa mple.com/",
    "http:///",
    "",
)


def test_addresses_inside_are_refused_unless_allowed(tmp_path: Path) -> None:
    with Receivers() as receivers, _running(tmp_path, allow_networks="") as service:
        scene = Scene(service, receivers)
        canary = receivers.start(hangs)
        for url in REFUSED_URLS:
            refused = scene.api.call("POST", "/v1/endpoints", {"url": url.format(port=canary.port)})
            assert refused.status in (400, 422), url
            assert refused.document["code"] in ("address-refused", "invalid-field"), url
        assert scene.api.get("/v1/endpoints")["data"] == []
        endpoint = scene.endpoint_at(f"http://localhost:{canary.port}/", "inside")  # a name may lead anywhere
        delivery = scene.settled(scene.send("inside"))
        assert (delivery["state"], _attempts(delivery)) == ("dead", [(None, "address-refused")] * TWICE)
        changed = scene.api.call("PATCH", f"/v1/endpoints/{endpoint}", {"url": f"http://{HOST}:{canary.port}/"})
        assert (changed.status, changed.document["code"]) == (422, "address-refused")
        assert canary.connections == 0
