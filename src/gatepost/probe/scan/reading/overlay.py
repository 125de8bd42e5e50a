"""Applies Overlays (OpenAPI Overlay Specification 1.0 and 1.1) to a document that was read.

What an overlay adds stays a node of the overlay's file: a finding in it points there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import jsonpath
from msgspec.structs import replace

from gatepost.errors import InvalidInput, TooLarge
from gatepost.probe.scan.reading.node import Fault, Node, Source

MAX_STEPS = 10_000_000
"""Values that one overlay may visit or add: `$..x` passes through whatever aliases repeat, again and again."""

MAX_ADDED_DEPTH = 200
"""Collections inside one another in what is added: an action that copies the document into itself doubles it."""


def apply(overlay: Source, document: Source) -> list[Fault]:
    """Changes the nodes of `document`; returns the actions that do nothing. Raises InvalidInput or TooLarge."""
    if not overlay.root.has("overlay"):
        raise InvalidInput(f"{overlay.name} is no overlay: it has no `overlay`")
    finder = _Finder(document.root)
    idle = []
    actions = overlay.root.get("actions")
    for action in actions.items() if actions is not None else ():
        target = action.text("target")
        found = finder.find(target, f"{overlay.name}:{action.line}")
        if not found:
            idle.append(Fault("document-overlay", f"{target} matches nothing", overlay, action.start, action))
        _act(action, found, finder)
    return idle


def _act(action: Node, found: Sequence[Node], finder: _Finder) -> None:
    if action.flag("remove"):
        for node in found:
            finder.remove(node)
        return
    copied = finder.find(action.text("copy"), f"{action.file}:{action.line}") if action.has("copy") else []
    update = action.get("update")
    for node in found:
        for value in (*copied, *([update] if update is not None else [])):
            finder.update(node, value)


class _Finder:
    """Finds nodes by JSONPath (RFC 9535) and changes what holds them."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._steps = 0
        self._holders: dict[int, Node] = {}

    def find(self, path: str, where: str) -> list[Node]:
        """The nodes that match, each once."""
        try:
            found = [self._at(match.parts) for match in jsonpath.finditer(path, self.view(self._root))]
        except (jsonpath.JSONPathError, RecursionError) as error:
            raise InvalidInput(f"{where}: {path[:200]!r} is no JSONPath: {error}") from None
        return list({id(node): node for node in found}.values())

    def remove(self, node: Node) -> None:
        holder = self._holders.get(id(node))
        if holder is None:
            return
        value = holder.value
        if isinstance(value, dict):
            for name in [name for name, child in value.items() if child is node]:
                del value[name]
        elif isinstance(value, list):
            value[:] = [child for child in value if child is not node]

    def update(self, node: Node, update: Node) -> None:
        update = self._copy(update, update.parent, 0)  # or the next action would change every place that has it
        if isinstance(node.value, list):
            node.value.extend(update.value if isinstance(update.value, list) else [update])
        elif node.is_mapping and update.is_mapping:
            _merge(node, update)
        else:
            self._replace(node, update)

    def _copy(self, node: Node, parent: Node | None, depth: int) -> Node:
        """The same value at the same place of the same file, with members of its own."""
        self._step()
        if depth > MAX_ADDED_DEPTH:
            raise TooLarge(f"the overlay adds values that are nested more than {MAX_ADDED_DEPTH} deep")
        copied = replace(node, parent=parent)
        if isinstance(node.value, dict):
            copied.value = {name: self._copy(child, copied, depth + 1) for name, child in node.value.items()}
        elif isinstance(node.value, list):
            copied.value = [self._copy(child, copied, depth + 1) for child in node.value]
        return copied

    def _replace(self, node: Node, update: Node) -> None:
        value = self._holders[id(node)].value if id(node) in self._holders else None
        if isinstance(value, dict):
            value.update({name: update for name, child in value.items() if child is node})
        elif isinstance(value, list):
            value[:] = [update if child is node else child for child in value]

    def _at(self, parts: Sequence[str | int]) -> Node:
        node = self._root
        for part in parts:
            child = node.at(part)
            assert child is not None  # noqa: S101 - the path was just walked
            self._holders[id(child)] = node
            node = child
        return node

    def view(self, node: Node) -> Any:
        """The value as the JSONPath library wants it, without copying the document for each action."""
        self._step()
        if isinstance(node.value, dict):
            return _Members(node.value, self)
        return _Elements(node.value, self) if isinstance(node.value, list) else node.value

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TooLarge(f"the overlay visits or adds more than {MAX_STEPS} values")


def _merge(target: Node, update: Node) -> None:
    """Recursively, as section 4.4.3 has it: values of the update win, lists are joined."""
    assert isinstance(target.value, dict)  # noqa: S101 - seen by the caller
    waiting = [(target.value, update)]
    while waiting:
        members, news = waiting.pop()
        for name, child in news.entries():
            old = members.get(name)
            if old is not None and isinstance(old.value, dict) and child.is_mapping:
                waiting.append((old.value, child))
            elif old is not None and isinstance(old.value, list) and isinstance(child.value, list):
                old.value.extend(child.value)
            else:
                members[name] = child


class _Members(Mapping[str, object]):
    def __init__(self, members: dict[str, Node], finder: _Finder) -> None:
        self._members = members
        self._finder = finder

    def __getitem__(self, name: str) -> object:
        return self._finder.view(self._members[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)


class _Elements(Sequence[object]):
    def __init__(self, elements: list[Node], finder: _Finder) -> None:
        self._elements = elements
        self._finder = finder

    @overload
    def __getitem__(self, index: int) -> object: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[object]: ...

    def __getitem__(self, index: int | slice) -> object:
        if isinstance(index, slice):
            return _Elements(self._elements[index], self._finder)
        return self._finder.view(self._elements[index])

    def __len__(self) -> int:
        return len(self._elements)
