"""The ordered ring of peppers that API keys are digested under.

The newest makes the digests of new keys; all are tried when a key comes in, so that a pepper can be rotated
while keys stay valid.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from gatepost.clock import Clock
from gatepost.crypto.digests import keyed_digest
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidSetting

PEPPER_BYTES = 32
"""As long as the digest: a longer key of HMAC-SHA-256 adds nothing (RFC 2104 section 3)."""

_LINE = re.compile(rf"v([1-9][0-9]{{0,8}}):([0-9a-f]{{{2 * PEPPER_BYTES}}})")


class PepperRing:
    """One or more peppers, each with its version; the highest version is the newest."""

    __slots__ = ("_peppers",)

    def __init__(self, peppers: Iterable[tuple[int, Secret[bytes]]]) -> None:
        """Raises InvalidSetting when there is none, a version is there twice, or one is not 32 bytes long."""
        self._peppers = sorted(peppers, key=lambda pepper: -pepper[0])
        if not self._peppers:
            raise InvalidSetting("a ring of peppers holds at least one")
        if len({version for version, _ in self._peppers}) != len(self._peppers):
            raise InvalidSetting("two peppers have the same version")
        if any(len(pepper.reveal()) != PEPPER_BYTES for _, pepper in self._peppers):
            raise InvalidSetting(f"a pepper has {PEPPER_BYTES} bytes")

    @classmethod
    def new(cls, clock: Clock) -> PepperRing:
        return cls([(1, Secret(clock.random_bytes(PEPPER_BYTES)))])

    @classmethod
    def loads(cls, text: str) -> PepperRing:
        """Read what `dumps` wrote; empty lines are skipped. Raises InvalidSetting, without the text of the line."""
        return cls(_parsed(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip())

    def dumps(self) -> str:
        """The text of a key file, one line a version: `v1:` and 64 hex digits. It holds the secrets in the clear."""
        return "".join(f"v{version}:{pepper.reveal().hex()}\n" for version, pepper in reversed(self._peppers))

    def rotated(self, clock: Clock) -> PepperRing:
        """A ring with one more pepper, which becomes the newest."""
        newest, _ = self._peppers[0]
        return PepperRing([*self._peppers, (newest + 1, Secret(clock.random_bytes(PEPPER_BYTES)))])

    def digest(self, secret: bytes) -> tuple[int, bytes]:
        """The newest version and the digest under it: what is stored for a new key."""
        version, pepper = self._peppers[0]
        return version, keyed_digest(pepper.reveal(), secret)

    def digests(self, secret: bytes) -> list[tuple[int, bytes]]:
        """Every version and the digest under it, newest first: what a presented key is looked up by."""
        return [(version, keyed_digest(pepper.reveal(), secret)) for version, pepper in self._peppers]

    def __repr__(self) -> str:
        return f"PepperRing(versions={[version for version, _ in reversed(self._peppers)]})"


def _parsed(number: int, line: str) -> tuple[int, Secret[bytes]]:
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise InvalidSetting(f"line {number} of the pepper file is not `v<version>:<{2 * PEPPER_BYTES} hex digits>`")
    return int(found[1]), Secret(bytes.fromhex(found[2]))
