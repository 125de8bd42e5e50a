"""A fix is offered when it holds: the finding gone, nothing new, still valid, examples too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gatepost.probe.scan.edits import Change, Json, RemoveKey, ReplaceValue, SetKey
from gatepost.probe.scan.fixes import proof
from gatepost.probe.scan.fixes.proof import STILL_THERE, TOO_LONG
from gatepost.probe.scan.fixes.state import State, scanned_again
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.rules.rule import Hit, Rule
from tests.unit.probe.scan.describing import in_file
from tests.unit.probe.scan.fixes.fixing import document, fixing, repaired

INFO = "info: {title: a, version: '1'}\n"
USED = "{anyOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}]}"
PATHS = (
    f"paths: {{/x: {{get: {{responses: {{default: {{description: x, content: {{a/b: {{schema: {USED}}}}}}}}}}}}}}}\n"
)
SCHEMAS = f"{INFO}{PATHS}components:\n  schemas:\n    A: {{type: string}}\n    B: {{type: string}}\n"


def without(id: str, keyword: str, value: int | str, *, guess: bool = False, name: str = "") -> Rule:
    """Finds schemas without a keyword and sets it."""

    def check(description: Description) -> Iterator[Hit]:
        for schema in description.schemas:
            if schema.is_string and schema.node.at(keyword) is None and name in ("", str(schema.node.key)):
                yield Hit(schema.node, keyword, fix=(SetKey(schema.node, keyword, value, guess=guess),))

    return fixing(id, check)


def with_value(id: str, keyword: str, value: int | str, *fix: Change) -> Rule:
    """Finds schemas in which a keyword has a value."""

    def check(description: Description) -> Iterator[Hit]:
        for schema in description.schemas:
            found = schema.node.at(keyword)
            if found is not None and found.value == value:
                yield Hit(schema.node, f"{keyword} is {value}", fix=fix)

    return fixing(id, check)


def reasons(found: object) -> list[str]:
    return sorted(found.refused.values())  # type: ignore[attr-defined]


def test_fixes_that_hold_are_made_together() -> None:
    found, texts = repaired([document(SCHEMAS)], [without("max", "maxLength", 5), without("min", "minLength", 1)])
    assert len(found.fixed) == 4
    assert texts["api.yaml"].endswith(
        "    A: {type: string, maxLength: 5, minLength: 1}\n    B: {type: string, maxLength: 5, minLength: 1}\n"
    )


def test_what_is_fixed_is_not_fixed_again() -> None:
    rules = [without("max", "maxLength", 5)]
    _, texts = repaired([document(SCHEMAS)], rules)
    again, changed = repaired([document(texts["api.yaml"])], rules)
    assert (again.fixed, changed) == (frozenset(), {})


def test_a_fix_that_does_not_end_its_finding_is_not_offered() -> None:
    def always(description: Description) -> Iterator[Hit]:
        yield Hit(description.root, "always", fix=(SetKey(description.root, "x-note", "tried"),))

    found, texts = repaired([document(SCHEMAS)], [fixing("always", always), without("max", "maxLength", 5)])
    assert reasons(found) == [STILL_THERE]
    assert len(found.fixed) == 2
    assert "x-note" not in texts["api.yaml"]


def test_a_fix_that_causes_another_finding_is_not_offered() -> None:
    found, texts = repaired(
        [document(SCHEMAS)],
        [without("max", "maxLength", 5, name="A"), without("min", "minLength", 9), with_value("nine", "minLength", 9)],
    )
    assert reasons(found) == [
        "it would cause nine at /components/schemas/A",
        "it would cause nine at /components/schemas/B",
    ]
    assert "A: {type: string, maxLength: 5}\n" in texts["api.yaml"]


def test_a_fix_that_contradicts_an_example_is_not_offered() -> None:
    text = SCHEMAS.replace("B: {type: string}", "B: {type: string, example: too long}")
    found, texts = repaired([document(text)], [without("max", "maxLength", 5)])
    assert reasons(found) == ["a documented example would no longer be valid"]
    assert "A: {type: string, maxLength: 5}" in texts["api.yaml"]


def test_an_example_in_a_body_is_held_to_a_shared_schema() -> None:
    body = "{content: {application/json: {schema: {$ref: '#/components/schemas/B'}, example: too long}}}"
    text = SCHEMAS.replace(PATHS, f"paths: {{/a: {{post: {{requestBody: {body}, responses: {{}}}}}}}}\n")
    found, _ = repaired([document(text)], [without("max", "maxLength", 5)])
    assert reasons(found) == ["a documented example would no longer be valid"]


def test_a_fix_that_makes_the_document_invalid_is_not_offered() -> None:
    found, texts = repaired([document(SCHEMAS)], [without("max", "maxLength", "long"), without("min", "minLength", 1)])
    assert reasons(found) == ["the document would no longer be valid OpenAPI"] * 2
    assert "minLength" in texts["api.yaml"]


def test_what_was_wrong_before_is_no_reason_against_a_fix() -> None:
    text = SCHEMAS.replace("title: a, ", "").replace("B: {type: string}", "B: {type: string, example: 1}")
    found, _ = repaired([document(text)], [without("max", "maxLength", 5)])
    assert (len(found.fixed), reasons(found)) == (2, [])


def test_fixes_that_contradict_one_another_come_one_after_the_other() -> None:
    def plain(description: Description) -> Iterator[Hit]:
        for node in description.strings:
            if str(node.value).startswith("http:"):
                yield Hit(node, "http", fix=(ReplaceValue(node, str(node.value).replace("http:", "https:")),))

    def secret(description: Description) -> Iterator[Hit]:
        for node in description.strings:
            if "secret" in str(node.value):
                yield Hit(node, "secret", fix=(ReplaceValue(node, str(node.value).replace("secret", "example")),))

    text = f"{INFO}servers: [{{url: 'http://a.example/secret'}}]\npaths: {{}}\n"
    found, texts = repaired([document(text)], [fixing("plain", plain), fixing("secret", secret)])
    assert len(found.fixed) == 2
    assert "url: 'https://a.example/example'" in texts["api.yaml"]
    assert len(found.files[0].plans) == 2


def test_what_others_need_is_not_taken_away() -> None:
    def unused(description: Description) -> Iterator[Hit]:
        used = [node.target for node in description.root.walk() if node.target is not None]
        for place in description.component("schemas").values():
            if place not in used:
                yield Hit(place, "unused", fix=(RemoveKey(place),))

    def referring(description: Description) -> Iterator[Hit]:
        if not description.root.has("webhooks"):
            reference: Json = {"$ref": "#/components/schemas/A"}
            hook: Json = {"post": {"requestBody": {"content": {"application/json": {"schema": reference}}}}}
            yield Hit(description.root, "no hook", fix=(SetKey(description.root, "webhooks", {"a": hook}),))

    text = SCHEMAS.replace(PATHS, "paths: {}\n")
    found, texts = repaired([document(text)], [fixing("unused", unused), fixing("referring", referring)])
    assert reasons(found) == []
    assert "    A: {type: string}\n" in texts["api.yaml"]
    assert "    B: {type: string}\n" not in texts["api.yaml"]


def test_guesses_are_made_only_when_they_are_wanted() -> None:
    rules = [without("max", "maxLength", 5, guess=True), without("min", "minLength", 1)]
    _, texts = repaired([document(SCHEMAS)], rules)
    assert "maxLength" not in texts["api.yaml"]
    found, texts = repaired([document(SCHEMAS)], rules, guesses=True)
    assert "maxLength" in texts["api.yaml"]
    assert sorted({edit.guess for edits in found.edits.values() for edit in edits}) == [False, True]


def test_the_guilty_one_is_found_by_dividing_when_nothing_is_near_it() -> None:
    def far(description: Description) -> Iterator[Hit]:
        bounded = [schema for schema in description.schemas if schema.node.at("maxLength") is not None]
        if "S3" in [schema.node.key for schema in bounded]:
            yield Hit(description.root.get("info") or description.root, "S3 is bounded")

    schemas = "".join(f"    S{number}: {{type: string}}\n" for number in range(8))
    text = f"{INFO}paths: {{}}\ncomponents:\n  schemas:\n{schemas}"
    found, texts = repaired([document(text)], [without("max", "maxLength", 5), fixing("far", far)])
    assert reasons(found) == ["it would cause far at /info"]
    assert texts["api.yaml"].count("maxLength") == 7


def test_the_number_of_trials_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(description: Description) -> Iterator[Hit]:
        if any(schema.node.at("maxLength") is not None for schema in description.schemas):
            yield Hit(description.root.get("info") or description.root, "bounded")

    trials: list[State] = []

    def counted(*arguments: Any) -> State:
        trials.append(scanned_again(*arguments))
        return trials[-1]

    monkeypatch.setattr(proof, "scanned_again", counted)
    schemas = "".join(f"    S{number}: {{type: string}}\n" for number in range(100))
    text = f"{INFO}paths: {{}}\ncomponents:\n  schemas:\n{schemas}"
    found, texts = repaired([document(text)], [without("max", "maxLength", 5), fixing("broken", broken)])
    assert texts == {}
    assert len(trials) <= proof.MAX_TRIALS
    assert TOO_LONG in reasons(found)


SHARED = f"openapi: 3.1.0\n{INFO}paths: {{}}\ncomponents: {{schemas: {{S: {{$ref: 'shared.yaml#/S'}}}}}}\n"


def test_fixes_go_into_the_file_in_which_the_place_is(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text("# ours\nS: {type: string} # S\n")
    (tmp_path / "api.yaml").write_text(SHARED)
    found, texts = repaired([in_file(tmp_path / "api.yaml")], [without("max", "maxLength", 5)])
    assert texts == {"shared.yaml": "# ours\nS: {type: string, maxLength: 5} # S\n"}
    assert [file.source.location for file in found.files] == [str(tmp_path / "shared.yaml")]


def test_a_file_that_documents_share_is_proved_with_all_of_them(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text("S: {type: string}\n")
    (tmp_path / "one.yaml").write_text(SHARED)
    example = "{content: {application/json: {schema: {$ref: 'shared.yaml#/S'}, example: too long}}}"
    (tmp_path / "two.yaml").write_text(
        f"openapi: 3.1.0\n{INFO}paths: {{/a: {{post: {{requestBody: {example}, responses: {{}}}}}}}}\n"
    )
    found, texts = repaired(
        [in_file(tmp_path / "one.yaml"), in_file(tmp_path / "two.yaml")], [without("max", "maxLength", 5)]
    )
    assert reasons(found) == ["a documented example would no longer be valid"]
    assert texts == {}


def test_documents_that_share_nothing_are_proved_apart() -> None:
    other = SCHEMAS.replace("B: {type: string}", "B: {type: string, example: too long}")
    found, texts = repaired([document(SCHEMAS, "a.yaml"), document(other, "b.yaml")], [without("max", "maxLength", 5)])
    assert (len(found.fixed), sorted(texts)) == (3, ["a.yaml", "b.yaml"])


def test_large_documents_are_not_proved_unasked() -> None:
    found, texts = repaired([document(SCHEMAS)], [without("max", "maxLength", 5)], limit=10)
    assert texts == {}
    assert found.unproved == ("api.yaml",)
