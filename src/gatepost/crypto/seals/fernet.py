"""Fernet tokens, for those who come from it. New things are sealed with the neighbours of this file.

Fernet is AES-128-CBC with HMAC-SHA256: it names no key, is bound to no context, tells when it was made, and is held
in memory as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from gatepost.clock import Clock
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidKey, SealBroken, TooLarge

MAX_TOKEN_BYTES = 64 * 1024 * 1024
"""A token takes about six times its size in memory while it is opened."""

MAX_MESSAGE_BYTES = MAX_TOKEN_BYTES // 2
"""Its token is a third longer."""


class FernetKeys:
    """One or more keys as Fernet writes them (32 bytes in URL-safe base64). The first one seals, all of them open."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Sequence[Secret[str]]) -> None:
        """Raises InvalidKey when there is none, or one is no key of Fernet."""
        if not keys:
            raise InvalidKey("Fernet needs at least one key")
        try:
            self._keys = MultiFernet([Fernet(key.reveal().strip()) for key in keys])
        except ValueError:
            raise InvalidKey("a key of Fernet is 32 bytes in URL-safe base64: 44 characters") from None

    def seal(self, message: bytes, clock: Clock) -> bytes:
        """A token. Its IV comes from the operating system, as Fernet has it. Raises TooLarge beyond 32 MiB."""
        if len(message) > MAX_MESSAGE_BYTES:
            raise TooLarge(f"Fernet seals messages of up to {MAX_MESSAGE_BYTES // 2**20} MiB")
        return self._keys.encrypt_at_time(message, clock.now() // 1000)

    def open(self, token: bytes) -> bytes:
        """The message, however old the token is. Raises SealBroken, and TooLarge beyond 64 MiB."""
        if len(token) > MAX_TOKEN_BYTES:
            raise TooLarge(f"a token of Fernet is opened up to {MAX_TOKEN_BYTES // 2**20} MiB")
        try:
            return self._keys.decrypt(token)
        except InvalidToken:
            raise SealBroken("no key given opens this token, or it was changed") from None
