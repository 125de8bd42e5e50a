"""The lines around a place, and what an edit makes of them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from msgspec import Struct

from gatepost.probe.finding import Edit, Finding

CHANGE_LIMIT = 40
"""Lines of one edit that are shown; a person reads the rest in the patch."""

BLOCK_LIMIT = 20_000
"""Characters of one edit that are compared; a minified document is one line of megabytes."""

_LINE_BREAK = re.compile("\n")


class ChangedLine(Struct, frozen=True):
    """A line that an edit keeps (` `), takes away (`-`) or adds (`+`)."""

    sign: str
    text: str


class Change(Struct, frozen=True):
    """What one edit does to the lines from `line` on."""

    file: str
    line: int
    lines: tuple[ChangedLine, ...]
    guess: bool


class Line(Struct, frozen=True):
    """A line of a file; numbers count from 1."""

    number: int
    text: str


class Sources:
    """The texts of files by name; where their lines start is looked up once."""

    __slots__ = ("_starts", "_texts")

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._starts: dict[str, list[int]] = {}

    def surroundings(self, finding: Finding, around: int) -> tuple[Line, ...]:
        """The line of the finding with up to `around` lines before and after; alone when the text is not known."""
        lines = self._numbered(finding.file, finding.line - around, finding.line + around)
        if any(line.number == finding.line and line.text.strip().startswith(finding.excerpt.strip()) for line in lines):
            return lines
        return (Line(finding.line, finding.excerpt),) if finding.excerpt else ()

    def changes(self, finding: Finding) -> tuple[Change, ...]:
        """Before and after for each edit whose file is known."""
        return tuple(self._change(edit, self._texts[edit.file]) for edit in finding.edits if edit.file in self._texts)

    def _numbered(self, file: str, first: int, last: int) -> tuple[Line, ...]:
        if file not in self._texts:
            return ()
        starts, text = self._line_starts(file), self._texts[file]
        numbers = range(max(first, 1), min(last, len(starts) - 1) + 1)
        return tuple(Line(number, text[starts[number - 1] : starts[number]].rstrip("\r\n")) for number in numbers)

    def _line_starts(self, file: str) -> list[int]:
        """The offset of each line, and that of the end of the text."""
        if file not in self._starts:
            text = self._texts[file]
            starts = [0, *(match.end() for match in _LINE_BREAK.finditer(text))]
            self._starts[file] = starts if starts[-1] == len(text) else [*starts, len(text)]
        return self._starts[file]

    def _change(self, edit: Edit, text: str) -> Change:
        start, end = _whole_lines(edit, text)
        after = text[start : edit.start] + edit.text + text[edit.end : end]
        lines = _compared(text[start:end].splitlines(), after.splitlines())
        return Change(edit.file, bisect_right(self._line_starts(edit.file), start), lines[:CHANGE_LIMIT], edit.guess)


def _whole_lines(edit: Edit, text: str) -> tuple[int, int]:
    """From the start of the line before the edit to the end of the line in which it ends, within the limit."""
    line_start = text.rfind("\n", 0, edit.start) + 1
    start = text.rfind("\n", 0, max(line_start - 1, 0)) + 1
    end = text.find("\n", edit.end)
    end = len(text) if end < 0 else end
    return max(start, edit.start - BLOCK_LIMIT), min(end, edit.end + BLOCK_LIMIT)


def _compared(before: Sequence[str], after: Sequence[str]) -> tuple[ChangedLine, ...]:
    steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return tuple(
        ChangedLine(sign, line)
        for step, start, end, new_start, new_end in steps
        for sign, lines in _signed(step == "equal", before[start:end], after[new_start:new_end])
        for line in lines
    )


def _signed(equal: bool, old: Sequence[str], new: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
    return [(" ", old)] if equal else [("-", old), ("+", new)]
