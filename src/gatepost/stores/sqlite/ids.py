"""Ids on disk: the 16 bytes of their UUID, without the prefix that the column makes plain."""

from __future__ import annotations

HEX_DIGITS = 32

_TIMESTAMP_BYTES = 6  # a UUIDv7 starts with 48 bits of milliseconds


def pack(public_id: str) -> bytes:
    """The bytes of an id such as `ntf_0198…`; raises `ValueError` when it is not one."""
    return bytes.fromhex(public_id[-HEX_DIGITS:])


def unpack(prefix: str, stored: bytes) -> str:
    return f"{prefix}_{stored.hex()}"


def start_of(moment: int) -> bytes:
    """The lowest id of a millisecond."""
    return max(moment, 0).to_bytes(_TIMESTAMP_BYTES, "big") + bytes(10)
