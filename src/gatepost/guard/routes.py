"""From a method and a path to a route. What two programs could read differently is no path here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import unquote_to_bytes

import msgspec

from gatepost.errors import InvalidSetting, MethodNotAllowed, NoSuchRoute
from gatepost.guard.policy import Route
from gatepost.guard.visit import Check

MAX_PATH_BYTES = 2048
"""As it came, percent signs and all: longer than any path made of ids."""

# Escaped slashes and backslashes would move the border of a segment, escaped controls reach logs and file names.
_PLAIN_OR_ESCAPED = re.compile(rb"(?:[!-$&-\[\]-~]|%(?!2[fF]|5[cC]|[01]|7[fF])[0-9a-fA-F]{2})+")
_VALUE = r"(?!\.{1,2}(?:/|\Z))[^/\\\x00-\x1f\x7f-\x9f]{1,256}"
_NAME = re.compile(r"\{([a-z0-9_]+)\}")


@lru_cache(maxsize=1024)  # most requests go to a handful of paths
def decoded_path(raw: bytes) -> str:
    """Undo percent-encoding, once; for the doorway, before `Gate.route`.

    Raises NoSuchRoute for a path with an encoded slash, backslash or control character, with bytes that are no
    UTF-8, or of more than `MAX_PATH_BYTES`.
    """
    if len(raw) > MAX_PATH_BYTES or not _PLAIN_OR_ESCAPED.fullmatch(raw):
        raise NoSuchRoute
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise NoSuchRoute from None


class Matched(msgspec.Struct, frozen=True):
    """A route, the values of its named segments, and the checks that guard it."""

    route: Route
    checks: tuple[Check, ...]
    params: Mapping[str, str] = MappingProxyType({})


class _Template:
    """A path with named segments, and what is there by method."""

    def __init__(self, path: str) -> None:
        pieces = _NAME.split(path)  # literal, name, literal, name, ... literal
        pieces[::2] = map(re.escape, pieces[::2])
        pieces[1::2] = (f"(?P<{name}>{_VALUE})" for name in pieces[1::2])
        self.path = path
        self.match = re.compile("".join(pieces)).fullmatch
        self.by_method: dict[str, Matched] = {}

    def overlaps(self, other: _Template) -> bool:
        """Whether some path fits both; they have the same number of segments."""
        both = zip(self.path.split("/"), other.path.split("/"), strict=True)
        return all(mine == theirs or "{" in (mine[:1], theirs[:1]) for mine, theirs in both)


class RouteTable:
    """Every route with its checks. A path without names goes before one with names.

    Raises InvalidSetting when two routes, or two paths with names, would answer the same request.
    """

    def __init__(self, guarded: Iterable[tuple[Route, tuple[Check, ...]]]) -> None:
        self._static: dict[str, dict[str, Matched]] = {}
        self._templates: dict[int, list[_Template]] = {}  # by number of segments
        for route, checks in guarded:
            by_method = self._by_method(route.path)
            if route.method in by_method:
                raise InvalidSetting(f"{route.method} {route.path} is declared twice")
            by_method[route.method] = Matched(route, checks)

    def match(self, method: str, path: str) -> Matched:
        """Raises NoSuchRoute, or MethodNotAllowed naming what is allowed. A GET answers HEAD as well."""
        by_method = self._static.get(path)
        if by_method is not None:
            return _for_method(by_method, method)
        for template in self._templates.get(path.count("/"), ()):
            found = template.match(path)
            if found:
                matched = _for_method(template.by_method, method)
                return Matched(matched.route, matched.checks, found.groupdict())
        raise NoSuchRoute

    def _by_method(self, path: str) -> dict[str, Matched]:
        if "{" not in path:
            return self._static.setdefault(path, {})
        templates = self._templates.setdefault(path.count("/"), [])
        new = _Template(path)
        for template in templates:
            if template.path == path:
                return template.by_method
            if template.overlaps(new):
                raise InvalidSetting(f"{path} and {template.path} could answer the same request")
        templates.append(new)
        return new.by_method


def _for_method(by_method: Mapping[str, Matched], method: str) -> Matched:
    matched = by_method.get(method) or (by_method.get("GET") if method == "HEAD" else None)
    if matched is None:
        implied = {"HEAD"} if "GET" in by_method else set()
        raise MethodNotAllowed(tuple(sorted(by_method.keys() | implied)))
    return matched
