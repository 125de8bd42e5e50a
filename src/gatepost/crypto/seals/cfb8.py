"""Reads old blobs of salt (16 bytes) and AES-256-CFB8 ciphertext, such as PyCryptodome's default CFB makes.

PBKDF2-HMAC-SHA256 with 100,000 rounds gives 48 bytes: 16 of IV, then 32 of key. Nothing in a blob tells whether it was
changed or whether the passphrase is the right one: whoever can write to it chooses bits of what comes out, and another
passphrase gives noise without an error. So there is no way to write them here; seal again what you have read.

The passphrase is bytes, because who wrote the blob chose the encoding: PyCryptodome takes text as Latin-1, most others
as UTF-8.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from cryptography.hazmat.decrepit.ciphers.modes import CFB8
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES256

from gatepost.crypto.secret import Secret
from gatepost.errors import SealBroken

SALT_BYTES = 16
ROUNDS = 100_000
_IV_BYTES = 16
_DERIVED_BYTES = 48


def open_unauthenticated(pieces: Iterable[bytes], passphrase: Secret[bytes]) -> Iterator[bytes]:
    """What was encrypted, if the passphrase is right and nobody changed it: neither can be known.

    Raises SealBroken when there is not even a salt.
    """
    source = iter(pieces)
    start = b""
    while len(start) < SALT_BYTES:
        piece = next(source, None)
        if piece is None:
            raise SealBroken(f"it is shorter than its salt of {SALT_BYTES} bytes")
        start += piece
    decryptor = _decryptor(passphrase, start[:SALT_BYTES])
    yield decryptor.update(start[SALT_BYTES:])
    for piece in source:
        yield decryptor.update(piece)


def _decryptor(passphrase: Secret[bytes], salt: bytes) -> CipherContext:
    derived = hashlib.pbkdf2_hmac("sha256", passphrase.reveal(), salt, ROUNDS, _DERIVED_BYTES)
    return Cipher(AES256(derived[_IV_BYTES:]), CFB8(derived[:_IV_BYTES])).decryptor()
