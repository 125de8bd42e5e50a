"""One request as the gate sees it, whoever sent it and whichever framework received it, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import msgspec

from gatepost import topics
from gatepost.errors import GatepostError, InvalidParameter
from gatepost.guard.policy import Route
from gatepost.guard.scopes import ANY, Scope

HeaderPairs = tuple[tuple[bytes, bytes], ...]


class Headers:
    """Header fields in the order they came; names are lower-case bytes, as ASGI gives them."""

    __slots__ = ("_last", "_pairs")

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        self._pairs = list(pairs)
        self._last = dict(self._pairs)

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    @property
    def size(self) -> int:
        """Bytes of all names and values together."""
        return sum(map(len, chain.from_iterable(self._pairs)))

    def one(self, name: str) -> str | None:
        """The value of a field that may come once; raises InvalidParameter when it came more often."""
        value = self._last.get(name.encode())
        if value is None:
            return None
        if len(self._last) != len(self._pairs) and len(self.all(name)) > 1:
            raise InvalidParameter(f"the header {name} is there more than once")
        return value.decode("latin-1")

    def all(self, name: str) -> list[str]:
        """Every value of a field, in order."""
        wanted = name.encode()
        return [value.decode("latin-1") for key, value in self._pairs if key == wanted]

    def __contains__(self, name: str) -> bool:
        return name.encode() in self._last

    def __repr__(self) -> str:
        return f"Headers({[name.decode('latin-1') for name in self._last]})"  # values may be credentials


class Request(msgspec.Struct, frozen=True):
    """The head of a request. The body is not here: it is read once the caller is known to be allowed to send one."""

    method: str
    path: str
    """Percent-decoded once; see `gatepost.guard.routes.decoded_path`."""

    query: str
    """As it came, without the question mark."""

    headers: Headers
    client: str
    """The address of the peer, or an empty string when the server does not know it."""


class Principal(msgspec.Struct, frozen=True):
    """Who is calling: a tenant, one of its keys, and what that key may do."""

    tenant: str
    key: str
    scopes: tuple[Scope, ...]
    until: int | None = None
    """When its credential ends by itself, in milliseconds since 1970 UTC; matters to what stays connected."""

    def may(self, resource: str, verb: str, topic: str | None = None) -> bool:
        """Whether `resource:verb` is permitted on `topic`; without one, whether it is permitted on every topic."""
        return any(
            scope.allows(resource, verb)
            and (scope.topic == ANY or (topic is not None and topics.matches(scope.topic, topic)))
            for scope in self.scopes
        )

    def may_on_some_topic(self, resource: str, verb: str) -> bool:
        """Whether `resource:verb` is permitted on at least one topic."""
        return any(scope.allows(resource, verb) for scope in self.scopes)

    def may_grant(self, scope: Scope) -> bool:
        """Whether a key with this scope could do nothing that the principal could not."""
        return any(own.covers(scope) for own in self.scopes)


ANONYMOUS = Principal(tenant="", key="", scopes=())
"""The principal of public routes: nobody, who may do nothing."""


class Admission(msgspec.Struct, frozen=True):
    """Every check passed; what the handler needs to know."""

    request: Request
    route: Route
    params: Mapping[str, str]
    """The named segments of the path."""

    query: Mapping[str, str]
    principal: Principal
    media_type: str
    """Of the body, without parameters; empty when none was named."""

    body: bytes

    @property
    def handler(self) -> Any:
        return self.route.handler


class Refusal(msgspec.Struct, frozen=True):
    """A check failed; later ones did not run."""

    error: GatepostError
    headers: HeaderPairs = ()


Decision = Admission | Refusal
