"""Where nothing says that calls are limited, once for each cause."""

from __future__ import annotations

import pytest

from gatepost.probe.scan.edits import SetKey
from gatepost.probe.scan.rules.api04 import rates
from tests.unit.probe.scan.describing import description, findings

OK = "'200': {description: It}"
LATER = "'429': {description: Later}"


def test_a_document_that_never_thought_of_limits_is_one_finding() -> None:
    paths = "".join(f"  /a{number}: {{get: {{responses: {{{OK}}}}}}}\n" for number in range(20))

    (found,) = findings(f"openapi: 3.1.0\npaths:\n{paths}", "api4-missing-429")

    assert (found.pointer, len(found.operations)) == ("/paths", 20)
    assert found.actionable
    assert found.fixable


def test_the_operation_that_was_forgotten_is_found_by_itself() -> None:
    text = f"""
openapi: 3.1.0
paths:
  /a:
    get: {{responses: {{{OK}, {LATER}}}}}
    put: {{responses: {{{LATER}}}}}
    delete: {{responses: {{{OK}}}}}
"""
    (found,) = findings(text, "api4-missing-429")

    assert (found.pointer, found.operations) == ("/paths/~1a/delete/responses", ("DELETE /a",))


@pytest.mark.parametrize(
    "text",
    [
        f"paths: {{/a: {{get: {{x-ratelimit: 5, responses: {{{OK}}}}}}}}}",
        f"x-gatepost-limit: 10 per second\npaths: {{/a: {{get: {{responses: {{{OK}}}}}}}}}",
        "paths: {/a: {get: {responses: {4XX: {headers: {Retry-After: {schema: {}}}}}}}}",
        f"paths: {{/health: {{get: {{responses: {{{OK}}}}}}}}}",
    ],
)
def test_limits_may_be_documented_in_other_ways(text: str) -> None:
    assert findings(f"openapi: 3.1.0\n{text}", "api4-missing-429") == []


def test_headers_are_those_that_the_document_uses_elsewhere() -> None:
    document = description(
        """
        paths:
          /a: {get: {responses: {'200': {headers: {X-RateLimit-Limit: {$ref: '#/components/headers/Limit'}}}}}}
          /b: {get: {responses: {'200': {headers: {Link: {schema: {type: string}}}}}}}
        components: {headers: {Limit: {schema: {type: integer}}}}
        """
    )

    (hit,) = rates.missing_rate_limit_headers(document)

    (change,) = hit.fix
    assert isinstance(change, SetKey)
    assert (change.key, change.value) == ("X-RateLimit-Limit", {"$ref": "#/components/headers/Limit"})


def test_a_header_is_written_as_the_version_writes_it() -> None:
    text = "paths: {/a: {get: {responses: {'429': {description: Later}}}}}"
    (new,) = rates.missing_retry_after(description(f"openapi: 3.0.3\n{text}"))
    (old,) = rates.missing_retry_after(description(f"swagger: '2.0'\n{text}"))

    assert "'schema'" in repr(new.fix)
    assert "'schema'" not in repr(old.fix)
