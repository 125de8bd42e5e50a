"""Splices of text: how they are put together and applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from gatepost.probe.scan.fixes.refusal import NotEditable


class Splice(Struct, frozen=True):
    """The characters from `start` up to `end` become `text`."""

    start: int
    end: int
    text: str
    guess: bool = False


def in_order(splices: Iterable[Splice]) -> list[Splice]:
    """By place; insertions at one place stay in the order in which they come, deletions that overlap become one.

    Raises NotEditable for others that overlap.
    """
    ordered: list[Splice] = []
    for splice in sorted(splices, key=lambda each: (each.start, each.end)):
        last = ordered[-1] if ordered else None
        if last is None or splice.start >= last.end:
            ordered.append(splice)
        elif last.text or splice.text:
            raise NotEditable("two changes overlap")
        else:
            ordered[-1] = Splice(last.start, max(last.end, splice.end), "", last.guess or splice.guess)
    return ordered


def applied(text: str, splices: Sequence[Splice]) -> str:
    """The text with splices that are in order."""
    parts, place = [], 0
    for splice in splices:
        parts += [text[place : splice.start], splice.text]
        place = splice.end
    return "".join((*parts, text[place:]))


class _Piece(Struct, frozen=True):
    """A splice of one of two steps, with its place in the text between them."""

    start: int
    end: int
    gain: int
    """Characters that the first step put there beyond those that it took away."""
    later: Splice | None
    guess: bool


def composed(middle: str, first: Sequence[Splice], second: Sequence[Splice]) -> list[Splice]:
    """The splices that do at once what `first` does, which gives `middle`, and what `second` does to that."""
    result: list[Splice] = []
    gained = 0
    for group in _touching([*_pieces(first), *(_Piece(each.start, each.end, 0, each, each.guess) for each in second)]):
        start, end = group[0].start, max(piece.end for piece in group)
        gain = sum(piece.gain for piece in group)
        later = [
            Splice(each.start - start, each.end - start, each.text)
            for each in (piece.later for piece in group)
            if each is not None
        ]
        text = applied(middle[start:end], later)
        result.append(Splice(start - gained, end - gained - gain, text, any(piece.guess for piece in group)))
        gained += gain
    return result


def _pieces(first: Sequence[Splice]) -> Iterator[_Piece]:
    gained = 0
    for splice in first:
        gain = len(splice.text) - (splice.end - splice.start)
        start = splice.start + gained
        yield _Piece(start, start + len(splice.text), gain, None, splice.guess)
        gained += gain


def _touching(pieces: Iterable[_Piece]) -> Iterator[list[_Piece]]:
    """Groups of pieces that overlap or stand side by side."""
    group: list[_Piece] = []
    for piece in sorted(pieces, key=lambda each: (each.start, each.end)):
        if group and piece.start > max(each.end for each in group):
            yield group
            group = []
        group.append(piece)
    if group:
        yield group
