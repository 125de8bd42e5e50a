"""JWE: what fits the key is read, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from hypothesis import given
from hypothesis import strategies as st

from gatepost.clock import SystemClock
from gatepost.crypto import base64url
from gatepost.crypto.agreement import shared_secret
from gatepost.crypto.boxes import jwe
from gatepost.crypto.boxes.jwe import Opener, Sealer, open_with
from gatepost.crypto.boxes.jwe_keys import Algorithm, KeyHeader, concat_kdf, opening_side
from gatepost.crypto.keys import jwk
from gatepost.crypto.keys.jwk import Jwk
from gatepost.crypto.keys.pairs import KeyKind
from gatepost.errors import InvalidKey, KeyUnavailable, SealBroken, TooLarge
from tests.unit.crypto.keys.pairs_for_tests import old_rsa, other_pair, pair
from tests.vectors import jose

CLOCK = SystemClock()
SHARED = bytes(range(32))
KEYS: dict[tuple[Algorithm, str], tuple[Any, Any, Any]] = {
    (Algorithm.DIR, "shared"): (SHARED, SHARED, bytes(32)),
    (Algorithm.A256KW, "shared"): (SHARED, SHARED, bytes(32)),
    **{
        (algorithm, kind): (pair(kind).public_key(), pair(kind), other_pair(kind))
        for algorithm in (Algorithm.ECDH_ES, Algorithm.ECDH_ES_A256KW)
        for kind in (KeyKind.X25519, KeyKind.P256)
    },
    (Algorithm.RSA_OAEP_256, "rsa"): (old_rsa(2048).public_key(), old_rsa(2048), pair(KeyKind.RSA)),
}
EACH = pytest.mark.parametrize("which", KEYS, ids=lambda which: f"{which[0]}-{which[1]}")
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

Which = tuple[Algorithm, str]


def sealer(which: Which, id: str = "1") -> Sealer:
    return Sealer(KEYS[which][0], which[0], id)


def opener(which: Which, id: str = "1") -> Opener:
    return Opener(KEYS[which][1], which[0], id)


def header_of(token: str) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(base64url.decode(token.split(".", maxsplit=1)[0]))
    return header


# What was sealed opens


@EACH
@given(message=st.binary(max_size=300))
def test_what_was_sealed_opens(which: Which, message: bytes) -> None:
    assert opener(which).open(sealer(which).seal(message, CLOCK)) == message


@EACH
def test_the_header_names_algorithm_encryption_and_key(which: Which) -> None:
    header = header_of(sealer(which).seal(b"", CLOCK))
    assert (header["alg"], header["enc"], header["kid"]) == (which[0], "A256GCM", "1")
    assert set(header) <= {"alg", "enc", "kid", "epk"}


@EACH
def test_nothing_is_the_same_twice(which: Which) -> None:
    tokens = [sealer(which).seal(b"message", CLOCK).split(".") for _ in range(2)]
    assert all(one != other for one, other in zip(tokens[0][2:], tokens[1][2:], strict=True))


# Whatever was done to it, it does not open


@EACH
@given(data=st.data())
def test_one_changed_character_is_refused(which: Which, data: st.DataObject) -> None:
    token = sealer(which).seal(b"a message", CLOCK)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from(BASE64URL + ".= \n\u00e9").filter(lambda character: character != token[place]))
    with pytest.raises(SealBroken):
        opener(which).open(token[:place] + other + token[place + 1 :])


@EACH
@given(data=st.data())
def test_one_changed_bit_of_any_part_is_refused(which: Which, data: st.DataObject) -> None:
    parts = [base64url.decode(part) for part in sealer(which).seal(b"a message", CLOCK).split(".")]
    number = data.draw(st.sampled_from([number for number, part in enumerate(parts) if part]))
    changed = bytearray(parts[number])
    bit = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[bit // 8] ^= 1 << bit % 8
    parts[number] = bytes(changed)
    with pytest.raises(SealBroken):
        opener(which).open(".".join(map(base64url.encode, parts)))


@EACH
@given(data=st.data())
def test_a_cut_or_prolonged_token_is_refused(which: Which, data: st.DataObject) -> None:
    token = sealer(which).seal(b"a message", CLOCK)
    for wrong in (token[: data.draw(st.integers(0, len(token) - 1))], token + "AA", token + ".", token + ".AAAA"):
        with pytest.raises(SealBroken):
            opener(which).open(wrong)


@EACH
@given(text=st.text(max_size=100))
def test_anything_else_is_refused(which: Which, text: str) -> None:
    for wrong in (text, text + "....", f"{base64url.encode(text.encode())}....", "." + text + "..."):
        with pytest.raises(SealBroken):
            opener(which).open(wrong)


@EACH
def test_another_key_does_not_open_it(which: Which) -> None:
    with pytest.raises(SealBroken):
        Opener(KEYS[which][2], which[0], "1").open(sealer(which).seal(b"a message", CLOCK))


@EACH
def test_a_key_opens_for_its_own_algorithm_only(which: Which) -> None:
    token = sealer(which).seal(b"a message", CLOCK)
    for other in KEYS:
        if other != which:
            with pytest.raises(SealBroken):
                opener(other).open(token)


# Algorithms are for kinds of keys


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize("kind", ["shared", *KeyKind])
def test_an_algorithm_is_for_its_kind_of_key(algorithm: Algorithm, kind: str) -> None:
    private: Any = SHARED if kind == "shared" else pair(KeyKind(kind))
    public: Any = SHARED if kind == "shared" else pair(KeyKind(kind)).public_key()
    if (algorithm, kind) in KEYS:
        assert Opener(private, algorithm).open(Sealer(public, algorithm).seal(b"a message", CLOCK)) == b"a message"
        return
    with pytest.raises(InvalidKey):
        Sealer(public, algorithm)
    with pytest.raises(InvalidKey):
        Opener(private, algorithm)


@pytest.mark.parametrize("size", [0, 16, 31, 33, 64])
def test_a_shared_key_has_32_bytes(size: int) -> None:
    with pytest.raises(InvalidKey, match="32 bytes"):
        Sealer(bytes(size), Algorithm.A256KW)


def test_the_bytes_of_a_public_key_are_no_shared_key() -> None:
    """The oldest confusion of all: a reader that takes whatever algorithm the header names."""
    token = Sealer(pair(KeyKind.X25519).public_key().public_bytes_raw(), Algorithm.DIR).seal(b"forged", CLOCK)  # type: ignore[union-attr]
    with pytest.raises(SealBroken):
        Opener(pair(KeyKind.X25519), Algorithm.ECDH_ES).open(token)


# Headers


def direct(header: object, message: bytes = b"a message") -> str:
    """A token under the shared key with this header, properly encrypted."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    protected, nonce = base64url.encode(raw), bytes(12)
    sealed = AESGCM(SHARED).encrypt(nonce, message, protected.encode())
    return ".".join([protected, "", *map(base64url.encode, (nonce, sealed[:-16], sealed[-16:]))])


