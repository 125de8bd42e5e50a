"""What a framework writes at every operation is one finding."""

from __future__ import annotations

import pytest

from tests.unit.probe.scan.describing import findings

_XML = "application/xml: {schema: {type: object}}"
_HEAD = 'openapi: 3.0.3\ninfo: {title: a, version: "1"}\npaths:\n'


def _document(count: int) -> str:
    content = f"{{application/json: {{schema: {{type: object}}}}, {_XML}}}"
    return _HEAD + "".join(
        f"  /{number}: {{post: {{responses: {{}}, requestBody: {{content: {content}}}}}}}\n" for number in range(count)
    )


def test_a_few_places_are_told_one_by_one() -> None:
    assert len(findings(_document(3), "api8-xml-body")) == 3


def test_many_places_are_one_cause_with_all_operations() -> None:
    (finding,) = findings(_document(4), "api8-xml-body")

    assert finding.pointer == "/paths"
    assert finding.operations == ("POST /0", "POST /1", "POST /2", "POST /3")


@pytest.mark.parametrize("status", ["401", "500"])
def test_an_answer_that_all_operations_lack_is_missing_once(status: str) -> None:
    text = _HEAD + "  /a: {get: {responses: {}}, put: {responses: {}}}\nsecurity: [{key: []}]\n"
    (finding,) = findings(text, f"api8-missing-{status}")

    assert finding.pointer == "/paths"
    assert finding.operations == ("GET /a", "PUT /a")


def test_an_answer_that_one_operation_lacks_is_missing_there() -> None:
    text = _HEAD + "  /a: {get: {responses: {}}, put: {responses: {'500': {description: a}}}}\n"
    (finding,) = findings(text, "api8-missing-500")

    assert finding.pointer == "/paths/~1a/get/responses"
