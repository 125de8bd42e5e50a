"""Passwords: hashed slowly, verified within bounds, upgraded on the way."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.clock import SystemClock
from gatepost.crypto import passwords
from gatepost.crypto.passwords import (
    MIN_MEMORY_KIB,
    USUAL,
    Argon2id,
    Bcrypt,
    Policy,
    calibrate,
    hash_password,
    verify_password,
)
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidKey

CLOCK = SystemClock()
LEAST = Argon2id(MIN_MEMORY_KIB, 2)
QUICK_BCRYPT = Bcrypt(10)
PASSWORD = Secret("Tr0ub4dor&3")
TAIL = "$eHh4eHh4eHh4eHh4eHh4eA$H0E6WSKhWBnSUBUSrgWy+7ntDmGmJbDBj9/J+DEl17g"


def test_the_usual_is_stronger_than_the_least_of_owasp() -> None:
    assert LEAST.is_weaker_than(USUAL)
    assert hash_password(PASSWORD, CLOCK).startswith("$argon2id$v=19$m=47104,t=2,p=1$")
    assert hash_password(PASSWORD, CLOCK, Bcrypt()).startswith("$2b$12$")


@pytest.mark.parametrize("policy", [LEAST, QUICK_BCRYPT], ids=["argon2id", "bcrypt"])
def test_the_password_matches_and_no_other(policy: Policy) -> None:
    stored = hash_password(PASSWORD, CLOCK, policy)
    assert stored != hash_password(PASSWORD, CLOCK, policy)
    assert verify_password(PASSWORD, stored, CLOCK, policy) == passwords.Verdict(True)
    for other in ("Tr0ub4dor&4", "tr0ub4dor&3", "Tr0ub4dor&3 "):
        assert verify_password(Secret(other), stored, CLOCK, policy) == passwords.Verdict(False)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (LEAST, Argon2id(MIN_MEMORY_KIB, 3)),
        (LEAST, Argon2id(MIN_MEMORY_KIB + 1024, 2)),
        (QUICK_BCRYPT, LEAST),
        (QUICK_BCRYPT, Bcrypt(11)),
    ],
)
def test_a_weaker_hash_is_made_anew_when_the_password_is_right(before: Policy, now: Policy) -> None:
    stored = hash_password(PASSWORD, CLOCK, before)
    fresh = verify_password(PASSWORD, stored, CLOCK, now).fresh_hash
    assert fresh is not None
    assert verify_password(PASSWORD, fresh, CLOCK, now) == passwords.Verdict(True)
    assert verify_password(Secret("wrong"), stored, CLOCK, now).fresh_hash is None


@pytest.mark.parametrize(("before", "now"), [(Argon2id(MIN_MEMORY_KIB, 3), LEAST), (LEAST, QUICK_BCRYPT)])
def test_a_stronger_hash_stays(before: Policy, now: Policy) -> None:
    assert verify_password(PASSWORD, hash_password(PASSWORD, CLOCK, before), CLOCK, now) == passwords.Verdict(True)


@pytest.mark.parametrize(
    "asks",
    [
        "m=1048577,t=1,p=1",
        "m=999999999,t=1,p=1",
        "m=1048576,t=5,p=1",
        "m=8,t=999999999,p=1",
        "m=65536,t=1,p=17",
        "m=8,t=1,p=2",
    ],
)
def test_a_stored_hash_cannot_ask_for_too_much(asks: str) -> None:
    with pytest.raises(InvalidKey, match="asks for too much"):
        verify_password(PASSWORD, f"$argon2id$v=19${asks}{TAIL}", CLOCK)


@pytest.mark.parametrize("cost", ["03", "17", "31", "99"])
def test_a_stored_bcrypt_hash_cannot_ask_for_too_much(cost: str) -> None:
    stored = hash_password(PASSWORD, CLOCK, QUICK_BCRYPT).replace("$10$", f"${cost}$")
    with pytest.raises(InvalidKey, match="asks for too much"):
        verify_password(PASSWORD, stored, CLOCK)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "plain",
        "$1$abc$def",
        "$2b$12$short",
        "$argon2i$v=19$m=32,t=3,p=1" + TAIL,
        "$argon2id$v=16$m=32,t=3,p=1" + TAIL,
        "$argon2id$v=19$m=032,t=3,p=1" + TAIL,
        "$argon2id$v=19$m=32,t=3,p=1$c2FsdA$c2hvcnQ",
        "$argon2id$v=19$m=32,t=3,p=1" + TAIL + "\n",
    ],
)
def test_what_is_no_hash_is_told_so(stored: str) -> None:
    with pytest.raises(InvalidKey, match="neither of Argon2id nor of bcrypt"):
        verify_password(PASSWORD, stored, CLOCK)


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_one_bit_changed_anywhere_in_a_hash_never_matches(data: st.DataObject) -> None:
    stored = "$argon2id$v=19$m=64,t=1,p=1" + TAIL
    at = data.draw(st.integers(stored.rindex("$") + 1, len(stored) - 1))
    changed = stored[:at] + chr(ord(stored[at]) ^ 1 << data.draw(st.integers(0, 6))) + stored[at + 1 :]
    with suppress(InvalidKey):
        assert not verify_password(Secret("pw"), changed, CLOCK).matches


def test_bcrypt_takes_72_bytes_and_not_one_more() -> None:
    longest = Secret("\u00e4" * 36)
    stored = hash_password(longest, CLOCK, QUICK_BCRYPT)
    assert verify_password(longest, stored, CLOCK, QUICK_BCRYPT).matches
    for too_long in ("\u00e4" * 36 + "x", "x" * 73):
        with pytest.raises(InvalidKey, match="at most 72 bytes"):
            hash_password(Secret(too_long), CLOCK, QUICK_BCRYPT)
        with pytest.raises(InvalidKey, match="at most 72 bytes"):
            verify_password(Secret(too_long), stored, CLOCK, QUICK_BCRYPT)


def test_bcrypt_takes_no_nul() -> None:
    with pytest.raises(InvalidKey, match="NUL"):
        hash_password(Secret("pass\0word"), CLOCK, QUICK_BCRYPT)


@pytest.mark.parametrize("prefix", ["2a", "2b", "2y"])
def test_bcrypt_hashes_of_other_systems_match(prefix: str) -> None:
    stored = bcrypt.hashpw(b"Tr0ub4dor&3", bcrypt.gensalt(4)).decode().replace("$2b$", f"${prefix}$")
    verdict = verify_password(PASSWORD, stored, CLOCK, LEAST)
    assert verdict.matches
    assert verdict.fresh_hash is not None


@pytest.mark.parametrize("text", ["", "x" * 4097])
def test_no_password_and_a_boundless_one_are_refused(text: str) -> None:
    with pytest.raises(InvalidKey, match="1 to 4096 bytes"):
        hash_password(Secret(text), CLOCK)


@pytest.mark.parametrize(
    "policy", [Argon2id(1024, 2), Argon2id(MIN_MEMORY_KIB, 1), Argon2id(2 * 1024**2, 2), Bcrypt(9), Bcrypt(17)]
)
def test_a_policy_that_is_too_weak_or_too_costly_hashes_nothing(policy: Policy) -> None:
    with pytest.raises(InvalidKey, match="too weak or too costly"):
        hash_password(PASSWORD, CLOCK, policy)


class Stopwatch(SystemClock):
    """Says that everything takes so many milliseconds."""

    def __init__(self, milliseconds: float) -> None:
        self.milliseconds = milliseconds
        self.time = 0.0

    def monotonic(self) -> float:
        self.time += self.milliseconds / 1000
        return self.time


def test_a_slow_machine_still_gets_the_least_and_a_fast_one_the_strongest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_ladder", lambda: iter([LEAST, Argon2id(MIN_MEMORY_KIB, 3)]))
    assert calibrate(100, Stopwatch(5_000)) == LEAST
    assert calibrate(100, Stopwatch(99)) == Argon2id(MIN_MEMORY_KIB, 3)


def test_every_step_of_the_calibration_is_allowed_and_stronger_than_the_one_before() -> None:
    ladder = list(passwords._ladder())
    assert all(policy.is_enough and policy.is_bearable for policy in ladder)
    assert all(weaker.is_weaker_than(stronger) for weaker, stronger in pairwise(ladder))
    assert USUAL in ladder
