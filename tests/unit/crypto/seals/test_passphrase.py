"""Passphrases: stretched as the head says, within bounds, and not too easy to guess."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.clock import SystemClock
from gatepost.crypto.seals.passphrase import PBKDF2, SCRYPT, Function, Passphrase, Stretching
from gatepost.crypto.seals.stream import MAGIC, Kind, SealedStream, seal
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidKey, SealBroken

CLOCK = SystemClock()
QUICK = Stretching(Function.SCRYPT, 10)
WORDS = Secret("correct horse battery staple")
DETAIL_AT = len(MAGIC) + 3


def sealed(passphrase: Secret[str] = WORDS, stretching: Stretching = QUICK) -> bytes:
    return b"".join(seal([b"42"], Passphrase(passphrase, stretching), b"here", CLOCK))


def opened(whole: bytes, passphrase: Secret[str] = WORDS) -> bytes:
    return b"".join(SealedStream([whole]).open(Passphrase(passphrase), b"here"))


@pytest.mark.parametrize("stretching", [SCRYPT, PBKDF2, QUICK], ids=["scrypt", "pbkdf2", "quick"])
def test_the_passphrase_opens_what_it_sealed_whatever_the_stretching(stretching: Stretching) -> None:
    whole = sealed(stretching=stretching)
    assert SealedStream([whole]).kind is Kind.PASSPHRASE
    assert opened(whole) == b"42"


def test_usual_parameters_are_those_of_owasp() -> None:
    assert (SCRYPT.cost, PBKDF2.cost) == (17, 600_000)


@settings(deadline=None)
@given(data=st.data())
def test_one_bit_changed_anywhere_breaks_it(data: st.DataObject) -> None:
    changed = bytearray(sealed())
    cost = range(DETAIL_AT, DETAIL_AT + 5)  # what it asks for is tried below: it may be dear
    at = data.draw(st.integers(0, len(changed) - 1).filter(lambda at: at not in cost))
    changed[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SealBroken):
        opened(bytes(changed))


def with_head(function: int, cost: int) -> bytes:
    whole = bytearray(sealed())
    whole[DETAIL_AT : DETAIL_AT + 5] = bytes([function]) + cost.to_bytes(4, "big")
    return bytes(whole)


@pytest.mark.parametrize(
    ("function", "cost"), [(1, 9), (1, 21), (1, 2**32 - 1), (2, 999), (2, 10_000_001), (2, 2**32 - 1), (0, 17), (3, 17)]
)
def test_a_head_cannot_buy_memory_or_time(function: int, cost: int) -> None:
    with pytest.raises(SealBroken, match="asks for"):
        opened(with_head(function, cost))


@pytest.mark.parametrize(("function", "cost"), [(1, 11), (2, 1_000)])
def test_other_parameters_within_the_bounds_give_another_key(function: int, cost: int) -> None:
    with pytest.raises(SealBroken):
        opened(with_head(function, cost))


def test_another_passphrase_breaks_it() -> None:
    with pytest.raises(SealBroken):
        opened(sealed(), Secret("correct horse battery stable"))


def test_a_head_of_another_length_is_told_so() -> None:
    whole = MAGIC + bytes([Kind.PASSPHRASE]) + b"\x00\x05" + bytes(200)
    with pytest.raises(SealBroken, match="no head of a passphrase"):
        opened(whole)


@pytest.mark.parametrize("easy", ["", "short", "aaaaaaaaaaaaaaaa", "abcabcabcabcabcabc"])
def test_an_easy_passphrase_seals_nothing(easy: str) -> None:
    with pytest.raises(InvalidKey, match="at least 12 characters"):
        sealed(Secret(easy))


def test_an_accent_is_the_same_however_it_was_typed() -> None:
    assert opened(sealed(Secret("caf\u00e9 au lait, encore")), Secret("cafe\u0301 au lait, encore")) == b"42"


@pytest.mark.parametrize("cost", [9, 21])
def test_a_cost_out_of_bounds_is_refused_at_once(cost: int) -> None:
    with pytest.raises(InvalidKey, match="out of bounds"):
        Stretching(Function.SCRYPT, cost)
