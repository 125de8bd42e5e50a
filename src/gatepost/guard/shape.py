"""Checks of the form of a request: its headers, query and body. None of them knows or cares who is calling."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from gatepost import ijson
from gatepost.errors import HeadersTooLarge, InvalidParameter, TooLarge, UnsupportedMediaType
from gatepost.guard.asks import ReadBody
from gatepost.guard.policy import NO_BODY, Bytes, Json
from gatepost.guard.request import Headers
from gatepost.guard.visit import Asking, Visit

MAX_HEADER_FIELDS = 100
"""Browsers behind two proxies send about 40."""

MAX_HEADER_BYTES = 16 * 1024
"""Names and values together; the largest legitimate part is a token or a cookie of 4 to 8 KiB."""

MAX_QUERY_LENGTH = 4096
"""Characters before decoding: dozens of filters, no payload."""

_MAX_LENGTH_DIGITS = 15  # of Content-Length: a petabyte, and safe to turn into a number
_QUERY_PART = re.compile(r"([^=&]+)=([^&]*)")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CHARSET = re.compile(r'\s*charset="?utf-8"?\s*', re.IGNORECASE)


def bounded_headers(visit: Visit) -> None:
    headers = visit.request.headers
    if len(headers) > MAX_HEADER_FIELDS:
        raise HeadersTooLarge(f"more than {MAX_HEADER_FIELDS} header fields")
    if headers.size > MAX_HEADER_BYTES:
        raise HeadersTooLarge(f"more than {MAX_HEADER_BYTES} bytes of headers")


class KnownQuery:
    """Every parameter of the query is well formed, known to the route, and there once."""

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known

    def __call__(self, visit: Visit) -> None:
        if visit.request.query:
            visit.query = self._parsed(visit.request.query)

    def _parsed(self, query: str) -> Mapping[str, str]:
        if len(query) > MAX_QUERY_LENGTH:
            raise InvalidParameter(f"the query is longer than {MAX_QUERY_LENGTH} characters")
        values: dict[str, str] = {}
        for part in query.split("&"):
            name, value = _query_part(part)
            if name not in self._known:
                raise InvalidParameter(f"the query parameter {name[:64]!r} is not known here")
            if name in values:
                raise InvalidParameter(f"the query parameter {name} is there more than once")
            values[name] = value
        return values


def _query_part(part: str) -> tuple[str, str]:
    found = _QUERY_PART.fullmatch(part)
    if found is None:
        raise InvalidParameter("the query is not a list of name=value, joined by `&`")
    return _query_text(found[1]), _query_text(found[2])


def _query_text(text: str) -> str:
    """One name or value, percent-decoded (WHATWG URL section 5.1: `+` is a space)."""
    try:
        decoded = unquote_to_bytes(text.replace("+", " ").encode("latin-1")).decode()
    except UnicodeError:
        raise InvalidParameter("the query is not UTF-8") from None
    if _BAD_ESCAPE.search(text) or _CONTROL.search(decoded):
        raise InvalidParameter("the query has a broken percent sign or a control character")
    return decoded


class AnnouncedBody:
    """What the headers say of the body fits the route: refused before a byte of it is read."""

    def __init__(self, body: Json | Bytes | None) -> None:
        self._max_bytes = body.max_bytes if body else 0
        self._media_types = body.media_types if body else ()
        self._optional = body is NO_BODY or body.optional

    def __call__(self, visit: Visit) -> None:
        headers = visit.request.headers
        length = _announced_length(headers)
        if not self._media_types and (length or "transfer-encoding" in headers):
            raise TooLarge("there is no body here")
        if length is not None and length > self._max_bytes:
            raise TooLarge(f"a body may have {self._max_bytes} bytes here")
        if "content-encoding" in headers:
            raise UnsupportedMediaType("send the body without a content encoding")
        if self._media_types:
            visit.media_type = self._media_type(headers.one("content-type"))

    def _media_type(self, value: str | None) -> str:
        if value in self._media_types:
            return value
        if value is None and self._optional:
            return ""
        name, _, parameter = (value or "").partition(";")
        name = name.strip().lower()
        if name not in self._media_types or not (parameter == "" or _CHARSET.fullmatch(parameter)):
            raise UnsupportedMediaType(f"send {' or '.join(self._media_types)}, in UTF-8")
        return name


def _announced_length(headers: Headers) -> int | None:
    """Content-Length as a number, or None when the length is not known beforehand."""
    text = headers.one("content-length")
    if text is None:
        return None
    if "transfer-encoding" in headers:
        raise InvalidParameter("content-length and transfer-encoding exclude each other (RFC 9112 section 6.2)")
    if not (text.isascii() and text.isdigit()):
        raise InvalidParameter("content-length is not a number of bytes")
    if len(text) > _MAX_LENGTH_DIGITS:
        raise TooLarge(f"content-length has more than {_MAX_LENGTH_DIGITS} digits")
    return int(text)


class WholeBody:
    """The body is there, all of it, and no longer than the route allows."""

    def __init__(self, body: Json | Bytes) -> None:
        self._max_bytes = body.max_bytes
        self._ask = ReadBody(body.max_bytes)

    def __call__(self, visit: Visit) -> Asking:
        body: bytes = yield self._ask
        if len(body) > self._max_bytes:
            raise TooLarge(f"a body may have {self._max_bytes} bytes here")
        if body and not visit.media_type:
            raise UnsupportedMediaType("say what the body is: content-type is missing")
        visit.body = body


class StrictJson:
    """The body is I-JSON: every parser will read the same from it."""

    def __init__(self, body: Json) -> None:
        self._optional = body.optional

    def __call__(self, visit: Visit) -> None:
        if visit.body or not self._optional:
            ijson.scan(visit.body)
