"""What may be changed in a file, and how the file is written."""

from __future__ import annotations

from functools import cached_property

from gatepost.probe.scan.fixes.notation import Notation, notation_of
from gatepost.probe.scan.fixes.refusal import NotEditable
from gatepost.probe.scan.reading.node import Node, Source

_BREAKS = frozenset({"document-syntax", "document-encoding", "document-limit"})
"""Faults with which the text says something else than the tree."""


class EditableFile:
    """A file that fixes go into."""

    def __init__(self, source: Source) -> None:
        self.source = source

    @cached_property
    def notation(self) -> Notation:
        return notation_of(self.source)

    def check(self, place: Node) -> None:
        """Raises NotEditable when nothing may be changed at a place, or not there alone."""
        if self._broken:
            raise NotEditable(f"{self.source.name} has mistakes that come first: {self._broken}")
        node: Node | None = place
        while node is not None:
            if id(node) in self._shared:
                raise NotEditable("a YAML alias repeats this place elsewhere, where it would change too")
            if node.parent is not None and (id(node.parent), node.key) in self._doubled:
                raise NotEditable(f"{node.key} is there twice")
            node = node.parent

    @cached_property
    def _broken(self) -> str:
        if not self.source.exact:
            return "it holds bytes that are no text"
        return next((fault.message for fault in self.source.faults if fault.kind in _BREAKS), "")

    @cached_property
    def _doubled(self) -> frozenset[tuple[int, str | int]]:
        faults = (fault.node for fault in self.source.faults if fault.kind == "document-duplicate-key")
        return frozenset((id(node.parent), node.key) for node in faults if node is not None)

    @cached_property
    def _shared(self) -> frozenset[int]:
        """Nodes that stand under an anchor and are there again by an alias or a merge key."""
        if self.notation.is_json or "*" not in self.source.text or "&" not in self.source.text:
            return frozenset()
        shared: set[int] = set()
        for node in self.source.root.walk():
            value = node.value
            members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
            for name, child in members:
                if child.parent is not node or child.key != name:
                    shared.add(id(child))
                    if node.keys is not None and name not in node.keys:  # a merge key takes all that the holder has
                        shared.add(id(child.parent))
        return frozenset(shared)
