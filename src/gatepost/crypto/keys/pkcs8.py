"""A private key encrypted with a passphrase, as every tool reads it: PKCS #8 (RFC 5958) with PBES2 (RFC 8018).

The cryptography library reads this, but writes it with 2,048 rounds of PBKDF2, which guesses a passphrase three hundred
times as fast as 600,000. scrypt would be better still; OpenSSL's own tools refuse what it needs at a sound cost.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from gatepost.clock import Clock
from gatepost.crypto.seals.passphrase import PBKDF2, stretch

_SALT_BYTES = 16
_BLOCK_BYTES = 16

_INTEGER, _OCTETS, _NULL, _SEQUENCE = b"\x02", b"\x04", b"\x05\x00", b"\x30"

_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2 = bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256 = bytes.fromhex("06082a864886f70d0209")
_AES256_CBC = bytes.fromhex("060960864801650304012a")


def encrypted(private_key_info: bytes, passphrase: bytes, clock: Clock) -> bytes:
    """EncryptedPrivateKeyInfo in DER: PBKDF2-HMAC-SHA256 and AES-256-CBC, the one cipher that all readers know.

    CBC does not notice changes; whoever may write a key file can put any key there anyway.
    """
    salt, start = clock.random_bytes(_SALT_BYTES), clock.random_bytes(_BLOCK_BYTES)
    key = stretch(passphrase, salt, PBKDF2)
    rounds = _der(_INTEGER, PBKDF2.cost.to_bytes(3, "big"))
    derivation = _sequence(_PBKDF2, _sequence(_der(_OCTETS, salt), rounds, _sequence(_HMAC_SHA256, _NULL)))
    cipher = _sequence(_AES256_CBC, _der(_OCTETS, start))
    algorithm = _sequence(_PBES2, _sequence(derivation, cipher))
    return _sequence(algorithm, _der(_OCTETS, _cbc(private_key_info, key, start)))


def _cbc(message: bytes, key: bytes, start: bytes) -> bytes:
    padder = PKCS7(_BLOCK_BYTES * 8).padder()
    cipher = Cipher(AES256(key), CBC(start)).encryptor()
    return cipher.update(padder.update(message) + padder.finalize()) + cipher.finalize()


def _sequence(*parts: bytes) -> bytes:
    return _der(_SEQUENCE, b"".join(parts))


def _der(tag: bytes, content: bytes) -> bytes:
    """Tag, length, content (ITU-T X.690 section 10.1: the shortest length)."""
    length = len(content)
    if length < 0x80:
        return tag + bytes([length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return tag + bytes([0x80 | len(octets)]) + octets + content
