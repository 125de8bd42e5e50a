"""Another value for a scalar, written the way in which the old one is."""

from __future__ import annotations

from gatepost.probe.scan.edits import Json
from gatepost.probe.scan.fixes.notation import Notation
from gatepost.probe.scan.fixes.writing import scalar
from gatepost.probe.scan.reading.node import Node, Style


def restyled(old: Node, value: Json, notation: Notation, *, in_flow: bool) -> str:
    """The text for `value` in the place of `old`."""
    raw = old.source.text[old.start : old.end]
    if not isinstance(value, str) or not isinstance(old.value, str):
        return scalar(value, notation, in_flow=in_flow)
    if old.style is Style.LITERAL and (literal := _literal(raw, old.value, value, notation)) is not None:
        return literal
    if old.style is Style.FOLDED and (patched := _patched(raw, old.value, value)) is not None:
        return patched
    style = Style.DOUBLE if old.style in (Style.LITERAL, Style.FOLDED) else old.style
    return scalar(value, notation, in_flow=in_flow, style=style)


def _literal(raw: str, old: str, new: str, notation: Notation) -> str | None:
    """A literal block with other lines, when it can hold them under the same head."""
    head, _, body = raw.partition("\n")
    content = new.removesuffix("\n")
    same_end = old.endswith("\n") == new.endswith("\n")
    if not body or not same_end or not content or content[0].isspace() or content[-1].isspace():
        return None
    lines = content.split("\n")
    if not all(line.isprintable() for line in lines) or any(character.isdigit() for character in head):
        return None
    first = next(line for line in body.split("\n") if line.strip())
    indent = first[: len(first) - len(first.lstrip(" "))]
    return notation.newline.join((head.rstrip("\r"), *(indent + line if line else "" for line in lines)))


def _patched(raw: str, old: str, new: str) -> str | None:
    """Folded text with only the words exchanged that differ, so that its lines stay as they are."""
    start, shortest = 0, min(len(old), len(new))
    while start < shortest and old[start] == new[start]:
        start += 1
    end = 0
    while end < shortest - start and old[-1 - end] == new[-1 - end]:
        end += 1
    start = max(old.rfind(" ", 0, start), old.rfind("\n", 0, start)) + 1
    while end and not old[-end].isspace():
        end -= 1
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    if raw.count(before) != 1 or not after.isprintable() or not after or " " in (after[0], after[-1]):
        return None
    return raw.replace(before, after)
