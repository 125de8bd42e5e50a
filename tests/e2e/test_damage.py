"""Damaged files: the service loses nothing that it acknowledged, or it does not start and says why."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tests.e2e.raw_http import Wire, request
from tests.e2e.service_process import Refused, ServiceProcess, running

SENT = 40
"""Notifications of each run of the service: two that ended in a clean stop, which moves them out of the log into the
database, and a third that was killed."""

PAYLOAD_BYTES = 3_000
FRAME_BYTES = 24 + 4096
"""Of SQLite's log, after a header of 32 bytes (https://sqlite.org/fileformat2.html#walformat)."""

HEADER_BYTES = 32


class Wreck(msgspec.Struct, frozen=True):
    """What `kill -9` left behind, an older copy of the database, and what had been acknowledged."""

    place: Path
    older: Path
    numbers: dict[str, int]


@pytest.fixture(scope="module")
def wreck(tmp_path_factory: pytest.TempPathFactory) -> Wreck:
    place = tmp_path_factory.mktemp("wreck")
    older = place / "older.db"
    with running(place) as service:
        endpoint = service.api.post("/v1/endpoints", {"url": "http://127.0.0.1:9/"})["id"]
        service.api.post(f"/v1/endpoints/{endpoint}/pause")
        numbers = _send(service, range(SENT))
        service.stop()
        shutil.copy(service.data / "gatepost.db", older)
        service.start()
        numbers |= _send(service, range(SENT, 2 * SENT))
        service.stop()
        service.start()
        numbers |= _send(service, range(2 * SENT, 3 * SENT))
        service.kill()
        assert _log(service.data).stat().st_size > SENT * FRAME_BYTES
    return Wreck(place, older, numbers)


@pytest.fixture
def service(wreck: Wreck, tmp_path: Path) -> Iterator[ServiceProcess]:
    """Stands still on a copy of the wreck."""
    place = tmp_path / "copy"
    shutil.copytree(wreck.place, place)
    service = ServiceProcess(place)
    yield service
    service.end()


def _send(service: ServiceProcess, numbers: range) -> dict[str, int]:
    """Sends one notification for each number, one commit each; returns the numbers by id."""
    api = service.api
    sent = {}
    with Wire(service.port) as wire:
        for number in numbers:
            document = {"topic": "orders", "type": "order.paid", "payload": _payload(number)}
            wire.send(request("POST", "/v1/notifications", msgspec.json.encode(document), api.credentials))
            answer = wire.answer()
            assert answer.status == 202, answer
            sent[answer.document["id"]] = number
    return sent


