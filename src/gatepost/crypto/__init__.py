"""Bytes in, bytes out: secrets that do not print themselves, digests, signatures, ordered keyrings."""

from __future__ import annotations

from gatepost.crypto.digests import equal, fingerprint, keyed_digest
from gatepost.crypto.pepper import PepperRing
from gatepost.crypto.secret import Secret

__all__ = ["PepperRing", "Secret", "equal", "fingerprint", "keyed_digest"]
