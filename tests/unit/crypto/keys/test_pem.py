"""Key files: written so that every tool reads them, read strictly."""

from __future__ import annotations

import shutil
import subprocess
from base64 import b64decode
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from gatepost.clock import SystemClock
from gatepost.crypto.keys import pem
from gatepost.crypto.keys.pairs import KeyKind, PrivateKey
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidKey
from tests.unit.crypto.keys.pairs_for_tests import old_rsa, pair

CLOCK = SystemClock()
PASSPHRASE = Secret("Grüße aus dem Postamt")


def der(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def vector(name: str) -> bytes:
    with cryptography_vectors.open_vector_file(f"asymmetric/{name}", "rb") as file:
        content: bytes = file.read()
    return content


@pytest.mark.parametrize("kind", KeyKind)
@pytest.mark.parametrize("passphrase", [None, PASSPHRASE], ids=["plain", "encrypted"])
def test_a_key_file_gives_the_key_back(kind: KeyKind, passphrase: Secret[str] | None) -> None:
    written = pem.dump_private(pair(kind), passphrase, CLOCK)
    assert pem.needs_passphrase(written) is (passphrase is not None)
    assert der(pem.load_private(written, passphrase)) == der(pair(kind))


@pytest.mark.parametrize("kind", KeyKind)
def test_a_public_key_file_gives_the_key_back(kind: KeyKind) -> None:
    public = pair(kind).public_key()
    assert pem.load_public(pem.dump_public(public)) == public


@pytest.mark.parametrize("kind", KeyKind)
def test_openssl_reads_an_encrypted_key_file(kind: KeyKind, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    file = tmp_path / "key"
    file.write_bytes(pem.dump_private(pair(kind), PASSPHRASE, CLOCK))
    command = [openssl, "pkey", "-in", str(file), "-passin", f"pass:{PASSPHRASE.reveal()}", "-pubout"]
    assert subprocess.run(command, capture_output=True, check=True).stdout == pem.dump_public(pair(kind).public_key())


def test_a_passphrase_is_stretched_600_000_times() -> None:
    written = pem.dump_private(pair(KeyKind.X25519), PASSPHRASE, CLOCK)
    body = b64decode(b"".join(written.splitlines()[1:-1]))
    assert b"\x02\x03" + (600_000).to_bytes(3, "big") in body


def test_the_same_key_and_passphrase_never_look_the_same() -> None:
    written = [pem.dump_private(pair(KeyKind.X25519), PASSPHRASE, CLOCK) for _ in range(2)]
    assert written[0] != written[1]


def test_a_key_needs_its_own_passphrase() -> None:
    written = pem.dump_private(pair(KeyKind.X25519), PASSPHRASE, CLOCK)
    with pytest.raises(InvalidKey, match="passphrase is wrong"):
        pem.load_private(written, Secret("another good passphrase"))
    with pytest.raises(InvalidKey, match="needs its passphrase"):
        pem.load_private(written)


def test_a_passphrase_for_a_key_that_has_none_is_an_error() -> None:
    with pytest.raises(InvalidKey, match="not encrypted"):
        pem.load_private(pem.dump_private(pair(KeyKind.X25519), None, CLOCK), PASSPHRASE)


def test_a_passphrase_that_anybody_guesses_is_refused() -> None:
    with pytest.raises(InvalidKey, match="passphrase"):
        pem.dump_private(pair(KeyKind.X25519), Secret("12345"), CLOCK)


def test_private_and_public_are_not_mixed_up() -> None:
    private, public = (
        pem.dump_private(pair(KeyKind.P256), None, CLOCK),
        pem.dump_public(pair(KeyKind.P256).public_key()),
    )
    with pytest.raises(InvalidKey, match="keep it to yourself"):
        pem.load_public(private)
    with pytest.raises(InvalidKey, match="public key where the private"):
        pem.load_private(public)


def test_small_keys_and_other_curves_are_refused() -> None:
    small = old_rsa(1024).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    curve = ec.generate_private_key(ec.SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for written in (small, curve):
        with pytest.raises(InvalidKey):
            pem.load_private(written)


def test_a_small_key_of_another_tool_is_refused() -> None:
    with pytest.raises(InvalidKey, match="this has 1024"):
        pem.load_private(vector("PKCS8/unenc-rsa-pkcs8.pem"))


def test_older_formats_are_refused_with_the_command_that_converts_them() -> None:
    old = old_rsa(2048).private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    with pytest.raises(InvalidKey, match="openssl pkcs8 -topk8"):
        pem.load_private(old)


def test_a_file_of_several_keys_or_of_any_size_is_refused() -> None:
    one = pem.dump_private(pair(KeyKind.X25519), None, CLOCK)
    with pytest.raises(InvalidKey, match="one key"):
        pem.load_private(one + one)
    with pytest.raises(InvalidKey, match="65536 bytes"):
        pem.load_private(one + b"\n" * pem.MAX_PEM_BYTES)


def test_keys_of_other_tools_are_read() -> None:
    assert isinstance(pem.load_private(vector("Ed25519/ed25519-pkcs8-enc.pem"), Secret("password")), Ed25519PrivateKey)
    assert isinstance(pem.load_private(vector("PKCS8/ed25519-scrypt.pem"), Secret("hunter42")), Ed25519PrivateKey)


@given(st.data())
def test_a_damaged_file_is_refused_and_nothing_else_happens(data: st.DataObject) -> None:
    written = bytearray(pem.dump_private(pair(KeyKind.P256), None, CLOCK))
    bit = data.draw(st.integers(0, len(written) * 8 - 1))
    written[bit // 8] ^= 1 << bit % 8
    for load in (pem.load_private, pem.load_public):
        try:
            load(bytes(written))
        except InvalidKey:
            continue


@given(st.binary(max_size=200))
def test_anything_else_is_refused(content: bytes) -> None:
    for load in (pem.load_private, pem.load_public, pem.needs_passphrase):
        with pytest.raises(InvalidKey):
            load(content)


def test_rsa_is_read_back_as_rsa() -> None:
    assert isinstance(pem.load_private(pem.dump_private(old_rsa(2048), None, CLOCK)), rsa.RSAPrivateKey)
