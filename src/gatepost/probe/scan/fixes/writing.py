"""Values as text, in the notation of the file that they go into."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

from gatepost.probe.scan.edits import Json
from gatepost.probe.scan.fixes.notation import Notation
from gatepost.probe.scan.fixes.refusal import NotEditable
from gatepost.probe.scan.reading.node import Style
from gatepost.probe.scan.reading.scalars import plain_value

_PLAIN = re.compile(r"[A-Za-z/^$_(](?:(?!: |:$| #)[^\x00-\x1f\x7f])*(?<! )")
"""Strings that need no quotes, unless they are words of YAML. Others would do too, but not in every reader."""

_FLOW_INDICATORS = re.compile(r"[,\[\]{}]|:(?=[,\[\]{}\s\"'])")

_WORDS_OF_YAML_1_1 = frozenset({"y", "n", "yes", "no", "on", "off"})

_JSON_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")

_SHORT = frozenset('\b\t\n\f\r"\\')


def scalar(value: Json, notation: Notation, *, in_flow: bool, style: Style = Style.PLAIN) -> str:
    """A string, number, boolean or null; a string in `style` when that can hold it."""
    if isinstance(value, str):
        if notation.is_json:
            return _json_string(value, notation)
        return _string(value, notation, in_flow, style)
    if isinstance(value, float) and not math.isfinite(value):
        raise NotEditable("not every reader knows numbers without end")
    return json.dumps(value)


def line(value: Json, notation: Notation, *, in_flow: bool = True) -> str:
    """A value on one line; a collection in brackets."""
    if isinstance(value, dict):
        members = (f"{key(name, notation)}{_colon(notation)}{line(child, notation)}" for name, child in value.items())
        return f"{{{comma(notation).join(members)}}}"
    if isinstance(value, list):
        return f"[{comma(notation).join(line(child, notation) for child in value)}]"
    return scalar(value, notation, in_flow=in_flow)


def spread(value: Json, notation: Notation, indent: str) -> str:
    """JSON with a line for each member; `indent` is that of the line on which it begins."""
    if not value or not isinstance(value, dict | list):
        return line(value, notation)
    inner = indent + notation.unit
    if isinstance(value, dict):
        members = [f"{key(name, notation)}: {spread(child, notation, inner)}" for name, child in value.items()]
        return brackets("{}", members, notation, indent)
    return brackets("[]", [spread(child, notation, inner) for child in value], notation, indent)


def brackets(pair: str, members: list[str], notation: Notation, indent: str) -> str:
    """Members on lines of their own between brackets."""
    inner = notation.newline + indent + notation.unit
    return f"{pair[0]}{inner}{f',{inner}'.join(members)}{notation.newline}{indent}{pair[1]}"


def block(value: Json, notation: Notation, indent: int) -> str:
    """A collection that is not empty, by indentation; the first line is not indented, it has its place already."""
    return (notation.newline + " " * indent).join(block_lines(value, notation))


def block_lines(value: Json, notation: Notation) -> Iterator[str]:
    """The lines of a collection that is not empty, without the indentation of the whole."""
    if isinstance(value, dict):
        for name, child in value.items():
            yield from entry_lines(key(name, notation), child, notation)
    elif isinstance(value, list):
        for child in value:
            yield from item_lines(child, notation)


def entry_lines(written_key: str, value: Json, notation: Notation) -> Iterator[str]:
    """The lines of one entry of a block mapping."""
    if not value or not isinstance(value, dict | list):
        yield f"{written_key}: {line(value, notation, in_flow=False)}"
        return
    indent = notation.unit if isinstance(value, dict) else " " * notation.item_offset
    yield f"{written_key}:"
    for each in block_lines(value, notation):
        yield indent + each


def item_lines(value: Json, notation: Notation) -> Iterator[str]:
    """The lines of one element of a block sequence."""
    if not value or not isinstance(value, dict | list):
        yield f"- {line(value, notation, in_flow=False)}"
        return
    for number, each in enumerate(block_lines(value, notation)):
        yield ("  " if number else "- ") + each


def key(name: str, notation: Notation, style: Style | None = None) -> str:
    """A key, in the style of its neighbours when they are given."""
    if notation.is_json:
        return _json_string(name, notation)
    if style is Style.PLAIN and isinstance(plain_value(name), int) and not isinstance(plain_value(name), bool):
        return name  # a status beside other statuses without quotes
    if style in (Style.SINGLE, Style.DOUBLE):
        return scalar(name, notation, in_flow=True, style=style)
    return scalar(name, notation, in_flow=True)


def comma(notation: Notation) -> str:
    """What stands between members on one line."""
    return "," if notation.is_compact else ", "


def _colon(notation: Notation) -> str:
    return ":" if notation.is_compact else ": "


def is_plain(text: str, *, in_flow: bool) -> bool:
    """Whether every reader takes the text without quotes as this string."""
    if _PLAIN.fullmatch(text) is None or not text.isprintable() or not isinstance(plain_value(text), str):
        return False
    return text.lower() not in _WORDS_OF_YAML_1_1 and not (in_flow and _FLOW_INDICATORS.search(text))


def _string(text: str, notation: Notation, in_flow: bool, style: Style) -> str:
    if style is Style.PLAIN and is_plain(text, in_flow=in_flow):
        return text
    quote = style.value if style in (Style.SINGLE, Style.DOUBLE) else notation.quote
    if quote == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if quote == '"' or not text.isprintable():
        return f'"{"".join(map(_escaped, text))}"'
    return "'" + text.replace("'", "''") + "'"


def _escaped(character: str) -> str:
    if character in _SHORT:
        return json.dumps(character)[1:-1]
    code = ord(character)
    if 0xD800 <= code < 0xE000:
        raise NotEditable("YAML cannot hold half of a surrogate pair")
    if character.isprintable():
        return character
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_string(text: str, notation: Notation) -> str:
    written = json.dumps(text, ensure_ascii=notation.is_ascii)
    return _JSON_UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", written)
