"""Sets of characters, as ranges of code points."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Range: TypeAlias = tuple[int, int]
Characters: TypeAlias = tuple[Range, ...]
"""Ranges with both ends in them, ascending and apart."""

LAST = 0x10FFFF
"""The last code point of Unicode."""


def union(ranges: Iterable[Range]) -> Characters:
    """The ranges in order, joined where they touch."""
    joined: list[Range] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return tuple(joined)


def complement(characters: Characters) -> Characters:
    """All that is not in the set."""
    found: list[Range] = []
    start = 0
    for first, last in characters:
        if first > start:
            found.append((start, first - 1))
        start = last + 1
    if start <= LAST:
        found.append((start, LAST))
    return tuple(found)


def overlap(one: Characters, other: Characters) -> bool:
    """Whether a character is in both sets."""
    return any(first <= end and start <= last for first, last in one for start, end in other)


def single(character: str) -> Characters:
    """The set of one character."""
    return ((ord(character), ord(character)),)


NEWLINES = union([(0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029)])
ANY_BUT_NEWLINE = complement(NEWLINES)
EVERYTHING: Characters = ((0, LAST),)
DIGITS: Characters = ((0x30, 0x39),)
WORD = union([*DIGITS, (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)])
SPACES = union(
    [(0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F)]
)
LETTERS = union([(0x41, 0x5A), (0x61, 0x7A), (0xAA, 0x65F), (0x66E, 0x1FFF), (0x2C00, LAST)])
"""About those of `\\p{L}`; which letters exactly does not matter for what patterns are looked at for."""

CLASSES = {
    "d": DIGITS,
    "D": complement(DIGITS),
    "w": WORD,
    "W": complement(WORD),
    "s": SPACES,
    "S": complement(SPACES),
}
PROPERTIES = {
    "L": LETTERS,
    "Letter": LETTERS,
    "Alphabetic": LETTERS,
    "Lu": LETTERS,
    "Ll": LETTERS,
    "N": union([*DIGITS, (0x660, 0x669)]),
    "Nd": union([*DIGITS, (0x660, 0x669)]),
    "P": union([(0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E), (0x2010, 0x2027)]),
    "Zs": SPACES,
}
