"""Regular expressions as JSON Schema has them (ECMA-262), read into a tree."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from gatepost.probe.scan.rules.api04.characters import (
    ANY_BUT_NEWLINE,
    CLASSES,
    PROPERTIES,
    Characters,
    complement,
    overlap,
    single,
    union,
)

MAX_LENGTH = 2000
"""Characters of a pattern that is read. Nobody maintains longer ones by hand, and the work grows with them."""

MAX_DEPTH = 50
"""Groups in groups."""


class BrokenPattern(ValueError):
    """It is no regular expression of ECMA-262; the message says why."""


class NotUnderstood(ValueError):
    """It may well be one, but has something in it that is not looked at here."""


class One(Struct, frozen=True):
    """One character of a set."""

    characters: Characters


class Edge(Struct, frozen=True):
    """A place between characters: `^`, `$`, `\\b`, a look-around, or a backreference, whose text is not known."""

    sign: str


class Sequence(Struct, frozen=True):
    parts: tuple[Tree, ...]


class Choice(Struct, frozen=True):
    options: tuple[Tree, ...]


class Repeat(Struct, frozen=True):
    """`most` is None where there is no end."""

    part: Tree
    least: int
    most: int | None


Tree: TypeAlias = One | Edge | Sequence | Choice | Repeat

_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}
_FOREIGN_ESCAPES = {"A": "^", "Z": "$", "z": "$"}


def parse(pattern: str) -> Tree:
    """The tree of a pattern. Raises BrokenPattern or NotUnderstood."""
    if len(pattern) > MAX_LENGTH:
        raise NotUnderstood("longer than what is looked at")
    reader = _Reader(pattern)
    tree = reader.choice(0)
    if reader.rest():
        raise BrokenPattern("a parenthesis is closed that was never opened")
    return tree


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def rest(self) -> str:
        return self._text[self._at :]

    def _take(self) -> str:
        character = self._text[self._at : self._at + 1]
        self._at += 1
        return character

    def _took(self, text: str) -> bool:
        if self._text.startswith(text, self._at):
            self._at += len(text)
            return True
        return False

    def choice(self, depth: int) -> Tree:
        if depth > MAX_DEPTH:
            raise NotUnderstood("too many groups in groups")
        options = [self._sequence(depth)]
        while self._took("|"):
            options.append(self._sequence(depth))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self, depth: int) -> Tree:
        parts: list[Tree] = []
        while self.rest()[:1] not in ("", "|", ")"):
            parts.append(self._repeated(self._atom(depth)))
        return Sequence(tuple(parts))

    def _repeated(self, atom: Tree) -> Tree:
        bounds = self._quantifier()
        if bounds is None:
            return atom
        self._took("?")  # a lazy quantifier tries the same in another order
        if self._quantifier() is not None:
            raise BrokenPattern("a quantifier follows a quantifier")
        return Repeat(atom, *bounds)

    def _quantifier(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._took(sign):
                return bounds
        return self._counted() if self.rest().startswith("{") else None

    def _counted(self) -> tuple[int, int | None] | None:
        """`{2}`, `{2,}` or `{2,5}`; a brace that begins none of them is an ordinary character."""
        inner, closing, _ = self.rest()[1:].partition("}")
        least, comma, most = inner.partition(",")
        if not closing or not _is_number(least) or (most and not _is_number(most)):
            return None
        self._at += len(inner) + 2
        if not comma:
            return int(least), int(least)
        if most and int(most) < int(least):
            raise BrokenPattern(f"{{{inner}}} ends before it begins")
        return int(least), int(most) if most else None

    def _atom(self, depth: int) -> Tree:
        character = self._take()
        if character == "(":
            return self._group(depth)
        if character == "[":
            return One(self._set())
        if character == ".":
            return One(ANY_BUT_NEWLINE)
        if character in "^$":
            return Edge(character)
        if character == "\\":
            return self._escape()
        if character in "*+?":
            raise BrokenPattern(f"there is nothing that {character} could repeat")
        return One(single(character))

    def _group(self, depth: int) -> Tree:
        look = any(self._took(sign) for sign in ("?=", "?!", "?<=", "?<!"))
        if not look and not self._took("?:") and self._took("?"):
            self._name()
        inner = self.choice(depth + 1)
        if not self._took(")"):
            raise BrokenPattern("a parenthesis is never closed")
        return Edge("look") if look else inner

    def _name(self) -> None:
        """Of `(?<name>…)`; what else can stand behind `(?` is of another language."""
        if self.rest().partition(":")[0].replace("-", "").isalpha():
            raise NotUnderstood("modifiers of a group")  # of 2025: few matchers know them
        name, closing, _ = self.rest().partition(">")
        if not name.startswith("<") or not closing:
            raise BrokenPattern(f"(?{self.rest()[:2]} is no group of ECMA-262")
        self._at += len(name) + 1

    def _escape(self) -> Tree:
        character = self._take()
        if character in ("b", "B"):
            return Edge("\\" + character)
        if character in _FOREIGN_ESCAPES:
            raise BrokenPattern(f"\\{character} is {character!r} in ECMA-262; {_FOREIGN_ESCAPES[character]} is meant")
        if character in "123456789k" and character:
            return Edge("backreference")
        return One(self._escaped(character))

    def _escaped(self, character: str) -> Characters:
        if character == "":
            raise BrokenPattern("it ends in a backslash")
        if character in CLASSES:
            return CLASSES[character]
        if character in "pP":
            return self._property(negated=character == "P")
        if character in "xu":
            return self._code_point(2 if character == "x" else 4, character)
        if character == "c":
            return single(chr(ord(self._take() or "@") % 32))
        return single(_CONTROLS.get(character, character))

    def _property(self, negated: bool) -> Characters:
        inner, closing, _ = self.rest()[1:].partition("}")
        if not self.rest().startswith("{") or not closing or inner not in PROPERTIES:
            raise NotUnderstood("a property of characters")
        self._at += len(inner) + 2
        return complement(PROPERTIES[inner]) if negated else PROPERTIES[inner]

    def _code_point(self, digits: int, sign: str) -> Characters:
        """`\\x41`, `\\u0041` or `\\u{41}`; the letter itself where no digits follow."""
        braced, closing, _ = self.rest()[1:].partition("}")
        text = braced if sign == "u" and closing and self.rest().startswith("{") else self.rest()[:digits]
        try:
            found = single(chr(int(text, 16)))
        except (ValueError, OverflowError):
            return single(sign)
        self._at += len(text) + (2 if text is braced and self.rest().startswith("{") else 0)
        return found

    def _set(self) -> Characters:
        negated = self._took("^")
        ranges: list[tuple[int, int]] = []
        while not self._took("]"):
            if not self.rest():
                raise BrokenPattern("a bracket is never closed")
            first = self._member()
            if self.rest()[:1] == "-" and self.rest()[1:2] not in ("", "]"):
                self._take()
                ranges.extend(_between(first, self._member()))
            else:
                ranges.extend(first)
        characters = union(ranges)
        return complement(characters) if negated else characters

    def _member(self) -> Characters:
        character = self._take()
        if character != "\\":
            return single(character)
        escaped = self._take()
        return single("\b") if escaped == "b" else self._escaped(escaped)


def _between(first: Characters, last: Characters) -> Characters:
    """The range from one character to another; with a class at an end the hyphen is just a hyphen."""
    if len(first) != 1 or len(last) != 1 or first[0][0] != first[0][1] or last[0][0] != last[0][1]:
        return (*first, *single("-"), *last)
    if last[0][0] < first[0][0]:
        raise BrokenPattern(f"the range {chr(first[0][0])}-{chr(last[0][0])} is the wrong way round")
    return ((first[0][0], last[0][0]),)


def _is_number(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) < 10


def longest(tree: Tree) -> int | None:
    """How many characters a match has at most, or None where there is no end."""
    if isinstance(tree, One):
        return 1
    if isinstance(tree, Edge):
        return None if tree.sign == "backreference" else 0
    if isinstance(tree, Repeat):
        inner = longest(tree.part)
        if inner == 0 or tree.most == 0:
            return 0
        return inner * tree.most if inner is not None and tree.most is not None else None
    lengths = [longest(part) for part in (tree.parts if isinstance(tree, Sequence) else tree.options)]
    known = [length for length in lengths if length is not None]
    if len(known) < len(lengths):
        return None
    return sum(known) if isinstance(tree, Sequence) else max(known)


def begins_with(tree: Tree, sign: str) -> bool:
    """Whether every match begins at that edge, such as `^`."""
    return _has_at_end(tree, sign, 0)


def ends_with(tree: Tree, sign: str) -> bool:
    """Whether every match ends at that edge, such as `$`."""
    return _has_at_end(tree, sign, -1)


def _has_at_end(tree: Tree, sign: str, end: int) -> bool:
    if isinstance(tree, Edge):
        return tree.sign == sign
    if isinstance(tree, Choice):
        return all(_has_at_end(option, sign, end) for option in tree.options)
    return isinstance(tree, Sequence) and bool(tree.parts) and _has_at_end(tree.parts[end], sign, end)


def takes_anything(tree: Tree) -> bool:
    """Whether it restricts nothing but, at most, line breaks and emptiness: `^.*$`."""
    if isinstance(tree, Sequence):
        parts = [part for part in tree.parts if not isinstance(part, Edge)]
        return len(parts) <= 1 and all(map(takes_anything, parts))
    if isinstance(tree, Repeat):
        part = tree.part.parts[0] if isinstance(tree.part, Sequence) and len(tree.part.parts) == 1 else tree.part
        return tree.least <= 1 and tree.most is None and _is_any(part)
    return False


def _is_any(part: Tree) -> bool:
    return isinstance(part, One) and not overlap(complement(part.characters), ANY_BUT_NEWLINE)
