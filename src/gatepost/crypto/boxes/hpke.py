"""HPKE in base mode (RFC 9180): a message for whoever holds the private key of an X25519, P-256 or hybrid pair.

Each box makes a new pair of its own, so that nothing repeats and the sender cannot open it again. The context goes
into HPKE's `info`; the library takes no associated data of its own.

Layout: version (1 byte), then the encapsulated key and the ciphertext of HPKE. The version names the suite. X-Wing is
a draft: should its final form differ, it gets a version of its own, and boxes of this one stay what they are.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from gatepost.crypto.keys.hybrid import HybridPrivateKey, HybridPublicKey
from gatepost.crypto.keys.pairs import accepted_private, accepted_public
from gatepost.crypto.seals.message import context as framed
from gatepost.errors import InvalidKey, SealBroken

X25519 = 1
X_WING = 2
P256 = 3
"""Versions."""

_PURPOSE = "gatepost hpke 1"
_WRONG_KIND = "boxes are for X25519, P-256 and hybrid keys"

_Public = X25519PublicKey | EllipticCurvePublicKey | MLKEM768X25519PublicKey
_Private = X25519PrivateKey | EllipticCurvePrivateKey | MLKEM768X25519PrivateKey


def suite(version: int) -> Suite:
    """The algorithms of a version."""
    kem = {X25519: KEM.X25519, X_WING: KEM.MLKEM768_X25519, P256: KEM.P256}[version]
    return Suite(kem, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


def seal(message: bytes, recipient: object, context: bytes) -> bytes:
    """The message in a box for this public key. Raises InvalidKey when it is of a kind that takes no boxes."""
    version, key = _sealing(recipient)
    try:
        return bytes([version]) + suite(version).encrypt(message, key, info=_info(version, context))
    except (UnsupportedAlgorithm, ValueError):  # a point of X25519 that makes the secret zero
        raise InvalidKey("nothing can be sealed for this public key") from None


def open(sealed: bytes, owner: object, context: bytes) -> bytes:
    """What is in the box. Raises SealBroken: for another key, in another context, or changed since.

    Raises InvalidKey when the private key is of a kind that takes no boxes.
    """
    version, key = _opening(owner)
    if sealed[:1] != bytes([version]):
        raise SealBroken("this is no box for a key of this kind, or one of a later version")
    try:
        return suite(version).decrypt(sealed[1:], key, info=_info(version, context))
    except (InvalidTag, ValueError):
        raise SealBroken from None


def _sealing(recipient: object) -> tuple[int, _Public]:
    if isinstance(recipient, HybridPublicKey):
        return X_WING, recipient.key
    match accepted_public(recipient):
        case X25519PublicKey() as key:
            return X25519, key
        case EllipticCurvePublicKey() as key:
            return P256, key
    raise InvalidKey(_WRONG_KIND)


def _opening(owner: object) -> tuple[int, _Private]:
    if isinstance(owner, HybridPrivateKey):
        return X_WING, owner.key
    match accepted_private(owner):
        case X25519PrivateKey() as key:
            return X25519, key
        case EllipticCurvePrivateKey() as key:
            return P256, key
    raise InvalidKey(_WRONG_KIND)


def _info(version: int, context: bytes) -> bytes:
    return framed(_PURPOSE, bytes([version]), context)
