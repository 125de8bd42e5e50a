"""Webhooks: signed POST requests in the form of Standard Webhooks, over connections that are checked and kept."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Protocol

from gatepost.clock import Clock
from gatepost.crypto.webhook_signatures import ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, Signer, signer
from gatepost.errors import ConnectionClosed, GatepostError
from gatepost.guard.egress import Target, parse_url
from gatepost.net.connector import Connector
from gatepost.net.http1 import Connection, Limits
from gatepost.net.response import Response
from gatepost.notify.delivery import MAX_ANSWER_BYTES, Outcome
from gatepost.outbound.pool import ConnectionPool, Lane

MAX_CONNECTIONS = 512
"""Open connections of one process: half of the 1,024 file descriptors that a process commonly may have."""

MAX_RECIPIENTS = 10_000
"""Endpoints whose keys and connections are kept at hand; the one that was used longest ago makes room."""

MAX_DATE_LENGTH = 64
"""Characters of a Retry-After that are looked at: a date has 29."""

LIMITS = Limits(max_body=MAX_ANSWER_BYTES)


class Endpoint(Protocol):
    """Where a webhook goes."""

    @property
    def id(self) -> str: ...

    @property
    def tenant(self) -> str: ...

    @property
    def url(self) -> str: ...


class WebhookChannel:
    """Sends webhooks. Belongs to one event loop.

    Whatever the other side does becomes an outcome and never an exception. A redirect is an answer like any
    other; it is not followed.
    """

    def __init__(
        self,
        connector: Connector,
        clock: Clock,
        limits: Limits = LIMITS,
        *,
        user_agent: str = "Gatepost",
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        self._clock = clock
        self._limits = limits
        self._user_agent = user_agent
        self._pool = ConnectionPool(connector, limits, max_connections)
        self._recipients: OrderedDict[str, _Recipient] = OrderedDict()

    async def send(self, endpoint: Endpoint, message_id: str, body: bytes, keys: tuple[str, ...]) -> Outcome:
        """Makes one request, signed with every one of `keys`.

        A kept connection that turns out to have been closed meanwhile is replaced by a new one, once.
        """
        started = self._clock.monotonic()
        try:
            recipient = self._recipient(endpoint, keys)
            request = recipient.request(message_id, self._clock.now() // 1000, body)
            response = await self._exchange(recipient.lane, request)
        except GatepostError as error:
            return Outcome(None, error.code, b"", None, self._milliseconds_since(started), error.detail)
        return Outcome(
            response.status, None, response.body, self._retry_after(response), self._milliseconds_since(started)
        )

    def forget(self, endpoint_id: str) -> None:
        """Drops what is kept of an endpoint that changed or is no more; its exchanges under way are finished."""
        recipient = self._recipients.pop(endpoint_id, None)
        if recipient is not None:
            self._pool.close_lane(recipient.lane)

    async def aclose(self) -> None:
        """Closes every connection; requests under way end with an outcome."""
        await self._pool.aclose()

    def _recipient(self, endpoint: Endpoint, keys: tuple[str, ...]) -> _Recipient:
        recipient = self._recipients.get(endpoint.id)
        if recipient is None or not recipient.is_for(endpoint.url, keys):
            self.forget(endpoint.id)
            recipient = _Recipient(endpoint.url, endpoint.tenant, keys, self._user_agent)
            self._recipients[endpoint.id] = recipient
            if len(self._recipients) > MAX_RECIPIENTS:
                self.forget(next(iter(self._recipients)))
        else:
            self._recipients.move_to_end(endpoint.id)
        return recipient

    async def _exchange(self, lane: Lane, request: bytes) -> Response:
        deadline = asyncio.get_running_loop().time() + self._limits.total_s
        connection = self._pool.take(lane)
        if connection is not None:
            try:
                return await self._exchange_over(connection, request, deadline)
            except ConnectionClosed:
                pass  # most likely closed for being idle too long, and the request was not seen
        connection = await self._pool.open(lane, deadline)
        return await self._exchange_over(connection, request, deadline)

    async def _exchange_over(self, connection: Connection, request: bytes, deadline: float) -> Response:
        try:
            return await connection.send(request, deadline)
        finally:
            self._pool.give_back(connection)

    def _milliseconds_since(self, moment: float) -> int:
        return round((self._clock.monotonic() - moment) * 1000)

    def _retry_after(self, response: Response) -> float | None:
        if response.status < 300:
            return None
        return retry_after(response.headers.get("retry-after", ""), self._clock.now())


class _Recipient:
    """What is prepared once for all requests to one endpoint."""

    __slots__ = ("_head", "_keys", "_sign", "_url", "lane")

    def __init__(self, url: str, tenant: str, keys: tuple[str, ...], user_agent: str) -> None:
        target = parse_url(url)
        self.lane = Lane(target, tenant)
        self._url = url
        self._keys = keys
        self._sign: Signer = signer(keys)
        self._head = _head(target, user_agent)

    def is_for(self, url: str, keys: tuple[str, ...]) -> bool:
        return self._url == url and self._keys == keys

    def request(self, message_id: str, timestamp: int, body: bytes) -> bytes:
        """The whole request, ready to be sent."""
        signature = self._sign(message_id, timestamp, body)
        return b"".join(
            (
                self._head,
                f"content-length: {len(body)}\r\n{ID_HEADER}: {message_id}\r\n{TIMESTAMP_HEADER}: {timestamp}\r\n"
                f"{SIGNATURE_HEADER}: {signature}\r\n\r\n".encode("ascii"),
                body,
            )
        )


def _head(target: Target, user_agent: str) -> bytes:
    """The part of a request that is the same each time."""
    return (
        f"POST {target.path} HTTP/1.1\r\n"
        f"host: {target.authority}\r\n"
        f"user-agent: {user_agent}\r\n"
        "content-type: application/json\r\n"
    ).encode("ascii")


def retry_after(text: str, now: int) -> float | None:
    """Seconds to wait by a Retry-After header (RFC 9110 section 10.2.3), counted from `now` in milliseconds."""
    if len(text) > MAX_DATE_LENGTH:
        return None
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now / 1000)
    except (ValueError, OverflowError):
        return None
