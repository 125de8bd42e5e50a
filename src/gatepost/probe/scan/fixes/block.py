"""Splices for the members of collections that are written by indentation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gatepost.probe.scan.edits import Json
from gatepost.probe.scan.fixes.entries import (
    Entry,
    behind_colon,
    end_of,
    entries_of,
    first_start,
    last_scalar,
    own,
    style_beside,
)
from gatepost.probe.scan.fixes.lines import line_end, line_start, next_line, starts_line
from gatepost.probe.scan.fixes.notation import Notation, column
from gatepost.probe.scan.fixes.plan import Members
from gatepost.probe.scan.fixes.refusal import NotEditable
from gatepost.probe.scan.fixes.restyle import restyled
from gatepost.probe.scan.fixes.splice import Splice
from gatepost.probe.scan.fixes.writing import block, entry_lines, item_lines, key, line
from gatepost.probe.scan.reading.node import Node, Style

_BLOCK_SCALAR_HEAD = re.compile(r"[|>][0-9]*([+-]?)")
_BLANK_LINES = re.compile(r"((?:\r?\n[ \t]*)*)\r?\n")
_PROPERTY = re.compile(r"[ \t]+[&!]\S*")
_NOTHING_SAID = re.compile(r"[ \t]*(?:#[^\n]*)?\r?\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*")
"""The rest of a line and further lines, without any value."""


def block_splices(members: Members, notation: Notation) -> Iterator[Splice]:
    """What turns the members of a block collection into what they should be."""
    entries = entries_of(members.holder)
    if not entries:
        raise NotEditable("the collection holds nothing that can be told apart")
    kept = [entry for entry in entries if entry.name not in members.removed]
    yield from _replacements(members, entries, notation)
    if not kept:
        yield from _emptied(members, entries, notation)
        return
    yield from _removals(members, entries)
    added = _added_lines(members, notation)
    if added:
        place = _behind(kept[-1])
        yield Splice(place, place, _indented(added, entries, notation), members.adds_guess)


def filled(members: Members, notation: Notation) -> Splice:
    """What makes a mapping of an empty value."""
    place, text = members.holder, members.holder.source.text
    value: Json = {name: child for name, (child, _) in members.added.items()}
    return _in_empty_place(place, value, notation, members.adds_guess) or Splice(
        place.start, place.end, _before_flow(text, place.start) + line(value, notation), members.adds_guess
    )


# What is added


def _added_lines(members: Members, notation: Notation) -> list[str]:
    if members.holder.is_sequence:
        return [each for value, _ in members.appended for each in item_lines(value, notation)]
    return [
        each
        for name, (value, _) in members.added.items()
        for each in entry_lines(key(name, notation, style_beside(members.holder, name)), value, notation)
    ]


def _indented(lines: Sequence[str], entries: Sequence[Entry], notation: Notation) -> str:
    text = entries[0].holder.source.text
    indent = notation.newline + " " * column(text, entries[0].start)
    return "".join(indent + each for each in lines)


def _behind(entry: Entry) -> int:
    """Where further members go: at the end of the line, so that a comment there stays with its entry."""
    text, place = entry.holder.source.text, _end_of_lines(entry)
    if place == len(text) and _chomping(entry) in ("", "+"):
        raise NotEditable("the text before it would get another line end")
    return place


def _end_of_lines(entry: Entry) -> int:
    """The end of the last line of an entry; blank lines are a part of text that keeps its line ends."""
    text = entry.holder.source.text
    place = line_end(text, entry.end)
    blank = _BLANK_LINES.match(text, place) if _chomping(entry) == "+" else None
    return blank.end(1) if blank is not None else place


def _chomping(entry: Entry) -> str | None:
    """What becomes of the line ends of a block of text with which an entry ends: `-`, `+` or nothing said."""
    scalar = last_scalar(entry.child) if entry.child is not None else None
    if scalar is None or scalar.style not in (Style.LITERAL, Style.FOLDED):
        return None
    head = _BLOCK_SCALAR_HEAD.search(scalar.source.text, scalar.start)
    return head.group(1) if head is not None else ""


# What is taken out


def _removals(members: Members, entries: Sequence[Entry]) -> Iterator[Splice]:
    text = members.holder.source.text
    first_kept = next(number for number, entry in enumerate(entries) if entry.name not in members.removed)
    if first_kept and not starts_line(text, entries[0].start):
        yield from _head_removed(members, entries[: first_kept + 1])
        entries = entries[first_kept:]
    for entry in entries:
        if entry.name in members.removed:
            yield _whole_lines(entry, members.removed[entry.name])


def _head_removed(members: Members, entries: Sequence[Entry]) -> Iterator[Splice]:
    """Takes out all but the last of `entries`, the first of which stands behind a dash."""
    text = members.holder.source.text
    start, kept = entries[0].start, entries[-1]
    guess = any(members.removed[entry.name] for entry in entries[:-1])
    if "#" not in text[start : kept.start]:
        yield Splice(start, kept.start, "", guess)
        return
    start = line_start(text, start) + len(text[line_start(text, start) : start].rstrip(" "))
    yield Splice(start, line_end(text, entries[0].end), "", guess)
    for entry in entries[1:-1]:
        yield _whole_lines(entry, guess)


def _whole_lines(entry: Entry, guess: bool) -> Splice:
    text = entry.holder.source.text
    start, end = line_start(text, entry.start), next_line(text, _end_of_lines(entry))
    if end == len(text) and not text.endswith("\n"):  # the line before becomes the last one, and stays without an end
        start = line_end(text, max(start - 1, 0)) if start else 0
    return Splice(start, end, "", guess)


def _emptied(members: Members, entries: Sequence[Entry], notation: Notation) -> Iterator[Splice]:
    """No member stays: others come in their place, or brackets say that there are none."""
    first, rest = entries[0], entries[1:]
    guess = any(members.removed.values())
    added = _added_lines(members, notation)
    if added:
        text = _indented(added, entries, notation).lstrip()
        yield Splice(first.start, first.end, text, guess or members.adds_guess)
    elif (colon := _open_colon(members.holder, first.start)) is not None:
        yield Splice(colon, colon, f" {_brackets(members.holder)}", guess)
        rest = entries
    else:
        yield Splice(first.start, first.end, _brackets(members.holder), guess)
    for entry in rest:
        yield _whole_lines(entry, guess)


def _open_colon(holder: Node, start: int) -> int | None:
    """Behind the colon, and an anchor or a tag, before a collection that begins on a later line."""
    name, text = holder.key_node, holder.source.text
    if name is None:
        return None
    place = behind_colon(name)
    while (found := _PROPERTY.match(text, place)) is not None:
        place = found.end()
    return place if _NOTHING_SAID.fullmatch(text, place, start) else None


def _brackets(holder: Node) -> str:
    return "[]" if holder.is_sequence else "{}"


# What is written anew


def _replacements(members: Members, entries: Sequence[Entry], notation: Notation) -> Iterator[Splice]:
    starts = {entry.name: entry.start for entry in entries}
    for name, (value, guess) in members.replaced.items():
        child = own(members.holder, name)
        if child is None:
            raise NotEditable("it is not written here")
        if child.style is Style.BLOCK:
            yield _block_replaced(child, value, starts[name], notation, guess)
        elif child.start == child.end:
            yield _in_empty_place(child, value, notation, guess) or _behind_space(child, value, notation, guess)
        elif isinstance(value, dict | list):
            yield Splice(child.start, child.end, line(value, notation), guess)
        else:
            yield Splice(child.start, child.end, restyled(child, value, notation, in_flow=False), guess)


def _block_replaced(child: Node, value: Json, entry_start: int, notation: Notation, guess: bool) -> Splice:
    text = child.source.text
    start, end = first_start(child), end_of(child)
    if value and isinstance(value, list if child.is_sequence else dict):
        return Splice(start, end, block(value, notation, column(text, start)), guess)
    name = child.key_node
    before = behind_colon(name) if name is not None else entry_start + 1
    if not value or not isinstance(value, dict | list):
        return Splice(before, end, " " + line(value, notation, in_flow=False), guess)
    return Splice(before, end, _below(child, entry_start, value, notation), guess)


def _below(child: Node, entry_start: int, value: Json, notation: Notation) -> str:
    """A block collection under the key or behind the dash that stands at `entry_start`."""
    outer = column(child.source.text, entry_start)
    if child.key_node is None:
        return " " + block(value, notation, outer + 2)
    indent = outer + (len(notation.unit) if isinstance(value, dict) else notation.item_offset)
    return notation.newline + " " * indent + block(value, notation, indent)


def _in_empty_place(place: Node, value: Json, notation: Notation, guess: bool) -> Splice | None:
    """A block collection where a key or a dash has nothing behind it; None where brackets are needed."""
    parent, text = place.parent, place.source.text
    if parent is None or parent.style is not Style.BLOCK or place.start != place.end:
        return None
    if not value or not isinstance(value, dict | list):
        return None
    name = place.key_node
    start = name.start if name is not None else place.start - 1
    written = _below(place, start, value, notation)
    if name is not None:
        end = line_end(text, place.start)
        return Splice(end, end, written, guess)
    if text[place.start : line_end(text, place.start)].strip():
        return None
    return Splice(place.start, place.start, written, guess)


def _behind_space(place: Node, value: Json, notation: Notation, guess: bool) -> Splice:
    return Splice(place.start, place.end, " " + line(value, notation, in_flow=False), guess)


def _before_flow(text: str, offset: int) -> str:
    """The space that a value needs behind a colon."""
    if text[offset - 1] in ":-":
        return " "
    if text[offset - 1].isspace():
        return ""
    raise NotEditable("the key has no colon")
