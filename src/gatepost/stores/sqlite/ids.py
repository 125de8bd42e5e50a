"""Ids on disk: the 16 bytes of their UUID, without the prefix that the column makes plain."""

from __future__ import annotations

from functools import lru_cache

HEX_DIGITS = 32

LASTING_IDS = 4096
"""Ids of tenants and endpoints whose bytes are remembered: about 1 MB, and all that most installations have."""

_TIMESTAMP_BYTES = 6  # a UUIDv7 starts with 48 bits of milliseconds


def pack(public_id: str) -> bytes:
    """The bytes of an id such as `ntf_0198…`; raises `ValueError` when it is not one."""
    return bytes.fromhex(public_id[-HEX_DIGITS:])


@lru_cache(LASTING_IDS)
def pack_lasting(public_id: str) -> bytes:
    """The same for a tenant or an endpoint, whose id comes with every notification."""
    return pack(public_id)


def unpack(prefix: str, stored: bytes) -> str:
    return f"{prefix}_{stored.hex()}"


def start_of(moment: int) -> bytes:
    """The lowest id of a millisecond."""
    return max(moment, 0).to_bytes(_TIMESTAMP_BYTES, "big") + bytes(10)
