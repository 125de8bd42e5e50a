"""Turns the events of a YAML parser into nodes with marks.

Not PyYAML's own tree: a document that breaks off still gives what came before, an alias costs nothing, and nesting
needs no stack of Python.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import yaml

from gatepost.probe.scan.reading.node import Fault, Node, Source, Style
from gatepost.probe.scan.reading.scalars import plain_value
from gatepost.probe.scan.reading.source_text import has_surrogates

MAX_DEPTH = 200
"""Collections inside one another: inline schemas of real documents reach 60. What is deeper is left out."""

MAX_SKIPPED_DEPTH = 1000
"""Further ones that are passed over before the reading stops: libyaml takes time by the square of the depth."""

MAX_NODES = 3_000_000
"""Values of one file: thirty times the largest public descriptions, about a gigabyte of memory."""

MAX_MERGED = 100_000
"""Entries that the merge keys (`<<`) of one file may copy: they are how a small file becomes a large one."""

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_STYLES = {"": Style.PLAIN, None: Style.PLAIN} | {style.value: style for style in Style if len(style.value) == 1}


class TreeBuilder:
    """Turns events into nodes. `open` holds the collections that are not complete yet, outermost first."""

    def __init__(self, source: Source, decode_json: bool) -> None:
        self.root = Node(None, source, 0, 0, Style.PLAIN)
        self.faults: list[Fault] = []
        self.count = 0
        self._source = source
        self._decode_json = decode_json
        self._open: list[Node] = []
        self._keys: list[Node | None] = []
        self._anchors: dict[str, Node] = {}
        self._anchor_of: dict[int, str] = {}
        self._heights: list[int] = []
        self._height_of: dict[str, int] = {}
        self._skipping = 0
        self._stopped = False
        self._merged = 0
        self._documents = 0
        self._handlers: dict[type[yaml.Event], Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start_mapping,
            yaml.SequenceStartEvent: self._start_sequence,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }

    def build(self, text: str) -> yaml.YAMLError | None:
        """Reads the first document of `text`; returns what broke it off."""
        try:
            loader = _Loader(text)
            while not self._stopped:
                event = loader.get_event()
                if event is None:
                    break
                handler = self._handlers.get(type(event))
                if handler is not None:
                    handler(event)
        except yaml.YAMLError as error:
            self._close_all()
            return error
        self._close_all()
        return None

    # Events

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents == 2:
            self._stopped = True
            self._fault("document-syntax", "a second document begins; only the first is read", event.start_mark.index)

    def _scalar(self, event: Any) -> None:
        if self._skipping:
            return
        start, end = event.start_mark.index, event.end_mark.index
        style = _STYLES[event.style]
        text = event.value
        if style is Style.LITERAL or style is Style.FOLDED:
            end = start + len(self._source.text[start:end].rstrip())
        elif self._decode_json and style is Style.DOUBLE:
            text = self._json_string(text, start, end)
        if self._expects_key():
            self._keys[-1] = Node(text, self._source, start, end, style)
            return
        value = plain_value(text) if style is Style.PLAIN and event.tag is None else text
        self._add(Node(value, self._source, start, end, style), event.anchor)

    def _json_string(self, text: str, start: int, end: int) -> str:
        raw = self._source.text[start:end]
        if not has_surrogates(raw):
            return text
        try:
            decoded = json.loads(raw, strict=False)
        except ValueError:
            return text
        return decoded if isinstance(decoded, str) else text

    def _start_mapping(self, event: Any) -> None:
        self._start(event, {}, {})

    def _start_sequence(self, event: Any) -> None:
        self._start(event, [], None)

    def _start(self, event: Any, value: dict[str, Node] | list[Node], keys: dict[str, Node] | None) -> None:
        if self._skipping or len(self._open) >= MAX_DEPTH or self._expects_key():
            if not self._skipping:
                self._refuse(event.start_mark.index)
            self._skipping += 1
            self._stopped = self._skipping > MAX_SKIPPED_DEPTH
            return
        start = event.start_mark.index
        style = Style.FLOW if event.flow_style else Style.BLOCK
        node = Node(value, self._source, start, event.end_mark.index, style, keys=keys)
        if event.anchor:
            self._anchor_of[id(node)] = event.anchor
        self._place(node)
        self._open.append(node)
        self._keys.append(None)
        self._heights.append(1)

    def _refuse(self, offset: int) -> None:
        """Notes why the collection that begins here is left out, and puts a null in its place."""
        null = Node(None, self._source, offset, offset, Style.PLAIN)
        if self._expects_key():
            self._fault("document-syntax", "a key must be text; this one is a collection", offset)
            self._keys[-1] = null
        else:
            self._fault("document-limit", f"nested more than {MAX_DEPTH} deep; what is inside was left out", offset)
            self._place(null)

    def _end(self, event: Any) -> None:
        if self._skipping:
            self._skipping -= 1
            return
        node = self._open.pop()
        self._keys.pop()
        self._note_height(self._heights.pop(), self._anchor_of.get(id(node)))
        if node.style is Style.FLOW:
            node.end = event.end_mark.index
        self._close(node)

    def _alias(self, event: Any) -> None:
        if self._skipping:
            return
        start = event.start_mark.index
        node = self._anchors.get(event.anchor)
        if node is None:
            self._fault("document-syntax", f"nothing complete is called &{event.anchor} before this", start)
            node = Node(None, self._source, start, event.end_mark.index, Style.PLAIN)
        height = self._height_of.get(event.anchor, 0)
        if len(self._open) + height > MAX_DEPTH and not self._expects_key():
            self._refuse(start)  # aliases of aliases nest without end in a few lines
            return
        self._note_height(height, None)
        if self._expects_key():
            self._keys[-1] = Node(str(node.value), self._source, start, event.end_mark.index, Style.PLAIN)
        else:
            self._place(node)

    # The tree

    def _note_height(self, height: int, anchor: str | None) -> None:
        """Notes how many collections stand inside one another below the one that is open now."""
        if anchor is not None:
            self._height_of[anchor] = height
        if self._heights:
            self._heights[-1] = max(self._heights[-1], height + 1)

    def _expects_key(self) -> bool:
        return bool(self._open) and self._open[-1].keys is not None and self._keys[-1] is None

    def _add(self, node: Node, anchor: str | None) -> None:
        self._place(node)
        if anchor:
            self._anchors[anchor] = node

    def _place(self, node: Node) -> None:
        """Puts a value where it belongs; an aliased one keeps the parent that it has."""
        self.count += 1
        if self.count >= MAX_NODES:
            self._stopped = True
            self._fault("document-limit", f"it has more than {MAX_NODES} values; the rest was left out", node.start)
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        is_new = node.parent is None
        if isinstance(parent.value, list):
            if is_new:
                node.parent, node.key = parent, len(parent.value)
            parent.value.append(node)
            return
        key, self._keys[-1] = self._keys[-1], None
        if key is not None and isinstance(key.value, str):
            self._enter(parent, key, key.value, node, is_new)

    def _enter(self, parent: Node, key: Node, name: str, node: Node, is_new: bool) -> None:
        assert isinstance(parent.value, dict)  # noqa: S101 - only mappings have keys
        assert parent.keys is not None  # noqa: S101
        if is_new:
            node.parent, node.key = parent, name
        if name in parent.keys:
            self._fault("document-duplicate-key", f"{name!r} is there twice; the last one counts", key.start, node)
        parent.value[name] = node
        parent.keys[name] = key

    def _close(self, node: Node) -> None:
        """Completes a collection whose children are all there."""
        children = node.value.values() if isinstance(node.value, dict) else node.value
        assert not isinstance(children, str | int | float | None)  # noqa: S101 - a collection
        if node.style is Style.BLOCK:
            node.end = max((child.end for child in children if child.parent is node), default=node.end)
        anchor = self._anchor_of.pop(id(node), None)
        if anchor is not None:
            self._anchors[anchor] = node
        if node.keys is not None and "<<" in node.keys and node.keys["<<"].style is Style.PLAIN:
            self._merge(node)

    def _close_all(self) -> None:
        while self._open:
            self._close(self._open.pop())

    def _merge(self, node: Node) -> None:
        """Takes over what `<<` names (yaml.org/type/merge.html); entries of its own win."""
        assert isinstance(node.value, dict)  # noqa: S101 - it has keys
        merged = node.value["<<"]
        sources = merged.value if isinstance(merged.value, list) else [merged]
        if not all(source.is_mapping for source in sources):
            return
        del node.value["<<"]
        for source in sources:
            for name, child in source.entries():
                if name in node.value:
                    continue
                self._merged += 1
                if self._merged > MAX_MERGED:
                    self._fault("document-limit", f"merge keys copy more than {MAX_MERGED} entries", node.start)
                    return
                node.value[name] = child

    def _fault(self, kind: str, message: str, offset: int, node: Node | None = None) -> None:
        self.faults.append(Fault(kind, message, self._source, offset, node))
