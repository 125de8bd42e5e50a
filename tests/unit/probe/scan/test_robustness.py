"""Whatever a document holds, the scanner answers: findings, or an error of the tree that says why not."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatepost.errors import GatepostError
from gatepost.probe.scan import engine
from gatepost.probe.scan.engine import Document
from tests.unit.probe.scan.test_model import V2, V3

LOOPS = """
openapi: 3.1.0
paths: {/a: {$ref: '#/paths/~1a'}, /b: {get: {$ref: '#/paths/~1b'}}}
components: {schemas: {a: {allOf: [{$ref: '#/components/schemas/a'}], items: {$ref: '#'}}}}
"""
SAMPLES = [V2, V3, V3.replace("3.0.3", "3.2.0"), LOOPS]
SNIPPETS = (
    *("{", "}", "[", "]", ":", "- ", "\n", "\t", "'", '"', "|", "? ", "---", "#/", "{}", "[]", "~", "\0", "é"),
    *("&a ", "*a", "<<: *a", "!!x ", "$ref: '#'", "null", "1e999", "security: "),
)
FIELDS = (
    *("paths", "/a", "get", "parameters", "schema", "$ref", "properties", "items", "allOf", "type", "security"),
    *("content", "responses", "200", "requestBody", "servers", "url", "callbacks", "examples", "$id", "name"),
)


def answers(data: bytes) -> None:
    """Scanning ends with findings, or with an error of the tree."""
    with suppress(GatepostError):
        found = engine.scan([Document("api.yaml", data)])
        assert found.failures == ()
        assert all(finding.line >= 1 and finding.column >= 1 and finding.fingerprint for finding in found.findings)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    text = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 40)))
        text = text[:start] + draw(st.sampled_from(["", *SNIPPETS]) | st.text(max_size=4)) + text[end:]
    return text.encode("utf-8", errors="surrogatepass")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_mutated_documents_are_answered(data: bytes) -> None:
    answers(data)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SAMPLES), st.integers(0, 4000))
def test_truncated_documents_are_answered(text: str, length: int) -> None:
    answers(text.encode()[:length])


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_are_answered(data: bytes) -> None:
    answers(b"openapi: 3.1.0\n" + data)


_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
_json = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_json, st.sampled_from(["2.0", "3.0.0", "3.1.0", "3.2.0"]))
def test_fields_of_any_type_at_any_place_are_answered(value: object, version: str) -> None:
    document = {"openapi": version, "swagger": version, "paths": {"/a": value}, "components": {"schemas": {"a": value}}}
    answers(json.dumps(document).encode())


ALL = ", ".join(f"{{$ref: '#/components/schemas/s{n}'}}" for n in range(100))
HOSTILE = {
    "many references in a circle": "openapi: 3.1.0\ncomponents:\n  schemas:\n"
    + "".join(f"    s{n}: {{$ref: '#/components/schemas/s{n + 1}'}}\n" for n in range(3000)),
    "schemas that all lead to all": "openapi: 3.1.0\ncomponents:\n  schemas:\n"
    + "".join(f"    s{n}: {{anyOf: [{ALL}]}}\n" for n in range(100)),
    "pointers that pass through references": "openapi: 3.1.0\nx: {$ref: '#/x/x/x/x/x/x/x/x/x/x'}\n",
    "brackets": "openapi: 3.1.0\nx: " + "[" * 1_000_000,
    "braces": '{"openapi": "3.1.0", "x": ' + '{"a":' * 1_000_000,
    "anchors": "openapi: 3.1.0\n" + "".join(f"k{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 5000)),
    "long key": "openapi: 3.1.0\n" + "k" * 1_000_000 + ": 1\n",
    "digits": "openapi: 3.1.0\nx: " + "9" * 1_000_000,
    "quotes": "openapi: 3.1.0\nx: " + '"' * 100_001,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_documents_are_answered_in_time(text: str) -> None:
    answers(text.encode())


def test_the_documents_of_the_tests_have_no_breaks() -> None:
    for path in sorted(Path(__file__).parents[3].glob("seeded/documents/*-*")):
        found = engine.scan([Document(path.name, path.read_bytes())])
        assert [finding for finding in found.findings if finding.rule.startswith("document-")] == []
