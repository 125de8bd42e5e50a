"""Asks the system for the addresses of a name, without letting one slow name hold up the others."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress

from gatepost.errors import NameNotResolved

MAX_LOOKUPS = 32
"""Threads that may wait for the name server at once."""

Addresses = tuple[str, ...]


class SystemResolver:
    """Resolves by `getaddrinfo`, so that hosts files and the system's settings count. Belongs to one event loop.

    Each lookup has a thread of its own. The pool behind `loop.getaddrinfo` has a handful: a few names whose
    server never answers would stop every other name. Nor does a thread that hangs keep the process from ending.
    Callers that ask for the same name at the same time share one lookup; nothing is remembered after it.
    """

    def __init__(self) -> None:
        self._lookups: dict[str, asyncio.Task[Addresses]] = {}
        self._places = asyncio.Semaphore(MAX_LOOKUPS)

    async def __call__(self, host: str) -> Addresses:
        """The addresses of `host`, in the order in which the system wants them tried; raises NameNotResolved."""
        lookup = self._lookups.get(host)
        if lookup is None:
            lookup = self._lookups[host] = asyncio.create_task(self._look_up(host))
            lookup.add_done_callback(lambda _: self._lookups.pop(host))
        return await asyncio.shield(lookup)  # whoever gives up leaves the others their answer

    async def _look_up(self, host: str) -> Addresses:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Addresses] = loop.create_future()
        async with self._places:
            threading.Thread(target=_ask_system, args=(host, loop, answer), name=f"resolve {host}", daemon=True).start()
            return await answer


def _ask_system(host: str, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Addresses]) -> None:
    """Runs in a thread of its own."""
    result: Addresses | NameNotResolved
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        result = NameNotResolved(f"{host} has no address: {error.strerror}")
    except UnicodeError:
        result = NameNotResolved(f"{host} is not a name")
    else:
        result = tuple(dict.fromkeys(str(address[0]) for *_, address in found))
    with suppress(RuntimeError):  # the loop may have been closed meanwhile
        loop.call_soon_threadsafe(_settle, answer, result)


def _settle(answer: asyncio.Future[Addresses], result: Addresses | NameNotResolved) -> None:
    if answer.done():
        return
    if isinstance(result, NameNotResolved):
        answer.set_exception(result)
    else:
        answer.set_result(result)
