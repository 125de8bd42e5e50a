"""Splices for the members of collections in brackets, JSON among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gatepost.probe.scan.edits import Json
from gatepost.probe.scan.fixes.entries import Entry, entries_of, opening, own, style_beside
from gatepost.probe.scan.fixes.lines import indentation, line_end, next_line, starts_line
from gatepost.probe.scan.fixes.notation import Notation
from gatepost.probe.scan.fixes.plan import Members
from gatepost.probe.scan.fixes.refusal import NotEditable
from gatepost.probe.scan.fixes.restyle import restyled
from gatepost.probe.scan.fixes.splice import Splice
from gatepost.probe.scan.fixes.writing import brackets, comma, key, line, spread
from gatepost.probe.scan.reading.node import Node

_COMMENT_BEHIND = re.compile(r"[ \t]*(,?)[ \t]+#")
_COMMA_ENDS_LINE = re.compile(r"[ \t]*,[ \t]*(?:#[^\n]*)?\r?(?=\n)")


def flow_splices(members: Members, notation: Notation) -> Iterator[Splice]:
    """What turns the members of a flow collection into what they should be."""
    holder = members.holder
    entries = entries_of(holder)
    kept = [entry for entry in entries if entry.name not in members.removed]
    for name, (value, guess) in members.replaced.items():
        yield _replaced(members.holder, name, value, notation, guess)
    if not kept:
        yield _refilled(members, entries, notation)
        return
    yield from _removals(members, entries)
    if members.added or members.appended:
        opening(holder)  # a pair without braces has no room
        yield from _additions(members, kept[-1], notation)


def _replaced(holder: Node, name: str | int, value: Json, notation: Notation, guess: bool) -> Splice:
    child = own(holder, name)
    if child is None:
        raise NotEditable("it is not written here")
    text = holder.source.text
    space = " " if child.start == child.end and text[child.start - 1] == ":" else ""
    if space == "" and child.start == child.end and not text[child.start - 1].isspace():
        raise NotEditable("the key has no colon")
    if not isinstance(value, dict | list):
        written = restyled(child, value, notation, in_flow=True)
    elif notation.is_json and notation.spreads:
        written = spread(value, notation, indentation(text, child.start))
    else:
        written = line(value, notation)
    return Splice(child.start, child.end, space + written, guess)


# What is added


def _additions(members: Members, last: Entry, notation: Notation) -> Iterator[Splice]:
    text, end = members.holder.source.text, last.end
    spreads = starts_line(text, last.start) and "\n" in text[opening(members.holder) : last.start]
    indent = indentation(text, last.start)
    if not spreads:
        separator = comma(notation)
        written = "".join(separator + each for each in _written(members, notation, None))
        yield Splice(end, end, written, members.adds_guess)
        return
    break_ = notation.newline + indent
    written = f",{break_}".join(_written(members, notation, indent))
    comment = _COMMENT_BEHIND.match(text, end)
    if comment is None:
        yield Splice(end, end, f",{break_}{written}", members.adds_guess)
        return
    has_comma = bool(comment.group(1))
    if not has_comma:
        yield Splice(end, end, ",", members.adds_guess)
    behind = line_end(text, end)
    yield Splice(behind, behind, break_ + written + "," * has_comma, members.adds_guess)


def _written(members: Members, notation: Notation, indent: str | None) -> list[str]:
    """The new members; with an indentation, JSON may take lines of its own."""

    def value_of(value: Json) -> str:
        if indent is not None and notation.is_json and notation.spreads:
            return spread(value, notation, indent)
        return line(value, notation)

    if members.holder.is_sequence:
        return [value_of(value) for value, _ in members.appended]
    colon = ":" if notation.is_compact else ": "
    return [
        f"{key(name, notation, style_beside(members.holder, name))}{colon}{value_of(value)}"
        for name, (value, _) in members.added.items()
    ]


def _refilled(members: Members, entries: Sequence[Entry], notation: Notation) -> Splice:
    """Brackets in which nothing stays, with what comes in its place."""
    holder, text = members.holder, members.holder.source.text
    start = opening(holder)
    pair = "[]" if holder.is_sequence else "{}"
    guess = members.adds_guess or any(members.removed.values())
    if not entries and "#" in text[start : holder.end]:
        raise NotEditable("there is a comment between the brackets")
    indent = indentation(text, holder.start)
    spreads = notation.is_json and notation.spreads
    written = _written(members, notation, indent + notation.unit if spreads else None)
    if spreads and written:
        return Splice(start, holder.end, brackets(pair, written, notation, indent), guess)
    return Splice(start, holder.end, pair[0] + comma(notation).join(written) + pair[1], guess)


# What is taken out


def _removals(members: Members, entries: Sequence[Entry]) -> Iterator[Splice]:
    """Each run of neighbours at once, with the commas that they leave behind."""
    number = 0
    while number < len(entries):
        first = number
        while number < len(entries) and entries[number].name in members.removed:
            number += 1
        if number > first:
            guess = any(members.removed[entry.name] for entry in entries[first:number])
            yield _run_removed(entries, first, number, guess)
        number += 1


def _run_removed(entries: Sequence[Entry], first: int, behind: int, guess: bool) -> Splice:
    """Takes out the entries from `first` up to `behind`."""
    text = entries[0].holder.source.text
    start, end = entries[first].start, entries[behind - 1].end
    if behind == len(entries):
        return Splice(entries[first - 1].end, end, "", guess)
    following = entries[behind].start
    if "#" in text[end:following] and starts_line(text, start) and _COMMA_ENDS_LINE.match(text, end):
        # A comment on a line of its own belongs to what comes after it.
        begin = start - len(indentation(text, start))
        return Splice(begin, next_line(text, end), "", guess)
    return Splice(start, following, "", guess)
