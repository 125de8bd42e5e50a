"""Ids on disk: the 16 bytes of their UUID, without the prefix that the column makes plain."""

from __future__ import annotations

HEX_DIGITS = 32


def pack(public_id: str) -> bytes:
    """The bytes of an id such as `ntf_0198…`; raises `ValueError` when it is not one."""
    return bytes.fromhex(public_id[-HEX_DIGITS:])


def unpack(prefix: str, stored: bytes) -> str:
    return f"{prefix}_{stored.hex()}"


def is_id(prefix: str, text: str) -> bool:
    """Whether `text` is an id of that kind; anything else cannot be in a table."""
    if len(text) != len(prefix) + 1 + HEX_DIGITS or not text.startswith(f"{prefix}_"):
        return False
    return all(digit in "0123456789abcdef" for digit in text[-HEX_DIGITS:])
