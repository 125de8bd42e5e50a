"""Where the members of a collection stand in the text: what libyaml's marks leave out is found in the text itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from gatepost.probe.scan.fixes.refusal import NotEditable
from gatepost.probe.scan.reading.node import Node, Style

_SPACE = r"(?:\s|(?<!\S)#[^\n]*)*"
"""White space and comments."""

_PROPERTIES = rf"(?:[&!][^\s,\[\]{{}}]*{_SPACE})*"
"""An anchor or a tag in front of a value."""

_TO_DASH = re.compile(rf"{_SPACE}-")
_TO_FIRST_DASH = re.compile(rf"{_PROPERTIES}-")
_TO_BRACKET = re.compile(rf"{_PROPERTIES}([\[{{])")
_TO_COLON = re.compile(r"\s*:")
_ALIAS = re.compile(rf"{_SPACE}\*[^\s,\[\]{{}}]+")
_ALIASES = re.compile(rf"{_SPACE}\[[^\[\]{{}}]*\]")
_TO_ALIASED_ITEM = re.compile(rf"[\s,]*{_SPACE}")


class Entry(Struct, frozen=True):
    """One member: an entry of a mapping, or an element of a sequence."""

    holder: Node
    name: str | int
    start: int
    """Of its key, of its dash, or of the element itself."""
    child: Node | None
    """The value; None for one that an alias names."""

    @property
    def end(self) -> int:
        """Just behind its value."""
        if self.child is not None:
            return end_of(self.child)
        key = (self.holder.keys or {}).get(str(self.name))
        start = key.end if key is not None else self.start + (self.holder.style is Style.BLOCK)
        return _end_of_aliases(self.holder.source.text, start, after_colon=key is not None)

    @property
    def key(self) -> Node | None:
        return self.holder.keys.get(str(self.name)) if self.holder.keys is not None else None


def entries_of(holder: Node) -> Sequence[Entry]:
    """The members that are written in a collection, in the order of the text."""
    if isinstance(holder.value, list):
        return _items_of(holder, holder.value)
    keys = sorted((holder.keys or {}).items(), key=lambda item: item[1].start)
    return [Entry(holder, name, key.start, own(holder, name)) for name, key in keys]


def own(holder: Node, name: str | int) -> Node | None:
    """The member of that name when it is written there, and not elsewhere under an anchor."""
    child = holder.at(name)
    return child if child is not None and child.parent is holder and child.key == name else None


def style_beside(holder: Node, name: str) -> Style | None:
    """How the keys beside a new one are written: beside a status, those of other statuses."""
    keys = (holder.keys or {}).values()
    alike = [each for each in keys if str(each.value)[:1].isdigit() == name[:1].isdigit()]
    return alike[-1].style if alike else None


def end_of(node: Node) -> int:
    """Just behind the last character of a value."""
    if node.style is not Style.BLOCK:
        return node.end
    members = entries_of(node)
    return max(node.end, members[-1].end) if members else node.end


def last_scalar(node: Node) -> Node | None:
    """The scalar with which a value ends; None when it ends with a bracket or an alias."""
    while node.style is Style.BLOCK:
        members = entries_of(node)
        if not members or members[-1].child is None:
            return None
        node = members[-1].child
    return node if node.style is not Style.FLOW else None


def opening(node: Node) -> int:
    """The offset of the bracket of a flow collection."""
    found = _TO_BRACKET.match(node.source.text, node.start)
    if found is None:
        raise NotEditable("a pair without braces stands in brackets")
    return found.start(1)


def behind_colon(key: Node) -> int:
    """The offset behind the colon that follows a key."""
    found = _TO_COLON.match(key.source.text, key.end)
    if found is None:
        raise NotEditable("the key has no colon")
    return found.end()


def first_start(node: Node) -> int:
    """Where the first member of a block collection begins."""
    members = entries_of(node)
    if not members:
        raise NotEditable("the collection holds nothing that can be told apart")
    return members[0].start


def _items_of(holder: Node, children: list[Node]) -> list[Entry]:
    text, offset, items = holder.source.text, holder.start, []
    if holder.style is Style.FLOW:
        offset = opening(holder) + 1
    for number in range(len(children)):
        child = own(holder, number)
        if holder.style is Style.BLOCK:
            found = (_TO_DASH if number else _TO_FIRST_DASH).match(text, offset)
            if found is None:
                raise NotEditable("the dash of an element is not where it should be")
            start = found.end() - 1
        elif child is not None:
            start = child.start
        else:
            found = _TO_ALIASED_ITEM.match(text, offset)
            start = found.end() if found is not None else offset
        items.append(Entry(holder, number, start, child))
        if number + 1 < len(children):
            offset = items[-1].end
    return items


def _end_of_aliases(text: str, start: int, *, after_colon: bool) -> int:
    if after_colon:
        colon = _TO_COLON.match(text, start)
        start = colon.end() if colon is not None else start
    found = _ALIAS.match(text, start) or _ALIASES.match(text, start)
    if found is None:
        raise NotEditable("what a merge key takes over is written there")
    return found.end()
