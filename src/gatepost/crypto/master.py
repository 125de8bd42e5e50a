"""Master keys that Gatepost holds itself. A key management service is one more class of the same two methods."""

from __future__ import annotations

from gatepost.clock import Clock
from gatepost.crypto import keytext
from gatepost.crypto.seals.message import KEY_BYTES, SealKey
from gatepost.crypto.seals.passphrase import SCRYPT, Passphrase, Stretching
from gatepost.crypto.seals.stream import SealedStream, seal
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidKey

_ONLY = 0
"""The id in what a master key wraps: there is one, and it has no successor in the same file."""


class LocalMasterKey:
    """32 random bytes from a file, an environment variable or a directory of secrets."""

    __slots__ = ("_key",)

    def __init__(self, key: Secret[bytes]) -> None:
        """Raises InvalidKey when the key has not 32 bytes."""
        if len(key.reveal()) != KEY_BYTES:
            raise InvalidKey(f"a master key has {KEY_BYTES} bytes")
        self._key = SealKey(_ONLY, key.reveal())

    @classmethod
    def parse(cls, text: Secret[str]) -> LocalMasterKey:
        """From hex or base64. Raises InvalidKey."""
        return cls(keytext.loads(text))

    def wrap(self, secret: bytes, context: bytes, clock: Clock) -> bytes:
        return self._key.seal(secret, context, clock)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        return self._key.open(wrapped, context)


class PassphraseMasterKey:
    """A passphrase that somebody types. Every wrap and unwrap takes as long as the stretching: a third of a second."""

    __slots__ = ("_passphrase",)

    def __init__(self, passphrase: Secret[str], stretching: Stretching = SCRYPT) -> None:
        self._passphrase = Passphrase(passphrase, stretching)

    def wrap(self, secret: bytes, context: bytes, clock: Clock) -> bytes:
        """Raises InvalidKey when anybody could guess the passphrase."""
        return b"".join(seal([secret], self._passphrase, context, clock))

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        return b"".join(SealedStream([wrapped]).open(self._passphrase, context))
