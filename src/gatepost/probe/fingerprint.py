"""What makes a finding the same finding after the document was edited."""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePosixPath
from urllib.parse import urlsplit

FINGERPRINT_BYTES = 16
"""Enough that two of a million findings do not meet by chance."""

_NAMED_MEMBERS = frozenset(
    {"responses", "properties", "patternProperties", "definitions", "schemas", "$defs", "dependentSchemas"}
)
"""What lies under these is named by the author, so that `404` there is a name and not a place in a list."""


def fingerprint(rule: str, file: str, pointer: str, detail: str) -> str:
    """Names a finding by what it is about, in hex.

    It stays the same when lines move, keys are reordered, a list grows, or the folder is another one: it holds no
    line and no folder, and a number in `pointer` that is a place in a list does not count. Two findings of one rule
    in one list therefore need a `detail` that tells them apart, such as the name of the parameter.
    """
    identity = [rule, _file_name(file), _without_places(pointer), " ".join(detail.split())]
    digest = hashlib.sha256(json.dumps(identity).encode())
    return digest.digest()[:FINGERPRINT_BYTES].hex()


def _file_name(file: str) -> str:
    path = urlsplit(file).path if "://" in file else file.replace("\\", "/")
    return PurePosixPath(path).name


def _without_places(pointer: str) -> str:
    segments = pointer.split("/")
    parents = ["", *segments]
    return "/".join(
        "*" if segment.isdecimal() and parent not in _NAMED_MEMBERS else segment
        for parent, segment in zip(parents, segments, strict=False)
    )
