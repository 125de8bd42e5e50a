"""Ed25519 keys (RFC 8032) of webhooks. Apart, because it needs the package cryptography and few receivers do."""

from __future__ import annotations

from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gatepost.errors import InvalidField

SEED_BYTES = 32
PUBLIC_BYTES = 32
PRIVATE_BYTES = SEED_BYTES + PUBLIC_BYTES


class PrivateKey:
    """Signs. Made from a seed, or from a seed with its public key after it."""

    __slots__ = ("_key", "_seed")

    def __init__(self, raw: bytes) -> None:
        self._seed = raw[:SEED_BYTES]
        self._key = Ed25519PrivateKey.from_private_bytes(self._seed)
        if raw[SEED_BYTES:] not in (b"", self.public_bytes):
            raise InvalidField("the two halves of a private key do not belong together")

    @property
    def public_bytes(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    @property
    def private_bytes(self) -> bytes:
        return self._seed + self.public_bytes

    def sign(self, message: bytes) -> str:
        return "v1a," + b64encode(self._key.sign(message)).decode("ascii")


class PublicKey:
    """Verifies."""

    __slots__ = ("_key",)

    def __init__(self, raw: bytes) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(raw)

    def verifies(self, message: bytes, signature: str) -> bool:
        version, _, encoded = signature.partition(",")
        if version != "v1a":
            return False
        try:
            raw = b64decode(encoded, validate=True)
            self._key.verify(raw, message)
        except (InvalidSignature, ValueError):
            return False
        return b64encode(raw).decode("ascii") == encoded  # one spelling for one signature
