"""Text that somebody else wrote, made fit to be shown.

The documents that a probe reads are hostile input, and so are the names of their files: nothing of them may steer a
terminal, reorder a line, or be longer than a person reads.
"""

from __future__ import annotations

import re

from msgspec import Struct

CUT = "\N{HORIZONTAL ELLIPSIS}"
UNFIT = "\N{REPLACEMENT CHARACTER}"

MESSAGE_LIMIT = 2_000
"""Characters of one message or name; ours are shorter, but they quote the document."""


class Window(Struct, frozen=True):
    """A part of a line, and where in it the caret stands (from 0)."""

    text: str
    caret: int


def plain(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """One line without controls, direction marks and lone surrogates, and no longer than `limit` characters."""
    if len(text) > limit:
        text = text[: limit - 1] + CUT
    return text if text.isprintable() else "".join(map(_shown, text))


def pieces(text: str) -> list[tuple[str, bool]]:
    """Our sentences in plain pieces, and whether each is code: they mark code by backticks."""
    parts = re.split(r"`([^`]+)`", plain(text))
    return [(part, place % 2 == 1) for place, part in enumerate(parts) if part]


def well_formed(text: str) -> str:
    """The text unchanged but for lone surrogates, which no encoding can hold."""
    return text.encode("utf-8", "replace").decode()


def window(line: str, column: int, width: int) -> Window:
    """The `width` characters around `column` (from 1), without indentation when all of the rest fits."""
    caret = min(max(column - 1, 0), len(line))
    indent = min(len(line) - len(line.lstrip()), caret)
    start = indent if len(line) - indent <= width else max(indent, caret - width // 3)
    end = start + width
    before, after = CUT * (start > indent), CUT * (end < len(line))
    text = plain(line[start + len(before) : end - len(after)], width)
    return Window(before + text + after, caret - start)


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else UNFIT
