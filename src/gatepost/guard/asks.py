"""What a check may ask of the world. A check yields one of these and is sent the answer; it never fetches anything.

| ask | answer |
|---|---|
| `FindKey` | `KeyRecord`, or None when no key has one of the digests |
| `FindKeyById` | the same, by its id |
| `TakeLimits` | `Verdict` |
| `ReadBody` | `bytes`: the whole body, or its beginning as soon as it is known to be longer than `max_bytes` |
"""

from __future__ import annotations

import msgspec

from gatepost.guard.limits import Charge
from gatepost.guard.scopes import Scope


class FindKey(msgspec.Struct, frozen=True):
    """The key whose digest is one of these; newest pepper first."""

    digests: tuple[bytes, ...]


class FindKeyById(msgspec.Struct, frozen=True):
    """A key that is known by its id already: what a stream token was made with."""

    tenant: str
    key: str


class TakeLimits(msgspec.Struct, frozen=True):
    """Count these charges, all or none."""

    charges: tuple[Charge, ...]


class ReadBody(msgspec.Struct, frozen=True):
    """The body of the request at hand; reading stops beyond `max_bytes`."""

    max_bytes: int


Ask = FindKey | FindKeyById | TakeLimits | ReadBody


class KeyRecord(msgspec.Struct, frozen=True):
    """What is stored about one API key; times in milliseconds since 1970 UTC."""

    key: str
    tenant: str
    scopes: tuple[Scope, ...]
    expires_at: int | None = None
    revoked_at: int | None = None
    tenant_suspended: bool = False
