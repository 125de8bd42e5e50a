"""Streams under a keyring: rotated like everything else that it seals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.clock import SystemClock
from gatepost.crypto.keyring import Keyring
from gatepost.crypto.seals.ring_key import RingKey, ring_key_id
from gatepost.crypto.seals.stream import SealedStream, SharedKey, seal
from gatepost.errors import KeyUnavailable, SealBroken

CLOCK = SystemClock()
RING = Keyring.new(CLOCK)
PLACE = b"here"


def sealed(ring: Keyring = RING) -> bytes:
    return b"".join(seal([b"42"], RingKey(ring), PLACE, CLOCK))


def opened(whole: bytes, ring: Keyring = RING, place: bytes = PLACE) -> bytes:
    return b"".join(SealedStream([whole]).open(RingKey(ring), place))


def test_a_rotated_ring_opens_what_it_sealed_before() -> None:
    whole = sealed()
    rotated = RING.rotated(CLOCK)
    assert opened(whole, rotated) == b"42"
    assert ring_key_id(SealedStream([whole])) == 1
    assert ring_key_id(SealedStream([sealed(rotated)])) == 2


def test_a_disabled_key_opens_nothing() -> None:
    with pytest.raises(KeyUnavailable):
        opened(sealed(), RING.rotated(CLOCK).disabled(1))


def test_another_ring_or_place_breaks_it() -> None:
    for ring, place in ((Keyring.new(CLOCK), PLACE), (RING, b"there")):
        with pytest.raises(SealBroken):
            opened(sealed(), ring, place)


@given(data=st.data())
def test_one_bit_changed_anywhere_breaks_it(data: st.DataObject) -> None:
    changed = bytearray(sealed())
    bit = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        opened(bytes(changed))


def test_what_no_ring_sealed_names_no_key_of_one() -> None:
    with pytest.raises(SealBroken, match="a shared key opens it, not a keyring"):
        ring_key_id(SealedStream(seal([b"42"], SharedKey(bytes(32)), PLACE, CLOCK)))
