"""Hands notifications on to a service near by, in the form of a webhook."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
from msgspec import Struct

from gatepost.client.exchange import Retries
from gatepost.client.results import Received
from gatepost.clock import Clock, rfc3339
from gatepost.crypto.secret import Secret
from gatepost.crypto.webhook_signatures import ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, signer
from gatepost.errors import DeliveryFailed
from gatepost.guard.egress import parse_url
from gatepost.net.connector import Connector
from gatepost.net.http1 import Limits

LIMITS = Limits(max_body=4096)
"""Spans as for webhooks; of the answer as much as anybody reads in a terminal."""

WAITS = Retries(first_wait=0.5, max_wait=30.0)
"""Between attempts for who must lose nothing: what is started again is found soon, what is broken is left alone."""


class Forwarded(Struct, frozen=True, omit_defaults=True):
    """What the other side answered, or why it did not."""

    duration_ms: int
    status: int | None = None
    answer: str = ""
    error: str | None = None

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


Tell = Callable[[Forwarded, float], None]
"""Told of an attempt that failed, and of the seconds until the next."""


class Forwarder:
    """Posts to one URL, signed if there is a secret. It was given by the person who runs this: any address will do."""

    def __init__(self, url: str, secret: Secret[str] | None, clock: Clock) -> None:
        self._target = parse_url(url)
        self._sign = None if secret is None else signer([secret.reveal()])
        self._clock = clock
        self._connector = Connector(None)

    async def send(self, received: Received) -> Forwarded:
        """Makes one request. Whatever the other side does is a result and no exception."""
        started = self._clock.monotonic()
        try:
            status, answer = await self._exchange(received.id, _body(received))
        except DeliveryFailed as failure:
            return Forwarded(self._milliseconds_since(started), error=f"{failure.code}: {failure.detail}")
        return Forwarded(self._milliseconds_since(started), status, answer.decode("utf-8", "replace"))

    async def send_until_taken(self, received: Received, tell: Tell) -> Forwarded:
        """Makes requests until one is answered with a 2xx."""
        attempts = 0
        while not (forwarded := await self.send(received)).is_taken:
            attempts += 1
            wait = WAITS.wait(attempts, self._clock.jitter())
            tell(forwarded, wait)
            await asyncio.sleep(wait)
        return forwarded

    async def _exchange(self, message_id: str, body: bytes) -> tuple[int, bytes]:
        target = self._target
        connection = await self._connector.connect(
            target.host, target.port, tls=target.scheme == "https", limits=LIMITS
        )
        try:
            response = await connection.send(self._head(message_id, body) + body)
        finally:
            connection.close()
        return response.status, response.body

    def _head(self, message_id: str, body: bytes) -> bytes:
        timestamp = self._clock.now() // 1000
        fields = {
            "host": self._target.authority,
            "content-type": "application/json",
            "content-length": str(len(body)),
            ID_HEADER: message_id,
            TIMESTAMP_HEADER: str(timestamp),
        }
        if self._sign is not None:
            fields[SIGNATURE_HEADER] = self._sign(message_id, timestamp, body)
        lines = [f"POST {self._target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n"

    def _milliseconds_since(self, moment: float) -> int:
        return round((self._clock.monotonic() - moment) * 1000)


def _body(received: Received) -> bytes:
    """What an endpoint would get."""
    timestamp = rfc3339(round(received.timestamp.timestamp() * 1000))
    return msgspec.json.encode(
        {"type": received.type, "timestamp": timestamp, "topic": received.topic, "data": received.data}
    )
