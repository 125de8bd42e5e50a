"""`gatepost listen` as a person runs it: beside the real service, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from gatepost import Client
from tests.e2e.service_process import ServiceProcess


def test_it_prints_live_and_ctrl_c_is_a_good_end(running_service: ServiceProcess) -> None:
    api = running_service.api
    url = f"http://127.0.0.1:{api.port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "gatepost.cli.main", "listen", "orders.*", "--url", url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"GATEPOST_API_KEY": api.key},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stderr.readline() == "Listening ...\n"
    with Client(url, api_key=api.key) as client:
        client.send("orders.eu", "order.paid", {"n": 1})
    assert process.stdout.readline().endswith('Z  orders.eu  order.paid  {"n":1}\n')
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    assert err.startswith("To go on from here: --position ")
