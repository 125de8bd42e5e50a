"""The ordered ring of keys that seal: one seals, all that are enabled open, and every seal names its key.

A key is `primary` (seals and opens; there is one), `enabled` (opens), `disabled` (kept, but opens nothing: a way
to find out whether anything still needs it) or `destroyed` (its secret is gone for good, its id stays taken).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import msgspec
from msgspec import Struct, structs

from gatepost.clock import Clock
from gatepost.crypto.seals.message import KEY_BYTES, MAX_KEY_ID, SealKey, context, key_id
from gatepost.errors import InvalidKey, KeyUnavailable, SealBroken

MAX_KEYS = 500
"""Keys of one ring, destroyed ones included: more than a year of a new one each day."""

_AT_REST = context("gatepost", "keyring")
_VERSION = 1


class KeyState(StrEnum):
    PRIMARY = "primary"
    ENABLED = "enabled"
    DISABLED = "disabled"
    DESTROYED = "destroyed"


class KeyInfo(Struct, frozen=True):
    """What may be shown of a key; `created_at` is in milliseconds since 1970 UTC."""

    id: int
    state: KeyState
    created_at: int


class MasterKey(Protocol):
    """Whatever keeps a keyring closed: a key from a file, a passphrase, a key management service.

    `unwrap` raises SealBroken when it is not what `wrap` made.
    """

    def wrap(self, secret: bytes, context: bytes, clock: Clock) -> bytes: ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes: ...


class _Entry(Struct, frozen=True):
    info: KeyInfo
    secret: bytes

    def __repr__(self) -> str:
        return repr(self.info)


class _Document(Struct, frozen=True):
    version: int
    keys: tuple[_Entry, ...]


class Keyring:
    """Keys by id. A ring never changes: each operation gives another ring."""

    __slots__ = ("_entries", "_opening", "_primary")

    def __init__(self, entries: Sequence[_Entry]) -> None:
        """Raises InvalidKey when the ring contradicts itself."""
        self._entries = tuple(entries)
        _check(self._entries)
        self._opening = {each.info.id: SealKey(each.info.id, each.secret) for each in entries if _opens(each.info)}
        self._primary = next(self._opening[each.info.id] for each in entries if each.info.state is KeyState.PRIMARY)

    @classmethod
    def new(cls, clock: Clock) -> Keyring:
        return cls([_new_entry(1, clock)])

    @property
    def keys(self) -> list[KeyInfo]:
        """All keys, oldest first."""
        return [each.info for each in self._entries]

    @property
    def primary(self) -> int:
        """The id of the key that seals."""
        return self._primary.id

    # Seals

    def seal(self, message: bytes, context: bytes, clock: Clock) -> bytes:
        """The message under the primary key; it opens in the same context only."""
        return self._primary.seal(message, context, clock)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Raises KeyUnavailable when this ring cannot open it, SealBroken when nobody should."""
        key = self._opening.get(key_id(sealed))
        if key is None:
            raise KeyUnavailable
        return key.open(sealed, context)

    def rewrap(self, sealed: bytes, context: bytes, clock: Clock) -> bytes:
        """The same message under the primary key; what is there already comes back as it is."""
        if key_id(sealed) == self.primary:
            return sealed
        return self.seal(self.open(sealed, context), context, clock)

    # Changes

    def rotated(self, clock: Clock) -> Keyring:
        """With a new primary key. The one before still opens."""
        if len(self._entries) >= MAX_KEYS:
            raise InvalidKey(f"a keyring holds {MAX_KEYS} keys")
        demoted = [_with_state(each, KeyState.ENABLED) if _seals(each.info) else each for each in self._entries]
        return Keyring([*demoted, _new_entry(self._entries[-1].info.id + 1, clock)])

    def disabled(self, id: int) -> Keyring:
        """What a disabled key sealed does not open until it is enabled again."""
        return self._changed(id, KeyState.DISABLED)

    def enabled(self, id: int) -> Keyring:
        return self._changed(id, KeyState.ENABLED)

    def destroyed(self, id: int) -> Keyring:
        """Without the secret of a key: whatever it sealed and was not rewrapped is lost for good."""
        return self._changed(id, KeyState.DESTROYED)

    def _changed(self, id: int, state: KeyState) -> Keyring:
        info = next((each.info for each in self._entries if each.info.id == id), None)
        if info is None:
            raise KeyUnavailable(f"there is no key {id} in the keyring")
        if info.state is KeyState.PRIMARY:
            raise InvalidKey(f"key {id} is the primary key; rotate first")
        if info.state is KeyState.DESTROYED:
            raise KeyUnavailable(f"key {id} was destroyed")
        return Keyring([_with_state(each, state) if each.info.id == id else each for each in self._entries])

    # At rest

    def dumps(self, master: MasterKey, clock: Clock) -> bytes:
        """The ring as it may lie on a disk: wrapped by the master key."""
        return master.wrap(msgspec.msgpack.encode(_Document(_VERSION, self._entries)), _AT_REST, clock)

    @classmethod
    def loads(cls, wrapped: bytes, master: MasterKey) -> Keyring:
        """Reads what `dumps` wrote. Raises SealBroken when this master key did not wrap it, or it was changed."""
        try:
            document = msgspec.msgpack.decode(master.unwrap(wrapped, _AT_REST), type=_Document)
        except msgspec.MsgspecError:
            raise SealBroken("what the master key opens is no keyring") from None
        if document.version != _VERSION:
            raise InvalidKey("this keyring is of a later version")
        return cls(document.keys)

    def __repr__(self) -> str:
        return f"Keyring({self.keys})"


def _opens(info: KeyInfo) -> bool:
    return info.state in (KeyState.PRIMARY, KeyState.ENABLED)


def _seals(info: KeyInfo) -> bool:
    return info.state is KeyState.PRIMARY


def _new_entry(id: int, clock: Clock) -> _Entry:
    return _Entry(KeyInfo(id, KeyState.PRIMARY, clock.now()), clock.random_bytes(KEY_BYTES))


def _with_state(entry: _Entry, state: KeyState) -> _Entry:
    secret = b"" if state is KeyState.DESTROYED else entry.secret
    return _Entry(structs.replace(entry.info, state=state), secret)


def _check(entries: Sequence[_Entry]) -> None:
    ids = [each.info.id for each in entries]
    if ids != sorted(set(ids)) or any(not 0 < id <= MAX_KEY_ID for id in ids):
        raise InvalidKey("the ids of a keyring are in ascending order")
    if sum(_seals(each.info) for each in entries) != 1:
        raise InvalidKey("a keyring has one primary key")
    if any(len(each.secret) != (0 if each.info.state is KeyState.DESTROYED else KEY_BYTES) for each in entries):
        raise InvalidKey(f"a key of a keyring has {KEY_BYTES} bytes")
