"""The parts of the demo: what it sends, who counts it, and how its processes start and end."""

from __future__ import annotations

import asyncio
import os
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from gatepost import topics
from gatepost.cli.demo_data import TOPICS, notifications
from gatepost.cli.demo_processes import receiver, service
from gatepost.cli.demo_receiver import Counter, Report
from gatepost.client.notifications import encode
from gatepost.clock import SystemClock
from gatepost.crypto.secret import Secret
from gatepost.crypto.webhook_signatures import new_hmac_key, signer
from gatepost.errors import StartRefused
from tests.unit.clocks import HandClock


class Sender:
    """Makes webhooks as the service does; at the system's time, because the public package verifies by it."""

    def __init__(self) -> None:
        self.key = new_hmac_key(HandClock())
        self._sign = signer([self.key])
        self._now = SystemClock().now() // 1000

    def webhook(self, number: int, sent_at: int = 0) -> tuple[dict[str, str], bytes]:
        body = msgspec.json.encode({"type": "t", "topic": "t", "data": {"number": number, "sent_at": sent_at}})
        name = f"ntf_{number}"
        signed = self._sign(name, self._now, body)
        return {"webhook-id": name, "webhook-timestamp": str(self._now), "webhook-signature": signed}, body


@pytest.fixture
def sender() -> Sender:
    return Sender()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def counter(clock: HandClock, sender: Sender) -> Counter:
    counter = Counter(clock)
    counter.trust(sender.key)
    return counter


def test_repeats_count_as_duplicates(counter: Counter, sender: Sender) -> None:
    assert all(counter.take(*sender.webhook(number)) for number in (1, 2, 1))
    assert counter.report(with_latencies=False) == Report(
        delivered=2, verified=2, duplicates=1, last_at=HandClock().now()
    )


def test_what_is_not_signed_is_refused_and_not_verified(counter: Counter, sender: Sender) -> None:
    headers, body = sender.webhook(1)
    assert not counter.take(headers, body.replace(b"1", b"2"))
    assert not counter.take({}, body)
    assert not counter.take({**headers, "webhook-signature": "v1"}, body)
    assert not counter.take({**headers, "webhook-timestamp": "1"}, body)
    report = counter.report(with_latencies=True)
    assert (report.verified, report.refused, report.delivered) == (0, 4, 2)


def test_without_the_secret_nothing_is_verified(sender: Sender) -> None:
    assert not Counter(HandClock()).take(*sender.webhook(1))


def test_latencies_are_from_sending_to_arrival(counter: Counter, sender: Sender, clock: HandClock) -> None:
    sent_at = clock.now()
    for number in range(100):
        clock.advance(0.001)
        counter.take(*sender.webhook(number, sent_at))
    report = counter.report(with_latencies=True)
    assert (report.p50_ms, report.p95_ms, report.p99_ms) == (51.0, 96.0, 100.0)


def test_the_airports_are_what_the_service_accepts() -> None:
    sent = list(islice(notifications(30_000, HandClock()), 30_000))
    assert len(sent) == 30_000
    assert all(topics.matches(TOPICS, notification.topic) for notification in sent)
    assert max(len(encode(notification)) for notification in sent) < 1_000
    assert sent[0].payload["airport"] == sent[-1].payload["airport"] or sent[0].payload["airport"]["icao"]


async def post(url: str, headers: dict[str, str], body: bytes) -> bytes:
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = ["POST / HTTP/1.1", f"content-length: {len(body)}"]
    lines += [f"{name.title()}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    status = await reader.readline()
    writer.close()
    return status


async def test_the_receiver_runs_as_a_process_and_ends(sender: Sender) -> None:
    async with receiver() as receiving:
        assert (await post(receiving.url, *sender.webhook(1))).startswith(b"HTTP/1.1 400 ")
        await receiving.trust(Secret(sender.key))
        assert (await post(receiving.url, *sender.webhook(2))).startswith(b"HTTP/1.1 204 ")
        report = await receiving.report()
        assert (report.delivered, report.verified, report.refused) == (2, 1, 1)
        url = receiving.url
    with pytest.raises(OSError, match=r"refused|Connect"):
        await post(url, *sender.webhook(3))


async def test_a_child_ends_with_an_exception_too() -> None:
    processes: list[int] = []

    async def fail_in_between() -> None:
        async with receiver() as receiving:
            processes.append(receiving._process.pid)
            raise LookupError

    with pytest.raises(LookupError):
        await fail_in_between()
    with pytest.raises(ProcessLookupError):
        os.kill(processes[0], 0)


async def test_a_service_that_does_not_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    (tmp_path / "data").chmod(0o755)
    with pytest.raises(StartRefused, match=r"ended: gatepost: .*chmod 700"):
        async with service(tmp_path / "data", tmp_path):
            pytest.fail("it must not start")
