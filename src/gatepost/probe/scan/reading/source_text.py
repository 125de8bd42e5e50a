"""From the bytes of a file to text that a YAML parser takes, without moving a character."""

from __future__ import annotations

import codecs
import re

from gatepost.errors import TooLarge
from gatepost.probe.scan.reading.node import Fault, Source

MAX_DOCUMENT_BYTES = 32 * 1024 * 1024
"""Bytes of one file: ten times the largest public descriptions; reading takes about half a second a mebibyte."""

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_UNREADABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\ufeff")
"""What YAML 1.2 section 5.1 does not let a document hold."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def decode(name: str, data: bytes, location: str = "") -> Source:
    """The text of a file. Raises TooLarge; what cannot be decoded is replaced and told as a fault."""
    if len(data) > MAX_DOCUMENT_BYTES:
        raise TooLarge(f"{name} has more than {MAX_DOCUMENT_BYTES // 1024**2} MiB")
    encoding = next((encoding for mark, encoding in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    try:
        return Source(name, data.decode(encoding), location=location, encoding=encoding)
    except UnicodeDecodeError as wrong:
        text = data.decode(encoding, errors="replace")
        source = Source(name, text, location=location, encoding=encoding, exact=False)
        offset = len(data[: wrong.start].decode(encoding, errors="replace"))
        source.faults.append(Fault("document-encoding", f"these bytes are not {encoding.upper()}", source, offset))
        return source


def parsable(source: Source) -> str:
    """The text as the parser takes it: as long as the original, so that every offset holds for both."""
    text = source.text
    found = _UNREADABLE.search(text)
    if found is not None:
        code = f"U+{ord(found.group()):04X}"
        source.faults.append(
            Fault("document-encoding", f"the character {code} may not stand here", source, found.start())
        )
        text = _UNREADABLE.sub("\ufffd", text)
    # YAML knows no pairs of surrogates; `surrogates_of` puts the real characters back.
    return _SURROGATE.sub(r"\\ufffd", text) if is_json(text) else text


def is_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")


def has_surrogates(raw: str) -> bool:
    """Whether a quoted string was changed by `parsable` and has to be decoded as JSON."""
    return _SURROGATE.search(raw) is not None
