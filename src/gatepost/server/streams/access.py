"""What a listener may hear, and what it may be called."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gatepost import topics
from gatepost.errors import Forbidden, InsufficientScope, InvalidParameter
from gatepost.guard.request import Headers, Principal
from gatepost.guard.scopes import Scope
from gatepost.notify.endpoint import MAX_PATTERNS

_NAME = re.compile(r"[A-Za-z0-9_.:@-]{1,128}")


def checked_patterns(principal: Principal, wanted: Iterable[str]) -> tuple[str, ...]:
    """The topics to listen to, in one order whatever the order they came in, so that equal wishes are one group.

    Raises `InvalidParameter` or `InsufficientScope`.
    """
    patterns = tuple(sorted(set(wanted)))
    if not 0 < len(patterns) <= MAX_PATTERNS or not all(map(topics.is_pattern, patterns)):
        raise InvalidParameter(f"topic: 1 to {MAX_PATTERNS} topics or patterns")
    require_read(principal, patterns)
    return patterns


def require_read(principal: Principal, patterns: Iterable[str]) -> None:
    for pattern in patterns:
        if not principal.may_grant(Scope("notifications", "read", pattern)):
            raise InsufficientScope(f"the key lacks notifications:read for {pattern}")


def require_subscription(principal: Principal, patterns: Iterable[str]) -> None:
    """To listen by a durable subscription moves its place on: that takes more than to read its topics."""
    require_read(principal, patterns)
    if not principal.may("subscriptions", "write"):
        raise InsufficientScope("the key lacks subscriptions:write")


def checked_name(text: str) -> str:
    if text and not _NAME.fullmatch(text):
        raise InvalidParameter("name: 1 to 128 letters, digits and _.:@-")
    return text


def require_own_page(headers: Headers, allowed: tuple[str, ...]) -> None:
    """A browser lets any page open a WebSocket to anywhere, so the page's origin is checked here. Raises `Forbidden`.

    What is no browser sends no origin; a page that came from this very host may.
    """
    origin = headers.one("origin")
    if origin is None or origin in allowed:
        return
    scheme, _, host = origin.partition("://")
    if scheme not in ("http", "https") or host.lower() != (headers.one("host") or "").lower():
        raise Forbidden("pages of this origin may not listen here; the setting stream_origins allows them")
