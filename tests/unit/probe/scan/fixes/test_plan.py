"""Changes of several findings that meet in one place."""

from __future__ import annotations

import pytest

from gatepost.probe.scan.edits import AppendItem, Change, Json, RemoveKey, ReplaceValue, SetKey
from gatepost.probe.scan.fixes.plan import Plan
from gatepost.probe.scan.fixes.refusal import Conflicting, NotEditable
from gatepost.probe.scan.reading.node import Node
from tests.unit.probe.scan.describing import source
from tests.unit.probe.scan.fixes.fixing import at

TEXT = "a: {b: {c: 1}, d: [1, 2]}\ne: x\nf: {g: 1}\n"


@pytest.fixture
def root() -> Node:
    return source(TEXT).root


def after(root: Node, *findings: list[Change]) -> object:
    plan = Plan()
    for changes in findings:
        plan.add(changes)
    return plan.after(root)


def test_mappings_that_two_findings_add_under_one_name_become_one(root: Node) -> None:
    one: dict[str, Json] = {"400": {"description": "x"}}
    other: dict[str, Json] = {"429": {"description": "y"}}
    changed = after(root, [SetKey(root, "responses", one)], [SetKey(root, "responses", other)])
    assert changed == root.plain() | {"responses": one | other}  # type: ignore[operator]


def test_the_same_change_twice_is_made_once(root: Node) -> None:
    item = AppendItem(at(root, "a", "d"), 3)
    assert after(root, [item], [item])["a"]["d"] == [1, 2, 3]  # type: ignore[index]


def test_what_is_taken_out_needs_no_changes_inside(root: Node) -> None:
    inner = SetKey(at(root, "a", "b"), "n", 1)
    assert after(root, [RemoveKey(at(root, "a"))], [inner]) == {"e": "x", "f": {"g": 1}}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda r: ReplaceValue(at(r, "e"), "y"), lambda r: ReplaceValue(at(r, "e"), "z")),
        (lambda r: ReplaceValue(at(r, "e"), "y"), lambda r: RemoveKey(at(r, "e"))),
        (lambda r: RemoveKey(at(r, "e")), lambda r: ReplaceValue(at(r, "e"), "y")),
        (lambda r: SetKey(r, "n", 1), lambda r: SetKey(r, "n", 2)),
        (lambda r: SetKey(at(r, "a", "b"), "n", 1), lambda r: RemoveKey(at(r, "a"))),
        (lambda r: ReplaceValue(at(r, "a"), 1), lambda r: SetKey(at(r, "a", "b"), "n", 1)),
    ],
)
def test_the_second_of_two_that_contradict_has_to_wait(root: Node, first: object, second: object) -> None:
    plan = Plan()
    plan.add([first(root)])  # type: ignore[operator]
    before = plan.after(root)
    with pytest.raises(Conflicting):
        plan.add([SetKey(at(root, "f"), "h", 1), second(root)])  # type: ignore[operator]
    assert plan.after(root) == before


def test_a_finding_is_taken_in_as_a_whole_or_not_at_all(root: Node) -> None:
    plan = Plan()
    with pytest.raises(NotEditable):
        plan.add([SetKey(root, "n", 1), AppendItem(at(root, "a", "d"), 3), RemoveKey(at(root, "e")), RemoveKey(root)])
    assert plan.after(root) == root.plain()
    assert [members for members in plan if members.added or members.removed or members.appended] == []
