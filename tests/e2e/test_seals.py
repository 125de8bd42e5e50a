"""Nothing readable on the disk: of a running service, after `kill -9`, and after a tenant was destroyed."""

from __future__ import annotations

import base64
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.hostile_receivers import Receivers, answer
from tests.e2e.raw_http import Api
from tests.e2e.service_process import Refused, ServiceProcess, running, wait_for
from tests.unit.net.receivers import Peer

CANARY = "canary-51c7e2"
LIMIT = 10.0
MASTER_KEY = base64.b64encode(bytes(range(32))).decode()


def on_disk(data: Path) -> bytes:
    return b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())


def disguises(text: str) -> list[bytes]:
    """The text as it may lie on a disk unsealed: as it is, in hex, and in base64 at any of its three offsets."""
    plain = text.encode()
    shifted = (base64.b64encode(b"\0" * shift + plain)[4:-4] for shift in range(3))
    return [plain, plain.hex().encode(), plain.hex().upper().encode(), plain[::-1], *shifted]


def shows(data: Path, text: str) -> list[bytes]:
    found = on_disk(data)
    return [disguise for disguise in disguises(text) if disguise in found]


async def repeats(peer: Peer) -> None:
    """Answers every webhook with an error that holds its body, as careless receivers do."""
    while True:
        received = await peer.request()
        await peer.send(answer("400 Bad Request", body=received.body.decode()))


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    with Receivers() as receivers:
        yield receivers


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    with running(tmp_path) as service:
        yield service


def fill(api: Api, port: int) -> tuple[str, str]:
    """Leaves the canary where a user can put it; gives the notification's id and what the receiver's secret is."""
    url = f"http://127.0.0.1:{port}/{CANARY}?token={CANARY}"
    secret = api.post("/v1/endpoints", {"url": url, "topics": ["orders"]})["secret"]
    body = {"topic": "orders", "type": "order.paid", "payload": {"card": CANARY}, "id": "order-1"}
    sent = api.post("/v1/notifications", body, {"Idempotency-Key": "once"})["id"]
    wait_for(lambda: attempts(api, sent), LIMIT, "an attempt")
    return sent, secret


def attempts(api: Api, notification: str) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = api.get(f"/v1/notifications/{notification}")["deliveries"][0]["attempts"]
    return made


def test_no_file_shows_a_payload_an_endpoint_an_answer_or_a_key(service: ServiceProcess, receivers: Receivers) -> None:
    sent, secret = fill(service.api, receivers.start(repeats).port)
    assert CANARY in attempts(service.api, sent)[0]["answer"]
    key = service.api.key
    for text in (CANARY, secret.removeprefix("whsec_"), key):
        assert shows(service.data, text) == []
    service.kill()
    for text in (CANARY, secret.removeprefix("whsec_"), key):
        assert shows(service.data, text) == []
    assert CANARY not in service.stderr
    service.start()
    assert service.api.get(f"/v1/notifications/{sent}")["payload"] == {"card": CANARY}


def test_the_service_leaves_no_core_dump(service: ServiceProcess) -> None:
    limits = Path(f"/proc/{service.pid}/limits").read_text().splitlines()
    assert next(line for line in limits if line.startswith("Max core file size")).split()[4:6] == ["0", "0"]


def test_of_a_destroyed_tenant_nothing_can_be_opened_any_more(service: ServiceProcess) -> None:
    api = service.api
    tenant = api.post("/v1/tenants", {"name": "shop"})["id"]
    key = api.post(f"/v1/tenants/{tenant}/keys", {"name": "all", "scopes": ["*:*"]})["key"]
    Api(service.port, key).post("/v1/notifications", {"topic": "orders", "type": "order.paid", "payload": CANARY})
    wrapped = _wrapped_key(service.data, tenant)
    assert wrapped in on_disk(service.data)
    assert api.call("DELETE", f"/v1/tenants/{tenant}").status == 204
    assert wrapped[-32:] not in on_disk(service.data)
    service.stop()
    assert wrapped[-32:] not in on_disk(service.data)


def _wrapped_key(data: Path, tenant: str) -> bytes:
    with closing(sqlite3.connect(f"{(data / 'gatepost.db').as_uri()}?mode=ro", uri=True)) as connection:
        sql = "SELECT wrapped FROM tenant_keys WHERE tenant = ?"
        (wrapped,) = connection.execute(sql, (bytes.fromhex(tenant[-32:]),)).fetchone()
    return bytes(wrapped)


# The master key