def _payload(number: int) -> dict[str, object]:
    return {"number": number, "text": f"{number:04}" * (PAYLOAD_BYTES // 4)}


def _path(own_id: str) -> str:
    return f"/v1/notifications/{own_id}"


def _log(data: Path) -> Path:
    return data / "gatepost.db-wal"


def _flip(path: Path, at: int) -> None:
    """Inverts one byte; counted from the end when negative."""
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)


def _cut(path: Path, size: int) -> None:
    """Keeps so many bytes, or takes so many away when negative."""
    os.truncate(path, size if size >= 0 else path.stat().st_size + size)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _append(path: Path, noise: bytes) -> None:
    path.write_bytes(path.read_bytes() + noise)


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink()


def _put_older(data: Path, *, with_log: bool) -> None:
    shutil.copy(data.parent / "older.db", data / "gatepost.db")
    if not with_log:
        _log(data).unlink()


def _replace_by_file(data: Path) -> None:
    shutil.rmtree(data)
    data.write_bytes(b"")


def _begin_checkpoint(data: Path, pages: int) -> None:
    """What a kill leaves behind while the log is moved into the database, page by page: the first few are new."""
    moved = data.parent / "moved"
    shutil.copytree(data, moved)
    sqlite3.connect(moved / "gatepost.db").execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    new = (moved / "gatepost.db").read_bytes()[: pages * 4096]
    _write(data / "gatepost.db", new + (data / "gatepost.db").read_bytes()[len(new) :])


def _frame(data: Path, share: float) -> int:
    """Where the middle of a frame is, at a share of the log."""
    frames = (_log(data).stat().st_size - HEADER_BYTES) // FRAME_BYTES
    return HEADER_BYTES + round((frames - 1) * share) * FRAME_BYTES + FRAME_BYTES // 2


Damage = Callable[[Path], None]

HARMLESS: dict[str, Damage] = {
    "no damage": lambda data: None,
    "shared memory lost": lambda data: _remove(data / "gatepost.db-shm"),
    "killed while the first page of the log was moved": lambda data: _begin_checkpoint(data, 1),
    "killed while the log was moved": lambda data: _begin_checkpoint(data, 60),
    "mark lost": lambda data: _remove(data / "acknowledged"),
    "mark behind": lambda data: _write(data / "acknowledged", bytes(7) + b"\x01"),
    "torn frame after the last commit": lambda data: _append(_log(data), os.urandom(FRAME_BYTES // 2)),
    "whole frames of noise after the last commit": lambda data: _append(_log(data), os.urandom(3 * FRAME_BYTES)),
}

FATAL: dict[str, Damage] = {
    "log lost": lambda data: _remove(_log(data)),
    "log empty": lambda data: _cut(_log(data), 0),
    "log without its last byte": lambda data: _cut(_log(data), -1),
    "log without its last frame": lambda data: _cut(_log(data), -FRAME_BYTES),
    "log without its second half": lambda data: _cut(_log(data), _log(data).stat().st_size // 2),
    "log of nothing but its header": lambda data: _cut(_log(data), HEADER_BYTES),
    "bit flipped in the header of the log": lambda data: _flip(_log(data), 10),
    "bit flipped in the first frame": lambda data: _flip(_log(data), _frame(data, 0)),
    "bit flipped in the middle of the log": lambda data: _flip(_log(data), _frame(data, 0.5)),
    "bit flipped in the last frame": lambda data: _flip(_log(data), _frame(data, 1)),
    "noise instead of the log": lambda data: _write(_log(data), os.urandom(200_000)),
    "database lost": lambda data: _remove(data / "gatepost.db"),
    "database and log lost": lambda data: _remove(data / "gatepost.db", _log(data)),
    "database empty": lambda data: _cut(data / "gatepost.db", 0),
    "database cut in half": lambda data: _cut(data / "gatepost.db", (data / "gatepost.db").stat().st_size // 2),
    "bit flipped in the magic of the database": lambda data: _flip(data / "gatepost.db", 3),
    "noise instead of the database": lambda data: _write(data / "gatepost.db", os.urandom(40_960)),
    "older copy of the database": lambda data: _put_older(data, with_log=True),
    "older copy of the database without a log": lambda data: _put_older(data, with_log=False),
}


@pytest.mark.parametrize("damage", HARMLESS.values(), ids=HARMLESS)
def test_nothing_acknowledged_is_missing_after(damage: Damage, service: ServiceProcess, wreck: Wreck) -> None:
    damage(service.data)
    service.start()
    _check_all_there(service, wreck)
    assert service.stop() == 0


@pytest.mark.parametrize("damage", FATAL.values(), ids=FATAL)
def test_the_start_is_refused_after(damage: Damage, service: ServiceProcess, wreck: Wreck) -> None:
    damage(service.data)
    before = _contents(service.data)
    with pytest.raises(Refused) as refused:
        service.start()
    assert refused.value.code == 1
    assert refused.value.text.startswith("gatepost: gatepost.db ")
    assert refused.value.text.count("\n") == 1, refused.value.text
    assert _contents(service.data) == before, "what could still be rescued was changed"


def _contents(data: Path) -> dict[str, bytes]:
    """What is in every file that says something; the lock, the shared memory and an empty log do not."""
    found = {path.name: path.read_bytes() for path in data.iterdir() if path.name not in ("lock", "gatepost.db-shm")}
    return {name: content for name, content in found.items() if content}


def _check_all_there(service: ServiceProcess, wreck: Wreck) -> None:
    with Wire(service.port) as wire:
        for own_id, number in wreck.numbers.items():
            wire.send(request("GET", _path(own_id), headers=service.api.credentials))
            found = wire.answer().document
            assert found["payload"] == _payload(number)
            assert [delivery["state"] for delivery in found["deliveries"]] == ["waiting"]


def test_an_operator_may_vacuum_the_database_of_a_stopped_service(service: ServiceProcess, wreck: Wreck) -> None:
    service.start()
    service.stop()
    database = sqlite3.connect(service.data / "gatepost.db")
    database.execute("DELETE FROM notifications WHERE seq <= 2 * ?", (SENT,))
    database.commit()
    database.execute("VACUUM")
    database.close()
    service.start()
    assert service.stop() == 0


def test_the_loss_can_be_accepted(service: ServiceProcess, wreck: Wreck) -> None:
    _cut(_log(service.data), -FRAME_BYTES)
    (service.data / "acknowledged").unlink()
    service.start()
    api = service.api
    lost = [number for own_id, number in wreck.numbers.items() if api.call("GET", _path(own_id)).status == 404]
    assert lost == [max(wreck.numbers.values())]


SECRETS: dict[str, tuple[Damage, str]] = {
    "pepper of noise": (lambda data: _write(data / "pepper", os.urandom(68)), "pepper"),
    "pepper that is no ASCII": (lambda data: _flip(data / "pepper", 10), "pepper"),
    "pepper cut short": (lambda data: _cut(data / "pepper", -5), "pepper"),
    "pepper empty": (lambda data: _cut(data / "pepper", 0), "pepper"),
    "pepper lost": (lambda data: _remove(data / "pepper"), "pepper"),
    "pepper readable by all": (lambda data: (data / "pepper").chmod(0o644), "chmod 600"),
    "pepper readable by the group": (lambda data: (data / "pepper").chmod(0o640), "chmod 600"),
    "directory open to all": (lambda data: data.chmod(0o755), "chmod 700"),
    "directory open to the group": (lambda data: data.chmod(0o710), "chmod 700"),
    "a file in place of the directory": (_replace_by_file, "File exists"),
}


@pytest.mark.parametrize(("damage", "told"), SECRETS.values(), ids=SECRETS)
def test_secrets_are_whole_and_the_owners_alone(damage: Damage, told: str, service: ServiceProcess) -> None:
    secret = (service.data / "pepper").read_text().strip().removeprefix("v1:")
    damage(service.data)
    with pytest.raises(Refused) as refused:
        service.start()
    assert refused.value.code == 1
    assert refused.value.text.startswith("gatepost: ")
    assert refused.value.text.count("\n") == 1, refused.value.text
    assert told in refused.value.text
    assert secret[:8] not in refused.value.text


def test_every_file_is_the_owners_alone(service: ServiceProcess) -> None:
    old = os.umask(0)
    try:
        shutil.rmtree(service.data)
        service.start()
    finally:
        os.umask(old)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [service.data, *service.data.iterdir()]}
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}
