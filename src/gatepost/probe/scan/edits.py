"""What a rule proposes to change, in terms of the document's structure.

`gatepost.probe.scan.fixes` turns these into splices of text. `guess` marks a value that nothing in the document
forces: a person has to confirm it.
"""

from __future__ import annotations

from msgspec import Struct

from gatepost.probe.scan.reading.node import Node

Json = str | int | float | bool | dict[str, "Json"] | list["Json"] | None
"""A value to be written, without marks."""


class SetKey(Struct, frozen=True):
    """Adds an entry to the mapping at `place`, or gives the one of that name another value."""

    place: Node
    key: str
    value: Json
    guess: bool = False


class ReplaceValue(Struct, frozen=True):
    """Writes another value at `place`."""

    place: Node
    value: Json
    guess: bool = False


class RemoveKey(Struct, frozen=True):
    """Takes `place` out of the mapping or sequence that holds it."""

    place: Node
    guess: bool = False


class AppendItem(Struct, frozen=True):
    """Adds an element to the end of the sequence at `place`."""

    place: Node
    value: Json
    guess: bool = False


Change = SetKey | ReplaceValue | RemoveKey | AppendItem
