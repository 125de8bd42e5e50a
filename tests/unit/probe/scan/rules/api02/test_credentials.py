"""Credentials in addresses and in cookies."""

from __future__ import annotations

import pytest

from tests.unit.probe.scan.describing import findings


def _with_parameter(name: str, more: str = "schema: {type: string}") -> str:
    return f"openapi: 3.1.0\npaths: {{/a: {{get: {{parameters: [{{name: {name}, in: query, {more}}}]}}}}}}"


@pytest.mark.parametrize("name", ["password", "access_token", "apiKey", "X-Auth-Token", "clientSecret", "token"])
def test_a_credential_in_the_address_is_found(name: str) -> None:
    assert findings(_with_parameter(name), "api2-credentials-in-url")


@pytest.mark.parametrize("name", ["pageToken", "NextToken", "tokenId", "passwordPolicy", "keyword", "author"])
def test_what_opens_nothing_is_no_credential(name: str) -> None:
    assert findings(_with_parameter(name), "api2-credentials-in-url") == []


def test_a_token_that_is_worth_nothing_later_may_be_in_the_address() -> None:
    text = _with_parameter("token", "description: Short-lived, schema: {type: string}")

    assert findings(text, "api2-credentials-in-url") == []


COOKIE = """
openapi: 3.0.3
components: {{securitySchemes: {{session: {{type: apiKey, in: cookie, name: s}}, key: {{type: http, scheme: bearer}}}}}}
paths: {{/a: {{{method}: {{security: [{security}], parameters: [{parameters}]}}}}}}
"""


@pytest.mark.parametrize(
    ("method", "security", "parameters", "count"),
    [
        ("post", "{session: []}", "", 1),
        ("post", "{key: []}, {session: []}", "", 1),
        ("get", "{session: []}", "", 0),
        ("post", "{session: [], key: []}", "", 0),
        ("post", "{key: []}", "", 0),
        ("post", "{session: []}", "{name: X-XSRF-TOKEN, in: header, schema: {type: string}}", 0),
    ],
)
def test_a_write_by_cookie_alone_is_found(method: str, security: str, parameters: str, count: int) -> None:
    text = COOKIE.format(method=method, security=security, parameters=parameters)

    assert len(findings(text, "api2-cookie-without-csrf-token")) == count
