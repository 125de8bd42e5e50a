"""Short values for the owner of an RSA key."""

from __future__ import annotations

from base64 import b64encode
from itertools import pairwise

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPrivateNumbers, RSAPublicNumbers
from hypothesis import given
from hypothesis import strategies as st

from gatepost.crypto.boxes import rsa_oaep
from gatepost.crypto.keys.pairs import KeyKind
from gatepost.errors import InvalidKey, SealBroken, TooLarge
from tests.unit.crypto.keys.pairs_for_tests import old_rsa, pair

OWNER = old_rsa(2048)
PUBLIC = OWNER.public_key()


@given(st.binary(max_size=190))
def test_a_short_value_comes_back(message: bytes) -> None:
    assert rsa_oaep.decrypt(rsa_oaep.encrypt(message, PUBLIC), OWNER) == message


def test_how_much_fits_is_told() -> None:
    assert rsa_oaep.max_message_bytes(PUBLIC) == 190
    assert rsa_oaep.max_message_bytes(pair(KeyKind.RSA).public_key()) == 318
    rsa_oaep.encrypt(bytes(190), PUBLIC)
    with pytest.raises(TooLarge, match=r"takes 190 bytes.*these are 191.*JWE.*HPKE"):
        rsa_oaep.encrypt(bytes(191), PUBLIC)


@given(data=st.data())
def test_one_changed_bit_is_refused(data: st.DataObject) -> None:
    sealed = bytearray(rsa_oaep.encrypt(b"secret", PUBLIC))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        rsa_oaep.decrypt(bytes(sealed), OWNER)


@given(st.binary(max_size=300))
def test_anything_else_is_refused(sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        rsa_oaep.decrypt(sealed, OWNER)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(SealBroken):
        rsa_oaep.decrypt(rsa_oaep.encrypt(b"secret", PUBLIC), pair(KeyKind.RSA))


def test_a_list_decrypts_as_a_list() -> None:
    messages = [b"one", b"", b"three" * 30]
    text = rsa_oaep.encrypt_lines(messages, PUBLIC)
    assert len(text.splitlines()) == 3
    assert rsa_oaep.decrypt_lines(text, OWNER) == messages
    assert rsa_oaep.decrypt_lines("\r\n" + text.replace("\n", "\r\n\r\n"), OWNER) == messages
    assert rsa_oaep.decrypt_lines("", OWNER) == []


def test_the_line_that_is_wrong_is_named() -> None:
    good = rsa_oaep.encrypt_lines([b"one"], PUBLIC)
    for wrong in ("no base64!", b64encode(b"x").decode(), "\u00fc"):
        with pytest.raises(SealBroken, match="line 2"):
            rsa_oaep.decrypt_lines(good + wrong, OWNER)


def test_a_list_is_bounded() -> None:
    with pytest.raises(TooLarge, match="1000"):
        rsa_oaep.decrypt_lines("AA==\n" * 1001, OWNER)


@pytest.mark.parametrize("kind", [KeyKind.X25519, KeyKind.ED25519, KeyKind.P256])
def test_other_kinds_of_keys_are_refused(kind: KeyKind) -> None:
    with pytest.raises(InvalidKey):
        rsa_oaep.encrypt(b"secret", pair(kind).public_key())
    with pytest.raises(InvalidKey):
        rsa_oaep.decrypt(bytes(256), pair(kind))


def test_public_vectors() -> None:
    """With SHA-256 in both places, of the cryptography project; those of its keys that are large enough."""
    opened = [(rsa_oaep.decrypt(sealed, key), message) for key, message, sealed in vectors() if key.key_size >= 2048]
    assert len(opened) >= 6
    assert all(found == message for found, message in opened)


def vectors() -> list[tuple[RSAPrivateKey, bytes, bytes]]:
    with cryptography_vectors.open_vector_file("asymmetric/RSA/oaep-custom/oaep-sha256-sha256.txt", "r") as file:
        lines = [line.strip() for line in file]
    found = []
    named: dict[str, bytes] = {}
    for label, value in pairwise(lines):
        if label.startswith("#") and label.endswith(":") and not value.startswith("#"):
            named[label] = bytes.fromhex(value.zfill(len(value) + len(value) % 2))
            if label == "# Encryption:":
                found.append((key_of(named), named["# Message:"], named["# Encryption:"]))
    return found


def key_of(named: dict[str, bytes]) -> RSAPrivateKey:
    def number(label: str) -> int:
        return int.from_bytes(named[f"# {label}:"], "big")

    public = RSAPublicNumbers(number("Public exponent"), number("Modulus"))
    return RSAPrivateNumbers(
        number("Prime 1"),
        number("Prime 2"),
        number("Exponent"),
        number("Prime exponent 1"),
        number("Prime exponent 2"),
        number("Coefficient"),
        public,
    ).private_key()
