"""Signatures hold for one message, one key and one purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gatepost.crypto.keys.pairs import KeyKind
from gatepost.crypto.signatures import HmacKey, SigningKey, VerifyKey, signed_bytes
from gatepost.errors import InvalidKey, InvalidSignature
from tests.unit.crypto.keys.pairs_for_tests import other_pair, pair


class Side(NamedTuple):
    sign: Callable[[bytes, bytes], bytes]
    verify: Callable[[bytes, bytes, bytes], None]


def hmac_side(key: bytes = bytes(32)) -> Side:
    return Side(HmacKey(key).sign, HmacKey(key).verify)


def ed25519_side(key: object = None) -> Side:
    signing = SigningKey(key or pair(KeyKind.ED25519))
    return Side(signing.sign, signing.verify_key.verify)


SIDES = pytest.mark.parametrize("side", [hmac_side(), ed25519_side()], ids=["hmac", "ed25519"])


@SIDES
@given(message=st.binary(max_size=200), context=st.binary(max_size=50))
def test_what_was_signed_verifies(side: Side, message: bytes, context: bytes) -> None:
    side.verify(side.sign(message, context), message, context)


@SIDES
@given(data=st.data(), message=st.binary(max_size=50))
def test_one_changed_bit_anywhere_is_refused(side: Side, data: st.DataObject, message: bytes) -> None:
    signature = bytearray(side.sign(message, b"invoice"))
    bit = data.draw(st.integers(0, len(signature) * 8 - 1))
    signature[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InvalidSignature):
        side.verify(bytes(signature), message, b"invoice")


@SIDES
@given(signature=st.binary(max_size=80))
def test_anything_else_is_refused(side: Side, signature: bytes) -> None:
    with pytest.raises(InvalidSignature):
        side.verify(signature, b"message", b"invoice")


@SIDES
def test_a_signature_holds_for_one_message_and_one_purpose(side: Side) -> None:
    signature = side.sign(b"100 EUR", b"invoice")
    for message, context in [(b"900 EUR", b"invoice"), (b"100 EUR", b"payment"), (b"e100 EUR", b"invoic")]:
        with pytest.raises(InvalidSignature, match="another purpose"):
            side.verify(signature, message, context)


@pytest.mark.parametrize(
    ("one", "other"),
    [(hmac_side(), hmac_side(b"1" * 32)), (ed25519_side(), ed25519_side(other_pair(KeyKind.ED25519)))],
    ids=["hmac", "ed25519"],
)
def test_another_key_does_not_verify(one: Side, other: Side) -> None:
    with pytest.raises(InvalidSignature):
        other.verify(one.sign(b"message", b""), b"message", b"")


def test_a_foreign_tool_can_check_over_the_documented_bytes() -> None:
    key = pair(KeyKind.ED25519)
    assert isinstance(key, Ed25519PrivateKey)
    signature = SigningKey(key).sign(b"message", b"invoice")
    key.public_key().verify(signature, b"gatepost signature 1\0" + b"\0\0\0\x07invoice" + b"message")
    assert signed_bytes(b"", b"") == b"gatepost signature 1\0\0\0\0\0"


def test_ed25519_as_in_rfc_8032() -> None:
    with cryptography_vectors.open_vector_file("asymmetric/Ed25519/sign.input", "r") as file:
        vectors = [line.split(":") for line in file][:100]
    for secret, public, message, signed, _ in vectors:
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret[:64]))
        assert key.public_key().public_bytes_raw().hex() == public
        assert (key.sign(bytes.fromhex(message)).hex() + message) == signed
        VerifyKey(key.public_key()).verify(SigningKey(key).sign(b"m", b"c"), b"m", b"c")


@pytest.mark.parametrize("kind", [KeyKind.RSA, KeyKind.X25519, KeyKind.P256])
def test_other_kinds_of_keys_do_not_sign(kind: KeyKind) -> None:
    with pytest.raises(InvalidKey):
        SigningKey(pair(kind))
    with pytest.raises(InvalidKey):
        VerifyKey(pair(kind).public_key())


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(InvalidKey, match="32"):
        HmacKey(bytes(31))
