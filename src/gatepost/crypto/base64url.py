"""Base64url without padding (RFC 7515 section 2), with one spelling for one value."""

from __future__ import annotations

import binascii
from base64 import b64decode, urlsafe_b64encode

_TO_STANDARD = str.maketrans("-_+/", "+/__")  # the characters of the other alphabet become invalid


def encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Raises ValueError for padding, other characters, and the spellings that only a lenient reader takes."""
    if not text.isascii():
        raise ValueError("base64url is ASCII")
    try:
        raw = b64decode(text.translate(_TO_STANDARD) + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise ValueError("this is not base64url") from None
    if encode(raw) != text:  # bits that stand for nothing could be changed without anybody noticing
        raise ValueError("this is not the shortest base64url of its value")
    return raw
