"""Fetches documents by URL. The address is checked when it is dialled; nothing follows a redirect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gatepost.errors import AddressRefused, InvalidInput, TooLarge
from gatepost.guard.egress import EgressRules, Target, parse_url
from gatepost.net.connector import Connector
from gatepost.net.http1 import Limits
from gatepost.net.response import Response

MAX_REMOTE_BYTES = 8 * 1024 * 1024
"""Bytes of one fetched document."""

MAX_REMOTE_DOCUMENTS = 64
"""Documents fetched for one scan: a chain of references must not walk through the internet."""

TOTAL_S = 20.0
"""Seconds for one document, from the name to its last byte."""

_LIMITS = Limits(read_s=10.0, total_s=TOTAL_S, max_body=MAX_REMOTE_BYTES)

Fetch = Callable[[str], bytes]
"""Gives the bytes behind an http(s) URL; raises a GatepostError."""


class Fetcher:
    """Fetches within the bounds of one scan. `rules` of None is for a URL that the user typed."""

    def __init__(self, rules: EgressRules | None) -> None:
        self._rules = rules
        self._left = MAX_REMOTE_DOCUMENTS

    def __call__(self, url: str) -> bytes:
        """The body of the answer. Raises AddressRefused, DeliveryFailed, InvalidField, InvalidInput or TooLarge."""
        if self._left <= 0:
            raise TooLarge(f"more than {MAX_REMOTE_DOCUMENTS} documents would have to be fetched")
        self._left -= 1
        response = asyncio.run(self._get(parse_url(url)))
        if response.status != 200:
            raise InvalidInput(f"{url} answers {response.status}")
        if response.truncated:
            raise TooLarge(f"{url} has more than {MAX_REMOTE_BYTES // 1024**2} MiB")
        return response.body

    async def _get(self, target: Target) -> Response:
        connector = Connector(self._rules)
        connection = await connector.connect(target.host, target.port, tls=target.tls, limits=_LIMITS)
        try:
            return await connection.send(_request(target))
        finally:
            connection.close()
            await connection.closed


def _request(target: Target) -> bytes:
    lines = (
        f"GET {target.path} HTTP/1.1",
        f"Host: {target.authority}",
        "Accept: application/openapi+json, application/openapi+yaml, application/json, application/yaml, */*;q=0.1",
        "Accept-Encoding: identity",
        "User-Agent: gatepost-scan",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode("ascii")


def refuse(url: str) -> bytes:
    """Fetches nothing: what a scan does unless it is allowed to."""
    raise AddressRefused(f"{url} is not fetched without --allow-remote")
