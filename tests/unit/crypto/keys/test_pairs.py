"""Which keys are made, and which are taken."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa

from gatepost.crypto.keys.pairs import KeyKind, accepted_private, accepted_public, generate, kind_of
from gatepost.errors import InvalidKey
from tests.unit.crypto.keys.pairs_for_tests import old_rsa, pair


@pytest.mark.parametrize("kind", KeyKind)
def test_a_pair_of_each_kind_is_made_and_taken(kind: KeyKind) -> None:
    key = pair(kind)
    assert kind_of(key) is kind_of(key.public_key()) is kind
    assert accepted_private(key) is key


def test_a_new_rsa_key_has_3072_bits() -> None:
    key = pair(KeyKind.RSA)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert (key.key_size, key.public_key().public_numbers().e) == (3072, 65537)


@pytest.mark.parametrize("bits", [1024, 2048, 3071, 8193, 65536])
def test_a_new_rsa_key_is_neither_small_nor_huge(bits: int) -> None:
    with pytest.raises(InvalidKey, match="3072 to 8192"):
        generate(KeyKind.RSA, bits)


def test_old_rsa_keys_of_2048_bits_are_taken_and_smaller_ones_are_not() -> None:
    accepted_private(old_rsa(2048))
    for key in (old_rsa(1024), old_rsa(2040)):
        with pytest.raises(InvalidKey, match="2048"):
            accepted_private(key)
        with pytest.raises(InvalidKey, match="2048"):
            accepted_public(key.public_key())


def test_other_kinds_and_curves_are_refused() -> None:
    for key in (ec.generate_private_key(ec.SECP384R1()), ed448.Ed448PrivateKey.generate()):
        with pytest.raises(InvalidKey):
            accepted_private(key)
        with pytest.raises(InvalidKey):
            accepted_public(key.public_key())
