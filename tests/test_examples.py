"""Every example runs, and says what it protects and what it does not."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

import pytest

from gatepost import Client
from gatepost.clock import SystemClock
from gatepost.crypto.secret import Secret
from gatepost.crypto.webhook_signatures import new_hmac_key
from tests.e2e.service_process import ServiceProcess, running, wait_for

EXAMPLES = Path(__file__).parent.parent / "examples"
FILES = sorted(EXAMPLES.glob("*.py"))


class Credentials(TypedDict):
    url: str
    api_key: str


@pytest.fixture
def running_service(tmp_path: Path) -> Iterator[ServiceProcess]:
    with running(tmp_path) as service:
        yield service


@contextmanager
def started(name: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """One example, ended by Ctrl-C if it does not end by itself."""
    process = subprocess.Popen(
        [sys.executable, str(EXAMPLES / name)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | variables,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def output(name: str, **variables: str) -> str:
    with started(name, **variables) as process:
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0, out
    return out


def credentials(service: ServiceProcess) -> Credentials:
    api = service.api
    return {"url": f"http://127.0.0.1:{api.port}", "api_key": api.key}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_head_says_how_to_run_it_and_what_it_protects(file: Path) -> None:
    head = file.read_text().split('"""')[1]
    for part in ("\nRun", "\nProtects: ", "\nDoes not protect: "):
        assert part in head


def test_the_readme_lists_every_example() -> None:
    listed = re.findall(r"\]\(([a-z0-9_]+\.py)\)", (EXAMPLES / "README.md").read_text())
    assert listed == [file.name for file in FILES]


def test_a1_rest_server_and_client() -> None:
    out = output("a1_rest_server_and_client.py")
    statuses = re.findall(r"^.{13} (\d{3}) ", out, re.MULTILINE)
    assert statuses == ["201", "200", "200", "200", "422", "400", "413", "405", "204", "204", "404"]
    assert re.findall(r'"pointer": "(/[a-z]+)"', out) == ["/price", "/title", "/pages"]
    assert "ConnectError" in out


def test_a1_send(running_service: ServiceProcess) -> None:
    given = credentials(running_service)
    out = output("a1_send.py", GATEPOST_URL=given["url"], GATEPOST_API_KEY=given["api_key"])
    assert "durability group" in out
    assert "1000 of 1000 accepted" in out
    assert "refused: /topic" in out
    assert "of type order." in out


def test_a1_webhook_receiver(running_service: ServiceProcess) -> None:
    secret = new_hmac_key(SystemClock())
    with (
        started("a1_webhook_receiver.py", WEBHOOK_SECRET=secret, PORT="0") as receiver,
        Client(**credentials(running_service)) as client,
    ):
        url = next_line(receiver).removeprefix("listening on ")
        client.create_endpoint(url, topics=["orders"], secret=Secret(secret))
        sent = client.send("orders", "order.paid", {"n": 1})
        assert next_line(receiver) == f"{sent.id}  orders  order.paid  {{'n': 1}}"
        client.create_endpoint(url, topics=["forged"])  # signs with another secret
        forged = client.send("forged", "order.paid", {"n": 2})
        assert next_line(receiver).startswith("refused: ")
        (attempt,) = wait_for(lambda: client.notification(forged.id).deliveries[0].attempts, 10)
        assert attempt.status == 401


def test_a1_webhook_receiver_needs_a_secret() -> None:
    with started("a1_webhook_receiver.py", WEBHOOK_SECRET="") as receiver:
        out, _ = receiver.communicate(timeout=20)
    assert receiver.returncode == 1
    assert "set WEBHOOK_SECRET" in out


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
