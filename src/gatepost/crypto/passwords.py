"""Passwords that people choose, as hashes that are slow to guess: Argon2id (RFC 9106), or bcrypt where it must be.

Hashing takes a tenth of a second and tens of MiB on purpose: in an asynchronous program call it in a thread, and
bound how many logins run at once.

A stored hash says how it was made, and so does one that somebody slipped into the database: what it asks for is
bounded before it is computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from cryptography.exceptions import InvalidKey as NoMatch
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id as Argon2idFunction
from msgspec import Struct

from gatepost.clock import Clock
from gatepost.crypto.secret import Secret
from gatepost.errors import InvalidKey

MAX_PASSWORD_BYTES = 4096
"""Longer than any passphrase."""

MIN_MEMORY_KIB = 19 * 1024
MIN_PASSES = 2
"""The least that the OWASP Password Storage Cheat Sheet allows for Argon2id with one lane."""

MAX_MEMORY_KIB = 1024 * 1024
MAX_WORK_KIB = 4 * MAX_MEMORY_KIB
"""Memory times passes: about five seconds."""

MAX_LANES = 16

MIN_BCRYPT_COST = 10
MAX_BCRYPT_COST = 16
"""About four seconds."""

MAX_BCRYPT_BYTES = 72
"""bcrypt looks at no more: of a longer password, the rest could be anything."""

_SALT_BYTES = 16
_HASH_BYTES = 32
_NUMBER = "([1-9][0-9]{0,8})"
_PHC = re.compile(
    rf"\$argon2id\$v=19\$m={_NUMBER},t={_NUMBER},p={_NUMBER}\$[A-Za-z0-9+/]{{11,86}}\$[A-Za-z0-9+/]{{22,86}}"
)
_BCRYPT = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}")


class Argon2id(Struct, frozen=True):
    """Memory in KiB, passes over it, and lanes. As it is: under 100 ms, 2.4 times the work of the least allowed."""

    memory_kib: int = 46 * 1024
    passes: int = 2
    lanes: int = 1

    @property
    def is_enough(self) -> bool:
        return self.memory_kib >= MIN_MEMORY_KIB and self.passes >= MIN_PASSES

    @property
    def is_bearable(self) -> bool:
        work = self.memory_kib * self.passes
        lanes = range(1, min(MAX_LANES, self.memory_kib // 8) + 1)  # RFC 9106 section 3.1: 8 KiB for a lane
        return self.memory_kib <= MAX_MEMORY_KIB and work <= MAX_WORK_KIB and self.lanes in lanes

    def is_weaker_than(self, policy: Policy) -> bool:
        if isinstance(policy, Bcrypt):
            return False
        return self.memory_kib < policy.memory_kib or self.passes < policy.passes

    def hash(self, password: bytes, clock: Clock) -> str:
        function = Argon2idFunction(
            salt=clock.random_bytes(_SALT_BYTES),
            length=_HASH_BYTES,
            iterations=self.passes,
            lanes=self.lanes,
            memory_cost=self.memory_kib,
        )
        return function.derive_phc_encoded(password)

    def matches(self, password: bytes, stored: str) -> bool:
        try:
            Argon2idFunction.verify_phc_encoded(password, stored)  # compares in constant time
        except NoMatch:
            return False
        return True


class Bcrypt(Struct, frozen=True):
    """Rounds are two to the power of `cost`. Needs the extra `bcrypt`; its salt is drawn by that package."""

    cost: int = 12

    @property
    def is_enough(self) -> bool:
        return self.cost >= MIN_BCRYPT_COST

    @property
    def is_bearable(self) -> bool:
        return 4 <= self.cost <= MAX_BCRYPT_COST

    def is_weaker_than(self, policy: Policy) -> bool:
        return isinstance(policy, Argon2id) or self.cost < policy.cost

    def hash(self, password: bytes, clock: Clock) -> str:
        import bcrypt  # noqa: PLC0415 - an extra

        return bcrypt.hashpw(_fit_for_bcrypt(password), bcrypt.gensalt(self.cost)).decode("ascii")

    def matches(self, password: bytes, stored: str) -> bool:
        import bcrypt  # noqa: PLC0415 - an extra

        return bcrypt.checkpw(_fit_for_bcrypt(password), stored.encode("ascii"))  # compares in constant time


Policy: TypeAlias = Argon2id | Bcrypt
"""How hashes are made from now on."""

USUAL = Argon2id()


class Verdict(Struct, frozen=True):
    """Whether the password is the right one. If it is and its hash is weaker than the policy, what to store instead."""

    matches: bool
    fresh_hash: str | None = None


def hash_password(password: Secret[str], clock: Clock, policy: Policy = USUAL) -> str:
    """What to store: the PHC string of Argon2id, or bcrypt's own form.

    Raises InvalidKey for an empty password or one that is too long (for bcrypt: over 72 bytes), and for a policy
    that is too weak or too costly.
    """
    if not (policy.is_enough and policy.is_bearable):
        raise InvalidKey(f"{policy} is too weak or too costly; {USUAL} is the usual")
    return policy.hash(_bytes_of(password), clock)


def verify_password(password: Secret[str], stored: str, clock: Clock, policy: Policy = USUAL) -> Verdict:
    """Compares, and makes a fresh hash where the stored one is weaker than the policy.

    Raises InvalidKey when `stored` is no hash, asks for more than is bearable, or its function takes no such password.
    """
    made_by = _read(stored)
    matches = made_by.matches(_bytes_of(password), stored)
    upgrade = matches and made_by.is_weaker_than(policy)
    return Verdict(matches, hash_password(password, clock, policy) if upgrade else None)


def _read(stored: str) -> Policy:
    """How a stored hash was made."""
    made_by: Policy
    if found := _PHC.fullmatch(stored):
        made_by = Argon2id(int(found[1]), int(found[2]), int(found[3]))
    elif found := _BCRYPT.fullmatch(stored):
        made_by = Bcrypt(int(found[1]))
    else:
        raise InvalidKey("the stored hash is neither of Argon2id nor of bcrypt")
    if not made_by.is_bearable:
        raise InvalidKey(f"the stored hash asks for too much: {made_by}")
    return made_by


def _bytes_of(password: Secret[str]) -> bytes:
    text = password.reveal().encode()
    if not 0 < len(text) <= MAX_PASSWORD_BYTES:
        raise InvalidKey(f"a password has 1 to {MAX_PASSWORD_BYTES} bytes")
    return text


def _fit_for_bcrypt(password: bytes) -> bytes:
    if len(password) > MAX_BCRYPT_BYTES:
        raise InvalidKey(f"bcrypt takes passwords of at most {MAX_BCRYPT_BYTES} bytes; Argon2id has no such limit")
    if b"\0" in password:
        raise InvalidKey("bcrypt takes no password with a NUL byte: some implementations stop reading there")
    return password


# What this machine can afford


def milliseconds_of(policy: Policy, clock: Clock) -> float:
    """What one hash takes on this machine now."""
    start = clock.monotonic()
    hash_password(Secret("calibration"), clock, policy)
    return (clock.monotonic() - start) * 1000


def calibrate(target_ms: float, clock: Clock) -> Argon2id:
    """The strongest Argon2id that takes no longer than so many milliseconds on this machine now.

    It is never weaker than the least that is allowed, even where that takes longer.
    """
    strongest, *stronger = _ladder()
    for policy in stronger:
        if milliseconds_of(policy, clock) > target_ms:
            break
        strongest = policy
    return strongest


def _ladder() -> Iterator[Argon2id]:
    """From the least that is allowed up, each about one and a half times the work of the one before.

    Memory comes first: it is what a guesser's hardware has least of.
    """
    for memory_mib in (19, 32, 46, 64, 96, 128, 192, 256):
        yield Argon2id(memory_mib * 1024, MIN_PASSES)
    for passes in (3, 4):
        yield Argon2id(256 * 1024, passes)
