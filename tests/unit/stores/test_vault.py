"""Data keys of tenants: what one seals opens for it alone, and with the key everything is gone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gatepost.clock import SystemClock
from gatepost.crypto.keyring import Keyring
from gatepost.crypto.seals.message import key_id
from gatepost.errors import KeyUnavailable, SealBroken
from gatepost.stores.vault import ANSWER, PAYLOAD, Vault

CLOCK = SystemClock()
RING = Keyring.new(CLOCK)
ROW = bytes(16)


def vault_of(*tenants: str) -> Vault:
    vault = Vault(RING, CLOCK)
    for tenant in tenants:
        vault.new_key(tenant)
    return vault


def test_a_cell_opens_in_its_place_only() -> None:
    vault = vault_of("ten_a", "ten_b")
    sealed = vault.of("ten_a").seal(PAYLOAD, ROW, b"42")
    assert vault.of("ten_a").open(PAYLOAD, ROW, sealed) == b"42"
    elsewhere: tuple[Callable[[], bytes], ...] = (
        lambda: vault.of("ten_a").open(PAYLOAD, b"\1" * 16, sealed),
        lambda: vault.of("ten_a").open(ANSWER, ROW, sealed),
        lambda: vault.of("ten_b").open(PAYLOAD, ROW, sealed),
    )
    for open_elsewhere in elsewhere:
        with pytest.raises(SealBroken):
            open_elsewhere()


def test_keys_that_were_stored_open_what_they_sealed_before() -> None:
    vault = Vault(RING, CLOCK)
    stored = {"ten_a": vault.new_key("ten_a")}
    sealed = vault.of("ten_a").seal(PAYLOAD, ROW, b"42")
    blind = vault.of("ten_a").blind(b"print")
    again = Vault(RING, CLOCK)
    again.load(stored)
    assert again.of("ten_a").open(PAYLOAD, ROW, sealed) == b"42"
    assert again.of("ten_a").blind(b"print") == blind


def test_a_wrapped_key_of_another_tenant_is_found_out_at_the_start() -> None:
    stolen = Vault(RING, CLOCK).new_key("ten_a")
    with pytest.raises(SealBroken):
        Vault(RING, CLOCK).load({"ten_b": stolen})


def test_another_keyring_is_found_out_at_the_start() -> None:
    with pytest.raises(SealBroken):
        Vault(Keyring.new(CLOCK), CLOCK).load({"ten_a": Vault(RING, CLOCK).new_key("ten_a")})


def test_with_its_key_a_tenant_is_gone() -> None:
    vault = vault_of("ten_a")
    vault.of("ten_a")
    vault.forget("ten_a")
    with pytest.raises(KeyUnavailable):
        vault.of("ten_a")


def test_after_a_rotation_the_old_ring_is_needed_no_longer_and_the_data_stays() -> None:
    vault = vault_of("ten_a")
    sealed = vault.of("ten_a").seal(PAYLOAD, ROW, b"42")
    ring = RING.rotated(CLOCK)
    rewrapped = vault.rewrap(ring)
    assert key_id(rewrapped["ten_a"]) == 2
    again = Vault(ring.destroyed(1), CLOCK)
    again.load(rewrapped)
    assert again.of("ten_a").open(PAYLOAD, ROW, sealed) == b"42"


def test_equal_fingerprints_stay_equal_for_one_tenant_only() -> None:
    vault = vault_of("ten_a", "ten_b")
    assert vault.of("ten_a").blind(b"print") == vault.of("ten_a").blind(b"print") != vault.of("ten_b").blind(b"print")


def test_an_empty_cell_stays_empty() -> None:
    seals = vault_of("ten_a").of("ten_a")
    assert seals.seal(ANSWER, ROW, b"") == b"" == seals.open(ANSWER, ROW, b"")
