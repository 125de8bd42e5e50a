"""Which open operations are a finding, and which are open by design."""

from __future__ import annotations

import pytest

from gatepost.probe.finding import Finding, Severity
from gatepost.probe.scan.edits import RemoveKey, SetKey
from gatepost.probe.scan.rules.api02 import openness
from tests.unit.probe.scan.describing import description, findings

SCHEME = "components: {securitySchemes: {key: {type: http, scheme: bearer}}}\n"
CLOSED = f"openapi: 3.0.3\nsecurity: [{{key: []}}]\n{SCHEME}"
RULES = {
    "api2-no-security-scheme",
    "api2-no-global-auth",
    "api2-auth-differs",
    "api2-write-without-auth",
    "api2-read-without-auth",
    "api2-open-password-reset",
}


def opened(text: str) -> list[Finding]:
    return [finding for finding in findings(text) if finding.rule in RULES]


def test_what_nobody_thought_of_is_one_finding_however_many_operations_it_opens() -> None:
    paths = "".join(f"  /a{number}: {{post: {{}}, get: {{}}}}\n" for number in range(20))

    (found,) = opened(f"openapi: 3.0.3\n{SCHEME}paths:\n{paths}")

    assert (found.rule, found.pointer, len(found.operations)) == ("api2-no-global-auth", "", 40)
    assert found.severity is Severity.HIGH
    assert found.actionable


def test_reads_left_open_are_less_grave_than_writes() -> None:
    (found,) = opened(f"openapi: 3.0.3\n{SCHEME}paths: {{/a: {{get: {{}}}}, /b: {{get: {{}}}}}}")

    assert found.severity is Severity.MEDIUM


def test_a_document_without_any_scheme_is_one_finding() -> None:
    (found,) = opened("swagger: '2.0'\npaths: {/a: {get: {}, post: {}}}")

    assert (found.rule, found.operations) == ("api2-no-security-scheme", ("GET /a", "POST /a"))


@pytest.mark.parametrize(
    "operation",
    [
        "/login: {post: {security: []}}",
        "/v1/health: {get: {security: []}}",
        "/.well-known/jwks.json: {get: {security: []}}",
        "/oauth/token: {post: {security: []}}",
        "/hooks/stripe: {post: {security: [], parameters: [{name: Stripe-Signature, in: header}]}}",
        "/password-reset: {post: {security: [], parameters: [{name: email, in: query}]}}",
    ],
)
def test_what_is_meant_for_everybody_is_not_found(operation: str) -> None:
    assert opened(f"{CLOSED}paths: {{/a: {{post: {{}}}}, {operation}}}") == []


@pytest.mark.parametrize(
    ("paths", "rule"),
    [
        ("{'/a/{id}': {put: {}, delete: {security: []}}}", "api2-auth-differs"),
        ("{'/a/{id}': {put: {}}, '/b/{id}': {delete: {security: []}}}", "api2-write-without-auth"),
        ("{'/a/{id}': {put: {}}, '/b/{id}': {delete: {security: [{}]}}}", "api2-write-without-auth"),
        ("{/a: {get: {}}, '/a/{id}': {get: {security: []}}}", "api2-read-without-auth"),
        ("{/a: {get: {}}, /reset-password: {post: {security: []}}}", "api2-open-password-reset"),
    ],
)
def test_one_open_operation_is_one_finding(paths: str, rule: str) -> None:
    (found,) = opened(f"{CLOSED}paths: {paths}")

    assert found.rule == rule
    assert found.actionable
    assert found.fixable


def test_reads_that_are_public_on_purpose_are_shown_to_the_strict_only() -> None:
    public = f"{CLOSED}paths: {{/a: {{get: {{security: []}}}}, '/a/{{id}}': {{get: {{security: []}}, put: {{}}}}}}"

    assert [finding.actionable for finding in opened(public)] == [False, False]


def test_the_one_operation_that_was_forgotten_is_shown_by_itself() -> None:
    paths = "{/a: {post: {security: [{key: []}]}}, /b: {post: {}}}"

    (found,) = [each for each in opened(f"openapi: 3.0.3\n{SCHEME}paths: {paths}") if each.actionable]

    assert (found.rule, found.pointer) == ("api2-write-without-auth", "/paths/~1b/post")


def test_the_default_is_required_by_taking_the_exception_away() -> None:
    document = description(f"{CLOSED}paths: {{/a: {{put: {{}}, delete: {{security: []}}}}}}")

    (hit,) = openness.auth_differs(document)

    (change,) = hit.fix
    assert isinstance(change, RemoveKey)
    assert change.place.pointer == "/paths/~1a/delete/security"


def test_a_default_leaves_open_what_is_open_by_design() -> None:
    paths = "{/a: {post: {}}, /b: {post: {}}, /health: {get: {}}}"
    document = description(f"openapi: 3.0.3\n{SCHEME}paths: {paths}")

    (hit,) = openness.no_global_auth(document)

    assert [change.value for change in hit.fix if isinstance(change, SetKey)] == [[{"key": []}], []]


def test_writes_are_protected_like_the_writes_beside_them() -> None:
    document = description(
        f"""
        openapi: 3.0.3
        {SCHEME}
        security: [{{key: [read]}}]
        paths:
          /a: {{get: {{}}, put: {{security: [{{key: [write]}}]}}}}
          /b: {{get: {{}}, put: {{security: []}}}}
        """
    )

    (hit,) = openness.auth_differs(document)

    assert [getattr(change, "value", None) for change in hit.fix] == [[{"key": ["write"]}]]
