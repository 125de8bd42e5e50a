"""Digests of secrets with enough entropy of their own (API keys, tokens), and fingerprints of anything.

A random secret of 128 bits or more needs no slow hash: nobody can try them all. The pepper makes the digests in a
stolen database useless without the key file that lies outside it. Passwords that people choose do not belong here.
"""

from __future__ import annotations

import hashlib
import hmac

FINGERPRINT_BYTES = 16
"""128 bits: two things that anyone can make will not meet by chance in 2**64 tries."""


def keyed_digest(pepper: bytes, secret: bytes) -> bytes:
    """HMAC-SHA-256 (RFC 2104) of `secret` under `pepper`: 32 bytes."""
    return hmac.digest(pepper, secret, "sha256")


def sha256_hex(secret: bytes) -> str:
    """SHA-256 in hex, for systems that keep tokens so. Never for a password: all likely ones are tried in seconds."""
    return hashlib.sha256(secret).hexdigest()


def fingerprint(*parts: bytes) -> bytes:
    """The first 16 bytes of SHA-256 over the parts, each led by its length, so that moving a border changes it."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()[:FINGERPRINT_BYTES]


def equal(a: bytes, b: bytes) -> bool:
    """Compare in a time that does not tell where the difference is."""
    return hmac.compare_digest(a, b)
