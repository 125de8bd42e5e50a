"""How names are compared with phrases."""

from __future__ import annotations

import pytest

from gatepost.probe.scan.rules.naming import Vocabulary, listed

PHRASES = Vocabulary("password", "card number", "api key")


@pytest.mark.parametrize("name", ["password", "userPassword", "user_password", "User-Password", "cardNumber", "apikey"])
def test_a_name_ends_with_a_phrase_however_it_is_written(name: str) -> None:
    assert PHRASES.ending(name)


@pytest.mark.parametrize("name", ["passwordPolicy", "number", "key", "keypad", "", "apikeyless"])
def test_a_phrase_that_is_not_at_the_end_does_not_count(name: str) -> None:
    assert PHRASES.ending(name) == ""


def test_a_phrase_may_be_anywhere_in_a_path() -> None:
    assert PHRASES.within("/users/{id}/card-number/check")
    assert not PHRASES.within("/users/{id}/cards/number-plates")


def test_only_the_whole_name_counts_as_the_name() -> None:
    assert PHRASES.names("API-Key")
    assert not PHRASES.names("my-api-key")


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ("a", "a"),
        ("ab", "a and b"),
        ("aab", "a and b"),
        ("abcd", "a, b, c and d"),
        ("abcdef", "a, b, c and 3 more"),
    ],
)
def test_many_names_in_a_sentence_are_cut_short(names: str, text: str) -> None:
    assert listed(names) == text
