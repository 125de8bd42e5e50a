"""Names: what they stand for, and that a slow one holds up nobody else."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from gatepost.errors import NameNotResolved
from gatepost.net.resolver import MAX_LOOKUPS, SystemResolver


class SlowNameServer:
    """Stands between the resolver and the system: names that begin with `slow` wait until they are let go."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.let_go = threading.Event()
        self._system = socket.getaddrinfo

    def __call__(self, host: str, *args: Any, **kwargs: Any) -> list[Any]:
        self.asked.append(host)
        if host.startswith("slow"):
            self.let_go.wait(10)
            host = "127.0.0.1"
        return self._system(host, *args, **kwargs)


@pytest.fixture
def name_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowNameServer]:
    slow = SlowNameServer()
    monkeypatch.setattr(socket, "getaddrinfo", slow)
    yield slow
    slow.let_go.set()


async def test_a_name_is_turned_into_addresses() -> None:
    addresses = await SystemResolver()("localhost")
    assert set(addresses) <= {"127.0.0.1", "::1"}
    assert len(addresses) == len(set(addresses))


@pytest.mark.parametrize("host", ["", "a" * 64, "x." * 200, "\u00df" * 70])
async def test_what_is_no_name_is_not_resolved(host: str) -> None:
    with pytest.raises(NameNotResolved):
        await SystemResolver()(host)


async def test_slow_names_do_not_hold_up_another(name_server: SlowNameServer) -> None:
    resolve = SystemResolver()
    slow = [asyncio.ensure_future(resolve(f"slow{n}")) for n in range(MAX_LOOKUPS - 1)]
    assert await asyncio.wait_for(resolve("localhost"), 5)
    name_server.let_go.set()
    assert await asyncio.gather(*slow) == [("127.0.0.1",)] * (MAX_LOOKUPS - 1)


async def test_lookups_are_bounded(name_server: SlowNameServer) -> None:
    resolve = SystemResolver()
    slow = [asyncio.ensure_future(resolve(f"slow{n}")) for n in range(MAX_LOOKUPS + 5)]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(resolve("localhost"), 0.05)
    assert len(name_server.asked) <= MAX_LOOKUPS
    name_server.let_go.set()
    await asyncio.gather(*slow)
    assert await resolve("localhost")


async def test_callers_who_ask_at_once_share_a_lookup_and_later_ones_do_not(name_server: SlowNameServer) -> None:
    resolve = SystemResolver()
    both = asyncio.gather(resolve("slow"), resolve("slow"))
    impatient = asyncio.ensure_future(resolve("slow"))
    await asyncio.sleep(0)
    impatient.cancel()
    name_server.let_go.set()
    assert set(await both) == {("127.0.0.1",)}
    assert name_server.asked == ["slow"]
    await resolve("slow")
    assert name_server.asked == ["slow", "slow"]
