"""A ring of keys: rotation loses nothing, and what was destroyed stays so."""

from __future__ import annotations

import pytest

from gatepost.clock import Clock, SystemClock
from gatepost.crypto.keyring import Keyring, KeyState
from gatepost.crypto.seals.message import SealKey, context, key_id
from gatepost.errors import InvalidKey, KeyUnavailable, SealBroken

CLOCK = SystemClock()
PLACE = b"somewhere"


class Master:
    """A master key in memory."""

    def __init__(self, key: bytes) -> None:
        self._key = SealKey(1, key)

    def wrap(self, secret: bytes, context: bytes, clock: Clock) -> bytes:
        return self._key.seal(secret, context, clock)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        return self._key.open(wrapped, context)


MASTER = Master(bytes(32))


def states(ring: Keyring) -> list[tuple[int, KeyState]]:
    return [(each.id, each.state) for each in ring.keys]


def test_the_newest_key_seals_and_all_enabled_ones_open() -> None:
    first = Keyring.new(CLOCK)
    old = first.seal(b"42", PLACE, CLOCK)
    ring = first.rotated(CLOCK)
    assert states(ring) == [(1, KeyState.ENABLED), (2, KeyState.PRIMARY)]
    assert ring.open(old, PLACE) == b"42"
    assert key_id(ring.seal(b"42", PLACE, CLOCK)) == ring.primary == 2


def test_a_disabled_key_opens_nothing_until_it_is_enabled_again() -> None:
    first = Keyring.new(CLOCK)
    old = first.seal(b"42", PLACE, CLOCK)
    ring = first.rotated(CLOCK).disabled(1)
    with pytest.raises(KeyUnavailable):
        ring.open(old, PLACE)
    assert ring.enabled(1).open(old, PLACE) == b"42"


def test_rewrapping_frees_what_an_old_key_sealed_from_it() -> None:
    first = Keyring.new(CLOCK)
    old = first.seal(b"42", PLACE, CLOCK)
    ring = first.rotated(CLOCK)
    rewrapped = ring.rewrap(old, PLACE, CLOCK)
    assert ring.destroyed(1).open(rewrapped, PLACE) == b"42"
    assert ring.rewrap(rewrapped, PLACE, CLOCK) is rewrapped


def test_a_destroyed_key_is_gone_from_what_is_written_and_its_id_is_never_given_again() -> None:
    first = Keyring.new(CLOCK)
    old = first.seal(b"42", PLACE, CLOCK)
    ring = first.rotated(CLOCK).destroyed(1)
    read = Keyring.loads(ring.dumps(MASTER, CLOCK), MASTER)
    with pytest.raises(KeyUnavailable):
        read.open(old, PLACE)
    with pytest.raises(KeyUnavailable, match="destroyed"):
        read.enabled(1)
    assert read.rotated(CLOCK).primary == 3


@pytest.mark.parametrize("change", ["disabled", "destroyed", "enabled"])
def test_the_primary_key_cannot_be_taken_away(change: str) -> None:
    with pytest.raises(InvalidKey, match="rotate first"):
        getattr(Keyring.new(CLOCK), change)(1)


def test_a_key_that_is_not_there_cannot_be_changed() -> None:
    with pytest.raises(KeyUnavailable, match="no key 9"):
        Keyring.new(CLOCK).disabled(9)


def test_what_is_written_is_read_again() -> None:
    ring = Keyring.new(CLOCK).rotated(CLOCK).rotated(CLOCK).disabled(2)
    sealed = ring.seal(b"42", PLACE, CLOCK)
    read = Keyring.loads(ring.dumps(MASTER, CLOCK), MASTER)
    assert read.keys == ring.keys
    assert read.open(sealed, PLACE) == b"42"


def test_another_master_key_opens_no_keyring() -> None:
    wrapped = Keyring.new(CLOCK).dumps(MASTER, CLOCK)
    with pytest.raises(SealBroken):
        Keyring.loads(wrapped, Master(b"\1" * 32))


def test_what_is_no_keyring_is_told_so() -> None:
    wrapped = MASTER.wrap(b"\x93\x01", context("gatepost", "keyring"), CLOCK)
    with pytest.raises(SealBroken, match="no keyring"):
        Keyring.loads(wrapped, MASTER)


def test_keys_do_not_print() -> None:
    ring = Keyring.new(CLOCK)
    secret = ring._entries[0].secret
    assert repr(secret) not in repr(ring) + repr(ring._entries)
    assert secret.hex() not in repr(ring) + repr(ring._entries)
