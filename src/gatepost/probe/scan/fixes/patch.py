"""Unified diffs that `git apply` and `patch` take, made from splices: comparing large files would take minutes."""

from __future__ import annotations

import json
import posixpath
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from msgspec import Struct

from gatepost.probe.scan.fixes.splice import Splice, applied

CONTEXT = 3
"""Lines around a change that are shown, as all tools do."""

NO_NEWLINE = "\n\\ No newline at end of file\n"


class _Change(Struct, frozen=True):
    """The lines from `first` up to `last`, counted from 0, become `after`."""

    first: int
    last: int
    after: list[str]

    @property
    def gain(self) -> int:
        return len(self.after) - (self.last - self.first)


def unified(path: str, text: str, splices: Sequence[Splice]) -> str:
    """The diff of one file, or nothing. `splices` are in order; `path` is told from where the diff is applied."""
    lines = _lines(text)
    hunks, shift = [], 0
    for group in _near(_changes(text, lines, splices)):
        hunks.append(_hunk(lines, group, shift))
        shift += sum(change.gain for change in group)
    path = posixpath.normpath(path).lstrip("/")
    head = f"--- {_file_name(f'a/{path}')}\n+++ {_file_name(f'b/{path}')}\n"
    return head + "".join(hunks) if hunks else ""


def _lines(text: str) -> list[str]:
    """With their ends. Only line feeds end a line here, as they do for the tools."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _changes(text: str, lines: Sequence[str], splices: Sequence[Splice]) -> Iterator[_Change]:
    starts = list(accumulate(map(len, lines), initial=0))
    for first, last, touching in _by_lines(starts[:-1], splices):
        start = starts[first]
        moved = [Splice(each.start - start, each.end - start, each.text) for each in touching]
        change = _trimmed(lines, first, last, _lines(applied(text[start : starts[last]], moved)))
        if change.after or change.last > change.first:
            yield change


def _by_lines(starts: Sequence[int], splices: Iterable[Splice]) -> Iterator[tuple[int, int, list[Splice]]]:
    """Splices that touch the same lines, with the range of those."""
    group: tuple[int, int, list[Splice]] | None = None
    for splice in splices:
        first, last = bisect_right(starts, splice.start) - 1, bisect_right(starts, splice.end)
        if group is not None and first < group[1]:
            group = group[0], max(group[1], last), [*group[2], splice]
            continue
        if group is not None:
            yield group
        group = max(first, 0), last, [splice]
    if group is not None:
        yield group


def _trimmed(lines: Sequence[str], first: int, last: int, after: list[str]) -> _Change:
    """Without the lines at both ends that stay as they are."""
    begin, end = 0, len(after)
    while first < last and begin < end and lines[first] == after[begin]:
        first, begin = first + 1, begin + 1
    while first < last and begin < end and lines[last - 1] == after[end - 1]:
        last, end = last - 1, end - 1
    return _Change(first, last, after[begin:end])


def _near(changes: Iterable[_Change]) -> Iterator[list[_Change]]:
    """Changes whose surroundings meet are told in one hunk."""
    group: list[_Change] = []
    for change in changes:
        if group and change.first - group[-1].last > 2 * CONTEXT:
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _hunk(lines: Sequence[str], changes: Sequence[_Change], shift: int) -> str:
    start = max(changes[0].first - CONTEXT, 0)
    end = min(changes[-1].last + CONTEXT, len(lines))
    body, place = [], start
    for change in changes:
        body += [_signed(" ", line) for line in lines[place : change.first]]
        body += [_signed("-", line) for line in lines[change.first : change.last]]
        body += [_signed("+", line) for line in change.after]
        place = change.last
    body += [_signed(" ", line) for line in lines[place:end]]
    gain = sum(change.gain for change in changes)
    return f"@@ -{_range(start, end - start)} +{_range(start + shift, end - start + gain)} @@\n" + "".join(body)


def _range(start: int, count: int) -> str:
    return f"{start + (count > 0)},{count}"


def _signed(sign: str, line: str) -> str:
    return sign + line if line.endswith("\n") else f"{sign}{line}{NO_NEWLINE}"


def _file_name(name: str) -> str:
    """In quotes when it would not be read back; with a tab behind it when it holds a space, as both tools write it."""
    if not name.isprintable() or '"' in name or "\\" in name:
        return json.dumps(name, ensure_ascii=False)
    return f"{name}\t" if " " in name else name
