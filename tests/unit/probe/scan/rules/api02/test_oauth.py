"""Flows and endpoints of OAuth 2, in every version of the standard."""

from __future__ import annotations

import pytest

from tests.unit.probe.scan.describing import findings

V2 = """
swagger: "2.0"
paths: {{/a: {{get: {{security: [{{login: [read]}}]}}}}}}
securityDefinitions: {{login: {{type: oauth2, flow: {flow}, {urls}, scopes: {{read: Read}}}}}}
"""
V3 = """
openapi: {version}
paths: {{/a: {{get: {{security: [{{login: [read]}}]}}}}}}
components: {{securitySchemes: {{login: {{type: oauth2, flows: {{{flow}: {{{urls}, scopes: {{read: Read}}}}}}}}}}}}
"""
TOKEN = "tokenUrl: https://a.example/t"


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.2.0"])
@pytest.mark.parametrize("flow", ["password", "implicit"])
def test_flows_that_are_given_up_are_found_in_every_version(version: str, flow: str) -> None:
    urls = TOKEN if flow == "password" else "authorizationUrl: https://a.example/in"

    assert findings(V3.format(version=version, flow=flow, urls=urls), f"api2-{flow}-grant")
    assert findings(V2.format(flow=flow, urls=urls), f"api2-{flow}-grant")


@pytest.mark.parametrize("field", ["tokenUrl", "refreshUrl", "authorizationUrl", "deviceAuthorizationUrl"])
def test_every_endpoint_must_be_encrypted(field: str) -> None:
    text = V3.format(version="3.2.0", flow="deviceAuthorization", urls=f"{field}: http://a.example/x")

    (found,) = findings(text, "api2-plain-http-oauth")

    assert found.pointer == f"/components/securitySchemes/login/flows/deviceAuthorization/{field}"
    assert found.fixable


def test_an_endpoint_on_this_machine_needs_no_encryption() -> None:
    text = V3.format(version="3.1.0", flow="clientCredentials", urls="tokenUrl: http://localhost:8080/t")

    assert findings(text, "api2-plain-http-oauth") == []


@pytest.mark.parametrize(
    "url", ["token page", "''", "ftp://a.example", "https://", "//a.example/t", "'http://[::1'", "7"]
)
def test_what_is_no_url_is_found(url: str) -> None:
    assert findings(
        V3.format(version="3.1.0", flow="clientCredentials", urls=f"tokenUrl: {url}"), "api2-broken-oauth-url"
    )


@pytest.mark.parametrize("url", ["https://a.example/t", "/oauth/token", "./token", "http://localhost:8080/t"])
def test_absolute_and_relative_urls_are_fine(url: str) -> None:
    text = V3.format(version="3.1.0", flow="clientCredentials", urls=f"tokenUrl: {url}")

    assert findings(text, "api2-broken-oauth-url") == []


def test_the_flow_of_2_0_cannot_name_a_refresh_url() -> None:
    urls = f"authorizationUrl: https://a.example/in, {TOKEN}"

    assert findings(V2.format(flow="accessCode", urls=urls), "api2-missing-refresh-url") == []
    assert findings(V3.format(version="3.0.3", flow="authorizationCode", urls=urls), "api2-missing-refresh-url")
