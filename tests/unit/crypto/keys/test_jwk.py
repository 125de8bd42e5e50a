"""Public keys as JSON, one spelling each."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from gatepost.crypto import base64url
from gatepost.crypto.keys import jwk
from gatepost.crypto.keys.jwk import Jwk
from gatepost.crypto.keys.pairs import KeyKind
from gatepost.errors import InvalidKey
from tests.unit.crypto.keys.pairs_for_tests import old_rsa, pair

RFC7638 = {  # section 3.1
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjB"
    "ZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8"
    "KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_"
    "xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}
RFC8037 = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}  # appendix A.2


@pytest.mark.parametrize("kind", KeyKind)
def test_a_public_key_comes_back_with_what_its_owner_says(kind: KeyKind) -> None:
    written = Jwk(pair(kind).public_key(), id="2026", algorithm="any", use="enc")
    assert jwk.load(jwk.dump(written)) == written


def test_thumbprints_of_the_standards() -> None:
    assert jwk.thumbprint(jwk.load(RFC7638).key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert jwk.thumbprint(jwk.load(RFC8037).key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_what_the_owner_says_does_not_change_the_thumbprint() -> None:
    assert isinstance(jwk.load(RFC8037).key, Ed25519PublicKey)
    assert jwk.load(RFC7638).id == "2011-04-29"
    assert jwk.thumbprint(jwk.load({**RFC7638, "kid": "other"}).key) == jwk.thumbprint(jwk.load(RFC7638).key)


@pytest.mark.parametrize("member", ["d", "p", "k"])
def test_a_key_with_a_secret_in_it_is_refused(member: str) -> None:
    with pytest.raises(InvalidKey, match="secret"):
        jwk.load({**RFC8037, member: "AAAA"})


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"kty": "oct"},
        {**RFC8037, "crv": "Ed448"},
        {**RFC8037, "crv": ["X25519"]},
        {**RFC8037, "x": 5},
        {**RFC8037, "x": None},
        {**RFC8037, "x": "AAAA"},
        {**RFC8037, "x": RFC8037["x"] + "="},
        {**RFC8037, "x": RFC8037["x"][:-1] + "p"},  # the same 32 bytes to a lenient reader
        {**RFC8037, "kty": "EC"},
        {**RFC8037, "kid": 7},
        {**RFC7638, "n": "AA" + RFC7638["n"]},
        {**RFC7638, "e": "AAEAAQ"},
        {**RFC7638, "e": "Ag"},
        {**RFC7638, "n": ""},
        {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"},
    ],
)
def test_malformed_keys_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidKey):
        jwk.load(wrong)


def test_a_point_that_is_not_on_the_curve_is_refused() -> None:
    members = jwk.members(pair(KeyKind.P256).public_key())
    with pytest.raises(InvalidKey):
        jwk.load({**members, "y": base64url.encode(bytes(32))})
    with pytest.raises(InvalidKey):
        jwk.load({**members, "y": base64url.encode(b"\0" + base64url.decode(members["y"]))})


def test_a_small_rsa_key_is_refused() -> None:
    with pytest.raises(InvalidKey, match="2048"):
        jwk.load(jwk.members(old_rsa(1024).public_key()))


@given(st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e", "kid"]), st.text(max_size=9) | st.integers()))
def test_whatever_stands_in_a_jwk_it_is_read_or_refused(document: dict[str, Any]) -> None:
    try:
        jwk.load(document)
    except InvalidKey:
        return


def test_a_set_gives_its_usable_keys() -> None:
    ours = Jwk(pair(KeyKind.X25519).public_key(), id="ours")
    document = msgspec.json.encode({"keys": [{"kty": "future"}, jwk.dump(ours), {"kty": "oct", "k": "AAAA"}]})
    assert jwk.load_set(document) == [ours]
    assert jwk.load_set(jwk.dump_set([ours, ours])) == [ours, ours]


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b"{}", b'{"keys": {}}', b'{"keys": [1]}', b'{"keys": [], "keys": []}', b"[" * 5000, b"\xff"],
)
def test_what_is_no_set_is_refused(document: bytes) -> None:
    with pytest.raises(InvalidKey):
        jwk.load_set(document)


def test_a_set_is_bounded() -> None:
    with pytest.raises(InvalidKey, match="64 keys"):
        jwk.load_set(msgspec.json.encode({"keys": [RFC8037] * 65}))
    with pytest.raises(InvalidKey, match="65536 bytes"):
        jwk.load_set(b" " * 65537)
