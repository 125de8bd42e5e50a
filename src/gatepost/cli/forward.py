"""Hands notifications on to a service near by, in the form of a webhook. For development: nothing is tried again."""

from __future__ import annotations

import msgspec
from msgspec import Struct

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


class Forwarded(Struct, frozen=True, omit_defaults=True):
    """What the other side answered, or why it did not."""

    duration_ms: int
    status: int | None = None
    answer: str = ""
    error: str | None = None


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
