"""Authenticated encryption of streams of any size in constant memory: AES-256-GCM in chunks, committed to the key.

The STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizar, CRYPTO 2015): every chunk has its number and whether
it is the last in its nonce, so that chunks cannot be left out, doubled, swapped, added or cut off unnoticed. Each
stream has an AES key of its own: HMAC-SHA-512 of the stream's key over the whole head, a random salt and the context
gives it together with a commitment, as in `message`.

Layout: magic (16 bytes), kind of key (1), length of the detail (2), the detail of that kind, salt (32), commitment
(32), then chunks of 64 KiB, each with its tag (16). Only the last chunk may be shorter.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gatepost.clock import Clock
from gatepost.crypto.digests import equal
from gatepost.crypto.seals.message import KEY_BYTES
from gatepost.errors import InvalidKey, SealBroken, TooLarge

CHUNK_BYTES = 64 * 1024
"""What is held in memory at a time, and the least that can be released at a time."""

MAX_CHUNKS = 2**32
"""256 TiB: 2**44 blocks of AES under one key can be told from noise with a chance of 2**-41."""

MAX_DETAIL_BYTES = 8 * 1024
"""Detail of a head: a key wrapped for a recipient takes some 2 KiB, whatever the algorithm."""

MAGIC = b"gatepost seal 1\n"
_SALT_BYTES = 32
_COMMITMENT_BYTES = 32
_TAG_BYTES = 16
_COUNTER_BYTES = 11


class Kind(IntEnum):
    """What opens a stream."""

    SHARED_KEY = 1
    PASSPHRASE = 2
    KEYRING = 3
    RECIPIENT = 4

    def __str__(self) -> str:
        return _NAMES[self]


_NAMES: dict[int, str] = {
    Kind.SHARED_KEY: "a shared key",
    Kind.PASSPHRASE: "a passphrase",
    Kind.KEYRING: "a keyring",
    Kind.RECIPIENT: "the private key of its recipient",
}


class Sealer(Protocol):
    """Gives each new stream its key."""

    @property
    def kind(self) -> Kind: ...

    def new_key(self, context: bytes, clock: Clock) -> tuple[bytes, bytes]:
        """A key of 32 bytes, and the detail in the head from which an `Opener` finds it again."""
        ...


class Opener(Protocol):
    """Finds the key of a stream. Raises SealBroken when it has none for it."""

    @property
    def kind(self) -> Kind: ...

    def key(self, detail: bytes, context: bytes) -> bytes: ...


class SharedKey:
    """A random key of 32 bytes that both sides have."""

    __slots__ = ("_key",)
    kind = Kind.SHARED_KEY

    def __init__(self, key: bytes) -> None:
        """Raises InvalidKey when the key has not 32 bytes."""
        if len(key) != KEY_BYTES:
            raise InvalidKey(f"a shared key has {KEY_BYTES} bytes")
        self._key = key

    def new_key(self, context: bytes, clock: Clock) -> tuple[bytes, bytes]:
        return self._key, b""

    def key(self, detail: bytes, context: bytes) -> bytes:
        return self._key


def seal(pieces: Iterable[bytes], sealer: Sealer, context: bytes, clock: Clock) -> Iterator[bytes]:
    """The pieces as one sealed stream. Raises TooLarge after 256 TiB."""
    key, detail = sealer.new_key(context, clock)
    head = MAGIC + bytes([sealer.kind]) + len(detail).to_bytes(2, "big") + detail + clock.random_bytes(_SALT_BYTES)
    cipher, commitment = _derived(key, head, context)
    yield head + commitment
    for number, (chunk, last) in enumerate(_Reader(pieces).blocks(CHUNK_BYTES)):
        yield cipher.encrypt(_nonce(number, last), chunk, None)


class SealedStream:
    """A stream that is to be opened. What opens it is known before it is opened."""

    __slots__ = ("_head", "_rest", "detail", "kind")

    def __init__(self, pieces: Iterable[bytes]) -> None:
        """Reads the head. Raises SealBroken when this is no sealed stream."""
        self._rest = _Reader(pieces)
        start = self._rest.take(len(MAGIC) + 3)
        length = int.from_bytes(start[-2:], "big")
        if not start.startswith(MAGIC) or start[-3] not in _NAMES or length > MAX_DETAIL_BYTES:
            raise SealBroken("this is no sealed stream, or one of a later version")
        self.kind = Kind(start[-3])
        self.detail = self._rest.take(length)
        self._head = start + self.detail + self._rest.take(_SALT_BYTES)

    def open(self, opener: Opener, context: bytes) -> Iterator[bytes]:
        """What was sealed, once. Every piece is authentic by itself; all is there when the iterator ends by itself.

        Raises SealBroken: another key, another context, changed, or cut off.
        """
        if opener.kind is not self.kind:
            raise SealBroken(f"{self.kind} opens it, not {opener.kind}")
        cipher, commitment = _derived(opener.key(self.detail, context), self._head, context)
        if not equal(self._rest.take(_COMMITMENT_BYTES), commitment):
            raise SealBroken
        for number, (sealed, last) in enumerate(self._rest.blocks(CHUNK_BYTES + _TAG_BYTES)):
            yield _opened(cipher, number, sealed, last)


def _derived(key: bytes, head: bytes, context: bytes) -> tuple[AESGCM, bytes]:
    """The cipher of one stream, and the commitment to its key, head and context. The head tells its own length."""
    derived = hmac.digest(key, head + context, "sha512")
    return AESGCM(derived[:KEY_BYTES]), derived[KEY_BYTES:]


def _nonce(number: int, last: bool) -> bytes:
    if number >= MAX_CHUNKS:
        raise TooLarge("a sealed stream holds 256 TiB")
    return number.to_bytes(_COUNTER_BYTES, "big") + bytes([last])


def _opened(cipher: AESGCM, number: int, sealed: bytes, last: bool) -> bytes:
    try:
        return cipher.decrypt(_nonce(number, last), sealed, None)
    except InvalidTag:
        cut = last and _is_authentic(cipher, _nonce(number, last=False), sealed)
        raise SealBroken("its end is missing" if cut else "it was changed, or cut off") from None


def _is_authentic(cipher: AESGCM, nonce: bytes, sealed: bytes) -> bool:
    try:
        cipher.decrypt(nonce, sealed, None)
    except InvalidTag:
        return False
    return True


class _Reader:
    """Takes portions of any size from pieces of any size."""

    __slots__ = ("_buffer", "_pieces")

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._buffer = bytearray()

    def take(self, count: int) -> bytes:
        """So many bytes; fewer only at the end."""
        while len(self._buffer) < count and (piece := next(self._pieces, None)) is not None:
            self._buffer += piece
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def blocks(self, size: int) -> Iterator[tuple[bytes, bool]]:
        """All that is left in blocks, and whether each is the last. There is always a last one, if an empty one."""
        block = self.take(size)
        while following := self.take(size):
            yield block, False
            block = following
        yield block, True
