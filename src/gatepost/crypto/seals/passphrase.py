"""A passphrase as the key of a stream: stretched by scrypt (usual) or PBKDF2-HMAC-SHA256 (where FIPS 140 is asked for).

The parameters are in the head of the stream. They are bounded on reading, since whoever wrote the file chose them.

Detail in the head: function (1 byte), cost (4), salt (16).
"""

from __future__ import annotations

import hashlib
import unicodedata
from enum import IntEnum

from msgspec import Struct

from gatepost.clock import Clock
from gatepost.crypto.seals.message import KEY_BYTES
from gatepost.crypto.seals.stream import Kind
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidKey, SealBroken

MIN_PASSPHRASE_CHARACTERS = 12
MIN_DIFFERENT_CHARACTERS = 5
"""`aaaaaaaaaaaa` is long enough and no passphrase."""

_SALT_BYTES = 16
_COST_BYTES = 4
_DETAIL_BYTES = 1 + _COST_BYTES + _SALT_BYTES
_SCRYPT_BLOCK_SIZE = 8


class Function(IntEnum):
    SCRYPT = 1
    PBKDF2 = 2


READABLE_COSTS = {
    Function.SCRYPT: range(10, 21),  # up to 1 GiB and about 4 s: eight times the usual cost
    Function.PBKDF2: range(1_000, 10_000_001),  # up to about 3 s
}
"""Costs that a head may ask for. The lower ends only keep out what the functions themselves refuse or nobody wrote."""


class Stretching(Struct, frozen=True):
    """How a passphrase becomes a key. `cost` is the binary logarithm of N for scrypt (r=8, p=1), rounds for PBKDF2."""

    function: Function
    cost: int

    def __post_init__(self) -> None:
        if self.cost not in READABLE_COSTS[self.function]:
            raise InvalidKey(f"a cost of {self.cost} for {self.function.name.lower()} is out of bounds")


SCRYPT = Stretching(Function.SCRYPT, 17)
"""128 MiB and a third of a second (OWASP Password Storage Cheat Sheet)."""

PBKDF2 = Stretching(Function.PBKDF2, 600_000)
"""OWASP Password Storage Cheat Sheet, for FIPS 140."""


class Passphrase:
    """Opens what any stretching sealed; seals with the one given."""

    __slots__ = ("_secret", "_stretching")
    kind = Kind.PASSPHRASE

    def __init__(self, secret: Secret[str], stretching: Stretching = SCRYPT) -> None:
        self._secret = secret
        self._stretching = stretching

    def new_key(self, context: bytes, clock: Clock) -> tuple[bytes, bytes]:
        """Raises InvalidKey when anybody could guess the passphrase."""
        check(self._secret)
        salt = clock.random_bytes(_SALT_BYTES)
        cost = self._stretching.cost.to_bytes(_COST_BYTES, "big")
        return self._stretched(self._stretching, salt), bytes([self._stretching.function]) + cost + salt

    def key(self, detail: bytes, context: bytes) -> bytes:
        """Raises SealBroken when the head asks for what costs too much."""
        if len(detail) != _DETAIL_BYTES:
            raise SealBroken("its head is no head of a passphrase")
        cost = int.from_bytes(detail[1:-_SALT_BYTES], "big")
        try:
            stretching = Stretching(Function(detail[0]), cost)
        except (InvalidKey, ValueError):
            raise SealBroken(f"its head asks for an unknown way to stretch the passphrase ({cost})") from None
        return self._stretched(stretching, detail[-_SALT_BYTES:])

    def _stretched(self, stretching: Stretching, salt: bytes) -> bytes:
        return stretch(normalized(self._secret).encode(), salt, stretching)


def check(passphrase: Secret[str]) -> None:
    """Raises InvalidKey for what the first guesses would find."""
    text = normalized(passphrase)
    if len(text) < MIN_PASSPHRASE_CHARACTERS or len(set(text)) < MIN_DIFFERENT_CHARACTERS:
        raise InvalidKey(
            f"a passphrase has at least {MIN_PASSPHRASE_CHARACTERS} characters, {MIN_DIFFERENT_CHARACTERS} of them "
            "different; six random words are a good one"
        )


def normalized(passphrase: Secret[str]) -> str:
    """In Unicode's NFC (as RFC 8265 section 4.2), since keyboards differ in how they compose an accent."""
    return unicodedata.normalize("NFC", passphrase.reveal())


def stretch(passphrase: bytes, salt: bytes, stretching: Stretching) -> bytes:
    """A key of 32 bytes (RFC 7914 for scrypt, RFC 8018 section 5.2 for PBKDF2)."""
    if stretching.function is Function.PBKDF2:
        return hashlib.pbkdf2_hmac("sha256", passphrase, salt, stretching.cost, KEY_BYTES)
    n = 1 << stretching.cost
    needed = 128 * _SCRYPT_BLOCK_SIZE * (n + 3)  # bytes; OpenSSL refuses to take more than it was told
    return hashlib.scrypt(passphrase, salt=salt, n=n, r=_SCRYPT_BLOCK_SIZE, p=1, maxmem=needed, dklen=KEY_BYTES)
