"""Signatures over bytes: who made them, and what for.

- `HmacKey` where both sides share a secret: HMAC-SHA256 (RFC 2104). Whoever can check can also sign.
- `SigningKey` and `VerifyKey` where others only check: Ed25519 (RFC 8032).

A context says what a signature is for. What was signed as an invoice is not valid as a payment, though the bytes and
the key be the same: signed are a prefix of this format, the context with its length before it (4 bytes, big-endian),
and the message. Other tools check these signatures over the same bytes; see `signed_bytes`.
"""

from __future__ import annotations

import hmac

from cryptography.exceptions import InvalidSignature as NotSigned
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gatepost.crypto.digests import equal
from gatepost.crypto.seals.message import context as framed
from gatepost.errors import InvalidKey, InvalidSignature

MIN_HMAC_KEY_BYTES = 32
"""As long as the digest; shorter keys are weaker than it (RFC 2104 section 3)."""

_PREFIX = b"gatepost signature 1\x00"
_REFUSED = "it was signed with another key or for another purpose, or changed since"


def signed_bytes(message: bytes, context: bytes) -> bytes:
    """What a signature is really made over."""
    return _PREFIX + framed(context) + message


class HmacKey:
    """Signs and verifies with one secret."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """Raises InvalidKey when the key is shorter than 32 bytes."""
        if len(key) < MIN_HMAC_KEY_BYTES:
            raise InvalidKey(f"a key for HMAC-SHA256 has at least {MIN_HMAC_KEY_BYTES} random bytes")
        self._key = key

    def sign(self, message: bytes, context: bytes) -> bytes:
        """32 bytes."""
        return hmac.digest(self._key, signed_bytes(message, context), "sha256")

    def verify(self, signature: bytes, message: bytes, context: bytes) -> None:
        """Raises InvalidSignature, after the same time wherever the difference is."""
        if not equal(signature, self.sign(message, context)):
            raise InvalidSignature(_REFUSED)


class SigningKey:
    """Signs. Only its owner has it."""

    __slots__ = ("_key",)

    def __init__(self, key: object) -> None:
        """Takes the private key of a pair. Raises InvalidKey when it is of another kind."""
        if not isinstance(key, Ed25519PrivateKey):
            raise InvalidKey("an Ed25519 key signs, and no other")
        self._key = key

    @property
    def verify_key(self) -> VerifyKey:
        return VerifyKey(self._key.public_key())

    def sign(self, message: bytes, context: bytes) -> bytes:
        """64 bytes, the same for the same message and context."""
        return self._key.sign(signed_bytes(message, context))


class VerifyKey:
    """Verifies. Anybody may have it."""

    __slots__ = ("_key",)

    def __init__(self, key: object) -> None:
        """Takes the public key of a pair. Raises InvalidKey when it is of another kind."""
        if not isinstance(key, Ed25519PublicKey):
            raise InvalidKey("an Ed25519 key verifies, and no other")
        self._key = key

    def verify(self, signature: bytes, message: bytes, context: bytes) -> None:
        """Raises InvalidSignature."""
        try:
            self._key.verify(signature, signed_bytes(message, context))
        except NotSigned:
            raise InvalidSignature(_REFUSED) from None
