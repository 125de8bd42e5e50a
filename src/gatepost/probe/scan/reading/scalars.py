"""What an unquoted scalar means: the core schema of YAML 1.2 (section 10.3.2), so that `no` and `on` stay words."""

from __future__ import annotations

import re

MAX_NUMBER_LENGTH = 128
"""Characters of one number: reading longer ones costs quadratic time, and nobody means them as numbers."""

_WORDS: dict[str, bool | float | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
    ".inf": float("inf"), ".Inf": float("inf"), ".INF": float("inf"),
    "+.inf": float("inf"), "+.Inf": float("inf"), "+.INF": float("inf"),
    "-.inf": float("-inf"), "-.Inf": float("-inf"), "-.INF": float("-inf"),
    ".nan": float("nan"), ".NaN": float("nan"), ".NAN": float("nan"),
}  # fmt: skip

_NUMBER = re.compile(
    r"(?P<integer>[-+]?[0-9]+)|0o(?P<octal>[0-7]+)|0x(?P<hexadecimal>[0-9a-fA-F]+)"
    r"|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
)
_NUMBER_STARTS = frozenset("+-.0123456789")


def plain_value(text: str) -> str | int | float | bool | None:
    """The value of an unquoted scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS or len(text) > MAX_NUMBER_LENGTH:
        return text
    match = _NUMBER.fullmatch(text)
    return text if match is None else _number(text, match)


def _number(text: str, match: re.Match[str]) -> int | float:
    if match["integer"] is not None:
        return int(text)
    if match["octal"] is not None:
        return int(match["octal"], 8)
    if match["hexadecimal"] is not None:
        return int(match["hexadecimal"], 16)
    return float(text)
