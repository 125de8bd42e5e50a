"""No name, however it answers, leads a webhook to loopback.

In a network namespace of its own, so that "public" addresses are on this machine and nothing leaves it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.address_guard_scene import DEAD, LOOPBACK, PUBLIC, SENDS
from tests.real_servers import NOT_TESTED, is_required

ROOT = Path(__file__).resolve().parent.parent.parent


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    """A namespace whose loopback interface holds the public addresses and whose names come from LOOPBACK."""
    why_not = missing()
    if why_not:
        reason = f"{NOT_TESTED}address guard ({why_not})"
        if is_required("netns"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    name = f"gatepost-{os.getpid()}"
    settings = Path("/etc/netns", name)
    try:
        settings.mkdir(parents=True)
        (settings / "resolv.conf").write_text(f"nameserver {LOOPBACK}\noptions timeout:2 attempts:2\n")
        ip("netns", "add", name)
        ip("-n", name, "link", "set", "lo", "up")
        for address in (PUBLIC, DEAD):
            ip("-n", name, "address", "add", f"{address}/32", "dev", "lo")
        yield name
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)
        shutil.rmtree(settings, ignore_errors=True)


def missing() -> str:
    """What this machine lacks for a network namespace, or nothing."""
    if sys.platform != "linux":
        return "needs Linux"
    if os.geteuid() != 0:
        return "needs root"
    if shutil.which("ip") is None:
        return "needs iproute2: apt-get install iproute2"
    probe = subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True)
    return "" if probe.returncode == 0 else "needs permission to make network namespaces"


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def scene(namespace: str, request: pytest.FixtureRequest) -> dict[str, Any]:
    """What happened when webhooks were sent to every name."""
    command = ["ip", "netns", "exec", namespace, sys.executable, "-m", "tests.e2e.address_guard_scene", request.param]
    played = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=50, check=False)
    assert played.returncode == 0, played.stderr
    result: dict[str, Any] = json.loads(played.stdout)
    return result


def test_nobody_ever_came_to_loopback(scene: dict[str, Any]) -> None:
    assert scene["canaries"] == [0, 0]
    assert scene["canaries_work"] == [1, 1]


def test_the_public_receiver_got_what_was_for_it(scene: dict[str, Any]) -> None:
    results = scene["results"]
    assert results["honest.test"] == {"200": SENDS}
    assert scene["delivered"] == sum(result.get("200", 0) for result in results.values())


def test_a_name_that_answers_public_first_and_loopback_then_is_refused_then(scene: dict[str, Any]) -> None:
    assert scene["results"]["rebinding.test"] == {"200": SENDS // 2, "address-refused": SENDS // 2}
    assert scene["resolved"]["rebinding.test"] == SENDS


def test_a_kept_connection_is_not_resolved_again(scene: dict[str, Any]) -> None:
    assert scene["results"]["kept.test"] == {"200": SENDS}
    assert scene["resolved"]["kept.test"] == 1


@pytest.mark.parametrize("name", ["mixed.test", "both-families.test"])
def test_of_public_and_loopback_in_one_answer_only_the_public_one_is_dialled(scene: dict[str, Any], name: str) -> None:
    assert scene["results"][name] == {"200": SENDS}


def test_loopback_is_no_way_out_when_the_public_address_is_dead(scene: dict[str, Any]) -> None:
    assert scene["results"]["half-dead.test"] == {"connect-failed": SENDS}


@pytest.mark.parametrize(
    "host",
    [
        "loopback.test",
        "unspecified.test",
        "metadata.test",
        "private.test",
        "loopback6.test",
        "mapped.test",
        LOOPBACK,
        "localhost",
        "[::1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "0.0.0.0",
    ],
)
def test_what_is_not_public_is_refused(scene: dict[str, Any], host: str) -> None:
    assert scene["results"][host] == {"address-refused": SENDS}


def test_a_redirect_to_loopback_is_not_followed(scene: dict[str, Any]) -> None:
    assert scene["results"]["redirect"] == {"302": SENDS}


def test_an_unknown_name_is_told(scene: dict[str, Any]) -> None:
    assert scene["results"]["unknown.test"] == {"name-not-resolved": SENDS}
