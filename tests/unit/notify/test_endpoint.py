"""What an endpoint subscribes to, and which keys sign what it gets."""

from __future__ import annotations

import pytest

from tests.samples import SECRET, an_endpoint
from tests.unit.clocks import HandClock


@pytest.mark.parametrize(
    ("topics", "types", "wanted"),
    [
        (("*",), ("*",), True),
        (("orders.*",), ("order.*",), True),
        (("refunds", "orders.eu"), ("*",), True),
        (("orders",), ("*",), False),
        (("*",), ("order",), False),
        (("*",), ("refund.*", "order.paid"), True),
    ],
)
def test_topic_and_type_must_both_be_subscribed(topics: tuple[str, ...], types: tuple[str, ...], wanted: bool) -> None:
    assert an_endpoint(HandClock(), "ten_1", topics=topics, types=types).wants("orders.eu", "order.paid") is wanted


@pytest.mark.parametrize("pattern", ["gatepost.endpoint", "gatepost.*"])
def test_gateposts_own_events_go_to_who_names_them(pattern: str) -> None:
    endpoint = an_endpoint(HandClock(), "ten_1", topics=("orders", pattern))
    assert endpoint.wants("gatepost.endpoint", "endpoint.failing")


@pytest.mark.parametrize("pattern", ["*", "*.endpoint", "*.*", "gateposts.*"])
def test_and_to_nobody_else(pattern: str) -> None:
    assert not an_endpoint(HandClock(), "ten_1", topics=(pattern,)).wants("gatepost.endpoint", "endpoint.failing")


def test_a_name_that_only_begins_like_the_reserved_one_is_an_ordinary_topic() -> None:
    assert an_endpoint(HandClock(), "ten_1").wants("gatepostal", "x")


def test_both_keys_sign_until_the_overlap_ends() -> None:
    clock = HandClock()
    endpoint = an_endpoint(clock, "ten_1", old_secret="whsec_old", old_secret_ends_at=clock.now() + 1000)
    assert endpoint.signing_keys(clock.now() + 999) == (SECRET, "whsec_old")
    assert endpoint.signing_keys(clock.now() + 1000) == (SECRET,)


def test_without_an_old_one_the_secret_signs_alone() -> None:
    assert an_endpoint(HandClock(), "ten_1").signing_keys(0) == (SECRET,)


def test_secrets_do_not_print() -> None:
    endpoint = an_endpoint(HandClock(), "ten_1", old_secret="whsec_old")
    assert "whsec_" not in f"{endpoint} {endpoint!r}"
    assert endpoint.id in repr(endpoint)
