"""API keys as text: `gp_live_`, 30 random characters, and a checksum over all that comes before it.

The checksum lets a mistyped or made-up key be refused without a look-up, and lets scanners tell a key from a
random word. The length is not fixed for ever: what reads keys must take bodies of 30 to 255 characters.
"""

from __future__ import annotations

import re
import string
import zlib
from typing import Literal

from gatepost.clock import Clock
from gatepost.crypto.secret import Secret

Environment = Literal["live", "test"]

BODY_LENGTH = 30
"""Characters of a new key: 62**30 is 178 bits, so that a digest needs no slow hash."""

CHECKSUM_LENGTH = 6
"""Characters of a CRC32 in base 62."""

SHOWN_CHARACTERS = 4
"""Characters of the body that lists may show: enough to tell two keys apart, 24 bits of 178."""

SCANNER_RULE = r"\bgp_(?:live|test)_[0-9A-Za-z]{36,261}\b"
"""A regular expression that finds keys in text, for gitleaks, trufflehog and the like (RE2 syntax)."""

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SHAPE = re.compile(r"gp_(?:live|test)_[0-9A-Za-z]{36,261}")
_RANDOM_BYTES = 32  # 256 bits reduced to 178: the bias of the last digit is below 2**-77


def generate(clock: Clock, environment: Environment = "live") -> Secret[str]:
    number = int.from_bytes(clock.random_bytes(_RANDOM_BYTES), "big")
    key = f"gp_{environment}_{_base62(number, BODY_LENGTH)}"
    return Secret(key + _checksum(key))


def is_well_formed(text: str) -> bool:
    """Whether `text` has the shape of a key and its checksum fits; says nothing about such a key existing."""
    return _SHAPE.fullmatch(text) is not None and text[-CHECKSUM_LENGTH:] == _checksum(text[:-CHECKSUM_LENGTH])


def display_start(text: str) -> str:
    """The part of a key that may be stored and shown, such as `gp_live_3xYz`."""
    return text[: len("gp_live_") + SHOWN_CHARACTERS]


def _checksum(key: str) -> str:
    return _base62(zlib.crc32(key.encode()), CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    """The last `length` digits of `number` in base 62."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
