from __future__ import annotations

import re
import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.guard import apikey
from tests.unit.clocks import HandClock

BASE62 = string.digits + string.ascii_letters


def new_key() -> str:
    return apikey.generate(HandClock()).reveal()


def test_a_key_reads_as_documented() -> None:
    assert re.fullmatch(r"gp_live_[0-9A-Za-z]{36}", new_key())
    assert apikey.generate(HandClock(), "test").reveal().startswith("gp_test_")


@given(st.integers())
def test_every_key_made_is_well_formed(seed: int) -> None:
    clock = HandClock()
    clock.random_bytes(abs(seed) % 1000)
    assert apikey.is_well_formed(apikey.generate(clock).reveal())


def test_keys_differ() -> None:
    clock = HandClock()
    assert len({apikey.generate(clock).reveal() for _ in range(1000)}) == 1000


def test_all_of_the_alphabet_is_used_evenly() -> None:
    clock = HandClock()
    drawn = "".join(apikey.generate(clock).reveal()[8:38] for _ in range(2000))
    counts = [drawn.count(character) for character in BASE62]
    assert sum(counts) == 60_000
    assert min(counts) > 800  # 968 expected, standard deviation 31
    assert max(counts) < 1140


def test_the_format_is_for_ever() -> None:
    """Keys that were given out years ago must still pass; the checksum was worked out outside this project."""
    assert apikey.is_well_formed("gp_live_" + "0123456789ABCDEFGHIJKLMNOPQRST" + "4DGBzD")


@given(st.integers(0, 43), st.sampled_from(BASE62))
def test_a_single_wrong_character_is_noticed(place: int, character: str) -> None:
    key = new_key()
    changed = key[:place] + character + key[place + 1 :]
    assert apikey.is_well_formed(changed) == (changed == key)


@given(st.integers(8, 42))
def test_two_neighbours_swapped_are_noticed(place: int) -> None:
    key = new_key()
    changed = key[:place] + key[place + 1] + key[place] + key[place + 2 :]
    assert apikey.is_well_formed(changed) == (changed == key)


def test_a_live_key_is_no_test_key() -> None:
    assert not apikey.is_well_formed(new_key().replace("live", "test"))


@pytest.mark.parametrize(
    "change",
    [
        lambda key: "",
        lambda key: key + "0",
        lambda key: key[:-1],
        lambda key: " " + key,
        lambda key: key + "\n",
        lambda key: key.upper(),
        lambda key: key.replace("gp_", "gp-"),
        lambda key: key.replace("live", "prod"),
        lambda key: key[:-1] + "é",
        lambda key: key[:-1] + "\N{FULLWIDTH DIGIT ONE}",
        lambda key: key * 8,
    ],
)
def test_other_shapes_are_refused(change: Callable[[str], str]) -> None:
    assert not apikey.is_well_formed(change(new_key()))


@pytest.mark.parametrize(("length", "passes"), [(29, False), (30, True), (255, True), (256, False)])
def test_longer_bodies_are_read_too(length: int, passes: bool) -> None:
    key = "gp_live_" + "a" * length
    assert apikey.is_well_formed(key + apikey._checksum(key)) is passes


def test_the_shown_start_gives_four_characters_away() -> None:
    key = new_key()
    assert apikey.display_start(key) == key[:12]


def test_the_scanner_rule_finds_keys_in_text_and_nothing_else() -> None:
    key = new_key()
    text = f'API_KEY="{key}"\n# gp_live_short gp_prod_{key[8:]} xgp_live_{key[8:]} gp_live_{"a" * 300}'
    assert re.findall(apikey.SCANNER_RULE, text) == [key]
