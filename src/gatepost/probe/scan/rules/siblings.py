"""What the operations beside one require of their callers: the pattern for one that requires too little."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import cast

from gatepost.probe.scan.edits import Change, Json, RemoveKey, ReplaceValue, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation
from gatepost.probe.scan.rules.audience import requires_nothing
from gatepost.probe.scan.rules.words import literals_of

_VERSION_SEGMENT_LENGTH = 3
"""Of the likes of `v1` and `v12`."""


def family(operation: Operation) -> str:
    """The first part of its path that says what it is about: `orders` of `/api/v1/orders/{id}`."""
    for part in literals_of(operation.path.lower()):
        is_version = part[0] == "v" and part[1:2].isdigit() and len(part) <= _VERSION_SEGMENT_LENGTH
        if not is_version and part not in ("api", "rest"):
            return part
    return ""


class Siblings:
    """What the protected operations of a description require, and which are open beside them."""

    def __init__(self, description: Description) -> None:
        self._description = description
        self._required: dict[tuple[str, str, bool], Counter[str]] = {}
        self._protected: dict[str, list[str]] = {}
        self._reads: dict[str, Counter[bool]] = {}
        for operation in description.operations:
            self._learn(operation)

    def _learn(self, operation: Operation) -> None:
        is_open = requires_nothing(operation)
        if not operation.is_write:
            self._reads.setdefault(family(operation), Counter())[is_open] += 1
        if not is_open:
            self._protected.setdefault(operation.path, []).append(operation.method)
        node = operation.security_node
        if node is not None and not operation.anonymous:
            written = json.dumps(node.plain())
            for circle in _circles(operation):
                self._required.setdefault(circle, Counter())[written] += 1

    def protected_methods(self, operation: Operation) -> list[str]:
        """The methods of its path that ask for a credential."""
        return self._protected.get(operation.path, [])

    def only_open_read(self, operation: Operation) -> bool:
        """Whether it is open, and every other read below the same first part of a path is protected."""
        reads = self._reads.get(family(operation), Counter())
        return reads[True] == 1 and reads[False] > 0

    def protect(self, operation: Operation) -> tuple[Change, ...]:
        """Makes an operation require what those nearest to it do; nothing when no scheme can be told."""
        required = self._nearest(operation) or self.default
        if required is None:
            return ()
        own = operation.node.at("security")
        if required == self._of_document:
            return (RemoveKey(own),) if own is not None else ()
        if own is not None:
            return (ReplaceValue(own, required),)
        return (SetKey(operation.node, "security", required),)

    @cached_property
    def default(self) -> Json:
        """What most operations require, else the only scheme there is; None when neither can be told."""
        every = sum((found for (kind, _, _), found in self._required.items() if kind == "any"), Counter[str]())
        if every:
            return cast(Json, json.loads(every.most_common(1)[0][0]))
        schemes = list(self._description.security_schemes)
        return [{schemes[0]: []}] if len(schemes) == 1 else None

    @cached_property
    def _of_document(self) -> Json:
        node = self._description.security_node
        return cast(Json, node.plain()) if node is not None else None

    def _nearest(self, operation: Operation) -> Json:
        for circle in _circles(operation):
            if circle in self._required:
                return cast(Json, json.loads(self._required[circle].most_common(1)[0][0]))
        return None


def _circles(operation: Operation) -> Iterator[tuple[str, str, bool]]:
    """Whom an operation is compared with, the nearest first; reads with reads and writes with writes."""
    yield "path", operation.path, operation.is_write
    for tag in operation.tags:
        yield "tag", tag, operation.is_write
    yield "family", family(operation), operation.is_write
    yield "any", "", operation.is_write
