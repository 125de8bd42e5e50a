"""Which names mean an address that a service goes to, and which patterns keep it in bounds."""

from __future__ import annotations

import pytest

from gatepost.probe.scan.model import Description
from gatepost.probe.scan.rules.addresses import Use, is_allow_listed, likely_host, names_host, pattern_for, use_of
from gatepost.probe.scan.schema import Schema
from tests.unit.probe.scan.describing import description, findings


def _schema(text: str) -> Schema:
    described: Description = description(f"components: {{schemas: {{A: {text}}}}}")
    return described.schemas[0]


TEXT = "{type: string}"
URI = "{type: string, format: uri}"


@pytest.mark.parametrize(
    ("name", "schema", "use"),
    [
        ("callbackUrl", TEXT, Use.CALL),
        ("webhook_url", TEXT, Use.CALL),
        ("callback", TEXT, Use.CALL),
        ("target", URI, Use.CALL),
        ("image-url", TEXT, Use.FETCH),
        ("avatarURL", TEXT, Use.FETCH),
        ("redirect_uri", TEXT, Use.REDIRECT),
        ("RelayState", TEXT, Use.REDIRECT),
        ("next_url", TEXT, Use.REDIRECT),
        ("website", URI, Use.KEEP),
        ("url", TEXT, Use.KEEP),
        ("target", TEXT, None),
        ("endpoint", TEXT, None),
        ("next", TEXT, None),
        ("image", TEXT, None),
        ("curl", TEXT, None),
        ("security", TEXT, None),
    ],
)
def test_the_name_and_the_format_tell_what_an_address_is_for(name: str, schema: str, use: Use | None) -> None:
    assert use_of(name, _schema(schema)) is use


def test_what_is_called_url_is_for_what_holds_it() -> None:
    assert use_of("url", _schema(TEXT), "WebhookSubscription") is Use.CALL


@pytest.mark.parametrize(
    "pattern",
    [
        "^https://hooks\\.example\\.com/",
        "^https://([a-z0-9-]+\\.)*example\\.com(/|$)",
        "^https:\\/\\/example\\.com\\/",
        "^https?://[^/]+\\.example\\.com/",
        "^/[a-z/]*$",
        "^/(?!/)",
        pattern_for("api.example.com"),
    ],
)
def test_a_pattern_that_names_the_host_is_an_allow_list(pattern: str) -> None:
    assert names_host(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["^https://", "^https?://.+$", "^https?://[!-~]+$", "https://example\\.com/", "^.*$", "^/.*$", "^/[^?]*$",
     "^https://[a-z0-9.-]+\\.[a-z]{2,}/$", "^https://[^/]+/example\\.com$"],
)  # fmt: skip
def test_a_pattern_without_a_host_is_none(pattern: str) -> None:
    assert not names_host(pattern)


def test_listed_values_and_bounded_branches_are_an_allow_list() -> None:
    assert is_allow_listed(_schema("{type: string, enum: ['https://a.example.com/']}"))
    assert is_allow_listed(_schema("{oneOf: [{type: string, enum: [a]}, {type: string, const: b}]}"))
    assert not is_allow_listed(_schema("{oneOf: [{type: string, enum: [a]}, {type: string, format: uri}]}"))


def test_the_host_of_an_example_is_the_likely_one() -> None:
    assert likely_host(_schema("{type: string, example: 'https://hooks.example.org/a'}"), "b.example.com") == (
        "hooks.example.org"
    )
    assert likely_host(_schema("{type: string, example: 'https://[::1'}"), "b.example.com") == "b.example.com"


def test_a_schema_that_many_use_is_told_once_with_all_who_take_it() -> None:
    found = findings(
        """
openapi: 3.0.3
info: {title: a, version: "1"}
paths:
  /a: {post: {responses: {}, requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Hook'}}}}}}
  /b: {put: {responses: {}, requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Hook'}}}}}}
  /c: {get: {responses: {'200': {description: a, content: {application/json: {schema:
    {$ref: '#/components/schemas/Hook'}}}}}}}
components: {schemas: {Hook: {type: object, properties: {url: {type: string, format: uri}}}}}
""",
        "api7-address-from-caller",
    )

    assert [(each.pointer, each.operations[:2]) for each in found] == [
        ("/components/schemas/Hook/properties/url", ("POST /a", "PUT /b"))
    ]


def test_what_only_the_service_sets_is_no_address_of_a_caller() -> None:
    text = """
swagger: "2.0"
info: {title: a, version: "1"}
paths: {/a: {post: {responses: {}, parameters: [{in: body, name: b, schema:
  {type: object, properties: {imageUrl: {type: string, readOnly: true}}}}]}}}
"""
    assert findings(text, "api7-address-from-caller") == []
    assert findings(text.replace(", readOnly: true", ""), "api7-address-from-caller")


def test_a_callback_address_is_told_once() -> None:
    text = """
openapi: 3.1.0
info: {title: a, version: "1"}
paths:
  /a:
    post:
      requestBody: {content: {application/json: {schema:
        {type: object, properties: {callbackUrl: {type: string, format: uri}}}}}}
      callbacks: {done: {'{$request.body#/callbackUrl}': {post: {responses: {}}}}}
      responses: {}
"""
    assert [each.rule for each in findings(text) if each.rule.startswith("api7")] == ["api7-callback-to-anywhere"]
