"""Hybrid pairs (X-Wing, draft-connolly-cfrg-xwing-kem): X25519 together with ML-KEM-768 (FIPS 203).

A box for such a pair opens only for somebody who breaks both. X-Wing is a draft: what uses it says so in a version.
"""

from __future__ import annotations

from hashlib import shake_256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey

from gatepost.clock import Clock
from gatepost.errors import InvalidKey

SEED_BYTES = 32
PUBLIC_BYTES = 1216

_MLKEM_SEED_BYTES = 64
_MLKEM_PUBLIC_BYTES = 1184
_EXPANDED_BYTES = 96


def is_available() -> bool:
    """Whether the installed cryptography library was built with ML-KEM."""
    try:
        MLKEM768PrivateKey.from_seed_bytes(bytes(_MLKEM_SEED_BYTES))
    except UnsupportedAlgorithm:
        return False
    return True


class HybridPublicKey:
    """Seals."""

    __slots__ = ("key", "raw")

    def __init__(self, raw: bytes) -> None:
        """Raises InvalidKey when these are not the 1,216 bytes of a public key."""
        _need_mlkem()
        try:
            mlkem = MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_PUBLIC_BYTES])
            x25519 = X25519PublicKey.from_public_bytes(raw[_MLKEM_PUBLIC_BYTES:])
        except ValueError:
            raise InvalidKey("this is no hybrid public key") from None
        self.raw = raw
        self.key = MLKEM768X25519PublicKey(mlkem, x25519)


class HybridPrivateKey:
    """Opens. Its 32 secret bytes are all there is to keep."""

    __slots__ = ("key", "public", "seed")

    def __init__(self, seed: bytes) -> None:
        """Raises InvalidKey when the seed has not 32 bytes."""
        _need_mlkem()
        if len(seed) != SEED_BYTES:
            raise InvalidKey(f"a hybrid private key has {SEED_BYTES} bytes")
        expanded = shake_256(seed).digest(_EXPANDED_BYTES)
        mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES])
        x25519 = X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:])
        self.seed = seed
        self.key = MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public = HybridPublicKey(mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, clock: Clock) -> HybridPrivateKey:
        return cls(clock.random_bytes(SEED_BYTES))

    def __repr__(self) -> str:
        return "HybridPrivateKey(***)"


def _need_mlkem() -> None:
    if not is_available():
        raise InvalidKey("the installed cryptography library has no ML-KEM: hybrid keys need a build that has")
