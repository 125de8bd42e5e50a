"""Keys of 32 bytes as text: 64 hex digits or 44 characters of base64, in a file or an environment variable."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode

from gatepost.clock import Clock
from gatepost.crypto.seals.message import KEY_BYTES
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidKey

_HEX = re.compile(r"[0-9A-Fa-f]{64}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{43}=?")  # either alphabet of RFC 4648


def dumps(key: bytes) -> str:
    """The key in base64. It is the secret in the clear."""
    return b64encode(key).decode("ascii")


def loads(text: Secret[str]) -> Secret[bytes]:
    """Reads either form. Raises InvalidKey, which says what is wrong but nothing of the text itself."""
    given = text.reveal().strip()
    if _HEX.fullmatch(given):
        return Secret(bytes.fromhex(given))
    if _BASE64.fullmatch(given):
        return Secret(b64decode(given.rstrip("=").translate(_TO_STANDARD) + "="))
    raise InvalidKey(
        f"a key is {KEY_BYTES} random bytes: 64 hex digits or 44 characters of base64; this has {len(given)} characters"
    )


_TO_STANDARD = str.maketrans("-_", "+/")


def new(clock: Clock) -> Secret[bytes]:
    return Secret(clock.random_bytes(KEY_BYTES))
