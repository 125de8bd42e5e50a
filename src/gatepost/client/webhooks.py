"""Verifies a webhook that was received. One call checks everything; there is no second one to forget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from gatepost.clock import Clock, SystemClock
from gatepost.crypto import webhook_signatures
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidSignature

Key = str | Secret[str]


class Webhook(Struct, frozen=True):
    """A webhook whose sender is proven. `id` stays the same when it is delivered again: use it to drop repeats."""

    id: str
    type: str
    timestamp: datetime
    topic: str
    data: Any


class _Body(Struct):
    type: str
    timestamp: datetime
    topic: str
    data: Any


_decode = msgspec.json.Decoder(_Body).decode


def verify_webhook(
    body: bytes,
    headers: Mapping[str, str],
    keys: Key | Sequence[Key],
    *,
    tolerance_seconds: float = webhook_signatures.TOLERANCE_SECONDS,
    clock: Clock | None = None,
) -> Webhook:
    """Returns the webhook, or raises `InvalidSignature`.

    `body` is the bytes as they arrived, before anything parsed them. `keys` are the endpoint's secrets
    (`whsec_...`) or public keys (`whpk_...`), several while one is being rotated.
    """
    now = (clock or SystemClock()).now() / 1000
    webhook_signatures.verify(_texts(keys), headers, body, now, tolerance_seconds)
    try:
        parsed = _decode(body)
    except msgspec.DecodeError as error:
        raise InvalidSignature(f"signed, but not a webhook of Gatepost: {error}") from error
    message_id = next(value for name, value in headers.items() if name.lower() == webhook_signatures.ID_HEADER)
    return Webhook(message_id, parsed.type, parsed.timestamp, parsed.topic, parsed.data)


def _texts(keys: Key | Sequence[Key]) -> list[str]:
    several = (keys,) if isinstance(keys, (str, Secret)) else keys
    return [key.reveal() if isinstance(key, Secret) else key for key in several]
