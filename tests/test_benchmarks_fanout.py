"""The benchmarks of fan-out count every arrival. How fast anything is, is asserted nowhere."""

from __future__ import annotations

import base64
import json
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import msgspec
import pytest

from benchmarks import fanout
from benchmarks.built import Missing, program
from benchmarks.fanout_measure import posting
from gatepost.cli.loadtest.notifications import NOTIFICATION_BYTES
from tests.e2e.service_process import wait_for

ROOT = Path(__file__).resolve().parent.parent


def test_a_message_has_the_length_of_a_notification_and_is_one() -> None:
    for number in (0, 1_000_000):
        found = fanout.message(number)
        assert len(found) == NOTIFICATION_BYTES
        assert msgspec.json.decode(found)["payload"]["mark"].startswith(f"{number:010d}-")


def test_the_key_of_the_websocket_handshake_is_16_bytes() -> None:
    assert len(base64.b64decode(fanout.WEBSOCKET_KEY, validate=True)) == 16


def test_a_burst_lasts_from_the_first_publication_to_the_last_arrival() -> None:
    early, late, nobodys = (
        fanout.Message(received=received, published_s=at, p50_ms=1, p99_ms=1, last_ms=last)
        for received, at, last in ((2, 10.0, 500), (2, 10.25, 1000), (0, 0.0, 0))
    )
    assert fanout.duration([early, late, nobodys]) == 1.25
    assert fanout.duration([nobodys]) == 0.0


class Answering(socketserver.BaseRequestHandler):
    """Reads two requests that were sent at once, and answers each."""

    def handle(self) -> None:
        said = b""
        while said.count(b"order-") < 2:
            said += self.request.recv(4096)
        for status in self.server.statuses:  # type: ignore[attr-defined]
            self.request.sendall(b"HTTP/1.1 %b\r\nContent-Length: 2\r\n\r\nok" % status)


@pytest.mark.parametrize(("second", "accepted"), [(b"202 Accepted", True), (b"500 Failed", False)])
def test_publications_do_not_wait_for_answers_but_must_all_be_accepted(second: bytes, accepted: bool) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), Answering) as server:
        server.statuses = [b"202 Accepted", second]  # type: ignore[attr-defined]
        threading.Thread(target=server.handle_request, daemon=True).start()
        publish = posting(server.server_address[1], "/publish")
        with nullcontext() if accepted else pytest.raises(ValueError, match="500"):
            publish([b"order-1", b"order-2"])


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_the_fan_out_of_gatepost_is_measured_with_a_few_listeners() -> None:
    words = ["--rounds", "1", "--headline", "0", "--only", "sse,websocket", "--subscribers", "50", "--json"]
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    for row in ("sse", "websocket"):
        (found,) = json.loads(done.stdout)["fan_outs"][row]
        assert (found["subscribers"], found["missing"]) == (50, 0)
        assert 0 < found["p50_ms"] <= found["p99_ms"] <= found["last_ms"]
        assert found["burst_per_s"] > 0


class Publisher(socketserver.ThreadingTCPServer):
    """A server that answers each handshake, then what is said after it, and publishes to all."""

    daemon_threads = True

    def __init__(self, head: bytes, welcome: bytes = b"") -> None:
        super().__init__(("127.0.0.1", 0), _Subscriber)
        self.head, self.welcome = head, welcome
        self.said: list[bytes] = []
        self.connections: list[socket.socket] = []

    def publish(self, text: bytes) -> None:
        for connection in self.connections:
            connection.sendall(text)


class _Subscriber(socketserver.BaseRequestHandler):
    server: Publisher

    def handle(self) -> None:
        assert self.request.recv(4096).endswith(b"\r\n\r\n")
        self.request.sendall(self.server.head)
        if self.server.welcome:
            said = b""
            while b"subscribe" not in said:
                said += self.request.recv(4096)
            self.server.said.append(said)
            self.request.sendall(self.server.welcome)
        self.server.connections.append(self.request)
        self.request.recv(1)  # until the client ends


@contextmanager
def publishing(head: bytes, welcome: bytes = b"") -> Iterator[Publisher]:
    with Publisher(head, welcome) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def compiler() -> None:
    try:
        program("cc")
    except Missing as reason:
        pytest.skip(f"the client for subscribers was not tested: {reason}")


@pytest.mark.usefixtures("compiler")
def test_every_arrival_of_every_message_is_counted(tmp_path: Path) -> None:
    subscription = fanout.server_sent_events("/v1/stream", {"Authorization": "Bearer x"})
    with (
        publishing(b"HTTP/1.1 200 OK\r\n\r\n") as server,
        fanout.subscribers(
            subscription, server.server_address[1], 20, messages=3, limit_s=30, log=tmp_path / "log"
        ) as client,
    ):
        wait_for(lambda: len(server.connections) == 20, 20)
        for number in range(2):
            server.publish(b"data: %b\n\n" % fanout.message(number))
            fanout.await_message(client, number)
        whole = b"data: %b\n\n" % fanout.message(2)
        for part in (whole[:80], whole[80:]):  # a mark may come in pieces
            server.publish(part)
        found = fanout.report(client)
    assert (found.received, found.missing) == (60, 0)
    assert [message.received for message in found.messages] == [20, 20, 20]
    assert all(0 < message.p50_ms <= message.p99_ms <= message.last_ms for message in found.messages)


@pytest.mark.usefixtures("compiler")
def test_a_websocket_speaks_in_masked_frames_and_waits_for_its_welcome(tmp_path: Path) -> None:
    subscription = fanout.websocket("/v1/ws", speech='{"connect":1}\n{"subscribe":["orders"]}', wanted="subscribed")
    with (
        publishing(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b"\x81\x0asubscribed") as server,
        fanout.subscribers(
            subscription, server.server_address[1], 2, messages=1, limit_s=30, log=tmp_path / "log"
        ) as client,
    ):
        wait_for(lambda: len(server.connections) == 2, 20)
        server.publish(b"\x81\x7e\x01\x81" + fanout.message(0))
        found = fanout.report(client)
    assert found.received == 2
    assert server.said == [b'\x81\x8d\0\0\0\0{"connect":1}\x81\x98\0\0\0\0{"subscribe":["orders"]}'] * 2


@pytest.mark.usefixtures("compiler")
def test_a_refused_subscriber_is_told_apart_from_a_slow_one(tmp_path: Path) -> None:
    subscription = fanout.server_sent_events("/v1/stream", {})
    with (
        publishing(b"HTTP/1.1 401 Unauthorized\r\n\r\n") as server,
        pytest.raises(Missing, match=r"refused: HTTP/1\.1 401"),
        fanout.subscribers(subscription, server.server_address[1], 2, messages=1, limit_s=30, log=tmp_path / "log"),
    ):
        pass


@pytest.mark.usefixtures("compiler")
def test_what_did_not_arrive_in_time_is_missing(tmp_path: Path) -> None:
    subscription = fanout.server_sent_events("/v1/stream", {})
    with (
        publishing(b"HTTP/1.1 200 OK\r\n\r\n") as server,
        fanout.subscribers(
            subscription, server.server_address[1], 3, messages=2, limit_s=1, log=tmp_path / "log"
        ) as client,
    ):
        found = fanout.report(client)
        assert (found.received, found.missing) == (0, 6)
        assert fanout.duration(found.messages) == 0.0
