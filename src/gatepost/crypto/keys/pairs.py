"""The kinds of key pairs, and which keys of each kind are taken."""

from __future__ import annotations

from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from gatepost.errors import InvalidKey

NEW_RSA_BITS = 3072
"""128 bits of security, the level of the curves (NIST SP 800-57 part 1 table 2)."""

MIN_RSA_BITS = 2048
"""Read, no longer made: deprecated after 2030 (NIST IR 8547, draft)."""

MAX_RSA_BITS = 8192
"""The cost grows with the cube: 8,192 bits take twenty times as long as 3,072, and add nothing that is needed."""

RSA_EXPONENT = 65537

PrivateKey = RSAPrivateKey | Ed25519PrivateKey | X25519PrivateKey | EllipticCurvePrivateKey
PublicKey = RSAPublicKey | Ed25519PublicKey | X25519PublicKey | EllipticCurvePublicKey


class KeyKind(StrEnum):
    RSA = "rsa"
    ED25519 = "ed25519"
    X25519 = "x25519"
    P256 = "p256"


def generate(kind: KeyKind, rsa_bits: int = NEW_RSA_BITS) -> PrivateKey:
    """A new pair, from the generator of the cryptography library. Raises InvalidKey for fewer RSA bits than 3,072."""
    match kind:
        case KeyKind.RSA:
            if not NEW_RSA_BITS <= rsa_bits <= MAX_RSA_BITS:
                raise InvalidKey(f"a new RSA key has {NEW_RSA_BITS} to {MAX_RSA_BITS} bits")
            return generate_rsa_key(RSA_EXPONENT, rsa_bits)
        case KeyKind.ED25519:
            return Ed25519PrivateKey.generate()
        case KeyKind.X25519:
            return X25519PrivateKey.generate()
        case KeyKind.P256:
            return generate_private_key(SECP256R1())


def accepted_private(key: object) -> PrivateKey:
    """The key itself. Raises InvalidKey when it is of a kind or size that is not taken."""
    if not isinstance(key, PrivateKey):
        raise InvalidKey("this kind of private key is not taken: RSA, Ed25519, X25519 and P-256 are")
    _check_size(key)
    return key


def accepted_public(key: object) -> PublicKey:
    """The key itself. Raises InvalidKey when it is of a kind or size that is not taken."""
    if not isinstance(key, PublicKey):
        raise InvalidKey("this kind of public key is not taken: RSA, Ed25519, X25519 and P-256 are")
    _check_size(key)
    return key


def kind_of(key: PrivateKey | PublicKey) -> KeyKind:
    match key:
        case RSAPrivateKey() | RSAPublicKey():
            return KeyKind.RSA
        case Ed25519PrivateKey() | Ed25519PublicKey():
            return KeyKind.ED25519
        case X25519PrivateKey() | X25519PublicKey():
            return KeyKind.X25519
        case EllipticCurvePrivateKey() | EllipticCurvePublicKey():
            return KeyKind.P256


def _check_size(key: PrivateKey | PublicKey) -> None:
    if isinstance(key, RSAPrivateKey | RSAPublicKey) and not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise InvalidKey(
            f"an RSA key has {MIN_RSA_BITS} to {MAX_RSA_BITS} bits, new ones at least {NEW_RSA_BITS}; "
            f"this has {key.key_size}"
        )
    if isinstance(key, EllipticCurvePrivateKey | EllipticCurvePublicKey) and not isinstance(key.curve, SECP256R1):
        raise InvalidKey(f"of the NIST curves P-256 is taken; this is {key.curve.name}")
