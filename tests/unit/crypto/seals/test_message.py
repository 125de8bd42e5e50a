"""One message under one key: it opens where it belongs, unchanged, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.clock import SystemClock
from gatepost.crypto.seals.message import KEY_BYTES, OVERHEAD_BYTES, SealKey, context, key_id
from gatepost.errors import SealBroken

CLOCK = SystemClock()
KEY = SealKey(7, bytes(range(KEY_BYTES)))
PLACE = context("ten_a", "notifications", "payload", b"1")


@given(message=st.binary(max_size=1000), place=st.binary(max_size=50))
def test_a_sealed_message_opens_with_its_key_in_its_place(message: bytes, place: bytes) -> None:
    sealed = KEY.seal(message, place, CLOCK)
    assert KEY.open(sealed, place) == message
    assert len(sealed) == len(message) + OVERHEAD_BYTES
    assert key_id(sealed) == 7


@given(message=st.binary(max_size=100), data=st.data())
def test_a_seal_with_one_bit_changed_anywhere_does_not_open(message: bytes, data: st.DataObject) -> None:
    sealed = bytearray(KEY.seal(message, PLACE, CLOCK))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        KEY.open(bytes(sealed), PLACE)


@given(message=st.binary(max_size=100), data=st.data())
def test_a_seal_that_was_cut_or_prolonged_does_not_open(message: bytes, data: st.DataObject) -> None:
    sealed = KEY.seal(message, PLACE, CLOCK)
    for wrong in (sealed[: data.draw(st.integers(0, len(sealed) - 1))], sealed + b"\0"):
        with pytest.raises(SealBroken):
            KEY.open(wrong, PLACE)


def test_a_seal_opens_in_no_other_place() -> None:
    sealed = KEY.seal(b"42", PLACE, CLOCK)
    for elsewhere in (b"", context("ten_b", "notifications", "payload", b"1"), context("ten_a", "notifications")):
        with pytest.raises(SealBroken):
            KEY.open(sealed, elsewhere)


def test_another_key_of_the_same_id_does_not_open_it() -> None:
    with pytest.raises(SealBroken):
        SealKey(7, bytes(KEY_BYTES)).open(KEY.seal(b"42", PLACE, CLOCK), PLACE)


def test_the_same_key_under_another_id_does_not_open_it() -> None:
    with pytest.raises(SealBroken, match="another key"):
        SealKey(8, bytes(range(KEY_BYTES))).open(KEY.seal(b"42", PLACE, CLOCK), PLACE)


def test_the_same_message_never_looks_the_same() -> None:
    assert len({KEY.seal(b"42", PLACE, CLOCK) for _ in range(1000)}) == 1000


def test_ciphertext_of_one_seal_does_not_open_under_the_commitment_of_another() -> None:
    one, other = KEY.seal(b"yes", PLACE, CLOCK), KEY.seal(b"no!", PLACE, CLOCK)
    with pytest.raises(SealBroken):
        KEY.open(one[:65] + other[65:], PLACE)


def test_borders_between_the_parts_of_a_context_count() -> None:
    assert context("ab", "c") != context("a", "bc")


def test_a_key_does_not_print() -> None:
    assert repr(KEY) == "SealKey(id=7)"


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SealKey(1, b"short")


@given(messages=st.lists(st.binary(max_size=50), min_size=2, max_size=20))
def test_messages_sealed_together_open_one_by_one_and_are_not_to_be_exchanged(messages: list[bytes]) -> None:
    sealer = KEY.sealer(CLOCK)
    sealed = [sealer.seal(message, context(str(place))) for place, message in enumerate(messages)]
    reopened = SealKey(7, bytes(range(KEY_BYTES)))
    assert [reopened.open(each, context(str(place))) for place, each in enumerate(sealed)] == messages
    with pytest.raises(SealBroken):
        KEY.open(sealed[0], context("1"))
    numbered = sealed[0][:61] + sealed[1][61:65] + sealed[0][65:]
    with pytest.raises(SealBroken):
        KEY.open(numbered, context("0"))


def test_equal_messages_sealed_together_do_not_look_the_same() -> None:
    sealer = KEY.sealer(CLOCK)
    assert len({sealer.seal(b"42", PLACE)[65:] for _ in range(1000)}) == 1000
