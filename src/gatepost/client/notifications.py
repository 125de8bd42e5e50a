"""What a producer hands to the SDK, and its encoding."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from gatepost.errors import FieldError, InvalidField


class NewNotification(Struct, frozen=True, omit_defaults=True):
    """A notification to send.

    `payload` is anything that JSON can say (`msgspec.Raw` goes out as the bytes it is).
    `id` is your own name for it: sending it twice does no more than sending it once.
    Times are `datetime`s that know their zone.
    """

    topic: str
    type: str
    payload: Any
    id: str | None = None
    deliver_at: datetime | None = None
    expires_at: datetime | None = None
    ordering_key: str | None = None
    collapse_key: str | None = None

    def __post_init__(self) -> None:
        if self.deliver_at is not None:
            _check_zone(self.deliver_at, "deliver_at")
        if self.expires_at is not None:
            _check_zone(self.expires_at, "expires_at")


Sendable: TypeAlias = NewNotification | Mapping[str, Any] | msgspec.Raw
"""What `send_many` takes: a notification, a mapping with the same names, or its JSON."""

encoder = msgspec.json.Encoder()


def encode(notification: Sendable) -> bytes:
    """The JSON of one notification, on one line. Raises `InvalidField` for what JSON cannot say."""
    try:
        encoded = encoder.encode(notification)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidField(f"this notification cannot be written as JSON: {error}") from error
    if b"\n" in encoded:  # only raw JSON can bring one along, and it would end the line too early
        return msgspec.json.format(encoded, indent=-1)
    return encoded


def _check_zone(moment: datetime, field: str) -> None:
    if moment.tzinfo is None:
        raise InvalidField(f"{field} needs a time zone", errors=(FieldError("needs a time zone", f"/{field}"),))
