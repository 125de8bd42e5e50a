"""What a route demands, said once where the route is declared. Everything unsafe is refused when it is built."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from gatepost.errors import InvalidField, InvalidSetting
from gatepost.guard.scopes import ANY, Scope

PUBLIC: Final = "public"
"""The scope of a route that anyone may call: no credential is read, none is refused."""

ANY_KEY: Final = "any-key"
"""The scope of a route for every key in force, whatever its scopes: it may tell the key about itself, and no more."""

NO_BODY: Final = None
"""The body of a route that takes none; a request that brings one is refused."""

MAX_BODY_BYTES = 64 * 1024 * 1024
"""No route reads more: bodies are held in memory, whole, one a connection."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
METHODS_WITHOUT_BODY = frozenset({"GET", "HEAD"})

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
_QUERY_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_SEGMENT = re.compile(r"\{[a-z][a-z0-9_]*\}|(?!\.{1,2}\Z)[A-Za-z0-9._~@:-]+")


class Bytes(msgspec.Struct, frozen=True):
    """A body kept as it came, of one of these media types."""

    max_bytes: int
    media_types: tuple[str, ...]
    optional: bool = False
    """Whether a request without any body is taken too."""

    def __post_init__(self) -> None:
        _check_size(self.max_bytes)
        if not self.media_types or not all(_MEDIA_TYPE.fullmatch(name) for name in self.media_types):
            raise InvalidSetting("a body needs its media types, in lower case and without parameters")


class Json(msgspec.Struct, frozen=True):
    """A body that passed `gatepost.ijson.scan`, kept as it came."""

    max_bytes: int
    optional: bool = False
    """Whether a request without any body is taken too."""

    def __post_init__(self) -> None:
        _check_size(self.max_bytes)

    @property
    def media_types(self) -> tuple[str, ...]:
        return ("application/json",)


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Who may call a route, with what. Raises InvalidSetting for a policy that would not protect.

    `scope` is `resource:verb`, ANY_KEY or PUBLIC. A key whose scopes hold for some topics only is refused, unless
    `by_topic` promises that the handler asks `Principal.may` about each topic it touches.
    """

    scope: str
    body: Json | Bytes | None = NO_BODY
    query: frozenset[str] = frozenset()
    by_topic: bool = False
    stream_token: bool = False
    """Whether a stream token in the query (`token`) does instead of an API key."""

    def __post_init__(self) -> None:
        if self.scope not in (PUBLIC, ANY_KEY):
            _check_scope(self.scope)
        elif self.by_topic:
            raise InvalidSetting("a route that demands no scope has no topics to ask about")
        if not all(_QUERY_NAME.fullmatch(name) for name in self.query):
            raise InvalidSetting("a query parameter has a name of letters, digits, `_`, `.` and `-`")


class Route(msgspec.Struct, frozen=True):
    """One method on one path such as `/v1/endpoints/{id}`; `handler` is whatever the doorway's owner runs."""

    method: str
    path: str
    policy: Policy
    handler: Any

    def __post_init__(self) -> None:
        if not isinstance(self.policy, Policy):
            raise InvalidSetting(f"{self.method} {self.path} has no policy")
        if self.method not in METHODS:
            raise InvalidSetting(f"{self.method} {self.path}: the method is none of {', '.join(sorted(METHODS))}")
        if self.method in METHODS_WITHOUT_BODY and self.policy.body is not NO_BODY:
            raise InvalidSetting(
                f"{self.method} {self.path}: a body of this method means nothing (RFC 9110 section 9.3)"
            )
        _check_path(self.path)


def _check_size(max_bytes: int) -> None:
    if not 0 < max_bytes <= MAX_BODY_BYTES:
        raise InvalidSetting(f"a body is bounded, between 1 and {MAX_BODY_BYTES} bytes")


def _check_scope(text: str) -> None:
    try:
        scope = Scope.parse(text)
    except InvalidField:
        raise InvalidSetting("a policy names the scope it demands, ANY_KEY or PUBLIC") from None
    if ANY in (scope.resource, scope.verb) or scope.topic != ANY:
        raise InvalidSetting("a policy demands one resource and one verb; `*` and topics belong to keys")


def _check_path(path: str) -> None:
    segments = path[1:].split("/") if path != "/" else []
    if not path.startswith("/") or not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise InvalidSetting(f"{path} is not a path of plain segments and {{names}}")
    names = [segment for segment in segments if segment.startswith("{")]
    if len(names) != len(set(names)):
        raise InvalidSetting(f"{path} uses a name twice")
