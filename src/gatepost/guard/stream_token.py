"""Short-lived tokens for listeners that cannot send an API key, such as a browser's EventSource.

A token is `gps_`, what it permits, a dot, and a keyed digest over it. Nothing is stored: whoever holds the pepper can
check it. It carries a tenant, the key that it was made with, topics, and when it ends.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec
from msgspec import Struct

from gatepost.crypto.digests import equal
from gatepost.crypto.pepper import PepperRing
from gatepost.errors import Unauthenticated

MAX_LIFE_S = 600
"""Seconds that a token may live: it may end up in a log of addresses."""

PREFIX = "gps_"

_SHAPE = re.compile(r"gps_([A-Za-z0-9_-]{1,8192})\.([0-9a-f]{64})")
_PURPOSE = b"stream token\x00"  # an API key is digested under the same pepper; no key begins like this


class StreamToken(Struct, frozen=True, array_like=True):
    """What a token permits: to listen to `topics` until `expires_at` (milliseconds)."""

    tenant: str
    key: str
    topics: tuple[str, ...]
    expires_at: int


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(StreamToken).decode


def issue(token: StreamToken, peppers: PepperRing) -> str:
    body = urlsafe_b64encode(_encode(token)).rstrip(b"=")
    _, digest = peppers.digest(_PURPOSE + body)
    return f"{PREFIX}{body.decode()}.{digest.hex()}"


def verify(text: str, peppers: PepperRing, now: int) -> StreamToken:
    """Everything in one call: shape, digest and time. Raises `Unauthenticated`."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise Unauthenticated("the stream token is not valid")
    body, digest = match[1].encode(), bytes.fromhex(match[2])
    if not any(equal(known, digest) for _, known in peppers.digests(_PURPOSE + body)):
        raise Unauthenticated("the stream token is not valid")
    token = _decode(urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
    if now >= token.expires_at:
        raise Unauthenticated("the stream token has expired")
    return token
