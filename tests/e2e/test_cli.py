"""The command line against the real service: conversations as an operator has them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.e2e.service_process import ServiceProcess

Gatepost = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def gatepost(running_service: ServiceProcess, tmp_path: Path) -> Gatepost:
    """The command in a process of its own, with the service and a key file in the environment."""
    api = running_service.api
    key_file = tmp_path / "key"
    key_file.write_text(api.key)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEPOST_")}
    environment |= {"GATEPOST_URL": f"http://127.0.0.1:{api.port}", "GATEPOST_API_KEY_FILE": str(key_file)}

    def run(*words: str, stdin: str = "", code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "gatepost.cli.main", *words]
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False, timeout=30
        )
        assert done.returncode == code, done.stderr
        return done

    return run


def document(done: subprocess.CompletedProcess[str]) -> Any:
    return msgspec.json.decode(done.stdout)


def test_an_endpoint_from_its_making_to_its_end(gatepost: Gatepost) -> None:
    made = document(gatepost("endpoints", "create", "http://127.0.0.1:9/", "--topics", "orders.*, refunds", "--json"))
    assert made["topics"] == ["orders.*", "refunds"]
    own_id = made["id"]
    assert made["secret"] not in gatepost("endpoints", "show", own_id).stdout
    assert document(gatepost("endpoints", "change", own_id, "--retry", "0,60", "--json"))["retry"] == [0, 60]
    sent = document(gatepost("send", "orders.eu", "order.paid", '{"n": 1}', "--json"))
    assert sent["deliveries"] == 1
    assert sent["id"] in gatepost("notifications", "show", sent["id"]).stdout
    assert "whsec_" in gatepost("endpoints", "rotate-secret", own_id).stdout
    gatepost("endpoints", "pause", own_id)
    gatepost("endpoints", "resume", own_id)
    gatepost("endpoints", "test", own_id)
    gatepost("endpoints", "delete", own_id, "--yes")
    assert document(gatepost("endpoints", "list", "--json")) == []


def test_a_line_that_is_not_json_is_refused_alone(gatepost: Gatepost) -> None:
    lines = '{"topic":"a","type":"t","payload":1.10}\n{"topic":"a",\n{"topic":"a","type":"t","payload":2}\n'
    done = gatepost("send", stdin=lines, code=1)
    assert "item 2: " in done.stderr
    assert "(malformed-json)" in done.stderr
    listed = document(gatepost("notifications", "list", "--topic", "a", "--json"))
    assert len(listed) == 2


def test_a_thousand_lines_from_a_file(gatepost: Gatepost, tmp_path: Path) -> None:
    lines = tmp_path / "lines.ndjson"
    lines.write_text("".join(f'{{"topic":"a","type":"t","id":"n-{n}","payload":{n}}}\n' for n in range(1200)))
    for _ in range(2):  # the second time changes nothing: the ids are known
        done = document(gatepost("send", "--file", str(lines), "--json"))
        assert done == {"accepted": 1200, "refused": 0, "problems": []}
    assert len(document(gatepost("notifications", "list", "--limit", "5000", "--json"))) == 1200


def test_tenants_and_keys(gatepost: Gatepost) -> None:
    tenant = document(gatepost("tenants", "create", "acme", "--json"))["id"]
    key = document(gatepost("tenants", "key", tenant, "first", "--scopes", "notifications:send,keys:read", "--json"))
    assert key["scopes"] == ["notifications:send", "keys:read"]
    assert document(gatepost("tenants", "suspend", tenant, "--json"))["suspended_at"] is not None
    gatepost("tenants", "resume", tenant)
    assert "nothing was destroyed" in gatepost("tenants", "destroy", tenant, code=1).stderr
    gatepost("tenants", "destroy", tenant, "--yes")
    own = document(gatepost("keys", "create", "ci", "--scopes", "notifications:send:orders.*", "--json"))
    assert gatepost("keys", "revoke", own["id"]).stdout
    assert own["key"] not in gatepost("keys", "list").stdout


def test_the_doctor_finds_nothing_wrong(gatepost: Gatepost, running_service: ServiceProcess) -> None:
    findings = document(gatepost("doctor", "--data-dir", str(running_service.data), "--json"))
    assert {finding["verdict"] for finding in findings} <= {"ok", "warn"}


def test_a_second_service_on_the_same_data_says_what_to_do(gatepost: Gatepost, running_service: ServiceProcess) -> None:
    done = gatepost("serve", "--port", "0", "--data-dir", str(running_service.data), code=1)
    (line,) = done.stderr.splitlines()
    assert line.startswith("gatepost: ")
    assert line.endswith(" - stop the other process, or give another --data-dir")


def test_a_lost_first_key_is_replaced_while_the_service_is_stopped(
    gatepost: Gatepost, running_service: ServiceProcess
) -> None:
    data = str(running_service.data)
    gatepost("keys", "recover", "--data-dir", data, code=1)
    running_service.stop()
    key = document(gatepost("keys", "recover", "--data-dir", data, "--json"))["key"]
    running_service.start()
    (running_service.data.parent / "key").write_text(key)
    url = f"http://127.0.0.1:{running_service.port}"
    assert document(gatepost("keys", "list", "--url", url, "--json"))
