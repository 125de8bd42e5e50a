"""Hits become findings: one for each cause, ranked, with whom it concerns; documents are scanned as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gatepost.errors import InvalidInput
from gatepost.probe.finding import Confidence, Finding, Severity
from gatepost.probe.scan import engine
from gatepost.probe.scan.edits import SetKey
from gatepost.probe.scan.engine import Document, Options
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.rules.rule import Check, Hit, Rule, rule
from tests.unit.probe.scan.describing import findings, in_file

SHARED = """
openapi: 3.0.0
security: [{key: []}]
paths:
  /a:
    post: {requestBody: {content: {a/b: {schema: {$ref: '#/components/schemas/In'}}}}, security: []}
    get: {responses: {200: {content: {a/b: {schema: {$ref: '#/components/schemas/Out'}}}}}}
  /b:
    put: {requestBody: {content: {a/b: {schema: {$ref: '#/components/schemas/In'}}}}}
components:
  schemas:
    In: {type: string}
    Out: {type: string}
    Unused: {type: string}
"""


def a_rule(check: Check, **facts: Any) -> Rule:
    told: dict[str, Any] = {"title": "Strings", "why": "", "exploited": "", "remediation": "do", "good": "", "bad": ""}
    levels: dict[str, Any] = {"severity": Severity.MEDIUM, "owasp": "API4:2023", "cwe": 770}
    return rule(**{"id": "api4-strings", **told, **levels, **facts})(check)


def strings(make: Callable[[Description], Iterator[Hit]] | None = None, **facts: Any) -> Rule:
    def check(description: Description) -> Iterator[Hit]:
        for schema in description.schemas:
            yield Hit(schema.node, "a string", fix=(SetKey(schema.node, "maxLength", 5),))

    return a_rule(make or check, **facts)


def scanned(text: str, *rules: Rule, options: Options | None = None) -> list[Finding]:
    return list(engine.scan([Document("api.yaml", text.encode())], options, rules=rules).findings)


def test_a_shared_schema_is_one_finding_with_all_its_operations() -> None:
    by_pointer = {finding.pointer: finding for finding in scanned(SHARED, strings())}
    assert by_pointer["/components/schemas/In"].operations == ("POST /a", "PUT /b")
    assert by_pointer["/components/schemas/Out"].operations == ("GET /a",)
    assert len(by_pointer) == 3


def test_what_is_easier_to_exploit_comes_first() -> None:
    assert [finding.pointer for finding in scanned(SHARED, strings())] == [
        "/components/schemas/In",
        "/components/schemas/Out",
        "/components/schemas/Unused",
    ]


def test_anonymous_comes_before_authenticated_and_writing_before_reading() -> None:
    def each(description: Description) -> Iterator[Hit]:
        return (Hit(operation.node, "x") for operation in description.operations)

    text = """
openapi: 3.0.0
security: [{key: []}]
paths:
  /a: {get: {}, post: {}}
  /b: {get: {security: []}, post: {security: []}}
