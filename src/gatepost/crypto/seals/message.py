"""Authenticated encryption of messages: AES-256-GCM under derived keys, to which every seal is committed.

GCM alone breaks when a nonce repeats under a key, and lets one ciphertext open under two keys. So each `Sealer`,
usually one a message, draws a random salt of 192 bits, and HMAC-SHA-512 of the seal key over it (key derivation by a
pseudorandom function, NIST SP 800-108r1 section 4.1) gives both an AES key of its own and a commitment to it. Under
that key, nonces are counted. Salts do not meet in 2**64 messages; a seal that opens under two keys takes a collision
of 256 bits.

Layout: version (1 byte), id of the key (4), salt (24), commitment (32), number (4), ciphertext, tag of GCM (16).
"""

from __future__ import annotations

import hmac
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gatepost.clock import Clock
from gatepost.crypto.digests import equal
from gatepost.errors import SealBroken

KEY_BYTES = 32
SALT_BYTES = 24
OVERHEAD_BYTES = 81
"""What a seal is longer than what it holds."""

MAX_KEY_ID = 2**32 - 1

_VERSION = b"\x01"
_PURPOSE = b"gatepost message seal 1\x00"
_ID = slice(1, 5)
_SALT = slice(5, 29)
_COMMITMENT = slice(29, 61)
_NUMBER = slice(61, 65)
_HEAD_BYTES = 65
_LENGTH_BYTES = 4
_NONCE_START = bytes(8)


def context(*parts: bytes | str) -> bytes:
    """Where a sealed value belongs, such as tenant, table, column and row: each part led by its length."""
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join([len(part).to_bytes(_LENGTH_BYTES, "big") + part for part in encoded])


def key_id(sealed: bytes) -> int:
    """The id of the key that sealed it. Raises SealBroken when this is no seal."""
    if len(sealed) < OVERHEAD_BYTES or not sealed.startswith(_VERSION):
        raise SealBroken("this is no seal, or one of a later version")
    return int.from_bytes(sealed[_ID], "big")


class SealKey:
    """One key under which messages are sealed. `id` goes into every seal, so that the key is found again."""

    __slots__ = ("_head", "_key", "_latest", "id")

    def __init__(self, id: int, key: bytes) -> None:
        """Raises ValueError when the key has not 32 bytes."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"a seal key has {KEY_BYTES} bytes")
        self.id = id
        self._key = key
        self._head = _VERSION + id.to_bytes(4, "big")
        self._latest = (b"", self._derived(b""))

    def seal(self, message: bytes, context: bytes, clock: Clock) -> bytes:
        """The message so that only this key opens it, and only in the same context."""
        return self.sealer(clock).seal(message, context)

    def sealer(self, clock: Clock) -> Sealer:
        """For many messages at once: they share a derived key, which is most of the cost of a seal."""
        salt = clock.random_bytes(SALT_BYTES)
        return Sealer(self._head, salt, self._derived(salt))

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """What was sealed. Raises SealBroken: another key, another context, or it was changed."""
        if key_id(sealed) != self.id:
            raise SealBroken("it was sealed with another key")
        salt = sealed[_SALT]
        if salt != self._latest[0]:  # what was sealed together is often opened together
            self._latest = (salt, self._derived(salt))
        derived = self._latest[1]
        if not equal(sealed[_COMMITMENT], derived.commitment):
            raise SealBroken
        try:
            return derived.cipher.decrypt(_NONCE_START + sealed[_NUMBER], sealed[_HEAD_BYTES:], self._head + context)
        except InvalidTag:
            raise SealBroken from None

    def __repr__(self) -> str:
        return f"SealKey(id={self.id})"

    def _derived(self, salt: bytes) -> _Derived:
        derived = hmac.digest(self._key, _PURPOSE + salt, "sha512")
        return _Derived(AESGCM(derived[:KEY_BYTES]), derived[KEY_BYTES:])


class Sealer:
    """Seals messages under one derived key. Short-lived: a copy of the process would count the same nonces again."""

    __slots__ = ("_cipher", "_head", "_number", "_prefix")

    def __init__(self, head: bytes, salt: bytes, derived: _Derived) -> None:
        self._head = head
        self._cipher = derived.cipher
        self._prefix = head + salt + derived.commitment
        self._number = 0

    def seal(self, message: bytes, context: bytes) -> bytes:
        """Raises OverflowError after 2**32 messages."""
        number = self._number.to_bytes(4, "big")
        self._number += 1
        return b"".join(
            (self._prefix, number, self._cipher.encrypt(_NONCE_START + number, message, self._head + context))
        )


class _Derived(NamedTuple):
    cipher: AESGCM
    commitment: bytes
