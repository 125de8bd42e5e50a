"""What a key may do: `resource:verb[:topic-pattern]`, such as `notifications:send:orders.*`.

`*` as resource or verb stands for any. A scope without a topic pattern holds for every topic.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from gatepost import topics
from gatepost.errors import FieldError, InvalidField

MAX_SCOPES = 100
"""Scopes of one key: each request walks them, and nobody reviews a longer list."""

ANY = "*"

_WORD = re.compile(r"\*|[a-z][a-z0-9_-]{0,63}")


class Scope(msgspec.Struct, frozen=True):
    """One permission; `topic` is a pattern of `gatepost.topics`."""

    resource: str
    verb: str
    topic: str = ANY

    @classmethod
    def parse(cls, text: str) -> Scope:
        """Read `resource:verb` or `resource:verb:topic-pattern`; raises InvalidField for anything else."""
        resource, _, rest = text.partition(":")
        verb, colon, topic = rest.partition(":")
        if not colon:
            topic = ANY
        if _WORD.fullmatch(resource) and _WORD.fullmatch(verb) and topics.is_pattern(topic):
            return cls(resource, verb, topic)
        raise InvalidField("a scope reads resource:verb or resource:verb:topic-pattern")

    def __str__(self) -> str:
        return f"{self.resource}:{self.verb}" + ("" if self.topic == ANY else f":{self.topic}")

    def allows(self, resource: str, verb: str) -> bool:
        """Whether this scope speaks of `resource:verb`, on whichever topics."""
        return self.resource in (ANY, resource) and self.verb in (ANY, verb)

    def covers(self, other: Scope) -> bool:
        """Whether everything that `other` permits is permitted by this scope too."""
        return self.allows(other.resource, other.verb) and topics.covers(self.topic, other.topic)


def parse_all(texts: Iterable[str]) -> tuple[Scope, ...]:
    """Read a list of scopes, each once, in order; raises InvalidField naming every one that is wrong."""
    scopes: dict[Scope, None] = {}
    errors: list[FieldError] = []
    for index, text in enumerate(texts):
        try:
            scopes[Scope.parse(text)] = None
        except InvalidField as wrong:
            errors.append(FieldError(wrong.detail, f"/{index}"))
    if errors:
        raise InvalidField("a scope is not well formed", errors=tuple(errors))
    if len(scopes) > MAX_SCOPES:
        raise InvalidField(f"a key has at most {MAX_SCOPES} scopes")
    return tuple(scopes)