def test_members_that_nobody_needs_are_passed_over() -> None:
    token = direct({"alg": "dir", "enc": "A256GCM", "typ": "JWE", "cty": "text/plain", "x": [1]})
    assert Opener(SHARED, Algorithm.DIR).open(token) == b"a message"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "dir", "enc": "A256GCM", "crit": ["exp"], "exp": 1},
        {"alg": "dir", "enc": "A256GCM", "crit": []},
        {"alg": "dir", "enc": "A256GCM", "crit": None},
        {"alg": "dir", "enc": "A256GCM", "zip": "DEF"},
        {"alg": "dir", "enc": "A256GCM", "zip": None},
        {"alg": "dir", "enc": "A128GCM"},
        {"alg": "dir", "enc": "a256gcm"},
        {"alg": "DIR", "enc": "A256GCM"},
        {"alg": "none", "enc": "A256GCM"},
        {"alg": "dir", "enc": {}},
        {"alg": ["dir"], "enc": "A256GCM"},
        {"alg": "dir", "enc": "A256GCM", "kid": 7},
        {"alg": "dir", "enc": "A256GCM", "epk": "x"},
        {"alg": "dir"},
        {},
        [],
        "dir",
        b"",
        b"[" * 600,
        b'{"alg": "dir", "enc": "A256GCM", "alg": "dir"}',
        b'{"alg": "dir", "enc": "A256GCM"} {}',
        b'\xef\xbb\xbf{"alg": "dir", "enc": "A256GCM"}',
        {"alg": "dir", "enc": "A256GCM", "padding": "x" * 4096},
    ],
)
def test_other_headers_are_refused_though_the_key_is_right(header: object) -> None:
    with pytest.raises(SealBroken):
        Opener(SHARED, Algorithm.DIR).open(direct(header))


def test_a_key_where_none_belongs_is_refused() -> None:
    for which in [(Algorithm.DIR, "shared"), (Algorithm.ECDH_ES, KeyKind.X25519)]:
        parts = sealer(which).seal(b"a message", CLOCK).split(".")
        parts[1] = base64url.encode(bytes(40))
        with pytest.raises(SealBroken, match="none belongs"):
            opener(which).open(".".join(parts))