"""
    assert [finding.operations[0] for finding in scanned(text, strings(each))] == [
        "POST /b",
        "GET /b",
        "POST /a",
        "GET /a",
    ]


def test_what_nothing_uses_is_not_actionable() -> None:
    assert [finding.actionable for finding in scanned(SHARED, strings())] == [True, True, False]


@pytest.mark.parametrize(
    ("facts", "actionable"),
    [
        ({}, True),
        ({"strict": True}, False),
        ({"severity": Severity.INFO}, False),
        ({"severity": Severity.LOW, "confidence": Confidence.TENTATIVE}, False),
        ({"severity": Severity.LOW, "confidence": Confidence.FIRM}, True),
    ],
)
def test_the_default_view_shows_what_to_act_on(facts: dict[str, Any], actionable: bool) -> None:
    assert scanned(SHARED, strings(**facts))[0].actionable is actionable


def test_hits_at_one_place_are_joined_unless_their_detail_differs() -> None:
    def each(description: Description) -> Iterator[Hit]:
        for operation in description.operations:
            yield Hit(description.root, "one", (operation,))
            yield Hit(description.root, "two", (operation,), detail="two", severity=Severity.HIGH)

    two, one = scanned(SHARED, strings(each))
    assert (one.message, one.operations, one.severity) == ("one", ("POST /a", "GET /a", "PUT /b"), Severity.MEDIUM)
    assert (two.message, two.severity) == ("two", Severity.HIGH)
    assert one.fingerprint != two.fingerprint


def test_a_finding_says_all_that_the_report_needs() -> None:
    finding = scanned(SHARED, strings())[0]
    assert (finding.rule, finding.title, finding.message) == ("api4-strings", "Strings", "a string")
    assert (finding.remediation, finding.owasp, finding.cwe) == ("do", "API4:2023", 770)
    assert (finding.file, finding.line, finding.column) == ("api.yaml", 12, 5)
    assert finding.excerpt == "    In: {type: string}"
    assert finding.fixable


def test_changes_are_kept_only_when_they_are_wanted() -> None:
    document = Document("api.yaml", SHARED.encode())
    assert engine.scan([document], rules=[strings()]).changes == {}
    found = engine.scan([document], Options(changes=True), rules=[strings()])
    (change,) = found.changes[engine.identity(found.findings[0])]
    assert isinstance(change, SetKey)
    assert change.place.pointer == found.findings[0].pointer


LISTED = "openapi: 3.0.0\npaths: {/a: {get: {parameters: [%s]}}}"


def parameters(description: Description) -> Iterator[Hit]:
    return (Hit(parameter.node, "x") for each in description.operations for parameter in each.parameters)


def test_a_fingerprint_stays_when_a_list_grows_and_lines_move() -> None:
    before = scanned(LISTED % "{name: a, in: query}, {name: b, in: query}", strings(parameters))
    more = "{name: z, in: query}, {name: a, in: query}, {name: b, in: query}"
    after = scanned("# new\n" + LISTED % more, strings(parameters))
    assert len({finding.fingerprint for finding in before}) == 2
    assert {finding.fingerprint for finding in before} < {finding.fingerprint for finding in after}


def test_places_that_look_the_same_have_fingerprints_of_their_own() -> None:
    def items(description: Description) -> Iterator[Hit]:
        return (Hit(item, "x") for item in description.root.walk() if item.value == "same")

    found = scanned("openapi: 3.0.0\ntags: [same, same]\n", strings(items))
    assert len({finding.fingerprint for finding in found}) == 2


def test_a_file_that_two_documents_share_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text("It: {type: string}\n")
    documents = []
    for name in ("one", "two"):
        path = tmp_path / f"{name}.yaml"
        path.write_text(
            f"openapi: 3.0.0\npaths: {{/{name}: {{get: {{responses: "
            "{200: {content: {a/b: {schema: {$ref: 'shared.yaml#/It'}}}}}}}}\n"
        )
        documents.append(in_file(path))
    (finding,) = engine.scan(documents, rules=[strings()]).findings
    assert (finding.file, finding.operations) == ("shared.yaml", ("GET /one", "GET /two"))


def test_texts_count_instead_of_files(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text("broken: [")
    path = tmp_path / "api.yaml"
    path.write_text("openapi: 3.0.0\npaths: {/a: {$ref: 'shared.yaml#/It'}}\n")
    tried = Options(texts={"shared.yaml": b"It: {get: {}}\n"})
    assert engine.scan([in_file(path)], tried).operations == 1
    assert engine.scan([in_file(path)]).operations == 0


def test_an_overlay_is_applied_first(tmp_path: Path) -> None:
    path = tmp_path / "overlay.yaml"
    path.write_text("overlay: 1.0.0\nactions:\n- target: $\n  update: {servers: [{url: http://example.com}]}\n")
    found = engine.scan([Document("api.yaml", b"openapi: 3.0.0\npaths: {/a: {get: {}}}\n")], Options(overlays=(path,)))
    (finding,) = [finding for finding in found.findings if finding.rule == "api8-plain-http"]
    assert (finding.file, finding.line) == (str(path), 4)


def test_a_rule_that_fails_is_told_and_hides_nothing() -> None:
    def broken(description: Description) -> Iterator[Hit]:
        yield Hit(description.root, "found before")
        raise KeyError("oops")

    found = engine.scan([Document("api.yaml", SHARED.encode())], rules=[strings(broken), strings(id="api4-others")])
    assert found.failures == ("api4-strings failed in api.yaml: KeyError: 'oops'",)
    assert len(found.findings) == 4


def test_a_former_document_is_there_to_compare_with() -> None:
    def compare(description: Description) -> Iterator[Hit]:
        if description.former is not None:
            yield Hit(description.root, f"was {description.former.title}")

    now, before = (Document(name, b"openapi: 3.0.0\ninfo: {title: %s}\n" % name.encode()) for name in ("now", "before"))
    found = engine.scan([now], rules=[strings(compare)], since=before)
    assert [finding.message for finding in found.findings] == ["was before"]
    assert {finding.file for finding in found.former} <= {"now"}


@pytest.mark.parametrize("text", ["", "[]", "a: 1", "swagger: '1.2'", "openapi: 4.0.0", "openapi: []", "{", "\x00"])
def test_what_is_no_description_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"api\.yaml is"):
        scanned(text)


def test_what_was_only_found_is_passed_over() -> None:
    found = engine.scan([Document("a.yaml", b"a: 1", optional=True), Document("b.yaml", b"openapi: 3.0.0")])
    assert found.documents == ("b.yaml",)


def test_a_newer_version_is_read_as_the_newest_that_is_known() -> None:
    (finding,) = findings("openapi: 3.9.0\npaths: {}\n", "document-version")
    assert finding.line == 1


def test_broken_text_is_told_and_the_rest_is_scanned() -> None:
    text = "openapi: 3.0.0\nservers: [{url: http://example.com}]\npaths: {/a: {get: {}}}\nx: y: z\n"
    assert {finding.rule for finding in findings(text)} >= {"document-syntax", "api8-plain-http"}
