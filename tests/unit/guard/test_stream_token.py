"""Stream tokens: what was signed, for as long as it was signed for, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.crypto.pepper import PepperRing
from gatepost.errors import Unauthenticated
from gatepost.guard.stream_token import PREFIX, StreamToken, issue, verify
from tests.unit.clocks import HandClock

CLOCK = HandClock()
PEPPERS = PepperRing.new(CLOCK)
TOKEN = StreamToken("ten_" + "1" * 32, "key_" + "1" * 32, ("orders.*", "a"), CLOCK.now() + 1000)
TEXT = issue(TOKEN, PEPPERS)


def test_a_token_says_what_it_was_made_to_say() -> None:
    assert TEXT.startswith(PREFIX)
    assert verify(TEXT, PEPPERS, CLOCK.now()) == TOKEN


def test_it_outlives_a_rotation_of_the_pepper_and_not_its_removal() -> None:
    assert verify(TEXT, PEPPERS.rotated(CLOCK), CLOCK.now()) == TOKEN
    with pytest.raises(Unauthenticated):
        verify(TEXT, PepperRing.new(CLOCK), CLOCK.now())


def test_it_ends_on_the_millisecond() -> None:
    assert verify(TEXT, PEPPERS, TOKEN.expires_at - 1) == TOKEN
    with pytest.raises(Unauthenticated, match="expired"):
        verify(TEXT, PEPPERS, TOKEN.expires_at)


@given(st.integers(0, len(TEXT) - 1), st.characters(codec="utf-8"))
def test_no_character_can_be_changed(place: int, character: str) -> None:
    changed = TEXT[:place] + character + TEXT[place + 1 :]
    if changed != TEXT:
        with pytest.raises(Unauthenticated):
            verify(changed, PEPPERS, CLOCK.now())


@given(st.integers(0, len(TEXT) - 1), st.integers(1, 5), st.text(max_size=5))
def test_nothing_can_be_cut_or_put_in(place: int, cut: int, put: str) -> None:
    changed = TEXT[:place] + put + TEXT[place + cut :]
    if changed != TEXT:
        with pytest.raises(Unauthenticated):
            verify(changed, PEPPERS, CLOCK.now())


@given(st.text(max_size=300))
def test_what_somebody_made_up_is_refused(text: str) -> None:
    for candidate in (text, PREFIX + text, f"{PREFIX}{text}.{'0' * 64}"):
        with pytest.raises(Unauthenticated):
            verify(candidate, PEPPERS, CLOCK.now())


def test_the_digest_of_an_api_key_signs_no_token() -> None:
    body = TEXT.removeprefix(PREFIX).partition(".")[0]
    _, digest = PEPPERS.digest(body.encode())
    with pytest.raises(Unauthenticated):
        verify(f"{PREFIX}{body}.{digest.hex()}", PEPPERS, CLOCK.now())
