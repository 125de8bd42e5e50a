"""What rules propose as a repair, where the document leaves a choice."""

from __future__ import annotations

import pytest

from gatepost.probe.scan.edits import Change, RemoveKey, ReplaceValue, SetKey
from gatepost.probe.scan.rules import every_rule
from gatepost.probe.scan.rules.rule import Hit
from tests.unit.probe.scan.describing import description

PATHS = "paths: {/a: {get: {responses: {}}}}"


def _hits(text: str, rule: str) -> list[Hit]:
    (found,) = [each for each in every_rule() if each.id == rule]
    return list(found(description(text)))


def _fix(text: str, rule: str) -> tuple[Change, ...]:
    (hit,) = _hits(text, rule)
    return hit.fix


def test_a_plain_server_is_encrypted() -> None:
    (change,) = _fix(f"servers: [{{url: 'HTTP://a.example.com/'}}]\n{PATHS}", "api8-plain-http")

    assert isinstance(change, ReplaceValue)
    assert change.value == "https://a.example.com/"


def test_a_plain_server_beside_its_encrypted_twin_goes() -> None:
    (change,) = _fix(
        f"servers: [{{url: https://a.example.com}}, {{url: http://a.example.com/}}]\n{PATHS}", "api8-plain-http"
    )

    assert isinstance(change, RemoveKey)
    assert change.place.pointer == "/servers/1"


def test_a_plain_scheme_beside_https_goes() -> None:
    text = f'swagger: "2.0"\nhost: a.example.com\nschemes: [http, https]\n{PATHS}'
    (change,) = _fix(text, "api8-plain-http")

    assert isinstance(change, RemoveKey)
    assert change.place.pointer == "/schemes/0"


@pytest.mark.parametrize(("scheme", "secure"), [("http", "https"), ("ws", "wss")])
def test_a_lone_plain_scheme_is_encrypted(scheme: str, secure: str) -> None:
    (change,) = _fix(f'swagger: "2.0"\nhost: a.example.com\nschemes: [{scheme}]\n{PATHS}', "api8-plain-http")

    assert isinstance(change, ReplaceValue)
    assert change.value == secure


def test_a_leaking_property_goes_with_its_name_among_the_required_ones() -> None:
    text = """
paths: {/a: {get: {responses: {'500': {description: a, content: {application/json: {schema:
  {type: object, required: [title, stack], properties: {title: {type: string}, stack: {type: string}}}}}}}}}}
"""
    removed = _fix(text, "api8-leaky-error")

    assert [change.place.path[-2:] for change in removed] == [("properties", "stack"), ("required", "1")]
    assert all(change.guess for change in removed)


def test_a_plain_callback_moves_to_the_encrypted_address() -> None:
    callback = "{'http://b.example.com/{id}': {post: {responses: {}}}}"
    text = f"paths: {{/a: {{post: {{responses: {{}}, callbacks: {{c: {callback}}}}}}}}}"
    added, removed = _fix(text, "api10-plain-http-callback")

    assert isinstance(added, SetKey)
    assert (added.key, added.value) == ("https://b.example.com/{id}", {"post": {"responses": {}}})
    assert removed.place.key == "http://b.example.com/{id}"


def test_a_server_of_a_developer_goes_only_when_another_stays() -> None:
    beside = _fix(f"servers: [{{url: https://a.example.com}}, {{url: http://localhost}}]\n{PATHS}", _STAGE)
    alone = _fix(f"servers: [{{url: http://localhost}}]\n{PATHS}", _STAGE)

    assert [change.place.pointer for change in beside] == ["/servers/1"]
    assert alone == ()


_STAGE = "api9-non-production-server"


def test_every_change_that_no_document_forces_is_a_guess() -> None:
    text = "paths: {/a: {get: {responses: {}, parameters: [{name: redirect_uri, in: query, schema: {type: string}}]}}}"
    (change,) = _fix(text, "api7-open-redirect")

    assert change.guess
