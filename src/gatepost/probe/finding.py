"""What a probe found: where, how bad, how sure, and what to do about it."""

from __future__ import annotations

import enum
from typing import Self

from msgspec import Struct


class _Level(enum.IntEnum):
    """Levels that are written in lower case."""

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, text: str) -> Self:
        """The level of that name; raises ValueError."""
        try:
            return cls[text.upper()]
        except KeyError:
            raise ValueError(f"{text!r} is none of {', '.join(map(str, cls))}") from None


class Severity(_Level):
    """How much harm follows when the weakness is used."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Confidence(_Level):
    """How sure it is that this is a weakness and not a custom of the house."""

    TENTATIVE = 0
    FIRM = 1
    CERTAIN = 2


class Edit(Struct, frozen=True):
    """One splice of a file's text: the characters from `start` up to `end` become `text`."""

    file: str
    start: int
    end: int
    text: str
    guess: bool
    """Whether a person has to confirm the value: nothing in the document forces it."""


class Finding(Struct, frozen=True):
    """One weakness at one place, with every operation it reaches."""

    rule: str
    severity: Severity
    confidence: Confidence
    owasp: str
    """A category of the OWASP API Security Top 10, such as `API1:2023`."""
    cwe: int
    title: str
    message: str
    remediation: str
    file: str
    line: int
    """Counted from 1, as is `column`."""
    column: int
    pointer: str
    """A JSON Pointer (RFC 6901) into `file`."""
    operations: tuple[str, ...]
    """Such as `GET /users/{id}`."""
    fixable: bool
    fingerprint: str
    excerpt: str = ""
    """The line of source that holds the place."""
    edits: tuple[Edit, ...] = ()
    rank: tuple[int, ...] = ()
    """Sort key: the finding that is easiest to exploit comes first."""
    actionable: bool = True
    """Whether it is shown without `--strict`."""