def test_a_wrapped_key_of_another_size_is_refused() -> None:
    parts = direct({"alg": "A256KW", "enc": "A256GCM"}).split(".")
    parts[1] = base64url.encode(aes_key_wrap(SHARED, bytes(16)))
    with pytest.raises(SealBroken):
        Opener(SHARED, Algorithm.A256KW).open(".".join(parts))


def test_size_is_bounded() -> None:
    big = bytes(jwe.MAX_MESSAGE_BYTES + 1)
    with pytest.raises(TooLarge, match="16777216"):
        Sealer(SHARED, Algorithm.DIR).seal(big, CLOCK)
    token = Sealer(SHARED, Algorithm.DIR).seal(big[1:], CLOCK)
    assert Opener(SHARED, Algorithm.DIR).open(token) == big[1:]
    for wrong in ("A" * 30_000_000, f"{'A' * 4097}....", f"A.{'A' * 1367}..."):
        with pytest.raises(SealBroken, match="too large"):
            Opener(SHARED, Algorithm.DIR).open(wrong)


# Ephemeral keys


def with_ephemeral(which: Which, epk: object) -> str:
    parts = sealer(which).seal(b"a message", CLOCK).split(".")
    header = header_of(".".join(parts)) | {"epk": epk}
    return ".".join([base64url.encode(json.dumps(header).encode()), *parts[1:]])


X = jwk.members(pair(KeyKind.X25519).public_key())
P = jwk.members(pair(KeyKind.P256).public_key())


@pytest.mark.parametrize("algorithm", [Algorithm.ECDH_ES, Algorithm.ECDH_ES_A256KW])
@pytest.mark.parametrize(
    ("kind", "epk"),
    [
        (KeyKind.X25519, {**X, "x": base64url.encode(bytes(32))}),
        (KeyKind.X25519, {**X, "x": base64url.encode(b"\1" + bytes(31))}),
        (KeyKind.X25519, {**X, "x": base64url.encode(bytes(31))}),
        (KeyKind.X25519, {**X, "d": X["x"]}),
        (KeyKind.X25519, {**X, "x": 5}),
        (KeyKind.X25519, {**X, "crv": "Ed25519"}),
        (KeyKind.X25519, P),
        (KeyKind.X25519, None),
        (KeyKind.X25519, {}),
        (KeyKind.X25519, []),
        (KeyKind.X25519, "x"),
        (KeyKind.X25519, jwk.members(old_rsa(2048).public_key())),
        (KeyKind.P256, jose.WYCHEPROOF_51_POINT_OFF_THE_CURVE),
        (KeyKind.P256, {**P, "x": base64url.encode(bytes(32)), "y": base64url.encode(bytes(32))}),
        (KeyKind.P256, {**P, "crv": "P-384"}),
        (KeyKind.P256, X),
    ],
)
def test_ephemeral_keys_that_give_the_secret_away_are_refused(algorithm: Algorithm, kind: KeyKind, epk: object) -> None:
    with pytest.raises(SealBroken):
        opener((algorithm, kind)).open(with_ephemeral((algorithm, kind), epk))


def test_party_information_goes_into_the_key() -> None:
    side = opening_side(Algorithm.ECDH_ES, pair(KeyKind.P256))
    keys = {side.key(b"", KeyHeader(P, apu, apv)) for apu in ("", "QQ") for apv in ("", "QQ", "Qg")}
    assert len(keys) == 6
    with pytest.raises(ValueError, match="base64url"):
        side.key(b"", KeyHeader(P, "=", ""))


# Which key


def test_the_header_names_the_key() -> None:
    openers = [Opener(bytes([number]) * 32, Algorithm.A256KW, str(number)) for number in range(3)]
    token = Sealer(b"\1" * 32, Algorithm.A256KW, "1").seal(b"a message", CLOCK)
    assert open_with(openers, token) == b"a message"
    for wrong in ([], [openers[0]], openers[2:]):
        with pytest.raises(KeyUnavailable):
            open_with(wrong, token)


def test_a_token_that_names_no_key_is_for_the_only_one() -> None:
    token = Sealer(SHARED, Algorithm.A256KW).seal(b"a message", CLOCK)
    ours, other = Opener(SHARED, Algorithm.A256KW, "1"), Opener(bytes(32), Algorithm.A256KW, "2")
    direct_key = Opener(bytes(32), Algorithm.DIR, "3")
    assert open_with([ours, direct_key], token) == b"a message"
    with pytest.raises(KeyUnavailable, match="does not name"):
        open_with([ours, other], token)


def test_a_key_without_an_id_opens_whatever_id_the_sender_gave_it() -> None:
    assert Opener(SHARED, Algorithm.DIR).open(Sealer(SHARED, Algorithm.DIR, "theirs").seal(b"a message", CLOCK))


