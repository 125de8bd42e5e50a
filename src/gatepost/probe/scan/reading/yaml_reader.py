"""YAML and JSON through one reader. What is broken is told, mended as far as can be, and the rest is read."""

from __future__ import annotations

import yaml

from gatepost.probe.scan.reading.node import Fault, Source
from gatepost.probe.scan.reading.source_text import is_json, parsable
from gatepost.probe.scan.reading.tree import TreeBuilder

MAX_MENDED_LINES = 8
"""Mistakes of a broken document that are taken out so that the rest can be read; each costs another reading."""


def read(source: Source) -> None:
    """Reads `source.text` into `source.root`; never raises for what the text holds."""
    text = parsable(source)
    best: TreeBuilder | None = None
    for _ in range(MAX_MENDED_LINES + 1):
        builder = TreeBuilder(source, decode_json=is_json(text))
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
        return min(int(opened.index), len(text))
    mark = getattr(error, "problem_mark", None)
    return min(int(mark.index), len(text)) if mark is not None else 0


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
