from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatepost.errors import InvalidSetting
from gatepost.guard import ANY_KEY, PUBLIC, Bytes, Json, Policy, Route
from gatepost.guard.policy import MAX_BODY_BYTES

READ = Policy(scope="keys:read")
WRITE = Policy(scope="keys:write", body=Json(10))

UNSAFE: dict[str, Callable[[], Any]] = {
    "no scope": lambda: Policy(scope=""),
    "a word that is no scope": lambda: Policy(scope="anyone"),
    "every resource": lambda: Policy(scope="*:read"),
    "every verb": lambda: Policy(scope="keys:*"),
    "a topic": lambda: Policy(scope="notifications:send:orders.*"),
    "topics of nobody": lambda: Policy(scope=PUBLIC, by_topic=True),
    "topics without a scope": lambda: Policy(scope=ANY_KEY, by_topic=True),
    "a query name with a space": lambda: Policy(scope=PUBLIC, query=frozenset({"a b"})),
    "an unbounded body": lambda: Json(0),
    "a negative bound": lambda: Bytes(-1, ("text/plain",)),
    "a boundless bound": lambda: Json(MAX_BODY_BYTES + 1),
    "bytes of any type": lambda: Bytes(10, ()),
    "a media type with a wildcard": lambda: Bytes(10, ("*/*",)),
    "a media type with a parameter": lambda: Bytes(10, ("text/plain; charset=utf-8",)),
    "a media type in capitals": lambda: Bytes(10, ("Text/Plain",)),
    "a route without a policy": lambda: Route("GET", "/", None, None),  # type: ignore[arg-type]
    "a method nobody knows": lambda: Route("FETCH", "/", READ, None),
    "a method in small letters": lambda: Route("get", "/", READ, None),
    "a preflight of one's own": lambda: Route("OPTIONS", "/", READ, None),
    "a body on GET": lambda: Route("GET", "/", WRITE, None),
    "no path": lambda: Route("GET", "", READ, None),
    "a relative path": lambda: Route("GET", "v1", READ, None),
    "an empty segment": lambda: Route("GET", "/v1//keys", READ, None),
    "a slash at the end": lambda: Route("GET", "/v1/", READ, None),
    "a way up": lambda: Route("GET", "/v1/../keys", READ, None),
    "an escape": lambda: Route("GET", "/v1%2Fkeys", READ, None),
    "half a name": lambda: Route("GET", "/v1/{id", READ, None),
    "a name within a segment": lambda: Route("GET", "/v1/key-{id}", READ, None),
    "a name twice": lambda: Route("GET", "/{id}/{id}", READ, None),
}


@pytest.mark.parametrize("build", UNSAFE.values(), ids=UNSAFE.keys())
def test_what_would_not_protect_is_refused_when_it_is_built(build: Callable[[], Any]) -> None:
    with pytest.raises(InvalidSetting):
        build()


@pytest.mark.parametrize("path", ["/", "/v1/keys", "/v1/keys/{id}/rotate", "/.well-known/security.txt", "/{a}/{b_2}"])
def test_paths(path: str) -> None:
    assert Route("GET", path, READ, "handler").handler == "handler"
