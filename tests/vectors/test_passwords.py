"""Argon2id and scrypt, as RFC 9106, RFC 7914 and other implementations have them."""

from __future__ import annotations

from base64 import b64encode

import pytest

from gatepost.clock import SystemClock
from gatepost.crypto.passwords import verify_password
from gatepost.crypto.seals.passphrase import Function, Stretching, stretch
from gatepost.crypto.secret import Secret
from tests.vectors.published import counted_vectors

ARGON2ID = [
    vector
    for vector in counted_vectors("KDF/argon2id.txt")
    if vector["pass"] and "secret" not in vector and int(vector["length"]) >= 16  # what a stored hash may be
]
SCRYPT = [vector for vector in counted_vectors("KDF/scrypt.txt") if (vector["r"], vector["p"]) == ("8", "1")]


def phc(vector: dict[str, str]) -> str:
    salt, output = (b64encode(bytes.fromhex(vector[name])).decode().rstrip("=") for name in ("salt", "output"))
    return "$argon2id$v=19$m={memcost},t={iter},p={lanes}$".format_map(vector) + f"{salt}${output}"


@pytest.mark.parametrize("vector", ARGON2ID, ids=lambda vector: vector["memcost"])
def test_argon2id(vector: dict[str, str]) -> None:
    password = bytes.fromhex(vector["pass"]).decode()
    assert verify_password(Secret(password), phc(vector), SystemClock()).matches
    assert not verify_password(Secret(password + "!"), phc(vector), SystemClock()).matches


@pytest.mark.parametrize("vector", SCRYPT, ids=lambda vector: vector["N"])
def test_scrypt(vector: dict[str, str]) -> None:
    stretching = Stretching(Function.SCRYPT, int(vector["N"]).bit_length() - 1)
    key = stretch(vector["PASSWORD"].encode(), vector["SALT"].encode(), stretching)
    assert vector["DERIVED_KEY"].startswith(key.hex())


def test_there_are_vectors() -> None:
    assert (len(ARGON2ID), len(SCRYPT)) == (2, 2)


def test_pbkdf2_hmac_sha256() -> None:
    """RFC 7914 section 11 has 80,000 rounds of it; the first half of its 64 bytes."""
    key = stretch(b"Password", b"NaCl", Stretching(Function.PBKDF2, 80_000))
    assert key.hex() == "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