def test_with_the_master_key_elsewhere_a_stolen_directory_stays_closed(tmp_path: Path) -> None:
    key_file = secret_file(tmp_path / "master", MASTER_KEY)
    with running(tmp_path, master_key=f"file:{key_file}") as service:
        service.api.post("/v1/notifications", {"topic": "orders", "type": "order.paid", "payload": CANARY})
        service.stop()
        assert not (service.data / "master-key").exists()
        before = {path: path.read_bytes() for path in service.data.iterdir() if path.name != "lock"}
        secret_file(key_file, base64.b64encode(bytes(32)).decode())
        with pytest.raises(Refused, match="does not open") as refused:
            service.start()
        assert "Traceback" not in refused.value.text
        service.settings.pop("master_key")
        with pytest.raises(Refused, match="master-key is missing"):
            service.start()
        assert {path: path.read_bytes() for path in before} == before
        service.settings["master_key"] = "env:MASTER"
        service.environment["MASTER"] = MASTER_KEY
        service.start()


@pytest.mark.parametrize("form", ["directory", "passphrase-file", "passphrase-env"])
def test_the_master_key_comes_from_where_the_settings_say(tmp_path: Path, form: str) -> None:
    (tmp_path / "secrets").mkdir()
    passphrase = "tidal-copper-lantern-97-moss"
    named = secret_file(tmp_path / "secrets" / "gatepost-master-key", MASTER_KEY if form == "directory" else passphrase)
    place = {"directory": named.parent, "passphrase-file": named, "passphrase-env": "PASSPHRASE"}[form]
    service = ServiceProcess(tmp_path, master_key=f"{form}:{place}")
    service.environment["PASSPHRASE"] = passphrase
    try:
        service.start()
        sent = service.api.post("/v1/notifications", {"topic": "orders", "type": "order.paid", "payload": CANARY})
        service.kill()
        service.start()
        assert service.api.get(f"/v1/notifications/{sent['id']}")["payload"] == CANARY
    finally:
        service.end()


def test_a_master_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    key_file = secret_file(tmp_path / "master", MASTER_KEY)
    key_file.chmod(0o644)
    with pytest.raises(Refused, match="chmod 600"), running(tmp_path, master_key=f"file:{key_file}"):
        pass


def test_without_its_keyring_a_database_is_not_started_on(service: ServiceProcess) -> None:
    service.stop()
    (service.data / "keyring").rename(service.data.parent / "keyring")
    with pytest.raises(Refused, match="keyring is missing"):
        service.start()
    (service.data.parent / "keyring").rename(service.data / "keyring")
    service.start()


def secret_file(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


# The keyring


def test_the_keyring_is_rotated_under_a_running_service_and_the_old_key_can_go(service: ServiceProcess) -> None:
    sent = service.api.post("/v1/notifications", {"topic": "orders", "type": "order.paid", "payload": CANARY})["id"]
    rotated = service.api.post("/v1/keyring/rotate")["data"]
    assert [(key["id"], key["state"]) for key in rotated] == [(1, "enabled"), (2, "primary")]
    assert service.api.call("DELETE", "/v1/keyring/2").status == 409
    assert service.api.call("DELETE", "/v1/keyring/1").status == 200
    assert service.api.call("DELETE", "/v1/keyring/7").status == 404
    service.kill()
    service.start()
    assert [key["state"] for key in service.api.get("/v1/keyring")["data"]] == ["destroyed", "primary"]
    assert service.api.get(f"/v1/notifications/{sent}")["payload"] == CANARY


def test_the_keyring_is_the_operators(service: ServiceProcess) -> None:
    tenant = service.api.post("/v1/tenants", {"name": "shop"})["id"]
    key = service.api.post(f"/v1/tenants/{tenant}/keys", {"name": "all", "scopes": ["*:*"]})["key"]
    for method, path in (("GET", ""), ("POST", "/rotate"), ("DELETE", "/1")):
        assert Api(service.port, key).call(method, f"/v1/keyring{path}").status == 404


def test_the_operator_rotates_from_the_command_line_and_not_behind_the_services_back(service: ServiceProcess) -> None:
    def gatepost(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "gatepost.cli.main", "keyring", *words]
        environment = service.environment | {
            "GATEPOST_URL": f"http://127.0.0.1:{service.port}",
            "GATEPOST_API_KEY": service.api.key,
        }
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert gatepost("service", "rotate").returncode == 0
    assert gatepost("service", "destroy", "1", "--yes").returncode == 0
    shown = json.loads(gatepost("service", "show", "--json").stdout)
    assert [(key["id"], key["state"]) for key in shown] == [(1, "destroyed"), (2, "primary")]
    master = service.data / "master-key"
    refused = gatepost("rotate", str(service.data / "keyring"), "--key-file", str(master))
    assert (refused.returncode, "keyring service" in refused.stderr) == (2, True)
    assert gatepost("show", str(service.data / "keyring"), "--key-file", str(master)).returncode == 0
