"""Which properties of requests are not for callers to set."""

from __future__ import annotations

import pytest

from gatepost.probe.finding import Severity
from tests.unit.probe.scan.describing import findings

PRIVILEGED = "api3-privileged-property-writable"


def _body(name: str, path: str = "/orders", method: str = "post", schema: str = "type: string") -> str:
    return f"""
openapi: 3.1.0
security: [{{key: []}}]
components: {{securitySchemes: {{key: {{type: http, scheme: bearer}}}}}}
paths:
  {path}:
    {method}: {{requestBody: {{content: {{application/json: {{schema: {{properties: {{{name}: {{{schema}}}}}}}}}}}}}}}
"""


@pytest.mark.parametrize("name", ["isAdmin", "role", "user_roles", "permissions", "is_superuser"])
def test_rights_in_an_ordinary_body_are_found(name: str) -> None:
    assert findings(_body(name), PRIVILEGED)


@pytest.mark.parametrize("path", ["/users/{id}/roles", "/groups/{id}/members", "/invitations", "/api-keys"])
def test_rights_may_be_given_where_that_is_the_purpose(path: str) -> None:
    assert findings(_body("role", path), PRIVILEGED) == []


@pytest.mark.parametrize("name", ["roleDescription", "administrator_email", "parole"])
def test_what_only_sounds_like_rights_is_not(name: str) -> None:
    assert findings(_body(name), PRIVILEGED) == []


def test_a_search_by_role_sets_nothing() -> None:
    assert findings(_body("role", "/users/search"), PRIVILEGED) == []


def test_rights_that_people_give_themselves_are_graver() -> None:
    (own,) = findings(_body("role", "/me", "patch"), PRIVILEGED)
    (other,) = findings(_body("role", "/users", "post"), PRIVILEGED)

    assert (own.severity, other.severity) == (Severity.HIGH, Severity.MEDIUM)


@pytest.mark.parametrize("name", ["balance", "ownerId", "createdBy", "emailVerified", "creditLimit"])
def test_what_the_service_knows_better_is_found(name: str) -> None:
    assert findings(_body(name), "api3-server-owned-property-writable")
    assert findings(_body(name, schema="readOnly: true"), "api3-server-owned-property-writable") == []


SHARED = """
openapi: 3.0.3
paths:
  /orders:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}
      responses: {"201": {content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}}
  /orders/{orderId}:
    get: {responses: {"200": {content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}}}
components: {schemas: {Order: {properties: {%s}}}}
"""


def test_ids_and_dates_of_a_shared_schema_are_one_finding() -> None:
    (found,) = findings(SHARED % "orderId: {}, createdAt: {}, id: {readOnly: true}, name: {}", "api3-identity-writable")

    assert found.pointer == "/components/schemas/Order/properties"
    assert "orderId and createdAt" in found.message


def test_an_id_that_is_only_sent_refers_to_something() -> None:
    assert findings(_body("id"), "api3-identity-writable") == []
    assert findings(SHARED % "customerId: {}", "api3-identity-writable") == []


def test_what_one_body_may_not_set_another_may_not_either() -> None:
    text = """
openapi: 3.1.0
paths:
  /orders/{id}:
    put: {requestBody: {content: {application/json: {schema: {properties: {rank: {readOnly: true}, state: {}}}}}}}
    patch: {requestBody: {content: {application/json: {schema: {properties: {rank: {}, state: {readOnly: true}}}}}}}
"""
    (found,) = findings(text, "api3-read-only-elsewhere")

    assert found.operations == ("PATCH /orders/{id}",)
