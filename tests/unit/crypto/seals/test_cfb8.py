"""Old blobs of AES-256-CFB8: those that PyCryptodome made once, and those that it makes now."""

from __future__ import annotations

import pytest
from Crypto.Cipher import AES
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import PBKDF2
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.crypto.seals.cfb8 import open_unauthenticated
from gatepost.crypto.secret import Secret
from gatepost.errors import SealBroken

MADE_ONCE = [
    # passphrase, message, blob: made with PyCryptodome 4.4.0
    (b"hunter2", b"hello", "000102030405060708090a0b0c0d0e0f25ff9379a1"),
    (b"correct horse battery staple", b"", "101112131415161718191a1b1c1d1e1f"),
    (
        "p\u00e4ssw\u00f6rt".encode(),
        bytes(range(48)),
        "202122232425262728292a2b2c2d2e2fcef2b2406b9b83a5a6d323f0c5e31119e2f2a40ae18f27c6ee46ec0d6096070312c3bba1dfd48f5b"
        "1515c6a52882e417",
    ),
]


def opened(blob: bytes, passphrase: bytes) -> bytes:
    return b"".join(open_unauthenticated([blob], Secret(passphrase)))


@pytest.mark.parametrize(("passphrase", "message", "blob"), MADE_ONCE)
def test_blobs_made_once(passphrase: bytes, message: bytes, blob: str) -> None:
    assert opened(bytes.fromhex(blob), passphrase) == message


TEXT = "p\u00e4ssw\u00f6rt"
SALT = bytes(range(16))
DERIVED = PBKDF2(TEXT, SALT, dkLen=48, count=100_000, hmac_hash_module=SHA256)


@settings(deadline=None, max_examples=30)
@given(message=st.binary(max_size=300), portion=st.integers(1, 40))
def test_blobs_made_now_however_they_are_cut_into_pieces(message: bytes, portion: int) -> None:
    blob = SALT + AES.new(DERIVED[16:], AES.MODE_CFB, iv=DERIVED[:16]).encrypt(message)
    pieces = [blob[at : at + portion] for at in range(0, len(blob), portion)]
    assert b"".join(open_unauthenticated(pieces, Secret(TEXT.encode("latin-1")))) == message


def test_a_changed_blob_and_a_wrong_passphrase_give_something_else_without_an_error() -> None:
    passphrase, message, blob = MADE_ONCE[0]
    changed = bytearray.fromhex(blob)
    changed[-1] ^= 1
    assert opened(bytes(changed), passphrase) == b"helln"
    assert opened(bytes.fromhex(blob), b"hunter3") != message


@pytest.mark.parametrize("size", [0, 15])
def test_less_than_a_salt_is_no_blob(size: int) -> None:
    with pytest.raises(SealBroken, match="shorter than its salt"):
        opened(bytes(size), b"hunter2")
