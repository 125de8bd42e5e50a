"""HPKE boxes open for their recipient, in their context, unchanged."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, NamedTuple

import cryptography_vectors
import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1 as OTHER_CURVE
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from gatepost.clock import SystemClock
from gatepost.crypto.boxes import hpke, rsa_oaep
from gatepost.crypto.boxes.recipient import Owner, Recipient
from gatepost.crypto.keys import hybrid
from gatepost.crypto.keys.hybrid import HybridPrivateKey, HybridPublicKey
from gatepost.crypto.keys.pairs import KeyKind
from gatepost.crypto.seals.stream import SealedStream, seal
from gatepost.errors import InvalidKey, SealBroken
from tests.unit.crypto.keys.pairs_for_tests import old_rsa, other_pair, pair

CLOCK = SystemClock()
PLACE = b"place"


class Party(NamedTuple):
    owner: Any
    recipient: Any
    stranger: Any


@cache
def party(name: str) -> Party:
    if name == "hybrid":
        private, other = HybridPrivateKey.generate(CLOCK), HybridPrivateKey.generate(CLOCK)
        return Party(private, private.public, other)
    kind = KeyKind(name)
    return Party(pair(kind), pair(kind).public_key(), other_pair(kind))


PARTIES = pytest.mark.parametrize("who", ["x25519", "p256", "hybrid"])


@PARTIES
@given(message=st.binary(max_size=300), context=st.binary(max_size=50))
def test_a_box_opens_for_its_recipient(who: str, message: bytes, context: bytes) -> None:
    assert hpke.open(hpke.seal(message, party(who).recipient, context), party(who).owner, context) == message


@PARTIES
@given(data=st.data())
def test_a_box_with_one_changed_bit_does_not_open(who: str, data: st.DataObject) -> None:
    sealed = bytearray(hpke.seal(b"message", party(who).recipient, PLACE))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        hpke.open(bytes(sealed), party(who).owner, PLACE)


@PARTIES
@given(data=st.data())
def test_a_box_that_was_cut_or_prolonged_does_not_open(who: str, data: st.DataObject) -> None:
    sealed = hpke.seal(b"message", party(who).recipient, PLACE)
    for wrong in (sealed[: data.draw(st.integers(0, len(sealed) - 1))], sealed + b"\0"):
        with pytest.raises(SealBroken):
            hpke.open(wrong, party(who).owner, PLACE)


@PARTIES
@given(st.binary(max_size=100))
def test_anything_else_does_not_open(who: str, sealed: bytes) -> None:
    for wrong in (sealed, b"\1" + sealed, b"\2" + sealed, b"\3" + sealed):
        with pytest.raises(SealBroken):
            hpke.open(wrong, party(who).owner, PLACE)


@PARTIES
def test_a_box_opens_for_nobody_else_and_nowhere_else(who: str) -> None:
    sealed = hpke.seal(b"message", party(who).recipient, PLACE)
    with pytest.raises(SealBroken):
        hpke.open(sealed, party(who).stranger, PLACE)
    for context in (b"", b"elsewhere"):
        with pytest.raises(SealBroken):
            hpke.open(sealed, party(who).owner, context)


def test_a_box_is_read_as_the_version_that_it_is() -> None:
    sealed = hpke.seal(b"message", party("x25519").recipient, PLACE)
    for other in (b"\2", b"\3", b"\4"):
        for who in ("x25519", "p256", "hybrid"):
            with pytest.raises(SealBroken):
                hpke.open(other + sealed[1:], party(who).owner, PLACE)


def test_what_a_box_adds() -> None:
    sizes = {who: len(hpke.seal(b"", party(who).recipient, PLACE)) for who in ("x25519", "p256", "hybrid")}
    assert sizes == {"x25519": 1 + 32 + 16, "p256": 1 + 65 + 16, "hybrid": 1 + 1120 + 16}


@pytest.mark.parametrize("key", [pair(KeyKind.ED25519), old_rsa(2048), generate_private_key(OTHER_CURVE()), 5])
def test_other_kinds_of_keys_take_no_boxes(key: Any) -> None:
    with pytest.raises(InvalidKey):
        hpke.open(bytes(100), key, PLACE)
    with pytest.raises(InvalidKey):
        hpke.seal(b"message", key.public_key() if hasattr(key, "public_key") else key, PLACE)


def test_nothing_is_sealed_for_a_point_that_forces_the_secret() -> None:
    with pytest.raises(InvalidKey):
        hpke.seal(b"message", X25519PublicKey.from_public_bytes(bytes(32)), PLACE)


# Hybrid keys


def test_a_hybrid_key_is_its_seed() -> None:
    key = HybridPrivateKey(bytes(range(32)))
    assert HybridPrivateKey(key.seed).public.raw == key.public.raw
    assert HybridPublicKey(key.public.raw).raw == key.public.raw
    assert len(key.public.raw) == hybrid.PUBLIC_BYTES
    assert "\\x01" not in repr(key)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_seed_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(InvalidKey):
        HybridPrivateKey(bytes(size))


@pytest.mark.parametrize("raw", [b"", bytes(1215), bytes(1217), b"\xff" * 1216])
def test_what_is_no_hybrid_public_key_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidKey):
        HybridPublicKey(raw)


# Streams


@pytest.mark.parametrize("who", ["x25519", "p256", "hybrid", "rsa"])
def test_a_stream_for_a_recipient(who: str) -> None:
    pieces = [bytes([number]) * 30_000 for number in range(10)]
    sealed = b"".join(seal(pieces, Recipient(party(who).recipient), PLACE, CLOCK))
    assert b"".join(SealedStream([sealed]).open(Owner(party(who).owner), PLACE)) == b"".join(pieces)
    for key, context in [(party(who).stranger, PLACE), (party(who).owner, b"elsewhere"), (pair(KeyKind.P256), b"")]:
        with pytest.raises(SealBroken):
            b"".join(SealedStream([sealed]).open(Owner(key), context))


def test_a_key_that_signs_takes_no_streams() -> None:
    with pytest.raises(InvalidKey):
        Recipient(party("ed25519").recipient)
    with pytest.raises(InvalidKey):
        Owner(party("ed25519").owner)


def test_a_message_is_no_key_of_a_stream() -> None:
    x25519, rsa = party("x25519"), party("rsa")
    with pytest.raises(SealBroken):
        Owner(x25519.owner).key(hpke.seal(bytes(32), x25519.recipient, PLACE), PLACE)
    with pytest.raises(SealBroken, match="no key of a stream"):
        Owner(rsa.owner).key(rsa_oaep.encrypt(bytes(16), rsa.recipient), PLACE)


# Public vectors: RFC 9180 appendix A, and those of the X-Wing draft


def vectors(file_name: str, kem: int) -> list[dict[str, Any]]:
    with cryptography_vectors.open_vector_file(f"HPKE/{file_name}", "rb") as file:
        suites = json.load(file)
    return [
        each for each in suites if (each["mode"], each["kem_id"], each["kdf_id"], each["aead_id"]) == (0, kem, 1, 3)
    ]


@pytest.mark.parametrize(
    ("version", "file_name", "kem"),
    [
        (hpke.X25519, "test-vectors.json", 0x20),
        (hpke.P256, "test-vectors.json", 0x10),
        (hpke.X_WING, "hpke-pq-test-vectors.json", 0x647A),
    ],
)
def test_the_suites_are_those_of_the_standards(version: int, file_name: str, kem: int) -> None:
    (vector,) = vectors(file_name, kem)
    first = vector["encryptions"][0]  # a box holds one message, the first of its key
    opened = openssl.hpke._decrypt_with_aad(
        hpke.suite(version),
        bytes.fromhex(vector["enc"] + first["ct"]),
        private_key(version, bytes.fromhex(vector["skRm"])),
        info=bytes.fromhex(vector["info"]),
        aad=bytes.fromhex(first["aad"]),
    )
    assert opened.hex() == first["pt"]


def test_a_hybrid_pair_is_derived_as_in_the_draft() -> None:
    (vector,) = vectors("hpke-pq-test-vectors.json", 0x647A)
    assert HybridPrivateKey(bytes.fromhex(vector["skRm"])).public.raw.hex() == vector["pkRm"]


def private_key(version: int, raw: bytes) -> Any:
    match version:
        case hpke.X25519:
            return X25519PrivateKey.from_private_bytes(raw)
        case hpke.P256:
            return derive_private_key(int.from_bytes(raw, "big"), SECP256R1())
    return HybridPrivateKey(raw).key
