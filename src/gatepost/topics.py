"""Topic names and the patterns that select them; scopes and subscriptions share one meaning.

A name is dot-separated segments of letters, digits, `_` and `-`: `orders.eu.created`.
In a pattern, `*` in the middle stands for exactly one segment; `*` at the end stands for one or more.
So `*` selects everything and `orders.*` everything below `orders`, but not `orders` itself.
"""

from __future__ import annotations

import re
from functools import lru_cache

MAX_LENGTH = 128
"""Characters in a topic, a type or a pattern: fits every index and every log line."""

NAME = r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\Z"
PATTERN = r"^(\*|[A-Za-z0-9_-]+)(\.(\*|[A-Za-z0-9_-]+))*\Z"

_is_pattern = re.compile(PATTERN).match


def is_pattern(text: str) -> bool:
    return len(text) <= MAX_LENGTH and _is_pattern(text) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    *init, last = pattern.split(".")
    parts = [r"[^.]+" if segment == "*" else re.escape(segment) for segment in init]
    parts.append(r".+" if last == "*" else re.escape(last))
    return re.compile(r"\.".join(parts))


def matches(pattern: str, name: str) -> bool:
    """Whether `pattern` selects `name`; both must be well formed."""
    return pattern in ("*", name) or _compiled(pattern).fullmatch(name) is not None


def covers(outer: str, inner: str) -> bool:
    """Whether every name that `inner` selects is selected by `outer` too (may say no when unsure, never yes)."""
    if outer in ("*", inner):
        return True
    *outer_init, outer_last = outer.split(".")
    inner_segments = inner.split(".")
    if len(inner_segments) < len(outer_init) + 1:
        return False
    if any(mine not in ("*", theirs) for mine, theirs in zip(outer_init, inner_segments, strict=False)):
        return False
    if outer_last == "*":
        return True
    return len(inner_segments) == len(outer_init) + 1 and inner_segments[-1] == outer_last