def test_an_id_is_bounded() -> None:
    with pytest.raises(InvalidKey, match="256"):
        Sealer(SHARED, Algorithm.DIR, "x" * 257)


@pytest.mark.parametrize(
    ("kind", "algorithm", "expected"),
    [
        (KeyKind.X25519, "", "ECDH-ES+A256KW"),
        (KeyKind.P256, "ECDH-ES", "ECDH-ES"),
        (KeyKind.RSA, "", "RSA-OAEP-256"),
        (KeyKind.RSA, "RSA-OAEP-256", "RSA-OAEP-256"),
    ],
)
def test_a_published_key_says_how_it_is_sealed_for(kind: KeyKind, algorithm: str, expected: str) -> None:
    published = Jwk(pair(kind).public_key(), "2026", algorithm, "enc")
    header = header_of(Sealer.for_jwk(published).seal(b"a message", CLOCK))
    assert (header["alg"], header["kid"]) == (expected, "2026")


@pytest.mark.parametrize(
    ("kind", "algorithm", "use"),
    [
        (KeyKind.X25519, "", "sig"),
        (KeyKind.ED25519, "", "enc"),
        (KeyKind.RSA, "RSA-OAEP", "enc"),
        (KeyKind.RSA, "RSA1_5", ""),
        (KeyKind.X25519, "ECDH-ES+A128KW", ""),
        (KeyKind.X25519, "dir", ""),
        (KeyKind.X25519, "RSA-OAEP-256", ""),
    ],
)
def test_a_published_key_for_something_else_is_refused(kind: KeyKind, algorithm: str, use: str) -> None:
    with pytest.raises(InvalidKey):
        Sealer.for_jwk(Jwk(pair(kind).public_key(), "2026", algorithm, use))


# Public vectors


def test_derivation_as_in_rfc_7518_appendix_c() -> None:
    key = concat_kdf(jose.RFC7518_C_SECRET, "A128GCM", b"Alice", b"Bob", 16)
    assert base64url.encode(key) == jose.RFC7518_C_KEY


def test_agreement_as_in_rfc_7520_section_5_5() -> None:
    ephemeral, recipient = map(jose.private_key, (jose.RFC7520_5_5_EPHEMERAL, jose.RFC7520_5_5_RECIPIENT))
    secret = shared_secret(ephemeral, recipient.public_key())
    assert base64url.encode(concat_kdf(secret, "A128CBC-HS256", b"", b"", 32)) == jose.RFC7520_5_5_KEY


@pytest.mark.parametrize(
    ("make", "token"),
    [
        (
            lambda: Opener(base64url.decode(jose.WYCHEPROOF_SHARED_KEY), Algorithm.A256KW, "kid-aes-encrypt"),
            jose.WYCHEPROOF_29_A256KW,
        ),
        (
            lambda: Opener(jose.private_key(jose.RFC7518_C_BOB), Algorithm.ECDH_ES_A256KW),
            jose.WYCHEPROOF_66_ECDH_ES_A256KW,
        ),
        (lambda: Opener(jose.private_key(jose.RFC7518_C_BOB), Algorithm.ECDH_ES), jose.WYCHEPROOF_78_ECDH_ES),
    ],
    ids=["A256KW", "ECDH-ES+A256KW", "ECDH-ES"],
)
def test_tokens_of_wycheproof_open(make: Callable[[], Opener], token: str) -> None:
    assert make().open(token) == jose.WYCHEPROOF_MESSAGE


def test_another_encryption_is_refused_though_the_key_is_right() -> None:
    with pytest.raises(SealBroken, match="A256GCM"):
        Opener(base64url.decode(jose.WYCHEPROOF_SHARED_KEY), Algorithm.A256KW).open(jose.WYCHEPROOF_32_A256KW_WITH_CBC)


def test_keys_are_unwrapped_as_in_sp_800_38f() -> None:
    """Only the vectors with keys of 32 bytes: no others are taken."""
    opened = failed = 0
    with cryptography_vectors.open_vector_file("keywrap/kwtestvectors/KW_AD_256.txt", "r") as file:
        groups = file.read().split("COUNT = ")[1:]
    for group in groups:
        fields = dict(line.split(" = ") for line in group.splitlines() if " = " in line and not line.startswith("["))
        side = opening_side(Algorithm.A256KW, bytes.fromhex(fields["K"]))
        if len(fields.get("P", "")) == 64:
            assert side.key(bytes.fromhex(fields["C"]), KeyHeader()).hex() == fields["P"]
            opened += 1
        else:
            with pytest.raises(SealBroken):
                side.key(bytes.fromhex(fields["C"]), KeyHeader())
            failed += 1
    assert opened >= 20
    assert failed >= 20
