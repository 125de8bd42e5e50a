"""How a file is written, so that what is added looks like what is there."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice

from msgspec import Struct

from gatepost.probe.scan.reading.node import Node, Source, Style
from gatepost.probe.scan.reading.source_text import is_json

SAMPLE = 5000
"""Values that are looked at to see how a file is written."""

DEFAULT_UNIT = 2
"""Spaces of one level of a YAML file that has only one."""

_FIRST_MEMBER = re.compile(r"\s*[\[{](?:[ \t]*\r?\n([ \t]*))?")


class Notation(Struct, frozen=True):
    """The habits of one file."""

    is_json: bool
    newline: str
    unit: str
    """What one level of indentation adds."""
    item_offset: int = 0
    """Columns between a key and the dashes of the block sequence that is its value."""
    quote: str = '"'
    """The quotes that most of its quoted strings have."""
    is_compact: bool = False
    """Whether JSON has no spaces between its tokens."""
    spreads: bool = False
    """Whether JSON has a line for each member."""
    is_ascii: bool = True


def notation_of(source: Source) -> Notation:
    """The habits of a file, from a sample of it."""
    text = source.text
    newline = "\r\n" if text[: text.find("\n") + 1].endswith("\r\n") else "\n"
    if is_json(text):
        first = _FIRST_MEMBER.match(text)
        unit = first.group(1) if first is not None else None
        compact = '": ' not in text[:SAMPLE]
        return Notation(True, newline, unit or "", 0, '"', compact, unit is not None, text.isascii())
    units: Counter[int] = Counter()
    offsets: Counter[int] = Counter()
    quotes: Counter[str] = Counter({'"': 1})
    for node in islice(source.root.walk(), SAMPLE):
        if node.style in (Style.SINGLE, Style.DOUBLE):
            quotes[node.style.value] += 1
        elif node.style is Style.BLOCK:
            for indented in _indentations(node):
                (offsets if node.is_sequence else units)[indented] += 1
    unit, offset = _most_common(units, DEFAULT_UNIT), _most_common(offsets, 0)
    return Notation(False, newline, " " * unit, offset, quotes.most_common(1)[0][0], is_ascii=text.isascii())


def column(text: str, offset: int) -> int:
    """How many characters stand before it on its line."""
    return offset - (text.rfind("\n", 0, offset) + 1)


def _indentations(node: Node) -> list[int]:
    """How many columns a block collection stands behind the key before it."""
    key, parent = node.key_node, node.parent
    if key is None or parent is None or parent.style is not Style.BLOCK:
        return []
    text = node.source.text
    start = _first_start(node)
    if "\n" not in text[key.end : start]:
        return []
    indented = column(text, start) - column(text, key.start)
    return [indented] if indented >= (0 if node.is_sequence else 1) else []


def _first_start(node: Node) -> int:
    if node.keys:
        return min(key.start for key in node.keys.values())
    return node.start


def _most_common(found: Counter[int], default: int) -> int:
    return found.most_common(1)[0][0] if found else default
