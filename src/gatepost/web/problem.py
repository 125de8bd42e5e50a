"""Answers, and the one place that knows which HTTP status an error has."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from gatepost import errors
from gatepost.errors import GatepostError, Internal, MethodNotAllowed
from gatepost.guard.request import HeaderPairs

PROBLEM_TYPE = "application/problem+json"

STATUSES: Mapping[type[GatepostError], int] = MappingProxyType(
    {
        GatepostError: 500,
        errors.InvalidInput: 400,
        errors.UnknownField: 422,
        errors.InvalidField: 422,
        errors.IdempotencyMismatch: 422,
        errors.BatchRefused: 422,
        errors.RequestTimeout: 408,
        errors.UnsupportedMediaType: 415,
        errors.TooLarge: 413,
        errors.HeadersTooLarge: 431,
        errors.Unauthenticated: 401,
        errors.Forbidden: 403,
        errors.NotFound: 404,
        errors.MethodNotAllowed: 405,
        errors.Conflict: 409,
        errors.QuotaExceeded: 429,
        errors.Unavailable: 503,
        errors.StorageFull: 507,
        errors.AddressRefused: 422,
        errors.DeliveryFailed: 502,
        errors.DeliveryTimeout: 504,
        errors.ServiceError: 502,
        errors.InvalidSignature: 400,
    }
)
"""An error that is not named has the status of the nearest parent that is."""


class Answer(msgspec.Struct, frozen=True):
    """What goes back; content-length and the headers that every answer has are the doorway's to add."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: HeaderPairs = ()


def status_of(error: GatepostError) -> int:
    return next(STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES)


def document(error: GatepostError) -> dict[str, Any]:
    """The problem details of an error (RFC 9457 section 3) and our members: code, errors, retry_after (seconds).

    An error that has no business on the wire, such as StartRefused, shows as `internal` and nothing more.
    """
    status = status_of(error)
    if status == 500:
        error = Internal()
    members: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": status,
        "detail": error.detail,
        "code": error.code,
    }
    if error.errors:
        members["errors"] = [{"detail": one.detail, "pointer": one.pointer} for one in error.errors]
    if error.retry_after is not None:
        members["retry_after"] = error.retry_after
    return members


def problem(error: GatepostError, headers: HeaderPairs = (), **extensions: Any) -> Answer:
    """The answer that tells of an error; `extensions` are further members of the document (RFC 9457 section 3.2)."""
    members = document(error) | extensions
    if isinstance(error, MethodNotAllowed):
        headers = (*headers, (b"allow", ", ".join(error.allowed).encode()))
    if error.retry_after is not None:
        headers = (*headers, (b"retry-after", b"%d" % max(1, math.ceil(error.retry_after))))
    return Answer(members["status"], msgspec.json.encode(members), PROBLEM_TYPE, headers)
