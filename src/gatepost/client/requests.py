"""The requests of the API, from their parts."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import UNSET

from gatepost.client.wire import Listing, Request

JSON = ("content-type", "application/json")


def get(path: str) -> Request:
    return Request("GET", path)


def post(path: str, body: dict[str, Any] | None = None, *, repeatable: bool = False) -> Request:
    if body is None:
        return Request("POST", path, repeatable=repeatable)
    return Request("POST", path, (JSON,), body_of(body), repeatable=repeatable)


def listing(path: str, query: dict[str, str | None], read: Any) -> Listing[Any]:
    """A list, asked for by the parameters that were given."""
    given = {name: value for name, value in query.items() if value is not None}
    return Listing(path, given, read)


def body_of(fields: dict[str, Any]) -> bytes:
    """The fields that were given, as JSON."""
    return msgspec.json.encode({name: value for name, value in fields.items() if value is not UNSET})


def path_of(*segments: str) -> str:
    """The path of an address of the API; whatever a segment holds, it stays one segment."""
    return "/v1/" + "/".join(quote(segment, safe="") for segment in segments)
