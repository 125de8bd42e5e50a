"""Streams for a recipient: the box holds a random key of 32 bytes, and `seals.stream` seals the rest under it."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from gatepost.clock import Clock
from gatepost.crypto.boxes import hpke, rsa_oaep
from gatepost.crypto.keys.hybrid import HybridPrivateKey, HybridPublicKey
from gatepost.crypto.keys.pairs import PrivateKey, PublicKey
from gatepost.crypto.seals.message import KEY_BYTES
from gatepost.crypto.seals.message import context as framed
from gatepost.crypto.seals.stream import Kind
from gatepost.errors import InvalidKey, SealBroken

_PURPOSE = "stream key"
_SIGNS_ONLY = "an Ed25519 key signs; streams are sealed for X25519, P-256, RSA and hybrid keys"


class Recipient:
    """Seals streams for a public key."""

    __slots__ = ("_key",)
    kind = Kind.RECIPIENT

    def __init__(self, key: PublicKey | HybridPublicKey) -> None:
        """Raises InvalidKey for a key that only verifies."""
        if isinstance(key, Ed25519PublicKey):
            raise InvalidKey(_SIGNS_ONLY)
        self._key = key

    def new_key(self, context: bytes, clock: Clock) -> tuple[bytes, bytes]:
        key = clock.random_bytes(KEY_BYTES)
        if isinstance(self._key, RSAPublicKey):  # the context binds the stream itself
            return key, rsa_oaep.encrypt(key, self._key)
        return key, hpke.seal(key, self._key, framed(_PURPOSE, context))


class Owner:
    """Opens streams with the private key."""

    __slots__ = ("_key",)
    kind = Kind.RECIPIENT

    def __init__(self, key: PrivateKey | HybridPrivateKey) -> None:
        """Raises InvalidKey for a key that only signs."""
        if isinstance(key, Ed25519PrivateKey):
            raise InvalidKey(_SIGNS_ONLY)
        self._key = key

    def key(self, detail: bytes, context: bytes) -> bytes:
        """Raises SealBroken when it was sealed for another key, or changed since."""
        if isinstance(self._key, RSAPrivateKey):
            key = rsa_oaep.decrypt(detail, self._key)
        else:
            key = hpke.open(detail, self._key, framed(_PURPOSE, context))
        if len(key) != KEY_BYTES:
            raise SealBroken("what the box holds is no key of a stream")
        return key
