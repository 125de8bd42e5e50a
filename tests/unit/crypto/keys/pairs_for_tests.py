"""Key pairs made once for all tests of a run: RSA keys take long to find."""

from __future__ import annotations

from functools import cache

from cryptography.hazmat.primitives.asymmetric import rsa

from gatepost.crypto.keys.pairs import KeyKind, PrivateKey, generate


@cache
def pair(kind: KeyKind) -> PrivateKey:
    return generate(kind)


@cache
def other_pair(kind: KeyKind) -> PrivateKey:
    return generate(kind)


@cache
def old_rsa(bits: int) -> rsa.RSAPrivateKey:
    """An RSA key of a size that is not made any more."""
    return rsa.generate_private_key(65537, bits)
