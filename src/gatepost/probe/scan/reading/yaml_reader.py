"""YAML and JSON through one reader: the events of the parser become nodes with marks.

Built from events, not from PyYAML's own tree, so that a document that breaks off still gives what came before,
an alias costs nothing, and nesting needs no stack of Python. What is broken lands in `Source.faults`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import yaml

from gatepost.probe.scan.reading.node import Fault, Node, Source, Style
from gatepost.probe.scan.reading.scalars import plain_value
from gatepost.probe.scan.reading.source_text import has_surrogates, is_json, parsable

MAX_DEPTH = 200
"""Collections inside one another: inline schemas of real documents reach 60. What is deeper is left out."""

MAX_NODES = 3_000_000
"""Values of one file: thirty times the largest public descriptions, about a gigabyte of memory."""

MAX_MERGED = 100_000
"""Entries that the merge keys (`<<`) of one file may copy: they are how a small file becomes a large one."""

MAX_MENDED_LINES = 8
"""Lines that are taken out of a broken document so that the rest can be read; each costs another reading."""

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_STYLES = {"": Style.PLAIN, None: Style.PLAIN} | {style.value: style for style in Style if len(style.value) == 1}


def read(source: Source) -> None:
    """Reads `source.text` into `source.root`; never raises for what the text holds."""
    text = parsable(source)
    best: _Builder | None = None
    for _ in range(MAX_MENDED_LINES + 1):
        builder = _Builder(source, decode_json=is_json(text))
        broken = builder.build(text)
        # One that came to the end is worth more than one that broke off, unless the mending cost it half.
        if best is None or builder.count > best.count or (broken is None and 2 * builder.count > best.count):
            best = builder
        if broken is None:
            break
        offset = _offset(broken, text)
        source.faults.append(Fault("document-syntax", _reason(broken), source, offset))
        mended = _mended(text, offset, broken)
        if mended == text:
            break
        text = mended
    assert best is not None  # noqa: S101 - the loop ran
    source.root = best.root
    source.faults.extend(best.faults)


def _reason(error: yaml.YAMLError) -> str:
    parts = (getattr(error, "context", None), getattr(error, "problem", None))
    return ": ".join(part for part in parts if part) or "this is neither YAML nor JSON"


def _offset(error: yaml.YAMLError, text: str) -> int:
    """Where the mistake is: an unclosed quote or bracket is noticed far behind the place where it was opened."""
    context = getattr(error, "context", None) or ""
    opened = getattr(error, "context_mark", None)
    if opened is not None and ("quoted" in context or ("flow" in context and not is_json(text))):
        return min(opened.index, len(text))
    mark = getattr(error, "problem_mark", None)
    return min(mark.index, len(text)) if mark is not None else 0


def _mended(text: str, offset: int, error: yaml.YAMLError) -> str:
    """The text, as long as before, with the mistake taken out as far as can be told."""
    if is_json(text) and "expected ','" in str(getattr(error, "problem", "")):
        line_end = text.rfind("\n", 0, offset)
        if line_end >= 0:  # in brackets the end of a line is only a space: here it becomes what is missing
            return f"{text[:line_end]},{text[line_end + 1 :]}"
    return _without_line(text, offset)


def _without_line(text: str, offset: int) -> str:
    """The text with spaces instead of the line at `offset`, or of the last one before it that holds anything."""
    end = text.find("\n", offset)
    end = len(text) if end < 0 else end
    end = len(text[:end].rstrip())
    start = text.rfind("\n", 0, end) + 1
    return text[:start] + " " * (end - start) + text[end:]


class _Builder:
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
        self._skipping = 0
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
            while self._documents < 2 and self.count < MAX_NODES:
                event = loader.get_event()
                if event is None:
                    break
                handler = self._handlers.get(type(event))
                if handler is not None:
                    handler(event)
        except yaml.YAMLError as error:
            self._close_all()
            return error
        if self.count >= MAX_NODES:
            self._fault("document-limit", f"it has more than {MAX_NODES} values; the rest was left out", len(text))
            self._close_all()
        return None

    # Events

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents == 2:
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
            return
        start = event.start_mark.index
        style = Style.FLOW if event.flow_style else Style.BLOCK
        node = Node(value, self._source, start, event.end_mark.index, style, keys=keys)
        if event.anchor:
            self._anchor_of[id(node)] = event.anchor
        self._place(node)
        self._open.append(node)
        self._keys.append(None)

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
        if self._expects_key():
            self._keys[-1] = Node(str(node.value), self._source, start, event.end_mark.index, Style.PLAIN)
        else:
            self._place(node)

    # The tree

    def _expects_key(self) -> bool:
        return bool(self._open) and self._open[-1].keys is not None and self._keys[-1] is None

    def _add(self, node: Node, anchor: str | None) -> None:
        self._place(node)
        if anchor:
            self._anchors[anchor] = node

    def _place(self, node: Node) -> None:
        """Puts a value where it belongs; an aliased one keeps the parent that it has."""
        self.count += 1
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
