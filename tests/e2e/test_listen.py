"""`gatepost listen` as a person runs it: beside the real service, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from gatepost import Client
from tests.e2e.listeners import publish
from tests.e2e.raw_http import Api
from tests.e2e.service_process import ServiceProcess, wait_for
from tests.e2e.webhook_log import receiving

TILL = ["--subscription", "till"]


@contextmanager
def listening(api: Api, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Runs it while the block runs; ready when the block begins."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gatepost.cli.main", "listen", *arguments, "--url", f"http://127.0.0.1:{api.port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"GATEPOST_API_KEY": api.key},
    )
    try:
        assert process.stderr is not None
        assert process.stderr.readline() == "Listening ...\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def heard(process: subprocess.Popen[str], count: int) -> list[int]:
    """What the next payloads say."""
    assert process.stdout is not None
    return [msgspec.json.decode(process.stdout.readline())["data"]["n"] for _ in range(count)]


def stop(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Ctrl-C; what it still says."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    return out, err


def test_it_prints_live_and_ctrl_c_is_a_good_end(running_service: ServiceProcess) -> None:
    api = running_service.api
    with listening(api, "orders.*") as process, Client(f"http://127.0.0.1:{api.port}", api_key=api.key) as client:
        client.send("orders.eu", "order.paid", {"n": 1})
        assert process.stdout is not None
        assert process.stdout.readline().endswith('Z  orders.eu  order.paid  {"n":1}\n')
        out, err = stop(process)
    assert out == ""
    assert err.startswith("To go on from here: --position ")


def test_a_durable_subscription_goes_on_where_it_was_stopped(running_service: ServiceProcess) -> None:
    api = running_service.api
    with listening(api, "orders.*", *TILL, "--json") as process:
        publish(api, *range(100))
        assert heard(process, 100) == list(range(100))
        stop(process)
    assert api.get("/v1/subscriptions/till")["behind"] == 0
    publish(api, *range(100, 200))
    running_service.kill()
    running_service.start()
    api = running_service.api
    with listening(api, *TILL, "--json") as process:
        assert heard(process, 100) == list(range(100, 200))
        stop(process)
    assert api.get("/v1/subscriptions/till")["behind"] == 0


def test_what_the_address_did_not_take_is_posted_again_by_the_next(
    running_service: ServiceProcess, tmp_path: Path
) -> None:
    api = running_service.api
    with receiving(tmp_path / "received") as receiver:
        forward = [*TILL, "--forward", receiver.url]
    with listening(api, "orders.*", *forward) as process:  # where nobody listens any more
        for number in (1, 2):
            api.post("/v1/notifications", {"topic": "orders.eu", "type": "order.paid", "payload": {"number": number}})
        assert process.stderr is not None
        assert "connect-failed" in process.stderr.readline()
        stop(process)
    assert api.get("/v1/subscriptions/till")["behind"] == 2
    with receiving(tmp_path / "received") as receiver, listening(api, *TILL, "--forward", receiver.url) as process:
        wait_for(lambda: api.get("/v1/subscriptions/till")["behind"] == 0, 20)
        stop(process)
        receiver.read_on()
    assert (receiver.count, list(receiver.ids)) == (2, [1, 2])
