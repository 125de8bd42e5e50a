"""Why a connection of a listener ends: the words for people, and the close code of a WebSocket (RFC 6455, 7.4)."""

from __future__ import annotations

from msgspec import Struct


class Ending(Struct, frozen=True):
    reason: str
    code: int


STOPPING = Ending("the service is stopping", 1001)
FAILED = Ending("the service made a mistake; it was logged", 1011)
UNAUTHENTICATED = Ending("connect with a valid API key or stream token first", 4001)
TOO_SLOW = Ending("too slow: too much was left unread", 4008)
EXPIRED = Ending("the credential has expired", 4009)
REVOKED = Ending("the API key is no longer in force", 4010)
SUSPENDED = Ending("the tenant is suspended", 4010)
TAKEN_OVER = Ending("another connection took the subscription over", 4011)
CHANGED = Ending("the subscription was changed or deleted", 4012)
