"""Problem documents: RFC 9457 members for every error of the tree, and a status for each."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from gatepost.errors import (
    BacklogFull,
    DataDirectoryUnsafe,
    FieldError,
    GatepostError,
    Internal,
    InvalidField,
    MethodNotAllowed,
    QuotaExceeded,
    ServiceError,
    every_error,
)
from gatepost.web.problem import PROBLEM_TYPE, Answer, document, problem

MAKERS: dict[type[GatepostError], Any] = {
    MethodNotAllowed: lambda: MethodNotAllowed(("GET", "HEAD")),
    ServiceError: lambda: ServiceError("no", status=400, problem_code="x"),
}
ERRORS = list(every_error())


def one_of(kind: type[GatepostError]) -> GatepostError:
    error: GatepostError = MAKERS.get(kind, kind)()
    return error


def body(answer: Answer) -> dict[str, Any]:
    members: dict[str, Any] = json.loads(answer.body)
    return members


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_becomes_a_problem_document(kind: type[GatepostError]) -> None:
    answer = problem(one_of(kind))
    members = body(answer)
    assert answer.media_type == PROBLEM_TYPE
    assert set(members) == {"type", "title", "status", "detail", "code"}
    assert members["status"] == answer.status
    assert 400 <= answer.status <= 599
    assert members["type"] == f"/problems/{members['code']}"
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", members["code"])
    assert all(isinstance(members[name], str) and members[name] for name in ("type", "title", "detail", "code"))


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_says_its_own_code_unless_it_is_nobodys_business(kind: type[GatepostError]) -> None:
    answer = problem(one_of(kind))
    assert body(answer)["code"] == (Internal.code if answer.status == 500 else kind.code)


STATUSES = {
    "malformed-json": 400, "duplicate-member": 400, "invalid-parameter": 400, "unknown-field": 422,
    "invalid-field": 422, "idempotency-mismatch": 422, "batch-refused": 422, "request-timeout": 408,
    "unsupported-media-type": 415, "too-large": 413, "headers-too-large": 431, "unauthenticated": 401,
    "insufficient-scope": 403,
    "tenant-suspended": 403, "not-found": 404, "no-such-route": 404, "method-not-allowed": 405, "id-conflict": 409,
    "quota-exceeded": 429, "backlog-full": 503, "stopping": 503, "storage-full": 507, "internal": 500,
    "address-refused": 422, "start-refused": 500,
}  # fmt: skip


@pytest.mark.parametrize(("code", "status"), STATUSES.items())
def test_statuses(code: str, status: int) -> None:
    kind = next(error for error in ERRORS if error.code == code)
    assert problem(one_of(kind)).status == status


def test_what_went_wrong_inside_stays_inside() -> None:
    answer = problem(DataDirectoryUnsafe("/var/lib/gatepost can be read by others"))
    assert b"/var/lib" not in answer.body
    assert body(answer)["detail"] == Internal.title


def test_fields_and_waiting_are_told() -> None:
    error = InvalidField("two fields", errors=(FieldError("too long", "/topic"), FieldError("missing", "/type")))
    assert document(error)["errors"] == [
        {"detail": "too long", "pointer": "/topic"},
        {"detail": "missing", "pointer": "/type"},
    ]
    assert document(QuotaExceeded(retry_after=0.25))["retry_after"] == 0.25


@pytest.mark.parametrize(("seconds", "header"), [(0.0, b"1"), (0.001, b"1"), (1.0, b"1"), (1.001, b"2"), (60.0, b"60")])
def test_retry_after_is_whole_seconds_and_never_too_early(seconds: float, header: bytes) -> None:
    assert problem(QuotaExceeded(retry_after=seconds)).headers == ((b"retry-after", header),)
    assert problem(BacklogFull(retry_after=seconds)).headers == ((b"retry-after", header),)


def test_405_names_what_is_allowed() -> None:
    assert problem(MethodNotAllowed(("GET", "HEAD"))).headers == ((b"allow", b"GET, HEAD"),)


def test_headers_and_further_members_are_added() -> None:
    answer = problem(InvalidField(), ((b"x-a", b"b"),), results=[1, 2])
    assert answer.headers == ((b"x-a", b"b"),)
    assert body(answer)["results"] == [1, 2]
