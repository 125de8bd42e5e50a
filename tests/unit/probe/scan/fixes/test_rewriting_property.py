"""Whatever a document looks like, an edit changes its place and nothing else."""

from __future__ import annotations

import re

from hypothesis import event, given
from hypothesis import strategies as st

from gatepost.probe.scan.fixes.plan import same
from gatepost.probe.scan.fixes.refusal import NotEditable
from gatepost.probe.scan.fixes.rewriting import splices_of
from gatepost.probe.scan.fixes.splice import Splice, applied
from tests.unit.probe.scan.describing import source
from tests.unit.probe.scan.fixes.planning import MANY, planned, texts


@MANY
@given(texts(), st.data())
def test_an_edited_document_is_the_old_one_with_the_changes_and_nothing_else(text: str, data: st.DataObject) -> None:
    before = source(text)
    plan = planned(data, before.root)
    try:
        splices = splices_of(plan).get(before, [])
    except NotEditable as reason:
        event(f"refused: {reason}")
        return
    edited = applied(text, splices)
    after = source(edited)
    assert after.faults == [], (text, edited)
    assert same(after.root.plain(), plan.after(before.root)), (text, edited)
    pieces = zip([0, *(each.end for each in splices)], [*(each.start for each in splices), None], strict=True)
    outside = "".join(text[start:end] for start, end in pieces)
    assert outside_of(edited, splices) == outside
    if not any(members.removed or members.replaced for members in plan):
        assert re.findall(r"# note \d+", edited) == re.findall(r"# note \d+", text)


def outside_of(edited: str, splices: list[Splice]) -> str:
    """What of an edited text does not come from the splices."""
    kept, place, before = [], 0, 0
    for splice in splices:
        kept.append(edited[place : place + splice.start - before])
        place += splice.start - before + len(splice.text)
        before = splice.end
    return "".join((*kept, edited[place:]))
