"""A strict look at JSON before anything reads it: I-JSON (RFC 7493).

`scan` says whether every JSON library will understand the same thing: UTF-8, no member named twice, no lone
surrogate, bounded nesting, numbers that are finite as a double. The bytes themselves are kept by the caller, so
integers of any size up to `MAX_NUMBER_LENGTH` and decimals such as `0.10` go out as they came in.

One rule of RFC 7493 is left out: Unicode noncharacters (U+FFFE and the like) pass, because Unicode itself
allows them in interchange since Corrigendum #9.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

import msgspec

from gatepost.errors import DuplicateMember, FieldError, GatepostError, MalformedJson, NumberOutOfRange, TooDeep

MAX_DEPTH = 64
"""Arrays and objects inside one another: far beyond real payloads, far below any parser's stack."""

MAX_NUMBER_LENGTH = 128
"""Characters of one number: more than any double or decimal needs; parsing longer ones costs quadratic time."""

MAX_POINTER_LENGTH = 256
"""Characters of a JSON Pointer in an error: enough to find the place, too little to echo a body back."""

_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")
_LONG_NUMBER = b"0" * MAX_NUMBER_LENGTH
# Possessive, and always matching once it has seen a quote: linear time even for a body of nothing but `\"`.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.?+)*+(?:"|\Z)', re.DOTALL)
_TO_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))
# Every escape of a string, left to right; only a surrogate without its other half lands in the group.
_ESCAPES = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|[^u]|u(?![dD][89a-fA-F])|(?P<lone>u))"
)


def scan(body: bytes) -> None:
    """Pass silently when `body` is one I-JSON text, whitespace around it allowed.

    Raises MalformedJson, DuplicateMember, TooDeep or NumberOutOfRange; the first wrong place is in `errors`.
    """
    _check_depth(body)
    _check_all_but_depth(body)


def scan_array(body: bytes, items: Iterable[bytes]) -> None:
    """The same for an array that was split already, each item `MAX_DEPTH` deep at most; `items` are all parts of it.

    Any large array has more brackets than may be nested, its items rarely have: most need no exact depth.
    """
    for item in items:
        _check_depth(item)
    _check_all_but_depth(body)


def _check_depth(body: bytes) -> None:
    if _may_be_too_deep(body) and _depth(body) > MAX_DEPTH:
        raise TooDeep(f"arrays and objects may be nested {MAX_DEPTH} deep")


def _check_all_but_depth(body: bytes) -> None:
    """To be called for bodies only whose depth is known to be bounded."""
    if not _survives_a_round_trip(body):
        _scan_exactly(body)


def _may_be_too_deep(body: bytes) -> bool:
    return body.count(b"[") + body.count(b"{") > MAX_DEPTH


def _depth(body: bytes) -> int:
    """How deep a parser would go before it is done or gives up; found without recursion, so that none has to."""
    steps = _STRING.sub(b"", body).translate(_TO_STEPS, _NOT_BRACKETS)
    return max(accumulate(memoryview(steps).cast("b")), default=0)


def _survives_a_round_trip(body: bytes) -> bool:
    """Whether decoding and encoding gives the same text back, spaces aside: then nothing was doubled, mended or lost.

    Most bodies do, and it costs a third of the exact scan. A no only means "look closer": `1.50` does not survive.
    """
    if _LONG_NUMBER in body.translate(_DIGITS_TO_ZERO):
        return False
    try:
        encoded = msgspec.json.encode(msgspec.json.decode(body))
        return encoded == body or encoded == msgspec.json.format(body, indent=-1)
    except (msgspec.MsgspecError, ValueError):
        return False


class _Fault:
    """Stands in the parsed value where something is wrong, so that the place can be named afterwards."""

    __slots__ = ("detail", "error", "member")

    def __init__(self, error: type[GatepostError], detail: str, member: str | None = None) -> None:
        self.error = error
        self.detail = detail
        self.member = member


class _Parser:
    """Hooks for the standard library's parser; `faulty` says whether a `_Fault` is somewhere in the value."""

    def __init__(self) -> None:
        self.faulty = False

    def fault(self, error: type[GatepostError], detail: str, member: str | None = None) -> _Fault:
        self.faulty = True
        return _Fault(error, detail, member)

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Fault:
        members = dict(pairs)
        if len(members) == len(pairs):
            return members
        return self.fault(DuplicateMember, "this member is there twice", _first_double(pairs))

    def integer(self, digits: str) -> int | _Fault:
        return 0 if len(digits) <= MAX_NUMBER_LENGTH else self.too_long()

    def decimal(self, digits: str) -> float | _Fault:
        if len(digits) > MAX_NUMBER_LENGTH:
            return self.too_long()
        return 0.0 if math.isfinite(float(digits)) else self.fault(NumberOutOfRange, "this number is beyond a double")

    def too_long(self) -> _Fault:
        return self.fault(NumberOutOfRange, f"a number may have {MAX_NUMBER_LENGTH} characters")

    def constant(self, name: str) -> None:
        raise MalformedJson(f"{name} is not JSON")

    def parse(self, text: str) -> Any:
        return json.loads(
            text,
            object_pairs_hook=self.members,
            parse_int=self.integer,
            parse_float=self.decimal,
            parse_constant=self.constant,
        )


def _scan_exactly(body: bytes) -> None:
    """The whole rule, for bodies whose depth is known to be bounded."""
    parser = _Parser()
    try:
        text = body.decode()
        value = parser.parse(text)
    except UnicodeDecodeError as wrong:
        raise MalformedJson(f"not UTF-8 at byte {wrong.start}") from None
    except json.JSONDecodeError as wrong:
        raise MalformedJson(f"{wrong.msg} at character {wrong.pos}") from None
    lone = next((found for found in _ESCAPES.finditer(text) if found["lone"]), None)
    if lone is not None:
        raise MalformedJson(f"half of a surrogate pair at character {lone.start()}")
    if parser.faulty:
        fault, pointer = next(_faults(value, ""))
        raise fault.error(errors=(FieldError(fault.detail, pointer[:MAX_POINTER_LENGTH]),))


def _faults(value: Any, pointer: str) -> Iterator[tuple[_Fault, str]]:
    if isinstance(value, _Fault):
        yield value, pointer if value.member is None else f"{pointer}/{_escaped(value.member)}"
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _faults(inner, f"{pointer}/{_escaped(name)}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _faults(inner, f"{pointer}/{index}")


def _escaped(name: str) -> str:
    """A member name as a reference token (RFC 6901 section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def _first_double(pairs: list[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            break
        seen.add(name)
    return name
