"""A keyring as what opens a stream: each stream has a random key, and the ring seals that key into the head."""

from __future__ import annotations

from gatepost.clock import Clock
from gatepost.crypto.keyring import Keyring
from gatepost.crypto.seals.message import KEY_BYTES, key_id
from gatepost.crypto.seals.stream import Kind, SealedStream
from gatepost.errors import SealBroken


class RingKey:
    """Seals under the primary key of a ring, opens under any key that is enabled."""

    __slots__ = ("_ring",)
    kind = Kind.KEYRING

    def __init__(self, ring: Keyring) -> None:
        self._ring = ring

    def new_key(self, context: bytes, clock: Clock) -> tuple[bytes, bytes]:
        key = clock.random_bytes(KEY_BYTES)
        return key, self._ring.seal(key, context, clock)

    def key(self, detail: bytes, context: bytes) -> bytes:
        """Raises KeyUnavailable when the ring cannot open it, SealBroken when nobody should."""
        return self._ring.open(detail, context)


def ring_key_id(sealed: SealedStream) -> int:
    """The id of the key of a ring under which the stream was sealed. Raises SealBroken when it was sealed otherwise."""
    if sealed.kind is not Kind.KEYRING:
        raise SealBroken(f"{sealed.kind} opens it, not a keyring")
    return key_id(sealed.detail)
