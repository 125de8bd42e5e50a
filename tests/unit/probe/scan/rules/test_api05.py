"""Which functions ask for too little, and which should not be there."""

from __future__ import annotations

import pytest

from gatepost.probe.finding import Confidence, Severity
from tests.unit.probe.scan.describing import findings

SCHEMES = """
openapi: 3.1.0
components:
  securitySchemes:
    login:
      type: oauth2
      flows: {clientCredentials: {tokenUrl: https://a.example/t, scopes: {"a:read": Read, "a:write": Write}}}
    key: {type: http, scheme: bearer}
"""


def _write(path: str, scopes: str, method: str = "post") -> str:
    return f"{SCHEMES}paths: {{{path}: {{{method}: {{security: [{{login: [{scopes}]}}]}}}}}}"


@pytest.mark.parametrize("scopes", ["'a:read'", "'a:read', 'b.readonly'", "viewer"])
def test_a_write_for_readers_is_found(scopes: str) -> None:
    assert findings(_write("/a", scopes), "api5-read-scope-on-write")


@pytest.mark.parametrize("scopes", ["'a:write'", "'a:read', 'a:write'", "'a:read_write'", "threads"])
def test_a_scope_that_also_writes_is_enough(scopes: str) -> None:
    assert findings(_write("/a", scopes), "api5-read-scope-on-write") == []


@pytest.mark.parametrize("path", ["/a/search", "/quotes/preview", "/login"])
def test_a_post_that_only_asks_needs_no_scope_to_write(path: str) -> None:
    assert findings(_write(path, "'a:read'"), "api5-read-scope-on-write") == []
    assert findings(_write(path, ""), "api5-no-scope-on-write") == []


def test_a_scheme_without_scopes_cannot_ask_for_one() -> None:
    text = f"{SCHEMES}paths: {{/a: {{post: {{security: [{{key: []}}]}}}}}}"

    assert findings(text, "api5-no-scope-on-write") == []


def test_a_default_that_only_reads_is_one_finding_for_all_writes() -> None:
    text = f"{SCHEMES}security: [{{login: ['a:read']}}]\npaths: {{/a: {{post: {{}}, put: {{}}}}, /b: {{delete: {{}}}}}}"

    (found,) = findings(text, "api5-read-scope-on-write")

    assert found.pointer == "/security/0/login"
    assert len(found.operations) == 3


def test_administration_is_compared_with_what_is_not() -> None:
    paths = "/a: {get: {}}, /admin/a: {get: {}}, /admin/b: {get: {}}, /badminton: {get: {}}"
    (found,) = findings(f"{SCHEMES}security: [{{key: []}}]\npaths: {{{paths}}}", "api5-admin-like-everybody")

    assert found.operations == ("GET /admin/a", "GET /admin/b")
    assert found.severity is Severity.HIGH


def test_where_one_key_is_all_there_is_nobody_can_tell() -> None:
    scheme = "openapi: 3.1.0\ncomponents: {securitySchemes: {key: {type: http, scheme: bearer}}}\n"
    text = f"{scheme}security: [{{key: []}}]\npaths: {{/a: {{get: {{}}}}, /admin: {{get: {{}}}}}}"

    (found,) = findings(text, "api5-admin-like-everybody")

    assert (found.severity, found.confidence) == (Severity.MEDIUM, Confidence.TENTATIVE)


@pytest.mark.parametrize("path", ["/debug/pprof", "/api/v1/actuator/env", "/internal/x", "/v2/test/reset"])
def test_paths_for_insiders_are_found(path: str) -> None:
    assert findings(f"openapi: 3.1.0\npaths: {{{path}: {{get: {{}}}}}}", "api5-debug-path")


@pytest.mark.parametrize("path", ["/tests/{id}", "/hooks/{id}/test", "/orders/{id}/trace", "/international"])
def test_paths_that_only_look_alike_are_not(path: str) -> None:
    assert findings(f"openapi: 3.1.0\npaths: {{'{path}': {{get: {{}}}}}}", "api5-debug-path") == []


def _get(path: str, operation: str, summary: str) -> str:
    return f"openapi: 3.1.0\npaths: {{{path}: {{get: {{operationId: {operation}, summary: {summary}}}}}}}"


@pytest.mark.parametrize(
    ("path", "operation", "summary"),
    [
        ("/records/delete", "deleteRecords", "Delete the records"),
        ("/users/deactivate", "users_deactivate", "Deactivate a user"),
        ("/x", "resetCounters", "Reset the counters"),
    ],
)
def test_a_get_that_says_twice_that_it_changes_something_is_shown(path: str, operation: str, summary: str) -> None:
    (found,) = findings(_get(path, operation, summary), "api5-state-changing-get")

    assert found.actionable


@pytest.mark.parametrize(
    ("path", "operation", "summary"),
    [("/updates", "listUpdates", "List updates"), ("/x/start", "getStart", "Start page"), ("/a", "addresses", "All")],
)
def test_a_get_that_reads_is_left_alone(path: str, operation: str, summary: str) -> None:
    assert findings(_get(path, operation, summary), "api5-state-changing-get") == []


def test_one_verb_alone_may_be_a_noun() -> None:
    (found,) = findings(_get("/a", "importJobs", "Jobs of the night"), "api5-state-changing-get")

    assert not found.actionable
