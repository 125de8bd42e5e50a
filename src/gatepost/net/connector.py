"""Makes connections, and checks the very address that it dials.

The order is what protects: the name is resolved once, every address it gave is checked, a socket is connected to
one that passed - by its number, never by the name again - and the peer that answered is checked once more.
No proxy settings of the environment are read, and nothing here follows a redirect.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

from gatepost.errors import AddressRefused, ConnectFailed, DeliveryTimeout, TlsFailed
from gatepost.guard.egress import EgressRules
from gatepost.net.http1 import Connection, Limits
from gatepost.net.resolver import SystemResolver
from gatepost.net.tls import client_context

MAX_ADDRESSES = 4
"""Addresses of one name that are tried: a long list must not turn one delivery into a port scan."""

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""Gives the numeric addresses of a name; raises NameNotResolved."""


class Connector:
    """Connects to hosts. Belongs to one event loop.

    With `rules`, only addresses that they let through are dialled; `None` is for services that the operator,
    or the caller of the SDK, chose. `tls` verifies the servers of https, by default against the system's authorities.
    """

    def __init__(
        self, rules: EgressRules | None, *, tls: ssl.SSLContext | None = None, resolve: Resolve | None = None
    ) -> None:
        self._rules = rules
        self._tls = tls
        self._resolve = resolve or SystemResolver()

    async def connect(
        self, host: str, port: int, *, tls: bool, limits: Limits, deadline: float | None = None
    ) -> Connection:
        """A connection that is ready for its first exchange, within `connect_s` and before `deadline`.

        `deadline` is a moment of `loop.time()`. Raises AddressRefused, NameNotResolved, TlsFailed, ConnectFailed
        or DeliveryTimeout.
        """
        end = asyncio.get_running_loop().time() + limits.connect_s
        if deadline is not None:
            end = min(end, deadline)
        context = self._context() if tls else None
        try:
            async with asyncio.timeout_at(end):
                sock = await self._dial(await self._addresses(host), port, end)
                return await self._start(sock, host, context, limits)
        except TimeoutError:
            raise DeliveryTimeout(f"no connection to {host} in time") from None
        except OSError as error:
            raise ConnectFailed(f"no connection to {host}: {_reason(error)}") from error

    async def _addresses(self, host: str) -> Sequence[str]:
        """The addresses of `host` that may be dialled; raises AddressRefused when all are others."""
        if _is_numeric(host):
            self._check(host)
            return (host,)
        passed = [address for address in await self._resolve(host) if self._passes(address)]
        if not passed:
            # The addresses are not told: they would map the inner network for whoever may name hosts.
            raise AddressRefused(f"{host} has no address that may be reached from here")
        return passed[:MAX_ADDRESSES]

    async def _dial(self, addresses: Sequence[str], port: int, end: float) -> socket.socket:
        """A socket connected to the first address that answers; each gets its share of the time that is left."""
        loop = asyncio.get_running_loop()
        for left in range(len(addresses), 1, -1):
            try:
                async with asyncio.timeout((end - loop.time()) / left):
                    return await self._dial_one(addresses[-left], port)
            except OSError:
                continue
        return await self._dial_one(addresses[-1], port)

    async def _dial_one(self, address: str, port: int) -> socket.socket:
        sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, (address, port))
            self._check(sock.getpeername()[0])
        except BaseException:
            sock.close()
            raise
        return sock

    async def _start(
        self, sock: socket.socket, host: str, context: ssl.SSLContext | None, limits: Limits
    ) -> Connection:
        connection = Connection(limits)
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: connection, sock=sock, ssl=context, server_hostname=host if context else None
            )
        except ssl.SSLCertVerificationError as error:
            raise TlsFailed(f"the certificate of {host} is not good: {error.verify_message}") from error
        except ssl.SSLError as error:
            raise TlsFailed(f"{host} does not speak TLS as it should: {error.reason}") from error
        except ConnectionError as error:
            raise TlsFailed(f"{host} closed the connection during the TLS handshake") from error
        return connection

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = client_context()  # here, because reading the system's authorities takes many milliseconds
        return self._tls

    def _check(self, address: str) -> None:
        if self._rules is not None:
            self._rules.check(address)

    def _passes(self, address: str) -> bool:
        try:
            self._check(address)
        except AddressRefused:
            return False
        return True


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else "unknown reason"
