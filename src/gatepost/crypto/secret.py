"""A value that may be used but not seen."""

from __future__ import annotations

import hmac
from typing import AnyStr, Generic, NoReturn

MASK = "Secret(***)"


class Secret(Generic[AnyStr]):
    """Text or bytes that mask themselves in repr, logs, format strings, tracebacks and crash reports.

    Only `reveal` gives the value. Comparing takes constant time; hashing, pickling and copying are refused, and
    no encoder knows the type: a secret ends up somewhere only because somebody wrote `reveal()`.
    """

    __slots__ = ("_value",)

    def __init__(self, value: AnyStr) -> None:
        self._value: AnyStr = value

    def reveal(self) -> AnyStr:
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        mine, theirs = self._value, other._value
        return type(mine) is type(theirs) and hmac.compare_digest(_as_bytes(mine), _as_bytes(theirs))

    __hash__ = None  # type: ignore[assignment]  # a hash in a dump would be a way to test guesses

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is neither pickled nor copied")


def _as_bytes(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
