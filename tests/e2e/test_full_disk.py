"""A full disk is said, loses nothing, and is over as soon as there is room again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.raw_http import Answer, Api
from tests.e2e.service_process import Refused, ServiceProcess, running, wait_for
from tests.e2e.webhook_log import WebhookLog, receiving
from tests.real_servers import NOT_TESTED, is_required

DISK_BYTES = 12 * 1024 * 1024
PAYLOAD_BYTES = 60_000
ORDERS = 100
"""Deliveries under way when the disk is full: more than are sent at once."""

LIMIT = 20.0
"""Seconds for anything that must happen by itself; the service looks again every second."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of a few megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    options = f"size={DISK_BYTES},mode=0700"
    mounting = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounting.returncode:
        reason = f"{NOT_TESTED}full disk (mounting a small one: {mounting.stderr.decode().strip() or 'needs root'})"
        if is_required("disk"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[WebhookLog]:
    with receiving(tmp_path / "received") as receiver:
        yield receiver


@pytest.fixture
def service(tmp_path: Path, disk: Path, receiver: WebhookLog) -> Iterator[ServiceProcess]:
    with running(tmp_path, disk / "data", drain_timeout="3s") as service:
        service.api.post("/v1/endpoints", {"url": receiver.url, "topics": ["orders"]})
        yield service


class Filler:
    """Something else on the disk: takes a part of it at first, then all that is left, and gives everything back."""

    def __init__(self, disk: Path) -> None:
        self._path = disk / "filler"
        self._path.write_bytes(bytes(DISK_BYTES // 4))

    def fill(self) -> None:
        with self._path.open("ab", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                return

    def remove(self) -> None:
        self._path.unlink()


def _send(api: Api, topic: str, number: int, size: int = 1) -> Answer:
    payload = {"number": number, "text": "x" * size}
    return api.call("POST", "/v1/notifications", {"topic": topic, "type": "order.paid", "payload": payload})


def _send_orders(api: Api) -> dict[int, str]:
    """Notifications on their way to the receiver: their ids by number."""
    return {number: _send(api, "orders", number).document["id"] for number in range(ORDERS)}


def _send_until_full(api: Api, filler: Filler) -> dict[int, str]:
    """Notifications that nobody subscribed to, until none is accepted, however small: their ids by number."""
    sent: dict[int, str] = {}
    for size in (PAYLOAD_BYTES, 1):
        while (answer := _send(api, "archive", len(sent), size)).status == 202:
            sent[len(sent)] = answer.document["id"]
        _check_says_full(answer)
        filler.fill()
    assert len(sent) > DISK_BYTES / PAYLOAD_BYTES / 4
    return sent


def _check_says_full(answer: Answer) -> None:
    assert (answer.status, answer.document["code"]) == (507, "storage-full")
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0


def _states(api: Api, sent: dict[int, str]) -> set[tuple[str, int]]:
    """State and number of attempts of every delivery."""
    stories = [api.get(f"/v1/notifications/{own_id}")["deliveries"] for own_id in sent.values()]
    return {(delivery["state"], len(delivery["attempts"])) for story in stories for delivery in story}


def _all_arrived(receiver: WebhookLog, sent: dict[int, str]) -> bool:
    receiver.read_on()
    return sent.keys() <= receiver.ids.keys()


def test_a_full_disk_recovers_without_a_restart(service: ServiceProcess, disk: Path, receiver: WebhookLog) -> None:
    api, filler = service.api, Filler(disk)
    receiver.hold()
    orders = _send_orders(api)
    archive = _send_until_full(api, filler)
    for number, own_id in (orders | archive).items():
        assert api.get(f"/v1/notifications/{own_id}")["payload"]["number"] == number
    assert len(api.get("/v1/notifications?limit=100")["data"]) == 100
    _check_says_full(api.call("POST", f"/v1/notifications/{orders[ORDERS - 1]}/cancel"))  # so it is sent

    receiver.set_pace(0)
    wait_for(lambda: _all_arrived(receiver, orders), LIMIT, "delivery with a full disk")
    assert ("sending", 0) in _states(api, orders), "all the outcomes cannot have been written"

    filler.remove()
    wait_for(lambda: _states(api, orders) == {("delivered", 1)}, LIMIT, "the outcomes to be written")
    orders[ORDERS] = _send(api, "orders", ORDERS).document["id"]
    wait_for(lambda: _all_arrived(receiver, orders), LIMIT, "delivery after the full disk")
    assert receiver.count == len(orders), "sent twice"
    assert receiver.ids == {number: {own_id} for number, own_id in orders.items()}


def test_kill_9_with_a_full_disk_loses_nothing(service: ServiceProcess, disk: Path, receiver: WebhookLog) -> None:
    filler = Filler(disk)
    receiver.hold()
    orders = _send_orders(service.api)
    archive = _send_until_full(service.api, filler)
    service.kill()
    with pytest.raises(Refused) as refused:
        service.start()
    assert (refused.value.code, refused.value.text.count("\n")) == (1, 1)
    assert "full" in refused.value.text

    filler.remove()
    receiver.set_pace(0)
    service.start()
    wait_for(lambda: _states(service.api, orders) == {("delivered", 1)}, LIMIT, "delivery after the restart")
    assert _all_arrived(receiver, orders)
    assert all(receiver.ids[number] == {own_id} for number, own_id in orders.items())
    for number, own_id in archive.items():
        assert service.api.get(f"/v1/notifications/{own_id}")["payload"]["number"] == number


def test_a_stop_with_a_full_disk_is_orderly(service: ServiceProcess, disk: Path, receiver: WebhookLog) -> None:
    filler = Filler(disk)
    receiver.hold()
    orders = _send_orders(service.api)
    _send_until_full(service.api, filler)
    receiver.set_pace(0)
    wait_for(lambda: _all_arrived(receiver, orders), LIMIT, "delivery with a full disk")
    assert service.stop() == 0
    assert "Traceback" not in service.stderr
    assert "outcomes" in service.stderr, "what will be sent again must be said"

    filler.remove()
    service.start()
    wait_for(lambda: _states(service.api, orders) == {("delivered", 1)}, LIMIT, "delivery after the restart")
